//! The default HTTP implementation: reqwest over rustls.
//!
//! HTTP/1.1 only, because a failed stream of HTTP/2 says less about delivery. No redirects, no retries, no content
//! codings, no cookies. Reads share connections, which are closed after fifteen idle seconds. A write has a connection
//! of its own, and so has a read on which a decision depends: a late second response to an earlier request would be
//! mistaken for its response.
//!
//! If the peer sends bytes before the request, they are not a response to it: the connection is closed, and nothing
//! was sent.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::Error;
use crate::config::endpoint::is_at;
use crate::http::client::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, ResponseBody, SendProgress,
    WriteState,
};
use crate::http::connections::{Connections, MAX_IDLE, PoolKey};
use crate::http::proxy::Proxies;
use crate::http::{PreparedRequest, tls};

/// How long sent bytes may remain unacknowledged.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// The HTTP client that a [`Client`](crate::Client) uses unless it is given another one.
///
/// HTTP/1.1 only, without redirects, retries and content codings; TLS is always verified. A write has a connection of
/// its own; reads share connections.
///
/// Another [`HttpClient`] can wrap it:
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use cvm_transport::Client;
/// use cvm_transport::http::{BoxFuture, DefaultHttpClient, HttpClient, HttpError, HttpResponse, PreparedRequest, SendProgress};
///
/// #[derive(Debug)]
/// struct CountingHttp {
///     inner: DefaultHttpClient,
///     requests: AtomicUsize,
/// }
///
/// impl HttpClient for CountingHttp {
///     fn send<'a>(
///         &'a self,
///         request: PreparedRequest,
///         progress: &'a SendProgress,
///     ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
///         self.requests.fetch_add(1, Ordering::Relaxed);
///         self.inner.send(request, progress)
///     }
/// }
///
/// let inner = DefaultHttpClient::builder().proxy("http://proxy.example.com:3128").build()?;
/// let http = CountingHttp { inner, requests: AtomicUsize::new(0) };
/// let client = Client::builder().region("ap-guangzhou").http(http).build()?;
/// # let _ = client;
/// # Ok::<(), cvm_transport::Error>(())
/// ```
pub struct DefaultHttpClient {
    connect_timeout: Duration,
    proxies: Arc<Proxies>,
    extra_roots: Vec<rustls::pki_types::CertificateDer<'static>>,
    // Created on first use: loading the platform's root certificates takes milliseconds, and a client of a plain
    // loopback endpoint never needs them.
    encrypted: OnceLock<Pools>,
    plain: OnceLock<Pools>,
    opening: Mutex<()>,
}

struct Pools {
    tls: rustls::ClientConfig,
    idle: Arc<Connections>,
}

impl std::fmt::Debug for DefaultHttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DefaultHttpClient").finish_non_exhaustive()
    }
}

impl DefaultHttpClient {
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

    /// The proxy as a text without user and password.
    pub(crate) fn proxy(&self) -> Option<String> {
        self.proxies.description()
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
        let tls =
            if plain { tls::plain_config()? } else { tls::platform_config(&self.extra_roots)? };
        let idle = Arc::new(Connections::new(MAX_IDLE));
        Ok(cell.get_or_init(|| Pools { tls, idle }))
    }

    /// A connection to this host and port: an idle one, or a new one.
    fn connection(
        &self,
        plain: bool,
        progress: &SendProgress,
        authority: &Arc<str>,
    ) -> Result<Connection, Error> {
        let pools = self.pools(plain)?;
        if progress.needs_fresh_connection() {
            return Ok(Connection { client: self.open(&pools.tls)?, key: None });
        }
        let key = Connections::key(authority);
        let client = match pools.idle.take(&key) {
            Some(client) => client,
            None => self.open(&pools.tls)?,
        };
        Ok(Connection { client, key: Some((Arc::clone(&pools.idle), key)) })
    }

