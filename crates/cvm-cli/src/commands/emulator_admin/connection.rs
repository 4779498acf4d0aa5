//! One request to a running emulator, over HTTP or HTTPS.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::Call;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::ready::Ready;

/// Time for one request. The largest ones take some seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A response whose body is still to be read.
pub(super) struct Open {
    pub(super) response: Response<Incoming>,
    connection: JoinHandle<hyper::Result<()>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Sends a request, and reads the whole response.
pub(super) async fn exchange(ready: &Ready, call: Call) -> Result<(StatusCode, Vec<u8>)> {
    let exchange = async {
        let mut open = send(ready, call).await?;
        let status = open.response.status();
        let body = open.response.body_mut().collect().await;
        let body = body.map_err(|error| failure(ready, &error.to_string()))?;
        Ok((status, body.to_bytes().to_vec()))
    };
    in_time(ready, exchange).await
}

/// Sends a request, and reads the head of the response.
pub(super) async fn open(ready: &Ready, call: Call) -> Result<Open> {
    in_time(ready, send(ready, call)).await
}

async fn in_time<T>(ready: &Ready, future: impl Future<Output = Result<T>>) -> Result<T> {
    let done = tokio::time::timeout(TIMEOUT, future).await;
    done.unwrap_or_else(|_| Err(failure(ready, "it did not respond in time")))
}

async fn send(ready: &Ready, call: Call) -> Result<Open> {
    let (is_tls, rest) =
        match (ready.url.strip_prefix("http://"), ready.url.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => {
                let message = format!("the `url` of the ready file is no URL: {}", ready.url);
                return Err(CliError::new(ExitStatus::Config, message));
            }
        };
    let authority = rest.trim_end_matches('/');
    let token = ready.admin_token.as_deref().ok_or_else(|| {
        let message =
            "the ready file has no `admin_token`: its emulator is older than the admin API";
        CliError::new(ExitStatus::Config, message).hint("start an emulator of this version")
    })?;
    let mut token = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
        CliError::new(ExitStatus::Config, "the `admin_token` of the ready file is invalid")
    })?;
    token.set_sensitive(true);
    let request = Request::builder()
        .method(call.method)
        .uri(call.path)
        .header(header::HOST, authority)
        .header(header::AUTHORIZATION, token)
        .body(call.body)
        .map_err(|error| CliError::new(ExitStatus::Config, error.to_string()))?;
    let failed = |error: &dyn std::fmt::Display| failure(ready, &error.to_string());
    let stream = TcpStream::connect(authority).await.map_err(|error| failed(&error))?;
    let stream: Box<dyn Stream> = if is_tls {
        let name = server_name(authority).ok_or_else(|| failed(&"its URL has no host name"))?;
        let connected = connector(ready)?.connect(name, stream).await;
        Box::new(connected.map_err(|error| failed(&error))?)
    } else {
        Box::new(stream)
    };
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| failed(&error))?;
    // Its errors are those of the request.
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
    Ok(Open { response, connection })
}

/// What HTTP runs over.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Trusts only the CA certificate of the ready file.
fn connector(ready: &Ready) -> Result<TlsConnector> {
    let Some(path) = &ready.ca_file else {
        return Err(CliError::new(ExitStatus::Config, "the ready file has no `ca_file`")
            .hint("it is from an older emulator; restart the emulator"));
    };
    let failed = |error: &dyn std::fmt::Display| {
        CliError::local(format!("cannot read the CA certificate `{path}`: {error}"))
    };
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(path).map_err(|error| failed(&error))?;
    roots.add(certificate).map_err(|error| failed(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The host of `HOST:PORT`, to which the certificate must belong.
fn server_name(authority: &str) -> Option<ServerName<'static>> {
    let (host, _) = authority.rsplit_once(':')?;
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(bare.to_owned()).ok()
}

/// The error for an emulator that does not respond properly.
pub(super) fn failure(ready: &Ready, why: &str) -> CliError {
    CliError::new(ExitStatus::Network, format!("cannot call the emulator at {}: {why}", ready.url))
}
