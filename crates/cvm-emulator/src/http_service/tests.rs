//! Memory use of request bodies before their client is authenticated.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::HttpBody;
use bytes::Bytes;
use http::Request;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::HttpService;
use crate::limits::Limits;
use crate::test_requests::{NOW, cloud, tc3_post};

const PIECE: usize = 64 << 10;

/// A body that arrives in pieces.
struct Pieces(mpsc::Receiver<Bytes>, Option<u64>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        self.1.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// A request whose body is still being sent.
struct Upload {
    pieces: mpsc::Sender<Bytes>,
    response: JoinHandle<String>,
}

impl Upload {
    fn begin(service: &HttpService, request: Request<()>, length: Option<u64>) -> Self {
        let (pieces, arriving) = mpsc::channel(1);
        let (service, request) = (service.clone(), request.map(|()| Pieces(arriving, length)));
        let response = tokio::spawn(async move {
            let handled = service.handle(request, || {}).await;
            String::from_utf8(handled.response.body().to_vec()).unwrap()
        });
        Self { pieces, response }
    }

    async fn send(&self, bytes: usize) {
        // The request may already have its response.
        let _ = self.pieces.send(Bytes::from(vec![b' '; bytes])).await;
        // A piece is counted or rejected only after the service reads it.
        while self.pieces.capacity() < self.pieces.max_capacity() && !self.response.is_finished() {
            tokio::task::yield_now().await;
        }
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    async fn end(self) -> String {
        drop(self.pieces);
        self.response.await.unwrap()
    }
}

fn form() -> Request<()> {
    let form = "application/x-www-form-urlencoded";
    Request::post("/").header("host", "h").header("content-type", form).body(()).unwrap()
}

fn signed(id: &str, timestamp: u64, text: &str) -> Request<()> {
    tc3_post(id, timestamp, "DescribeZones", text, ())
}

fn service() -> HttpService {
    HttpService::new(&cloud(), &Limits::default())
}

#[tokio::test(start_paused = true)]
async fn body_is_not_buffered_if_the_head_fails() {
    let with = |name: &'static str, value: &str| {
        let mut request = signed("AKIDEXAMPLE", NOW, "{}");
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let mut unsigned = signed("AKIDEXAMPLE", NOW, "{}");
    unsigned.headers_mut().remove("authorization");
    let mut twice = signed("AKIDEXAMPLE", NOW, "{}");
    twice.headers_mut().append("authorization", "x".parse().unwrap());
    let mut method = signed("AKIDEXAMPLE", NOW, "{}");
    *method.method_mut() = http::Method::PUT;
    let mut path = signed("AKIDEXAMPLE", NOW, "{}");
    *path.uri_mut() = "/other".parse().unwrap();
    let tomorrow = (NOW + 86_400).to_string();
    for (request, code) in [
        (signed("AKIDUNKNOWN", NOW, "{}"), "AuthFailure.SecretIdNotFound"),
        (signed("AKIDEXAMPLE", NOW - 301, "{}"), "AuthFailure.SignatureExpire"),
        (signed("AKIDEXAMPLE", NOW + 301, "{}"), "AuthFailure.SignatureExpire"),
        (with("authorization", "TC3-HMAC-SHA256 x"), "AuthFailure.InvalidAuthorization"),
        (with("x-tc-timestamp", "x"), "InvalidParameter"),
        (with("x-tc-timestamp", &tomorrow), "AuthFailure.SignatureExpire"),
        (unsigned, "AuthFailure.InvalidAuthorization"),
        (twice, "AuthFailure.InvalidAuthorization"),
        (method, "UnsupportedProtocol"),
        (path, "no such path"),
    ] {
        for length in [None, Some(10 << 20)] {
            let service = service();
            let upload = Upload::begin(&service, request.clone(), length);
            for _ in 0..20 {
                upload.send(PIECE).await;
                assert_eq!(service.body_memory.allocated(), 0, "{code}");
            }
            let response = upload.end().await;
            assert!(response.contains(code), "{response}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_with_credentials_have_the_form_limit() {
    let mut gateway = form();
    *gateway.uri_mut() = "/v2/index.php".parse().unwrap();
    let mut json = form();
    json.headers_mut().insert("content-type", "application/json".parse().unwrap());
    for request in [form(), gateway, json] {
        let service = service();
        let upload = Upload::begin(&service, request.clone(), None);
        for _ in 0..16 {
            upload.send(PIECE).await;
        }
        assert_eq!(service.body_memory.allocated(), 1 << 20);
        upload.send(1).await;
        assert_eq!(service.body_memory.allocated(), 0, "an oversized body is not buffered");
        let response = upload.end().await;
        assert!(response.contains("RequestSizeLimitExceeded"), "{response}");

        let upload = Upload::begin(&service, request, Some((1 << 20) + 1));
        upload.send(PIECE).await;
        assert_eq!(service.body_memory.allocated(), 0, "the declared length is too long");
        let response = upload.end().await;
        assert!(response.contains("RequestSizeLimitExceeded"), "{response}");
    }
}

#[tokio::test(start_paused = true)]
async fn buffered_bodies_share_one_limit_and_new_ones_succeed() {
    let service = service();
    let limit = Limits::default().max_body_memory;
    let mut uploads = Vec::new();
    for number in 0..30 {
        // The second half names a known key in the head.
        let request = if number < 15 { form() } else { signed("AKIDEXAMPLE", NOW, "{}") };
        let pieces = if number < 15 { 15 } else { 150 };
        let upload = Upload::begin(&service, request, None);
        for _ in 0..pieces {
            upload.send(PIECE).await;
            assert!(
                service.body_memory.allocated() <= limit,
                "{}",
                service.body_memory.allocated()
            );
        }
        uploads.push(upload);
    }
    let text = " ".repeat(3 * PIECE) + "{}";
    let length = u64::try_from(text.len()).unwrap();
    let new = Upload::begin(&service, signed("AKIDEXAMPLE", NOW, &text), Some(length));
    for _ in 0..3 {
        new.send(PIECE).await;
    }
    new.pieces.send(Bytes::from_static(b"{}")).await.unwrap();
    let response = new.end().await;
    assert!(response.contains("\"TotalCount\":7"), "{response}");

    // Bodies with a known key use more than half of the memory, so the oldest of them was evicted.
    let given_up = uploads.remove(15);
    given_up.send(1).await;
    let response = given_up.end().await;
    assert!(response.contains("RequestLimitExceeded"), "{response}");
    for upload in uploads {
        upload.response.abort();
        assert!(upload.response.await.is_err());
    }
    assert_eq!(service.body_memory.allocated(), 0);
}

#[tokio::test(start_paused = true)]
async fn memory_is_freed_when_the_client_disconnects() {
    let service = service();
    let upload = Upload::begin(&service, form(), None);
    upload.send(PIECE).await;
    assert_eq!(service.body_memory.allocated(), PIECE);
    upload.response.abort();
    assert!(upload.response.await.is_err());
    assert_eq!(service.body_memory.allocated(), 0);
    assert_eq!(Arc::strong_count(&service.body_memory), 1);
}
