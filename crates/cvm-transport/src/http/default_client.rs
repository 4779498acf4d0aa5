//! Builds the default HTTP client: its proxy, its certificate authorities and its connect timeout.

use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::Error;
use crate::config::Timeouts;
use crate::config::environment::Environment;
use crate::http::proxy::Proxies;
use crate::http::reqwest_client::DefaultHttpClient;

impl DefaultHttpClient {
    /// Starts building an HTTP client with the proxy of the environment.
    pub fn builder() -> DefaultHttpClientBuilder {
        DefaultHttpClientBuilder::default()
    }
}

/// Builds a [`DefaultHttpClient`].
///
/// A [`ClientBuilder`](crate::ClientBuilder) builds one itself. This builder is for an HTTP client that several clients
/// share, or that another [`HttpClient`](crate::http::HttpClient) wraps.
#[derive(Clone, Default)]
#[must_use]
pub struct DefaultHttpClientBuilder {
    environment: Environment,
    connect_timeout: Option<Duration>,
    proxy: Option<String>,
    no_proxy: Option<String>,
    ca_files: Vec<PathBuf>,
    ca_pems: Vec<Vec<u8>>,
}

// A proxy address may contain a password.
impl std::fmt::Debug for DefaultHttpClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DefaultHttpClientBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("no_proxy", &self.no_proxy)
            .field("ca_files", &self.ca_files)
            .finish_non_exhaustive()
    }
}

impl DefaultHttpClientBuilder {
    /// As [`ClientBuilder::proxy`](crate::ClientBuilder::proxy).
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// As [`ClientBuilder::no_proxy`](crate::ClientBuilder::no_proxy).
    pub fn no_proxy(mut self, hosts: impl Into<String>) -> Self {
        self.no_proxy = Some(hosts.into());
        self
    }

    /// As [`ClientBuilder::ca_file`](crate::ClientBuilder::ca_file).
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_files.push(path.into());
        self
    }

    /// As [`ClientBuilder::ca_pem`](crate::ClientBuilder::ca_pem).
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_pems.push(pem.into());
        self
    }

    /// Sets the timeout for name lookup, connection and TLS together. Default: that of [`Timeouts`], 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Ignores the proxy variables of the environment.
    pub fn without_environment(self) -> Self {
        self.in_environment(Environment::none())
    }

    pub(crate) fn in_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Whether a setting was made that only this HTTP client knows.
    pub(crate) fn has_settings(&self) -> bool {
        self.proxy.is_some()
            || self.no_proxy.is_some()
            || !self.ca_files.is_empty()
            || !self.ca_pems.is_empty()
    }

    /// The files of additional certificate authorities.
    pub(crate) fn ca_files(&self) -> &[PathBuf] {
        &self.ca_files
    }

    /// Builds the HTTP client. No connection is opened yet.
    ///
    /// # Errors
    ///
    /// [`Error::is_usage`] if the proxy is invalid, or certificate authorities cannot be read.
    pub fn build(self) -> Result<DefaultHttpClient, Error> {
        Ok(DefaultHttpClient::new(
            self.connect_timeout.unwrap_or(Timeouts::default().connect),
            proxies(&self.environment, self.proxy, self.no_proxy)?,
            extra_roots(&self.ca_files, &self.ca_pems)?,
        ))
    }
}

fn proxies(
    environment: &Environment,
    proxy: Option<String>,
    no_proxy: Option<String>,
) -> Result<Proxies, Error> {
    let Some(proxy) = proxy.filter(|proxy| !proxy.is_empty()) else {
        return Ok(Proxies::of_environment(environment, no_proxy));
    };
    let either = |upper, lower| environment.get(upper).or_else(|| environment.get(lower));
    let exempt = no_proxy.or_else(|| either("NO_PROXY", "no_proxy")).unwrap_or_default();
    Proxies::new(&proxy, "`proxy(…)`", &exempt).map_err(|error| Error::usage(error.to_string()))
}

fn extra_roots(paths: &[PathBuf], pems: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut roots = Vec::new();
    for pem in pems {
        let before = roots.len();
        for root in CertificateDer::pem_slice_iter(pem) {
            roots.push(root.map_err(|error| {
                Error::usage("`ca_pem(…)` is not in PEM form").with_source(error)
            })?);
        }
        if roots.len() == before {
            return Err(Error::usage("`ca_pem(…)` contains no certificate"));
        }
    }
    for path in paths {
        let unreadable = || Error::usage("cannot read the file of certificate authorities");
        let before = roots.len();
        // Opening a pipe would wait for a writer, perhaps forever.
        if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Error::usage("the file of certificate authorities is not a regular file"));
        }
        let found =
            CertificateDer::pem_file_iter(path).map_err(|error| unreadable().with_source(error))?;
        for root in found {
            roots.push(root.map_err(|error| unreadable().with_source(error))?);
        }
        if roots.len() == before {
            return Err(Error::usage(
                "the file of certificate authorities contains no certificate",
            ));
        }
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_come_from_code_then_environment() {
        let of = |variables: &[(&str, &str)], code: Option<&str>| {
            let environment = Environment::of(variables);
            let url = reqwest::Url::parse("https://cvm.tencentcloudapi.com/").unwrap();
            let proxies = proxies(&environment, code.map(str::to_owned), None)?;
            let proxy = proxies.proxy_for(&url).unwrap();
            Ok::<_, Error>(proxy.map(|proxy| proxy.url.host_str().unwrap().to_owned()))
        };
        let https = ("HTTPS_PROXY", "http://one:1");
        assert_eq!(of(&[], None).unwrap(), None);
        // Web servers set this variable from the `Proxy` header of a request.
        for name in ["HTTP_PROXY", "http_proxy"] {
            let from_request = (name, "http://evil:1");
            assert_eq!(of(&[from_request], None).unwrap(), None);
            assert_eq!(of(&[("REQUEST_METHOD", "GET"), from_request], None).unwrap(), None);
            assert_eq!(of(&[https, from_request], None).unwrap().as_deref(), Some("one"));
        }
        assert_eq!(of(&[https], None).unwrap().as_deref(), Some("one"));
        assert_eq!(of(&[https], Some("two:2")).unwrap().as_deref(), Some("two"));
        assert_eq!(of(&[https, ("NO_PROXY", "tencentcloudapi.com")], None).unwrap(), None);
        let error = of(&[https], Some("nonsense://u:canary@h")).unwrap_err();
        assert!(error.is_usage() && !format!("{error:?}").contains("canary"));
    }
}
