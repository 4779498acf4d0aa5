//! The HTTP implementation that the client brings: reqwest over rustls, used as plainly as it allows.
//!
//! HTTP/1.1 only, because a stream of HTTP/2 that dies tells less about delivery. No redirects, no
//! retries, no content codings, no cookies. Reads share connections, which may idle for fifteen seconds.
//! A request that changes something has a connection of its own, and so has a read on which a decision depends,
//! because a late second response to an earlier request would be taken for its response.
//!
//! Bytes of the peer that are there before the request are no response to it: the connection is closed, and nothing
//! was sent.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::config::endpoint::is_at;
use crate::http::client::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, Progress, ResponseBody,
    SendProgress,
};
use crate::http::connections::{Connections, Place};
use crate::http::proxy::Proxies;
use crate::http::tls;
use crate::{Error, PreparedRequest};

/// How long a connection may idle before it is closed.
const IDLE: Duration = Duration::from_secs(15);
/// How long sent bytes may stay without acknowledgement.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// Sends through reqwest.
pub(crate) struct ReqwestHttp {
    connect_timeout: Duration,
    proxies: Arc<Proxies>,
    extra_roots: Vec<rustls::pki_types::CertificateDer<'static>>,
    // Opened on first use: reading the platform's roots takes milliseconds, which a client of a plain
    // loopback endpoint never needs.
    encrypted: OnceLock<Pools>,
    plain: OnceLock<Pools>,
    opening: Mutex<()>,
}

struct Pools {
    tls: rustls::ClientConfig,
    idle: Arc<Connections>,
}

impl std::fmt::Debug for ReqwestHttp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReqwestHttp")
    }
}

impl ReqwestHttp {
    pub(crate) fn new(
        connect_timeout: Duration,
        proxies: Proxies,
        extra_roots: Vec<rustls::pki_types::CertificateDer<'static>>,
    ) -> Self {
        Self {
            connect_timeout,
            proxies: Arc::new(proxies),
            extra_roots,
            encrypted: OnceLock::new(),
            plain: OnceLock::new(),
            opening: Mutex::new(()),
        }
    }

    fn pools(&self, plain: bool) -> Result<&Pools, Error> {
        let cell = if plain { &self.plain } else { &self.encrypted };
        if let Some(pools) = cell.get() {
            return Ok(pools);
        }
        let _one_at_a_time = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pools) = cell.get() {
            return Ok(pools);
        }
        let tls = if plain {
            tls::trusting_nobody()?
        } else {
            tls::trusting_the_platform(&self.extra_roots)?
        };
        let idle = Arc::new(Connections::new(IDLE));
        Ok(cell.get_or_init(|| Pools { tls, idle }))
    }

    /// A connection to this host and port: one that waits, or the place for a new one.
    fn connection(
        &self,
        plain: bool,
        sending: &SendProgress,
        authority: &Arc<str>,
    ) -> Result<Connection, Error> {
        let pools = self.pools(plain)?;
        if sending.needs_fresh_connection() {
            return Ok(Connection { client: self.open(&pools.tls)?, place: None });
        }
        let place = Connections::place(authority);
        let client = match pools.idle.take(&place) {
            Some(client) => client,
            None => self.open(&pools.tls)?,
        };
        Ok(Connection { client, place: Some((Arc::clone(&pools.idle), place)) })
    }

    /// The place for one connection. Making a client costs microseconds.
    fn open(&self, tls: &rustls::ClientConfig) -> Result<reqwest::Client, Error> {
        let builder = reqwest::Client::builder()
            .http1_only()
            .http1_max_headers(128)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .tcp_nodelay(true)
            // Another crate of the program may switch these features of reqwest on: they would change
            // the headers that are signed, the size limits of responses, or how names are looked up.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .no_hickory_dns()
            // Turns the environment's proxies off; those below are the only ones.
            .no_proxy()
            .tls_backend_preconfigured(tls.clone());
        // reqwest parses the URL of every request anew to ask, so it asks only where there is a proxy.
        let builder = if self.proxies.are_none() {
            builder
        } else {
            let proxies = Arc::clone(&self.proxies);
            // A proxy that cannot be read has failed the request before.
            builder.proxy(reqwest::Proxy::custom(move |url| {
                let proxy = proxies.proxy_for(url).ok().flatten();
                proxy.map(|proxy| proxy.url.clone())
            }))
        };
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
        let builder = builder.tcp_user_timeout(UNACKNOWLEDGED);
        builder.build().map_err(|error| {
            Error::usage("HTTP client could not be set up").with_source(error.without_url())
        })
    }
}

