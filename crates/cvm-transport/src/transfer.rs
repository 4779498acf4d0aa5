//! One request out and one answer in, within absolute deadlines and a size limit.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use tokio::time::{Instant, timeout_at};

use crate::PreparedRequest;
use crate::http::{HttpFailure, HttpFailureKind, HttpResponse, HttpSend, ResponseBody, Sending};
use crate::within::{after, within};

/// The slowest answer that counts as progress, in bytes a second, once [`Limits::body_idle`] has passed.
const SLOWEST: u64 = 1024;

/// Most bytes that the names and values of an answer's headers may have.
const MOST_HEADERS: usize = 64 * 1024;

/// What bounds one attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// When the attempt ends, whatever arrives.
    pub(crate) deadline: Instant,
    /// When the head of the answer has to be there. It also ends a peer that sends early answers (1xx)
    /// without end: the HTTP library swallows them unseen and uncounted, in a buffer of fixed size.
    pub(crate) first_byte: Instant,
    /// How long the body may pause.
    pub(crate) body_idle: Duration,
    /// Most bytes of the body.
    pub(crate) max_body: usize,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What it came over. Closed unless somebody says that it may be kept.
    pub(crate) connection: Box<dyn ResponseBody>,
}

/// An attempt that brought no whole answer.
pub(crate) struct Broken {
    pub(crate) kind: HttpFailureKind,
    pub(crate) message: String,
    pub(crate) timed_out: bool,
    pub(crate) head: Option<(u16, HeaderMap)>,
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

pub(crate) async fn exchange(
    http: &dyn HttpSend,
    request: PreparedRequest,
    sending: &Sending,
    limits: &Limits,
) -> Result<Answer, Broken> {
    let peer = Peer::of(&request);
    let response = match timeout_at(limits.first_byte, http.send(request, sending)).await {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => return Err(Broken::from(failure.with_peer(peer.name(sending)))),
        Err(_) => {
            let peer = peer.name(sending);
            let (kind, message) = if sending.may_have_left() {
                (HttpFailureKind::MaybeSent, format!("no answer from {peer} in time"))
            } else {
                (HttpFailureKind::ConnectTimeout, format!("no connection to {peer} in time"))
            };
            return Err(Broken::late(kind, message));
        }
    };
    let HttpResponse { status, headers, mut body } = response;
    match read(&headers, body.as_mut(), limits, &|| peer.name(sending)).await {
        Ok(whole) => Ok(Answer { status, headers, body: whole, connection: body }),
        Err(broken) => Err(Broken { head: Some((status, headers)), ..broken }),
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

    fn name(&self, sending: &Sending) -> String {
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
) -> Result<Bytes, Broken> {
    if headers.get_all(CONTENT_ENCODING).iter().any(|coding| coding.as_bytes() != b"identity") {
        return Err(Broken::unreadable("answer has a content coding, though none was asked for"));
    }
    let head: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if head > MOST_HEADERS {
        return Err(Broken::unreadable("answer has more than 64 KiB of headers"));
    }
    let promised = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let promised: Option<usize> = promised.and_then(|length| length.parse().ok());
    let too_large =
        || Broken::unreadable(&format!("answer has more than {} bytes", limits.max_body));
    if promised.is_some_and(|length| length > limits.max_body) {
        return Err(too_large());
    }
    // Since when pieces are waited for; most answers are there at once.
    let mut waiting_since: Option<Instant> = None;
    let mut first: Option<Bytes> = None;
    let mut whole = BytesMut::new();
    loop {
        let piece = within(body.chunk(), |now| {
            waiting_since.get_or_insert(now);
            limits.deadline.min(after(now, limits.body_idle))
        });
        let piece = match piece.await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => break,
            Ok(Err(failure)) => return Err(Broken::from(failure.with_peer(peer()))),
            Err(_) => {
                let message = format!("answer of {} stopped halfway", peer());
                return Err(Broken::late(HttpFailureKind::MaybeSent, message));
            }
        };
        let received = whole.len() + first.as_ref().map_or(0, Bytes::len) + piece.len();
        if received > limits.max_body {
            return Err(too_large());
        }
        // Most answers come in one piece, which then needs no copy.
        match first.take() {
            None if whole.is_empty() => first = Some(piece),
            earlier => {
                if let Some(earlier) = earlier {
                    // Grown by what arrived, not by what was promised: a promise costs nothing.
                    whole.extend_from_slice(&earlier);
                }
                whole.extend_from_slice(&piece);
            }
        }
        let elapsed = waiting_since.map_or(Duration::ZERO, |since| since.elapsed());
        if elapsed > limits.body_idle
            && (received as u64) < SLOWEST.saturating_mul(elapsed.as_secs())
        {
            let message = format!("answer of {} arrives too slowly", peer());
            return Err(Broken::late(HttpFailureKind::MaybeSent, message));
        }
    }
    Ok(first.unwrap_or_else(|| whole.freeze()))
}

impl Broken {
    fn late(kind: HttpFailureKind, message: String) -> Self {
        Self { kind, message, timed_out: true, head: None, source: None }
    }

    fn unreadable(message: &str) -> Self {
        Self {
            kind: HttpFailureKind::MaybeSent,
            message: message.to_owned(),
            timed_out: false,
            head: None,
            source: None,
        }
    }
}

impl From<HttpFailure> for Broken {
    fn from(failure: HttpFailure) -> Self {
        Self {
            kind: failure.kind(),
            message: failure.to_string(),
            timed_out: failure.kind() == HttpFailureKind::ConnectTimeout,
            head: None,
            source: Some(failure.into_source()),
        }
    }
}
