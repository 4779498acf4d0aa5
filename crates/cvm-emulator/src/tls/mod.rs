//! TLS: its options, and the configuration of the connections that use it.

mod authority;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use cvm_simulator::services;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::start_error::StartError;
use authority::Authority;

/// How an emulator serves HTTPS. Its certificate is issued at start by a certificate authority (CA) of its own, which
/// clients must trust: [`Emulator::ca_pem`](crate::Emulator::ca_pem).
///
/// The certificate is for `localhost`, `127.0.0.1`, `::1`, the address that the emulator listens on,
/// `*.tencentcloudapi.localhost`, and `SERVICE.localhost` for each service, such as `cvm.localhost`.
///
/// ```no_run
/// use cvm_emulator::{Emulator, Tls};
///
/// # async fn f() -> Result<(), cvm_emulator::StartError> {
/// let cloud = Emulator::builder().tls(Tls::new().name("cvm.test")).start().await?;
/// assert!(cloud.url().starts_with("https://127.0.0.1:"));
/// // A client of `cvm-models` trusts the CA by `.ca_pem(cloud.ca_pem().unwrap())` on its builder.
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "TLS is off until it is given to a builder"]
pub struct Tls {
    names: Vec<String>,
    directory: Option<PathBuf>,
    beside_http: Option<SocketAddr>,
}

impl Tls {
    /// HTTPS instead of HTTP, with a new CA at each start.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a name or IP address to the certificate. `*.example.test` stands for all names with one part more.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Keeps the CA in this directory, in the files `ca.pem` and `ca-key.pem`, so that clients need to trust it only
    /// once. Both are created if they do not exist. Whoever can read `ca-key.pem` can issue certificates for any site that
    /// these clients accept. Default: a new CA at each start, whose key is never stored.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Serves HTTPS at this address, and HTTP at that of [`Builder::listen`](crate::Builder::listen). Default: only
    /// HTTPS, at the address of `listen`.
    pub const fn beside_http(mut self, address: SocketAddr) -> Self {
        self.beside_http = Some(address);
        self
    }

    /// The address of HTTPS beside that of HTTP; `None` if there is no HTTP.
    pub(crate) const fn address_beside_http(&self) -> Option<SocketAddr> {
        self.beside_http
    }

    /// Issues the certificate for an emulator that listens on this address, and is reached over this loopback address.
    pub(crate) fn issue(&self, address: IpAddr, local: IpAddr) -> Result<Issued, StartError> {
        let names = self.certificate_names([address, local])?;
        let authority = match &self.directory {
            Some(directory) => Authority::kept_in(directory),
            None => Authority::new(),
        }?;
        let (certificate, key) = authority.issue(&names)?;
        if let Some(directory) = &self.directory {
            authority.check(directory, &certificate)?;
        }
        let ca_file = self.directory.as_deref().map(authority::ca_file);
        let failed = |error: rustls::Error| StartError::Certificate(error.to_string());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::from(key))
            .map_err(failed)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Issued {
            tls: ServerTls(Arc::new(config)),
            ca_pem: authority.into_certificate_pem(),
            ca_file,
        })
    }

    fn certificate_names(&self, addresses: [IpAddr; 2]) -> Result<Vec<String>, StartError> {
        if let Some(invalid) = self.names.iter().find(|name| !is_certificate_name(name)) {
            return Err(StartError::TlsName(invalid.clone()));
        }
        let always = ["localhost", "*.tencentcloudapi.localhost", "127.0.0.1", "::1"];
        let mut names = always.map(str::to_owned).to_vec();
        // Most clients refuse `*.localhost`: they want two parts after the asterisk.
        names.extend(services().iter().map(|service| format!("{}.localhost", service.info.name)));
        let addresses = addresses.map(|address| address.to_canonical()).into_iter();
        let addresses = addresses.filter(|it| !it.is_unspecified()).map(|it| it.to_string());
        for name in addresses.chain(self.names.iter().cloned()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }
}

/// Whether a certificate can be for this name.
fn is_certificate_name(name: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(parent) => matches!(ServerName::try_from(parent), Ok(ServerName::DnsName(_))),
        None => ServerName::try_from(name).is_ok(),
    }
}

/// A certificate with its key, ready to serve, and the CA that issued it.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) tls: ServerTls,
    /// The certificate of the CA.
    pub(crate) ca_pem: String,
    /// The file that it is kept in.
    pub(crate) ca_file: Option<PathBuf>,
}

/// The configuration of TLS connections. Clones share it.
#[derive(Clone)]
pub(crate) struct ServerTls(Arc<ServerConfig>);

impl ServerTls {
    /// Makes the handshake. An error, which the client was told as a TLS alert, ends the connection.
    pub(crate) async fn accept<S>(self, stream: S) -> std::io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        TlsAcceptor::from(self.0).accept(stream).await
    }
}

// The configuration has a private key.
impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn names_of_certificates_are_dns_names_and_addresses() {
        for (name, expected) in [
            ("cvm.test", true),
            ("cvm", true),
            ("*.cvm.test", true),
            ("192.0.2.7", true),
            ("2001:db8::7", true),
            ("", false),
            ("*", false),
            ("*.", false),
            ("*.192.0.2.7", false),
            ("a.*.test", false),
            ("cvm.test:443", false),
            ("https://cvm.test", false),
            ("[::1]", false),
            ("b\u{fc}cher.test", false),
        ] {
            assert_eq!(is_certificate_name(name), expected, "{name}");
        }
        let error = Tls::new().name("a b").issue(LOCAL, LOCAL).unwrap_err();
        assert!(matches!(error, StartError::TlsName(name) if name == "a b"));
    }

    #[test]
    fn certificate_names_have_the_address_and_no_duplicates() {
        let names = |address: &str, name: &str| {
            Tls::new().name(name).certificate_names([address.parse().unwrap(), LOCAL]).unwrap()
        };
        let default = names("127.0.0.1", "localhost");
        assert!(default.contains(&"vpc.localhost".to_owned()), "{default:?}");
        assert_eq!(names("0.0.0.0", "::1"), default);
        let more = names("::ffff:192.0.2.7", "cvm.test");
        assert_eq!(more[default.len()..], ["192.0.2.7", "cvm.test"]);
    }
}
