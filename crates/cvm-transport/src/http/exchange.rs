//! Exchanges one request and response, within absolute deadlines and a size limit.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use tokio::time::{Instant, timeout_at};

use crate::http::PreparedRequest;
use crate::http::client::{
    HttpClient, HttpError, HttpErrorKind, HttpResponse, ResponseBody, SendProgress,
};
use crate::time::deadline::{after, timeout_if_pending};

/// The minimum throughput of a response, in bytes per second, once [`Limits::body_idle`] has passed.
const MIN_THROUGHPUT: u64 = 1024;

/// The maximum size of all header names and values of a response.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// The limits of one attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// When the attempt ends.
    pub(crate) deadline: Instant,
    /// The latest time at which the request may be sent: later, too little time would be left for a response. The
    /// time for connecting is included.
    pub(crate) latest_send: Instant,
    /// When the head of the response must have arrived. This also stops a peer that sends informational responses
    /// (1xx) forever: the HTTP library drops them unseen, in a buffer of fixed size.
    pub(crate) first_byte: Instant,
    /// The maximum pause between two pieces of the body.
    pub(crate) body_idle: Duration,
    /// The maximum size of the body, in bytes.
    pub(crate) max_body: usize,
    /// Whether to read a body that cannot be decoded: the response to a write may contain something that exists
    /// nowhere else.
    pub(crate) keeps_unusable: bool,
}

/// A complete response.
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The head arrived before the whole request was written.
    pub(crate) is_early: bool,
    /// The connection of the response. It is closed unless it is marked for reuse.
    pub(crate) connection: Box<dyn ResponseBody>,
}

/// An exchange without a complete response.
pub(crate) struct ExchangeError {
    pub(crate) kind: HttpErrorKind,
    pub(crate) message: String,
    pub(crate) timed_out: bool,
    pub(crate) head: Option<(u16, HeaderMap)>,
    /// The received part of the body.
    pub(crate) body: Bytes,
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

pub(crate) async fn exchange(
    http: &dyn HttpClient,
    request: PreparedRequest,
    progress: &SendProgress,
    limits: &Limits,
) -> Result<RawResponse, ExchangeError> {
    let peer = Peer::of(&request);
    let mut sending = http.send(request, progress);
    let mut head = timeout_at(limits.latest_send.min(limits.first_byte), sending.as_mut()).await;
    if head.is_err() && progress.may_have_sent() {
        head = timeout_at(limits.first_byte, sending.as_mut()).await;
    }
    let response = match head {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => {
            let mut error = ExchangeError::from(failure.with_peer(peer.name(progress)));
            // A timeout around another HTTP client, for example, does not know how far the request got.
            if progress.was_marked_sending() {
                error.kind = HttpErrorKind::PossiblySent;
            }
            return Err(error);
        }
        Err(_) => {
            // Dropped first: from here on no more bytes are sent.
            drop(sending);
            let peer = peer.name(progress);
            let (kind, message) = if progress.may_have_sent() {
                (HttpErrorKind::PossiblySent, format!("no response from {peer} in time"))
            } else {
                (HttpErrorKind::ConnectTimeout, format!("connection to {peer} timed out"))
            };
            return Err(ExchangeError::late(kind, message));
        }
    };
    let is_early = progress.is_being_written();
    let HttpResponse { status, headers, mut body } = response;
    match read(&headers, body.as_mut(), limits, &|| peer.name(progress)).await {
        Ok(whole) => Ok(RawResponse { status, headers, body: whole, is_early, connection: body }),
        Err(error) => Err(ExchangeError { head: Some((status, headers)), ..error }),
    }
}

/// The host and port of a request, for error messages.
struct Peer {
    authority: Arc<str>,
    default_port: u16,
}

impl Peer {
    fn of(request: &PreparedRequest) -> Self {
        let default_port = if request.url.starts_with("http://") { 80 } else { 443 };
        Self { authority: Arc::clone(&request.authority), default_port }
    }