impl HttpClient for ReqwestHttp {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        sending: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            sending.mark_buffered();
            let unsendable = |source: Box<dyn StdError + Send + Sync>| {
                HttpError::new(HttpErrorKind::InvalidRequest, source)
            };
            let url = url_of(&request).map_err(unsendable)?;
            if !self.proxies.are_none() {
                let proxy =
                    self.proxies.proxy_for(&url).map_err(|error| unsendable(error.into()))?;
                if let Some(proxy) = proxy {
                    sending.goes_through(proxy.to_string());
                }
            }
            let plain = url.scheme() == "http";
            let connection = self
                .connection(plain, sending, &request.authority)
                .map_err(|error| unsendable(error.into()))?;
            let PreparedRequest { method, headers, body, .. } = request;
            let mut message = reqwest::Request::new(method, url);
            *message.headers_mut() = headers;
            let body = TellingBody::new(body, sending.progress());
            *message.body_mut() = Some(reqwest::Body::wrap(body));
            let answer = connection.client.execute(message).await;
            match answer {
                Ok(mut response) => Ok(HttpResponse {
                    status: response.status().as_u16(),
                    headers: std::mem::take(response.headers_mut()),
                    body: Box::new(ReqwestBody { response, connection: Some(connection) }),
                }),
                Err(error) => Err(failure(error.without_url(), plain, sending)),
            }
        })
    }
}

/// The URL as reqwest reads it, which has to lead where its text says.
fn url_of(request: &PreparedRequest) -> Result<reqwest::Url, Box<dyn StdError + Send + Sync>> {
    if let Some(url) = &request.parsed_url {
        return Ok(reqwest::Url::clone(url));
    }
    let url = reqwest::Url::parse(request.url())?;
    if is_at(&url, request.authority()) {
        Ok(url)
    } else {
        Err("URL does not lead where its text says".into())
    }
}

/// A body that notes when the connection takes it up. Until then no byte of the request has left:
/// hyper asks for the body only once it has a connection and writes the head.
struct TellingBody {
    bytes: Option<Bytes>,
    progress: Progress,
}

impl TellingBody {
    fn new(bytes: Bytes, progress: Progress) -> Self {
        let watched = Watched { bytes, progress: progress.clone() };
        // An empty body is written with the head.
        let bytes = (!watched.bytes.is_empty()).then(|| Bytes::from_owner(watched));
        Self { bytes, progress }
    }

    fn begin(&self) {
        self.progress.begin(self.bytes.is_some());
    }
}

/// A body that hyper drops as soon as all of it was handed over to the connection.
struct Watched {
    bytes: Bytes,
    progress: Progress,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.progress.end();
    }
}

