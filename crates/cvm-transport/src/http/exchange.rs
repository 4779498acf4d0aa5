//! One request out and one answer in, within absolute deadlines and a size limit.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use tokio::time::{Instant, timeout_at};

use crate::PreparedRequest;
use crate::http::client::{
    HttpClient, HttpError, HttpErrorKind, HttpResponse, ResponseBody, SendProgress,
};
use crate::pending_timeout::{after, timeout_if_pending};

/// The slowest answer that counts as progress, in bytes a second, once [`Limits::body_idle`] has passed.
const MIN_THROUGHPUT: u64 = 1024;

/// Most bytes that the names and values of an answer's headers may have.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// What bounds one attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// When the attempt ends, whatever arrives.
    pub(crate) deadline: Instant,
    /// When the request has to leave at the latest: later there is too little time for a response. Connecting
    /// counts.
    pub(crate) leave_by: Instant,
    /// When the head of the answer has to be there. It also ends a peer that sends early answers (1xx)
    /// without end: the HTTP library swallows them unseen and uncounted, in a buffer of fixed size.
    pub(crate) first_byte: Instant,
    /// How long the body may pause.
    pub(crate) body_idle: Duration,
    /// Most bytes of the body.
    pub(crate) max_body: usize,
    /// Whether a body that cannot be used is read all the same: that of a change may hold what exists
    /// nowhere else.
    pub(crate) keeps_unusable: bool,
}

/// An answer, read to its end.
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Its head was there before the whole request was written.
    pub(crate) is_early: bool,
    /// What it came over. Closed unless somebody says that it may be kept.
    pub(crate) connection: Box<dyn ResponseBody>,
}

/// An attempt that brought no whole answer.
pub(crate) struct ExchangeError {
    pub(crate) kind: HttpErrorKind,
    pub(crate) message: String,
    pub(crate) timed_out: bool,
    pub(crate) head: Option<(u16, HeaderMap)>,
    /// What arrived of the body.
    pub(crate) body: Bytes,
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

pub(crate) async fn exchange(
    http: &dyn HttpClient,
    request: PreparedRequest,
    sending: &SendProgress,
    limits: &Limits,
) -> Result<RawResponse, ExchangeError> {
    let peer = Peer::of(&request);
    let mut going = http.send(request, sending);
    let mut head = timeout_at(limits.leave_by.min(limits.first_byte), going.as_mut()).await;
    if head.is_err() && sending.may_have_sent() {
        head = timeout_at(limits.first_byte, going.as_mut()).await;
    }
    let response = match head {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => return Err(ExchangeError::from(failure.with_peer(peer.name(sending)))),
        Err(_) => {
            // From here on nothing leaves that has not left.
            drop(going);
            let peer = peer.name(sending);
            let (kind, message) = if sending.may_have_sent() {
                (HttpErrorKind::PossiblySent, format!("no answer from {peer} in time"))
            } else {
                (HttpErrorKind::ConnectTimeout, format!("no connection to {peer} in time"))
            };
            return Err(ExchangeError::late(kind, message));
        }
    };
    let is_early = sending.is_being_written();
    let HttpResponse { status, headers, mut body } = response;
    match read(&headers, body.as_mut(), limits, &|| peer.name(sending)).await {
        Ok(whole) => Ok(RawResponse { status, headers, body: whole, is_early, connection: body }),
        Err(broken) => Err(ExchangeError { head: Some((status, headers)), ..broken }),
    }
}

/// The host and port of a request, as errors name them.
struct Peer {
    authority: Arc<str>,
    port: Option<u16>,
}

impl Peer {
    fn of(request: &PreparedRequest) -> Self {
        let authority = Arc::clone(&request.authority);
        let has_port = authority.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
        let default = if request.url.starts_with("http://") { 80 } else { 443 };
        Self { authority, port: (!has_port).then_some(default) }
    }

    fn name(&self, sending: &SendProgress) -> String {
        let mut name = self.authority.to_string();
        if let Some(port) = self.port {
            name.push_str(&format!(":{port}"));
        }
        if let Some(proxy) = sending.proxy() {
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
    let mut arrived = Arrived::default();
    let received = match unusable(headers, limits).map(|text| ExchangeError::unreadable(&text)) {
        Some(broken) => {
            if limits.keeps_unusable {
                // Whatever ends this, the first reason is the one to tell.
                let _ = receive(body, &mut arrived, limits, peer).await;
            }
            Err(broken)
        }
        None => receive(body, &mut arrived, limits, peer).await,
    };
    let whole = arrived.whole();
    match received {
        Ok(()) => Ok(whole),
        Err(broken) => Err(ExchangeError { body: whole, ..broken }),
    }
}

/// Why a body cannot be used, as the head of its response tells.
fn unusable(headers: &HeaderMap, limits: &Limits) -> Option<String> {
    if headers.get_all(CONTENT_ENCODING).iter().any(|coding| coding.as_bytes() != b"identity") {
        return Some("answer has a content coding, though none was asked for".to_owned());
    }
    let head: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if head > MAX_HEADER_BYTES {
        return Some("answer has more than 64 KiB of headers".to_owned());
    }
    let promised = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let promised: Option<usize> = promised.and_then(|length| length.parse().ok());
    promised.is_some_and(|length| length > limits.max_body).then(|| too_large(limits))
}

fn too_large(limits: &Limits) -> String {
    format!("answer has more than {} bytes", limits.max_body)
}

/// The pieces of a body. Most answers come in one piece, which then needs no copy.
#[derive(Default)]
struct Arrived {
    first: Option<Bytes>,
    more: BytesMut,
}

impl Arrived {
    fn len(&self) -> usize {
        self.more.len() + self.first.as_ref().map_or(0, Bytes::len)
    }

    fn push(&mut self, piece: Bytes) {
        match self.first.take() {
            None if self.more.is_empty() => self.first = Some(piece),
            earlier => {
                if let Some(earlier) = earlier {
                    // Grown by what arrived, not by what was promised: a promise costs nothing.
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

/// Receives a body to its end, or as much of it as comes.
async fn receive(
    body: &mut dyn ResponseBody,
    arrived: &mut Arrived,
    limits: &Limits,
    peer: &(dyn Fn() -> String + Sync),
) -> Result<(), ExchangeError> {
    // Since when pieces are waited for; most answers are there at once.
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
                let message = format!("answer of {} stopped halfway", peer());
                return Err(ExchangeError::late(HttpErrorKind::PossiblySent, message));
            }
        };
        let room = limits.max_body.saturating_sub(arrived.len());
        let is_too_large = piece.len() > room;
        piece.truncate(room);
        arrived.push(piece);
        if is_too_large {
            return Err(ExchangeError::unreadable(&too_large(limits)));
        }
        let elapsed = waiting_since.map_or(Duration::ZERO, |since| since.elapsed());
        if elapsed > limits.body_idle
            && (arrived.len() as u64) < MIN_THROUGHPUT.saturating_mul(elapsed.as_secs())
        {
            let message = format!("answer of {} arrives too slowly", peer());
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
