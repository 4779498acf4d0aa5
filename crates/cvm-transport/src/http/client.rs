//! The interface to an HTTP implementation: send a request once, and report whether bytes of it were sent.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderMap;

use crate::http::PreparedRequest;
use crate::pointers::for_pointers;

/// A boxed future, so that traits with async methods are object safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends HTTP requests. The client has its own implementation; implement this trait to use another one.
///
/// A [`DefaultHttpClient`](crate::http::DefaultHttpClient) can be wrapped; the example `tower_layer` of this crate puts layers of
/// `tower` around one.
///
/// An implementation sends each request **once**: it follows no redirects, makes no retries, decodes no content
/// coding, and verifies TLS fully for every `https` URL. Timeouts and size limits are the caller's task: the caller
/// drops the future when time is up, and dropping must close a connection that has a request in flight.
pub trait HttpClient: fmt::Debug + Send + Sync + 'static {
    /// Sends the request. Returns when the head of the response has arrived.
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        progress: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>>;
}

for_pointers! {
    HttpClient {
        fn send<'a>(
            &'a self,
            request: PreparedRequest,
            progress: &'a SendProgress,
        ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
            (**self).send(request, progress)
        }
    }
}

/// The state of sending one request: which connection it needs, and how far it got.
///
/// The state matters if the future is dropped or fails: if no byte was sent, a retry is safe. An implementation that
/// cannot track the state does nothing, and every request counts as sent.
///
/// Clones share the state, so that a middleware can pass one along with the request.
#[derive(Clone, Debug)]
pub struct SendProgress {
    fresh_connection: bool,
    state: WriteState,
}

const UNTRACKED: u8 = 0;
const BUFFERED: u8 = 1;
const SENDING: u8 = 2;
const WRITING: u8 = 3;
const WRITTEN: u8 = 4;

/// How far a request got. The connection that writes the request may outlive its [`SendProgress`].
#[derive(Clone, Debug)]
pub(crate) struct WriteState(Arc<SharedState>);

#[derive(Debug)]
struct SharedState {
    step: AtomicU8,
    proxy: OnceLock<String>,
}

impl WriteState {
    /// From now on bytes may be sent. `reports_end` is whether [`end`](Self::end) will be called after the last byte.
    pub(crate) fn begin(&self, reports_end: bool) {
        self.step(BUFFERED, if reports_end { WRITING } else { SENDING });
    }

    /// The last byte was passed to the connection, or no more bytes will be.
    pub(crate) fn end(&self) {
        self.step(WRITING, WRITTEN);
    }

    fn step(&self, from: u8, to: u8) {
        let _ = self.0.step.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
    }
}

impl SendProgress {
    /// The state of a request that was not yet sent, for tests of an [`HttpClient`]: the client passes its own.
    #[must_use]
    pub fn new(fresh_connection: bool) -> Self {
        let shared = SharedState { step: AtomicU8::new(UNTRACKED), proxy: OnceLock::new() };
        Self { fresh_connection, state: WriteState(Arc::new(shared)) }
    }

    pub(crate) fn write_state(&self) -> WriteState {
        self.state.clone()
    }

    /// Whether a part of the request is known to be still unwritten.
    pub(crate) fn is_being_written(&self) -> bool {
        self.state.0.step.load(Ordering::Acquire) == WRITING
    }

    /// Whether the request needs a connection that carried no request before and carries none after it. True for
    /// every write, and for reads on which a decision depends.
    ///
    /// HTTP/1.1 responses have no number. On a used connection, a late second response to an earlier request would be
    /// taken for the response to this one and report a change that never happened. Also, the peer may be closing an
    /// idle connection, and then it is unknown whether it received the request.
    #[must_use]
    pub const fn needs_fresh_connection(&self) -> bool {
        self.fresh_connection
    }

    /// Reports that nothing is sent before [`mark_sending`](Self::mark_sending) is called.
    pub fn mark_buffered(&self) {
        self.state.0.step.store(BUFFERED, Ordering::Release);
    }

    /// Reports that bytes of the request may be sent from now on.
    pub fn mark_sending(&self) {
        self.state.0.step.store(SENDING, Ordering::Release);
    }

    /// Sets the proxy of the request, for error messages. The name must not contain a password.
    pub fn set_proxy(&self, proxy: impl Into<String>) {
        let _ = self.state.0.proxy.set(proxy.into());
    }

    pub(crate) fn proxy(&self) -> Option<&str> {
        self.state.0.proxy.get().map(String::as_str)
    }

