//! What the client asks of an HTTP implementation: send these bytes once, and say whether they left.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderMap;

use crate::PreparedRequest;

/// A boxed future, so that traits with async methods can be objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends HTTP requests. The client brings its own; implement this to put another behind it.
///
/// An implementation sends each request **once**: it follows no redirect, repeats nothing, decodes no
/// content coding, and speaks TLS to every `https` URL with full verification. It leaves time and size
/// limits to the caller, who drops the future when time is up; dropping has to close a connection on
/// which a request is in flight.
pub trait HttpClient: fmt::Debug + Send + Sync + 'static {
    /// Sends the request and returns when the head of the answer is there.
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        sending: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>>;
}

/// One sending: what it needs of a connection, and how far it got.
///
/// The distance matters when the future is dropped or fails: a request whose first byte never left can
/// be sent again without harm. An implementation that cannot tell does nothing, and everything counts
/// as sent.
#[derive(Debug)]
pub struct SendProgress {
    fresh_connection: bool,
    progress: Progress,
    proxy: OnceLock<String>,
}

const UNTOLD: u8 = 0;
const HELD: u8 = 1;
const LEAVING: u8 = 2;
const WRITING: u8 = 3;
const WRITTEN: u8 = 4;

/// How far a request got, for whoever writes it and may outlive its [`SendProgress`].
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<AtomicU8>);

impl Progress {
    /// From now on bytes may be on the wire. `tells_end` is whether [`end`](Self::end) will be called when the last
    /// of them is written.
    pub(crate) fn begin(&self, tells_end: bool) {
        self.step(HELD, if tells_end { WRITING } else { LEAVING });
    }

    /// The last byte was handed over to the connection, or none will be any more.
    pub(crate) fn end(&self) {
        self.step(WRITING, WRITTEN);
    }

    fn step(&self, from: u8, to: u8) {
        let _ = self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
    }
}

impl SendProgress {
    pub(crate) fn new(fresh_connection: bool) -> Self {
        let progress = Progress(Arc::new(AtomicU8::new(UNTOLD)));
        Self { fresh_connection, progress, proxy: OnceLock::new() }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Whether a part of the request is known not to be written yet.
    pub(crate) fn is_being_written(&self) -> bool {
        self.progress.0.load(Ordering::Acquire) == WRITING
    }

    /// Whether the request must have a connection that carried no request before, and that carries none
    /// after it. True for every request that changes something, and for reads on which a decision depends.
    ///
    /// HTTP/1.1 responses carry no number. On a used connection a late second response to an earlier
    /// request is taken for the response to this one, and reports a change that never happened. The peer
    /// may also be closing an idle connection, and then it is unknown whether it took the request.
    #[must_use]
    pub const fn needs_fresh_connection(&self) -> bool {
        self.fresh_connection
    }

    /// Says that nothing leaves before [`mark_sending`](Self::mark_sending) is called.
    pub fn mark_buffered(&self) {
        self.progress.0.store(HELD, Ordering::Release);
    }

    /// Says that from now on bytes of the request may be on the wire.
    pub fn mark_sending(&self) {
        self.progress.0.store(LEAVING, Ordering::Release);
    }

    /// Says that the request goes through this proxy, for the text of errors. The name must not hold a
    /// password.
    pub fn goes_through(&self, proxy: impl Into<String>) {
        let _ = self.proxy.set(proxy.into());
    }

    pub(crate) fn proxy(&self) -> Option<&str> {
        self.proxy.get().map(String::as_str)
    }

    /// Whether bytes of the request may have left.
    #[must_use]
    pub fn may_have_sent(&self) -> bool {
        self.progress.0.load(Ordering::Acquire) != HELD
    }
}

/// The head of an answer, and its body still to be read.
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Box<dyn ResponseBody>,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A body that arrives in pieces, so that the caller can stop when it has had enough.
pub trait ResponseBody: Send {
    /// The next piece; `None` at the proper end, an error at any other.
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>>;

    /// Says that the answer was whole and the service's own, so that its connection may carry another
    /// request. Of every other answer the connection is to be closed: it is said of none that was a
    /// stranger's or an error of the service itself.
    ///
    /// Does nothing by default, which is right where no connection outlives its request.
    fn keep_connection(&mut self) {}
}

/// A sending that failed.
#[derive(Debug)]
pub struct HttpError {
    kind: HttpErrorKind,
    peer: Option<String>,
    /// What `Display` shows in the place of the deepest source.
    reason: Option<String>,
    source: Box<dyn StdError + Send + Sync>,
}

/// How a sending failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// Before the first byte of the request left.
    NotSent,
    /// As [`Self::NotSent`], because time ran out while connecting.
    ConnectTimeout,
    /// The peer's certificate was refused; nothing was sent.
    Untrusted,
    /// The proxy wants a user name and password, or refused those that it got; nothing was sent. Not
    /// retried.
    ProxyAuthentication,
    /// The peer answered the TLS handshake in plain text; nothing was sent. Not retried.
    NotTls,
    /// The URL or a header cannot be sent at all.
    InvalidRequest,
    /// At any later time, or at an unknown one.
    PossiblySent,
}

impl HttpError {
    /// A failure of this kind.
    pub fn new(kind: HttpErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind, peer: None, reason: None, source: source.into() }
    }

    /// The same, naming the peer: host, port and proxy.
    pub(crate) fn with_peer(mut self, peer: String) -> Self {
        self.peer = Some(peer);
        self
    }

    /// The same, with this text in the place of the deepest cause.
    pub(crate) fn with_reason(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }

    /// How the sending failed.
    #[must_use]
    pub const fn kind(&self) -> HttpErrorKind {
        self.kind
    }

    pub(crate) fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        self.source
    }

    /// The deepest cause, which is the one that tells something.
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
                write!(f, "no connection to {peer}")?;
            }
            HttpErrorKind::ConnectTimeout => write!(f, "no connection to {peer} in time")?,
            HttpErrorKind::Untrusted => write!(f, "{peer} is not trusted")?,
            HttpErrorKind::NotTls => write!(f, "{peer} does not speak TLS")?,
            HttpErrorKind::InvalidRequest => f.write_str("request cannot be sent")?,
            HttpErrorKind::PossiblySent => {
                write!(f, "connection to {peer} failed after the request began to leave")?;
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