    /// A new client, which opens one connection. Creating a client takes microseconds.
    fn open(&self, tls: &rustls::ClientConfig) -> Result<reqwest::Client, Error> {
        let builder = reqwest::Client::builder()
            .http1_only()
            .http1_max_headers(128)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(MAX_IDLE)
            .pool_max_idle_per_host(1)
            .tcp_nodelay(true)
            // Another crate of the program may enable these features of reqwest. They would change the signed
            // headers, the size limits of responses, or the name lookup.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .no_hickory_dns()
            // Ignore the environment's proxies; `self.proxies` has the only ones.
            .no_proxy()
            .tls_backend_preconfigured(tls.clone());
        // With a proxy callback, reqwest parses the URL of every request again, so it is set only if there is a proxy.
        let builder = if self.proxies.are_none() {
            builder
        } else {
            let proxies = Arc::clone(&self.proxies);
            // An invalid proxy setting has already failed the request.
            builder.proxy(reqwest::Proxy::custom(move |url| {
                let proxy = proxies.proxy_for(url).ok().flatten();
                proxy.map(|proxy| proxy.url.clone())
            }))
        };
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
        let builder = builder.tcp_user_timeout(UNACKNOWLEDGED);
        builder.build().map_err(|error| {
            Error::usage("cannot set up the HTTP client").with_source(error.without_url())
        })
    }
}

impl HttpClient for DefaultHttpClient {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        progress: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            progress.mark_buffered();
            let invalid = |source: Box<dyn StdError + Send + Sync>| {
                HttpError::new(HttpErrorKind::InvalidRequest, source)
            };
            let url = url_of(&request).map_err(invalid)?;
            if !self.proxies.are_none() {
                let proxy = self.proxies.proxy_for(&url).map_err(|error| invalid(error.into()))?;
                if let Some(proxy) = proxy {
                    progress.set_proxy(proxy.to_string());
                }
            }
            let plain = url.scheme() == "http";
            let connection = self
                .connection(plain, progress, &request.authority)
                .map_err(|error| invalid(error.into()))?;
            let PreparedRequest { method, headers, body, .. } = request;
            let mut message = reqwest::Request::new(method, url);
            *message.headers_mut() = headers;
            let body = ProgressBody::new(body, progress.write_state());
            *message.body_mut() = Some(reqwest::Body::wrap(body));
            match connection.client.execute(message).await {
                Ok(mut response) => Ok(HttpResponse {
                    status: response.status().as_u16(),
                    headers: std::mem::take(response.headers_mut()),
                    body: Box::new(ReqwestBody { response, connection: Some(connection) }),
                }),
                Err(error) => Err(failure(error.without_url(), plain, progress)),
            }
        })
    }
}

/// The URL as reqwest parses it. It must lead to the authority that was signed.
fn url_of(request: &PreparedRequest) -> Result<reqwest::Url, Box<dyn StdError + Send + Sync>> {
    if let Some(url) = &request.parsed_url {
        return Ok(reqwest::Url::clone(url));
    }
    let url = reqwest::Url::parse(request.url())?;
    if is_at(&url, request.authority()) {
        Ok(url)
    } else {
        Err("the parsed URL has another host than its text".into())
    }
}

/// A body that records when the connection starts to send it. Until then no byte of the request was sent: hyper asks
/// for the body only after it has a connection and writes the head.
struct ProgressBody {
    bytes: Option<Bytes>,
    state: WriteState,
}

impl ProgressBody {
    fn new(bytes: Bytes, state: WriteState) -> Self {
        let watched = WatchedBytes { bytes, state: state.clone() };
        // An empty body is written together with the head.
        let bytes = (!watched.bytes.is_empty()).then(|| Bytes::from_owner(watched));
        Self { bytes, state }
    }

    fn begin(&self) {
        self.state.begin(self.bytes.is_some());
    }
}

/// A body that hyper drops as soon as all of it was passed to the connection.
struct WatchedBytes {
    bytes: Bytes,
    state: WriteState,
}