    fn name(&self, progress: &SendProgress) -> String {
        let mut name = self.authority.to_string();
        let has_port = self.authority.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
        if !has_port {
            name.push_str(&format!(":{}", self.default_port));
        }
        if let Some(proxy) = progress.proxy() {
            name.push_str(&format!(" through the proxy {proxy}"));
        }
        name
    }
}

async fn read(
    headers: &HeaderMap,
    body: &mut dyn ResponseBody,
    limits: &Limits,
    peer: &(dyn Fn() -> String + Sync),
) -> Result<Bytes, ExchangeError> {
    let mut received_body = BodyBuffer::default();
    let received = match unusable(headers, limits).map(|text| ExchangeError::unreadable(&text)) {
        Some(error) => {
            if limits.keeps_unusable {
                // The reason why the body is unusable is the one to report, even if reading fails too.
                let _ = receive(body, &mut received_body, limits, peer).await;
            }
            Err(error)
        }
        None => receive(body, &mut received_body, limits, peer).await,
    };
    let whole = received_body.whole();
    match received {
        Ok(()) => Ok(whole),
        Err(error) => Err(ExchangeError { body: whole, ..error }),
    }
}

/// Why a body cannot be used, according to the headers.
fn unusable(headers: &HeaderMap, limits: &Limits) -> Option<String> {
    if headers.get_all(CONTENT_ENCODING).iter().any(|coding| coding.as_bytes() != b"identity") {
        return Some("response has a content coding, but none was requested".to_owned());
    }
    let head: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if head > MAX_HEADER_BYTES {
        return Some("response has more than 64 KiB of headers".to_owned());
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced: Option<usize> = announced.and_then(|length| length.parse().ok());
    announced.is_some_and(|length| length > limits.max_body).then(|| too_large(limits))
}

fn too_large(limits: &Limits) -> String {
    format!("response has more than {} bytes", limits.max_body)
}

/// The received pieces of a body. Most bodies arrive in one piece, which then needs no copy.
#[derive(Default)]
struct BodyBuffer {
    first: Option<Bytes>,
    more: BytesMut,
}

impl BodyBuffer {
    fn len(&self) -> usize {
        self.more.len() + self.first.as_ref().map_or(0, Bytes::len)
    }

    fn push(&mut self, piece: Bytes) {
        match self.first.take() {
            None if self.more.is_empty() => self.first = Some(piece),
            earlier => {
                if let Some(earlier) = earlier {
                    // The buffer grows with the received bytes. `Content-Length` alone allocates nothing.
                    self.more.extend_from_slice(&earlier);
                }
                self.more.extend_from_slice(&piece);
            }
        }
    }

    fn whole(self) -> Bytes {
        self.first.unwrap_or_else(|| self.more.freeze())
    }
}

/// Receives a body to its end, or as much of it as arrives.
async fn receive(
    body: &mut dyn ResponseBody,
    received_body: &mut BodyBuffer,
    limits: &Limits,
    peer: &(dyn Fn() -> String + Sync),
) -> Result<(), ExchangeError> {
    // When the waiting for pieces began. Most bodies are available at once.
    let mut waiting_since: Option<Instant> = None;
    loop {
        let piece = timeout_if_pending(body.chunk(), |now| {
            waiting_since.get_or_insert(now);
            limits.deadline.min(after(now, limits.body_idle))
        });
        let mut piece = match piece.await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(failure)) => return Err(ExchangeError::from(failure.with_peer(peer()))),
            Err(_) => {
                let message = format!("response of {} stopped before its end", peer());
                return Err(ExchangeError::late(HttpErrorKind::PossiblySent, message));
            }
        };
        let room = limits.max_body.saturating_sub(received_body.len());
        let is_too_large = piece.len() > room;
        piece.truncate(room);
        received_body.push(piece);
        if is_too_large {
            return Err(ExchangeError::unreadable(&too_large(limits)));
        }
        let elapsed = waiting_since.map_or(Duration::ZERO, |since| since.elapsed());
        if elapsed > limits.body_idle
            && (received_body.len() as u64) < MIN_THROUGHPUT.saturating_mul(elapsed.as_secs())
        {
            let message = format!("response of {} arrives too slowly", peer());
            return Err(ExchangeError::late(HttpErrorKind::PossiblySent, message));
        }
    }
}

impl ExchangeError {
    fn late(kind: HttpErrorKind, message: String) -> Self {
        Self { kind, message, timed_out: true, head: None, body: Bytes::new(), source: None }
    }

    fn unreadable(message: &str) -> Self {
        Self {
            kind: HttpErrorKind::PossiblySent,
            message: message.to_owned(),
            timed_out: false,
            head: None,
            body: Bytes::new(),
            source: None,
        }
    }
}

impl From<HttpError> for ExchangeError {
    fn from(failure: HttpError) -> Self {
        Self {
            kind: failure.kind(),
            message: failure.to_string(),
            timed_out: failure.kind() == HttpErrorKind::ConnectTimeout,
            head: None,
            body: Bytes::new(),
            source: Some(failure.into_source()),
        }
    }
}
