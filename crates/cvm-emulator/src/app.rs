//! The cloud as an axum router: reads the body within its limits, and no more.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response, header};

use crate::Cloud;
use crate::cloud::body_limit;
use crate::dialect::too_large;
use crate::refusal::Refusal;

/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(30);

/// How much of a body that is too long is still read, so that its sender sees the answer and not a
/// connection that breaks under his hands.
const DRAINED: usize = 64 << 20;

/// The router that answers for a cloud: call it as it is in a test, or serve it.
pub fn app(cloud: &Cloud) -> Router {
    Router::new().fallback(answer).with_state(cloud.clone())
}

async fn answer(State(cloud): State<Cloud>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let limit = body_limit(&parts.headers);
    let read = tokio::time::timeout(BODY_TIME, read(body, &parts.headers, limit)).await;
    let response = match read {
        Ok(Ok(body)) => cloud.handle(&Request::from_parts(parts, body)),
        Ok(Err(refusal)) => cloud.refuse(refusal, &parts.headers),
        Err(_) => {
            let message = format!("The body did not arrive within {} s.", BODY_TIME.as_secs());
            cloud.refuse(Refusal::new("InvalidRequest", message), &parts.headers)
        }
    };
    response.map(Body::from)
}

async fn read(mut body: Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|text| text.parse::<usize>().ok()).unwrap_or_default();
    let mut kept = BytesMut::with_capacity(announced.min(limit));
    let mut received = 0usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame
            .map_err(|_| Refusal::new("InvalidRequest", "The body broke off before its end."))?;
        let Ok(data) = frame.into_data() else { continue };
        received = received.saturating_add(data.len());
        if received <= limit {
            kept.extend_from_slice(&data);
        } else if received > DRAINED {
            break;
        }
    }
    if received > limit { Err(too_large("body", limit)) } else { Ok(kept.freeze()) }
}
