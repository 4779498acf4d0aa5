//! Builds a client: fills defaults from the environment and validates the configuration.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_signer::KeyCache;
use http::HeaderValue;

use super::ClientBuilder;
use crate::client::Client;
use crate::client::effective_config::KeptSettings;
use crate::client::shared::{Options, RegionChoice, Shared};
use crate::config::endpoint::{Addresses, CheckedEndpoint, Endpoint, ServiceEndpoint};
use crate::credentials::provider::CredentialProvider;
use crate::credentials::{
    CachedCredentials, ClientTransport, CredentialChain, NoCredentials, TccliSettings,
};
use crate::entropy::SystemEntropy;
use crate::http::client::HttpClient;
use crate::observe::trace_id::TraceIds;
use crate::rate_limit::documented::DocumentedRateLimiter;
use crate::retry::breaker::Breakers;
use crate::retry::budget::RetryBudgets;
use crate::retry::failover::BackupHosts;
use crate::retry::sent_tokens::SentTokens;
use crate::signing::request::RequestEncoding;
use crate::signing::skew::Skews;
use crate::time::clock::SystemClock;
use crate::{Error, Region};

/// The name and version that the client sends to the service.
const REQUEST_CLIENT: &str = concat!("SDK_RUST_", env!("CARGO_PKG_VERSION"));

/// The environment variable with the region.
const REGION: &str = "TENCENTCLOUD_REGION";

impl ClientBuilder {
    /// Builds the client. No connection is opened yet.
    ///
    /// Region, credential and proxy default to environment variables, then to profile files.
    ///
    /// # Errors
    ///
    /// [`Error::is_usage`] if a region, endpoint or label is invalid.
    pub fn build(self) -> Result<Client, Error> {
        let region = match self.region {
            Some(region) => Some((region, "`region(…)`".to_owned())),
            None => {
                let text = self.environment.text(REGION).map_err(Error::usage)?;
                text.map(|text| (text, REGION.to_owned()))
            }
        };
        // The profile is read only if one of its settings is needed, so that a broken one does no harm otherwise.
        let profile = if region.is_none() || self.endpoint.is_none() {
            TccliSettings::read(&self.environment)
                .map_err(|error| Error::usage(error.to_string()).with_source(error))?
        } else {
            TccliSettings::default()
        };
        let from_profile = || Some((profile.region?, format!("`region` in {}", profile.file)));
        let region = match region.or_else(from_profile) {
            None => RegionChoice::Unset,
            Some((name, source)) => {
                RegionChoice::Known(Region::new(&name).map_err(|error| {
                    Error::usage(format!("{source}: {error}")).with_source(error)
                })?)
            }
        };
        let of_profile = match &self.endpoint {
            Some(_) => Vec::new(),
            None => profile_endpoints(&profile.file, profile.endpoints)?,
        };
        let endpoint = CheckedEndpoint::new(self.endpoint.unwrap_or_default())
            .map_err(|error| Error::usage(error.to_string()))?;
        let backups = BackupHosts::new(&self.backups, self.backup_root_domains)
            .map_err(|error| Error::usage(format!("backup {error}")))?;
        if self.allow_secrets_in_url && backups.has_remote_host() {
            return Err(Error::usage(
                "secrets are allowed in URLs, so every backup endpoint must be a loopback address",
            ));
        }
        let language = self.language.map(checked_language).transpose()?;
        let request_client = request_client(self.request_client.as_deref())?;
        let mut parts = self.parts;
        let credentials: Option<Arc<dyn CredentialProvider>> = match self.credentials {
            _ if self.unsigned => {
                parts.credentials = None;
                None
            }
            Some(provider) => Some(provider),
            None if self.environment.is_ignored() => {
                parts.credentials = None;
                Some(Arc::new(NoCredentials))
            }
            None => {
                let chain = CredentialChain::of(&self.environment);
                Some(Arc::new(CachedCredentials::new(chain)))
            }
        };
        let ca_files = self.default_http.ca_files().to_vec();
        let mut proxy = None;
        let http: Arc<dyn HttpClient> = match self.http {
            Some(_) if self.default_http.has_settings() => {
                return Err(Error::usage(
                    "`proxy(…)`, `no_proxy(…)`, `ca_file(…)` and `ca_pem(…)` have no effect beside `http(…)`: set them on \
                     `DefaultHttpClient::builder()`",
                ));
            }
            Some(http) => http,
            None => {
                let builder = self.default_http.in_environment(self.environment.clone());
                let http = builder.connect_timeout(self.timeouts.connect).build()?;
                proxy = http.proxy();
                Arc::new(http)
            }
        };
        if let Some(credentials) = &credentials {
            let environment = self.environment.clone();
            let transport =
                ClientTransport::new(Arc::clone(&http), self.timeouts.clone(), environment);
            credentials.use_transport(&transport);
        }
        let shared = Shared {
            addresses: Addresses::new(endpoint, of_profile, self.dialect),
            backups,
            breakers: self.breaker.then(Breakers::new),
            credentials,
            encoding: RequestEncoding {
                dialect: self.dialect,
                in_url: self.in_url,
                allow_secrets_in_url: self.allow_secrets_in_url,
                language,
                request_client_header: HeaderValue::from_str(&request_client)
                    .map_err(|_| invalid_label())?,
                request_client,
            },
            timeouts: self.timeouts,
            max_response_bytes: self.max_response_bytes,
            correct_clock: self.correct_clock,
            http,
            limiter: self.limiter.unwrap_or_else(|| Arc::new(DocumentedRateLimiter::default())),
            observer: self.observer,
            metrics: self.metrics,
            interceptors: self.interceptors,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            entropy: self.entropy.unwrap_or_else(|| Arc::new(SystemEntropy)),
            trace_ids: TraceIds::default(),
            keys: Mutex::new(KeyCache::new()),
            budgets: RetryBudgets::default(),
            skews: Skews::default(),
            sent_tokens: SentTokens::default(),
            settings: KeptSettings { proxy, ca_files, parts },
        };
        let options = Options {
            region,
            operation_timeout: None::<Duration>,
            max_attempts: self.max_attempts,
            fresh_connections: false,
            extra: None,
        };
        Ok(Client::new(shared, options))
    }
}