impl Drop for WatchedBytes {
    fn drop(&mut self) {
        self.state.end();
    }
}

impl AsRef<[u8]> for WatchedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Body for ProgressBody {
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
        // The first call that hyper makes when it begins to write, also for an empty body.
        self.begin();
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

fn failure(error: reqwest::Error, plain: bool, progress: &SendProgress) -> HttpError {
    let mut reason = None;
    let kind = if progress.may_have_sent() {
        let cause = deepest_source(&error);
        // A TLS server responds to plain text with an alert, or closes the connection at once.
        if plain && !error.is_timeout() {
            reason = Some(format!("{cause}; if a TLS server listens there, write https://"));
        }
        HttpErrorKind::PossiblySent
    } else if is_plain_text_for_tls(&error) {
        reason = Some(
            "it responded in plain text; for a local server write http://, otherwise correct the host or \
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

/// What a failure to connect says about the proxy. The error types are private, so their texts are compared. Of the
/// status of a failed tunnel, hyper-util keeps only whether it was 407.
fn without_proxy(error: &(dyn StdError + 'static)) -> (HttpErrorKind, Option<&'static str>) {
    let is_any = |texts: &[&str]| {
        let mut causes = std::iter::successors(Some(error), |&error| error.source());
        causes.any(|cause| texts.contains(&cause.to_string().as_str()))
    };
    if is_any(&["tunnel error: proxy authorization required"]) {
        let text = "the proxy responded with 407: it requires a user name and password, or other ones; \
                    add them to its address, as in http://USER:PASSWORD@HOST:PORT";
        (HttpErrorKind::ProxyAuthentication, Some(text))
    } else if is_any(&[
        "SOCKS error: credentials not accepted",
        "SOCKS error: server does not support user/pass authentication",
        "SOCKS error: server implements authentication incorrectly",
    ]) {
        let text = "the proxy requires a user name and password, or other ones; add them to its address, as in \
                    socks5://USER:PASSWORD@HOST:PORT";
        (HttpErrorKind::ProxyAuthentication, Some(text))
    } else if is_any(&["tunnel error: unsuccessful"]) {
        let text = "the proxy refused the tunnel: its rules or its own connection do not allow it";
        (HttpErrorKind::NotSent, Some(text))
    } else {
        (HttpErrorKind::NotSent, None)
    }
}

/// The deepest_source source of an error, as text.
fn deepest_source(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.last().unwrap_or(error).to_string()
}

/// Whether the first bytes of the peer in a TLS handshake belong to another protocol.
fn is_plain_text_for_tls(error: &(dyn StdError + 'static)) -> bool {
    matches!(
        tls_error(error),
        Some(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType))
    )
}

/// The rejection of a certificate in the chain of sources.
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

/// The error of the TLS library in the chain of sources.
fn tls_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls);
    }
    // An io::Error does not list what it wraps as a source.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.and_then(|inner| tls_error(inner)).or_else(|| error.source().and_then(tls_error))
}

/// The likely fix for a rejected certificate.
fn advice(error: &rustls::Error) -> Option<&'static str> {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };
    let rustls::Error::InvalidCertificate(error) = error else { return None };
    match error {
        UnknownIssuer => Some(
            "if you trust its certificate authority, for example that of a proxy that inspects TLS, set \
             SSL_CERT_FILE or `ca_file(…)` to a PEM file with its certificate",
        ),
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
            Some("if the certificate is valid, correct this machine's clock")
        }
        NotValidForName | NotValidForNameContext { .. } => {
            Some("the endpoint, or the proxy, leads to another host")
        }
        _ => None,
    }
}

/// A connection with a request in flight. Dropping it closes it.
struct Connection {
    client: reqwest::Client,
    /// The pool that it may return to; `None` for a connection that carries a single request.
    key: Option<(Arc<Connections>, PoolKey)>,
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
        if let Some(Connection { client, key: Some((idle, key)) }) = self.connection.take() {
            idle.keep(&key, client);
        }
    }
}