impl AsRef<[u8]> for Watched {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Body for TellingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.begin();
        Poll::Ready(
            self.bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
        )
    }

    fn is_end_stream(&self) -> bool {
        // The first question that hyper asks when it begins to write, also for an empty body.
        self.begin();
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

fn failure(error: reqwest::Error, plain: bool, sending: &SendProgress) -> HttpError {
    let mut reason = None;
    let kind = if sending.may_have_sent() {
        let cause = deepest(&error);
        // A server of TLS answers plain text with an alert, or closes the connection at once.
        if plain && !error.is_timeout() {
            reason = Some(format!("{cause}; if a TLS server listens there, write https://"));
        }
        HttpErrorKind::PossiblySent
    } else if is_plain_text_for_tls(&error) {
        reason = Some(
            "it answered in plain text; for a local server write http://, else correct the host or \
             port of the endpoint, or of the proxy"
                .to_owned(),
        );
        HttpErrorKind::NotTls
    } else if error.is_builder() {
        HttpErrorKind::InvalidRequest
    } else if let Some(refused) = certificate_error(&error) {
        reason = advice(refused).map(|advice| format!("{refused}; {advice}"));
        HttpErrorKind::Untrusted
    } else if error.is_timeout() {
        HttpErrorKind::ConnectTimeout
    } else {
        let (kind, text) = without_proxy(&error);
        reason = text.map(str::to_owned);
        kind
    };
    HttpError::new(kind, error).with_reason(reason)
}

/// What a failure to connect says of the proxy. The error types are private, so their texts are compared.
/// Of the status of a refused tunnel, hyper-util keeps only whether it was 407.
fn without_proxy(error: &(dyn StdError + 'static)) -> (HttpErrorKind, Option<&'static str>) {
    let is_any = |texts: &[&str]| {
        let mut causes = std::iter::successors(Some(error), |&error| error.source());
        causes.any(|cause| texts.contains(&cause.to_string().as_str()))
    };
    if is_any(&["tunnel error: proxy authorization required"]) {
        let text = "the proxy answered 407: it wants a user name and password, or other ones; \
                    write them into its address, as http://USER:PASSWORD@HOST:PORT";
        (HttpErrorKind::ProxyAuthentication, Some(text))
    } else if is_any(&[
        "SOCKS error: credentials not accepted",
        "SOCKS error: server does not support user/pass authentication",
        "SOCKS error: server implements authentication incorrectly",
    ]) {
        let text = "the proxy wants a user name and password, or other ones; write them into its address, as \
                    socks5://USER:PASSWORD@HOST:PORT";
        (HttpErrorKind::ProxyAuthentication, Some(text))
    } else if is_any(&["tunnel error: unsuccessful"]) {
        let text = "the proxy refused the tunnel: its rules or its own connection do not allow it";
        (HttpErrorKind::NotSent, Some(text))
    } else {
        (HttpErrorKind::NotSent, None)
    }
}

/// The deepest cause of an error, as text.
fn deepest(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.last().unwrap_or(error).to_string()
}

/// Whether the first bytes of the peer's side of a TLS handshake are those of another protocol.
fn is_plain_text_for_tls(error: &(dyn StdError + 'static)) -> bool {
    matches!(
        tls_error(error),
        Some(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType))
    )
}

/// The refusal of a certificate in the chain of causes.
fn certificate_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    tls_error(error).filter(|tls| {
        matches!(
            tls,
            rustls::Error::InvalidCertificate(_)
                | rustls::Error::NoCertificatesPresented
                | rustls::Error::UnsupportedNameType
                | rustls::Error::PeerIncompatible(_)
        )
    })
}

/// The error of the TLS library in the chain of causes.
fn tls_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls);
    }
    // An io::Error keeps what it wraps out of the chain of sources.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.and_then(|inner| tls_error(inner)).or_else(|| error.source().and_then(tls_error))
}

/// What probably helps against a refused certificate.
fn advice(error: &rustls::Error) -> Option<&'static str> {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };
    let rustls::Error::InvalidCertificate(error) = error else { return None };
    match error {
        UnknownIssuer => Some(
            "if you trust its certificate authority, for example that of a proxy that opens TLS, \
             name a PEM file that holds it in SSL_CERT_FILE, or with `ca_file(…)`",
        ),
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
            Some("if the certificate is good, set this machine's clock")
        }
        NotValidForName | NotValidForNameContext { .. } => {
            Some("the endpoint, or the proxy, leads to another host")
        }
        _ => None,
    }
}

/// A connection while a request is on it. Dropped, it is closed.
struct Connection {
    client: reqwest::Client,
    /// Where it may wait for another request; `None` for one that carries a single request.
    place: Option<(Arc<Connections>, Place)>,
}

struct ReqwestBody {
    response: reqwest::Response,
    connection: Option<Connection>,
}

impl ResponseBody for ReqwestBody {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>> {
        Box::pin(async {
            self.response
                .chunk()
                .await
                .map_err(|error| HttpError::new(HttpErrorKind::PossiblySent, error.without_url()))
        })
    }

    fn keep_connection(&mut self) {
        if let Some(Connection { client, place: Some((idle, place)) }) = self.connection.take() {
            idle.keep(&place, client);
        }
    }
}