/// The endpoints of the profile, validated.
fn profile_endpoints(
    file: &str,
    endpoints: Vec<(String, String)>,
) -> Result<Vec<ServiceEndpoint>, Error> {
    let check = |(service, url): (String, String)| {
        let endpoint = CheckedEndpoint::new(Endpoint::Custom(url))
            .map_err(|error| Error::usage(format!("`{service}.endpoint` in {file}: {error}")))?;
        Ok(ServiceEndpoint { service, endpoint })
    };
    endpoints.into_iter().map(check).collect()
}

fn checked_language(language: String) -> Result<String, Error> {
    match language.as_str() {
        "en-US" | "zh-CN" => Ok(language),
        _ => Err(Error::usage("language must be en-US or zh-CN")),
    }
}

fn request_client(label: Option<&str>) -> Result<String, Error> {
    let Some(label) = label.filter(|label| !label.is_empty()) else {
        return Ok(REQUEST_CLIENT.to_owned());
    };
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b',' | b';' | b'.');
    if label.len() > 128 || !label.bytes().all(is_plain) {
        return Err(invalid_label());
    }
    Ok(format!("{REQUEST_CLIENT}; {label}"))
}

fn invalid_label() -> Error {
    Error::usage("request client label must have at most 128 characters out of 0-9a-zA-Z-_,;.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::environment::Environment;
    use crate::http::DefaultHttpClient;

    fn refused(builder: ClientBuilder) -> String {
        let error = builder.build().unwrap_err();
        assert!(error.is_usage(), "{error}");
        error.to_string()
    }

    #[test]
    fn invalid_settings_are_rejected_by_build() {
        let builder = Client::builder;
        assert!(refused(builder().region("x@evil:443/#")).contains("region"));
        assert!(refused(builder().endpoint("http://cvm.tencentcloudapi.com")).contains("https"));
        assert!(refused(builder().language("en\r\nX: y")).contains("language"));
        for bad in ["a b", "a\r\nx: y", "é", "\u{7f}", &"x".repeat(129)] {
            assert!(refused(builder().request_client(bad)).contains("label"), "{bad:?}");
        }
        assert!(builder().request_client("fleet-7").build().is_ok());
    }

    #[test]
    fn environment_fills_unset_settings() {
        let environment = Environment::of(&[("TENCENTCLOUD_REGION", "ap-tokyo")]);
        let builder =
            || ClientBuilder { environment: environment.clone(), ..ClientBuilder::default() };
        assert_eq!(builder().build().unwrap().region(), Some("ap-tokyo"));
        let said = builder().region("ap-seoul").build().unwrap();
        assert_eq!(said.region(), Some("ap-seoul"));
        assert_eq!(builder().without_environment().build().unwrap().region(), None);
    }

    #[test]
    fn invalid_region_is_reported_with_its_source() {
        let refused_by = |source: &str, value: &str, builder: ClientBuilder| {
            let message = refused(builder);
            assert!(message.starts_with(source) && message.contains(value), "{message}");
        };
        for (value, shown) in [
            ("guangzhou", "\"guangzhou\""),
            ("ap-guangzhou-3", "region, `ap-guangzhou`"),
            ("a\n", "\\n"),
        ] {
            refused_by("`region(…)`: region", shown, Client::builder().region(value));
            let environment = Environment::of(&[("TENCENTCLOUD_REGION", value)]);
            let builder = Client::builder().in_environment(environment);
            refused_by("TENCENTCLOUD_REGION: region", shown, builder);
            let directory = crate::credentials::TestDirectory::new();
            let profile = serde_json::json!({"_sys_param": {"region": value}}).to_string();
            directory.write(".tccli/default.configure", &profile, 0o600);
            let builder = Client::builder().in_environment(directory.home(&[]));
            refused_by("`region` in tccli configuration file", shown, builder);
        }
    }

    #[test]
    fn settings_of_the_default_http_client_are_refused_beside_another_one() {
        let other = || Client::builder().http(DefaultHttpClient::builder().build().unwrap());
        for builder in [
            other().proxy("http://p:1"),
            other().no_proxy("x"),
            other().ca_file("ca.pem"),
            other().ca_pem("x"),
        ] {
            assert!(refused(builder).contains("DefaultHttpClient::builder()"));
        }
        assert!(other().build().is_ok());
    }

    #[test]
    fn ca_file_without_certificates_is_rejected() {
        let path = std::env::temp_dir().join(format!("cvm-no-ca-{}.pem", std::process::id()));
        std::fs::write(&path, "nothing").unwrap();
        assert!(refused(Client::builder().ca_file(&path)).contains("no certificate"));
        std::fs::remove_file(&path).unwrap();
        assert!(refused(Client::builder().ca_file(&path)).contains("cannot read"));
    }

    #[test]
    fn ca_pem_without_certificates_is_rejected() {
        let broken = "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n";
        for (pem, why) in [("", "no certificate"), ("nothing", "no certificate"), (broken, "PEM")] {
            assert!(refused(Client::builder().ca_pem(pem)).contains(why), "{pem}");
        }
    }
}
