//! A fake service without a network: it responds in this process, so a test can let hours pass at once.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cvm_transport::ClientBuilder;
use cvm_transport::config::Timeouts;
use cvm_transport::http::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, PreparedRequest, ResponseBody,
    SendProgress,
};
use cvm_transport::rate_limit::NoRateLimit;
use http::{HeaderMap, HeaderName, HeaderValue};

const HEALTHY: &str =
    r#"{"Response":{"ThingSet":[],"TotalCount":0,"ThingIdSet":["thing-1"],"RequestId":"r-ok"}}"#;

/// How the service reacts to a request.
pub enum Reply {
    /// Responds after this time.
    Response { status: u16, headers: Vec<(&'static str, String)>, body: Body, after: Duration },
    /// Fails. The kind says whether anything was sent.
    Fails(HttpErrorKind),
    /// Responds with a success, on a connection that takes this long to open.
    Connects { after: Duration },
    /// Never responds: before the first byte of the request was sent, or after it.
    Silent { held: bool },
}

/// How the body of a response arrives.
pub enum Body {
    Whole(Bytes),
    /// These pieces, one at each interval.
    Pieces {
        pieces: VecDeque<Bytes>,
        every: Duration,
    },
    /// One piece at each interval, endlessly.
    Drip {
        piece: Bytes,
        every: Duration,
    },
    /// These bytes, and then nothing.
    Stalls(Bytes),
}

impl Reply {
    pub fn body(body: impl Into<Bytes>) -> Self {
        Self::with(Vec::new(), body)
    }

    pub fn with(headers: Vec<(&'static str, String)>, body: impl Into<Bytes>) -> Self {
        let body = Body::Whole(body.into());
        Self::Response { status: 200, headers, body, after: Duration::ZERO }
    }

    /// A response whose body arrives in this many pieces.
    pub fn slowly(body: String, pieces: usize, every: Duration) -> Self {
        let length = body.len().div_ceil(pieces).max(1);
        let pieces = body.as_bytes().chunks(length).map(Bytes::copy_from_slice).collect();
        let body = Body::Pieces { pieces, every };
        Self::Response { status: 200, headers: Vec::new(), body, after: every }
    }

    /// A response without a body, as a gateway sends it.
    pub fn status(status: u16, headers: Vec<(&'static str, String)>) -> Self {
        let body = Body::Whole(Bytes::new());
        Self::Response { status, headers, body, after: Duration::ZERO }
    }

    /// A success of every action.
    pub fn healthy() -> Self {
        Self::body(HEALTHY)
    }

    pub fn error(code: &str, headers: Vec<(&'static str, String)>) -> Self {
        Self::with(headers, error_body(code))
    }
}

pub fn error_body(code: &str) -> String {
    format!(
        r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"a test error"}},"RequestId":"r-error"}}}}"#
    )
}

type Handler = dyn Fn(&PreparedRequest, usize) -> Reply + Send + Sync;

/// The service: a function from a request and its number, counted from 1, to the reaction.
#[derive(Clone)]
pub struct FakeService {
    respond: Arc<Handler>,
    requests: Arc<AtomicUsize>,
}

impl FakeService {
    pub fn new(respond: impl Fn(&PreparedRequest, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self { respond: Arc::new(respond), requests: Arc::default() }
    }

    /// How many requests arrived.
    pub fn request_count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// A builder for a client of this service, with the default timeouts.
    pub fn builder(&self) -> ClientBuilder {
        crate::builder("https://cvm.example.com")
            .timeouts(Timeouts::default())
            .rate_limiter(NoRateLimit)
            .http(self.clone())
    }
}

impl fmt::Debug for FakeService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

impl HttpClient for FakeService {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        sending: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        sending.mark_buffered();
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        let reply = (self.respond)(&request, number);
        Box::pin(async move {
            match reply {
                Reply::Response { status, headers, body, after } => {
                    sending.mark_sending();
                    if !after.is_zero() {
                        tokio::time::sleep(after).await;
                    }
                    let mut map = HeaderMap::new();
                    for (name, value) in &headers {
                        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                        map.append(HeaderName::from_static(name), value);
                    }
                    Ok(HttpResponse { status, headers: map, body: Box::new(FakeBody::from(body)) })
                }
                Reply::Connects { after } => {
                    tokio::time::sleep(after).await;
                    sending.mark_sending();
                    let body = Box::new(FakeBody::from(Body::Whole(HEALTHY.into())));
                    Ok(HttpResponse { status: 200, headers: HeaderMap::new(), body })
                }
                Reply::Fails(kind) => {
                    if kind == HttpErrorKind::PossiblySent {
                        sending.mark_sending();
                    }
                    Err(HttpError::new(kind, "the network is out"))
                }
                Reply::Silent { held } => {
                    if !held {
                        sending.mark_sending();
                    }
                    std::future::pending().await
                }
            }
        })
    }
}

/// A body that is being received.
struct FakeBody {
    pieces: VecDeque<Bytes>,
    /// How long each piece takes.
    every: Duration,
    drip: Option<(Bytes, Duration)>,
    ends: bool,
}

impl From<Body> for FakeBody {
    fn from(body: Body) -> Self {
        match body {
            Body::Whole(bytes) => {
                Self { pieces: [bytes].into(), every: Duration::ZERO, drip: None, ends: true }
            }
            Body::Pieces { pieces, every } => Self { pieces, every, drip: None, ends: true },
            Body::Drip { piece, every } => Self {
                pieces: VecDeque::new(),
                every: Duration::ZERO,
                drip: Some((piece, every)),
                ends: false,
            },
            Body::Stalls(bytes) => {
                Self { pieces: [bytes].into(), every: Duration::ZERO, drip: None, ends: false }
            }
        }
    }
}

impl ResponseBody for FakeBody {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>> {
        Box::pin(async {
            if !self.every.is_zero() && !self.pieces.is_empty() {
                tokio::time::sleep(self.every).await;
            }
            if let Some(piece) = self.pieces.pop_front().filter(|piece| !piece.is_empty()) {
                return Ok(Some(piece));
            }
            match &self.drip {
                Some((piece, every)) => {
                    tokio::time::sleep(*every).await;
                    Ok(Some(piece.clone()))
                }
                None if self.ends => Ok(None),
                None => std::future::pending().await,
            }
        })
    }
}