    /// Whether the HTTP client reported that bytes may be sent. Then an error cannot prove that none was.
    pub(crate) fn was_marked_sending(&self) -> bool {
        self.state.0.step.load(Ordering::Acquire) >= SENDING
    }

    /// Whether bytes of the request may have been sent.
    #[must_use]
    pub fn may_have_sent(&self) -> bool {
        self.state.0.step.load(Ordering::Acquire) != BUFFERED
    }
}

/// The head of a response, and its unread body.
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Box<dyn ResponseBody>,
}

impl HttpResponse {
    /// A response with this body; [`Bytes`] for one that has arrived completely.
    pub fn new(status: u16, headers: HeaderMap, body: impl ResponseBody + 'static) -> Self {
        Self { status, headers, body: Box::new(body) }
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A body that arrives in pieces, so that the caller can stop at a size limit.
pub trait ResponseBody: Send {
    /// The next piece; `None` at the regular end, an error at any other end.
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>>;

    /// Reports that the response is complete and from the service, so that its connection may carry another request.
    /// The connections of all other responses must be closed: those of other servers, and those with an error that
    /// leaves the outcome unknown.
    ///
    /// Does nothing by default, which is right if no connection outlives its request.
    fn keep_connection(&mut self) {}
}

impl<T: ResponseBody + ?Sized> ResponseBody for Box<T> {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>> {
        (**self).chunk()
    }

    fn keep_connection(&mut self) {
        (**self).keep_connection();
    }
}

/// A body that has arrived completely.
impl ResponseBody for Bytes {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>> {
        let rest = std::mem::take(self);
        Box::pin(std::future::ready(Ok(Some(rest).filter(|rest| !rest.is_empty()))))
    }
}

/// A request that failed at the HTTP level.
#[derive(Debug)]
pub struct HttpError {
    kind: HttpErrorKind,
    peer: Option<String>,
    /// Replaces the deepest source in `Display`.
    reason: Option<String>,
    source: Box<dyn StdError + Send + Sync>,
}

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// Before the first byte of the request was sent.
    NotSent,
    /// As [`Self::NotSent`], because the connect timeout passed.
    ConnectTimeout,
    /// The peer's certificate is not trusted; nothing was sent.
    Untrusted,
    /// The proxy requires a user name and password, or rejected those it got; nothing was sent. Not retried.
    ProxyAuthentication,
    /// The peer responded to the TLS handshake in plain text; nothing was sent. Not retried.
    NotTls,
    /// The URL or a header is invalid, so the request cannot be sent.
    InvalidRequest,
    /// Later, or at an unknown time.
    PossiblySent,
}

impl HttpError {
    /// Creates an error of this kind.
    pub fn new(kind: HttpErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind, peer: None, reason: None, source: source.into() }
    }

    /// Returns this error with the name of the peer: host, port and proxy.
    pub(crate) fn with_peer(mut self, peer: String) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Returns this error with this text in place of the deepest source.
    pub(crate) fn with_reason(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }

    /// How the request failed.
    #[must_use]
    pub const fn kind(&self) -> HttpErrorKind {
        self.kind
    }

    /// Whether no byte of the request was sent.
    #[cfg(feature = "test-util")]
    pub(crate) const fn is_before_sending(&self) -> bool {
        !matches!(self.kind, HttpErrorKind::PossiblySent)
    }

    pub(crate) fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        self.source
    }

    /// The deepest source, which is the most specific one.
    pub(crate) fn cause(&self) -> String {
        let mut cause: &(dyn StdError + 'static) = &*self.source;
        while let Some(next) = cause.source() {
            cause = next;
        }
        cause.to_string()
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peer = self.peer.as_deref().unwrap_or("the peer");
        match self.kind {
            HttpErrorKind::NotSent | HttpErrorKind::ProxyAuthentication => {
                write!(f, "cannot connect to {peer}")?;
            }
            HttpErrorKind::ConnectTimeout => write!(f, "connection to {peer} timed out")?,
            HttpErrorKind::Untrusted => write!(f, "{peer} is not trusted")?,
            HttpErrorKind::NotTls => write!(f, "{peer} does not speak TLS")?,
            HttpErrorKind::InvalidRequest => f.write_str("cannot send the request")?,
            HttpErrorKind::PossiblySent => {
                write!(f, "connection to {peer} failed after bytes of the request were sent")?;
            }
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => write!(f, ": {}", self.cause()),
        }
    }
}

impl StdError for HttpError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
