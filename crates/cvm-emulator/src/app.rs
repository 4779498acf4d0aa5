//! Answers one HTTP request: checks its head, reads its body within limits, and asks the cloud.

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use bytes::Bytes;
use http::{Request, Response, header};

use crate::Cloud;
use crate::bodies::{Bodies, GivenUp, Share};
use crate::cloud::{Admission, Handled};
use crate::dialect::too_large;
use crate::server::Limits;
use cvm_simulator::ApiError;

/// How much of a body that is not wanted is still read, so that its sender sees the response and not a
/// connection that breaks while it is writing.
const DRAINED: usize = 64 << 20;

/// The router that answers for a cloud: call it as it is in a test, or serve it.
pub fn app(cloud: &Cloud) -> Router {
    let app = App::new(cloud, &Limits::default());
    Router::new().fallback(respond).with_state(app)
}

async fn respond(State(app): State<App>, request: Request<Body>) -> Response<Body> {
    app.answer(request, || {}).await.response.map(Body::from)
}

/// A cloud, and the limits of what is read for it. Clones share both.
#[derive(Clone, Debug)]
pub(crate) struct App {
    cloud: Cloud,
    bodies: Arc<Bodies>,
    body_time: Duration,
}

impl App {
    pub(crate) fn new(cloud: &Cloud, limits: &Limits) -> Self {
        let bodies = Arc::new(Bodies::new(limits.body_memory));
        Self { cloud: cloud.clone(), bodies, body_time: limits.body_time }
    }

    /// Answers a request of any transport. `on_admitted` is called if its head names a known key, before its
    /// body is read.
    pub(crate) async fn answer<B>(&self, request: Request<B>, on_admitted: impl FnOnce()) -> Handled
    where
        B: HttpBody<Data = Bytes>,
    {
        let (parts, body) = request.into_parts();
        let announced = body.size_hint().exact();
        let admission = match self.cloud.check_request(&parts, announced) {
            Ok(admission) => admission,
            Err(response) => {
                // Who expects to be asked for the body has not sent it.
                if !parts.headers.contains_key(header::EXPECT) {
                    let _ = tokio::time::timeout(self.body_time, drain(body)).await;
                }
                return Handled { response: *response, is_authenticated: false };
            }
        };
        if admission.is_key_known {
            on_admitted();
        }
        let expected = announced.and_then(|length| usize::try_from(length).ok());
        // The share lives until the request is handled, since its memory does.
        let mut share = None;
        let read = self.read(body, expected, admission, &mut share);
        let refusal = match tokio::time::timeout(self.body_time, read).await {
            Ok(Ok(body)) => return self.cloud.respond(&Request::from_parts(parts, body)),
            Ok(Err(refusal)) => refusal,
            Err(_) => {
                let seconds = self.body_time.as_secs();
                let message = format!("The body did not arrive within {seconds} s.");
                ApiError::new("InvalidRequest", message)
            }
        };
        drop(share);
        let response = self.cloud.error_response(refusal, &parts.headers);
        Handled { response, is_authenticated: false }
    }

    async fn read<'a>(
        &'a self,
        body: impl HttpBody<Data = Bytes>,
        expected: Option<usize>,
        Admission { limit, is_key_known }: Admission,
        share: &mut Option<Share<'a>>,
    ) -> Result<Bytes, ApiError> {
        let mut body = pin!(body);
        let mut received = 0usize;
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let frame = frame.map_err(|_| {
                ApiError::new("InvalidRequest", "The body broke off before its end.")
            })?;
            let Ok(data) = frame.into_data() else { continue };
            received = received.saturating_add(data.len());
            if received > limit {
                // The memory first; then the rest of the body.
                *share = None;
                drain(body).await;
                return Err(too_large("body", limit));
            }
            if share.is_none() && expected == Some(data.len()) {
                // All of it at once: nothing has to be kept while more is waited for.
                return Ok(data);
            }
            let share = share.get_or_insert_with(|| {
                self.bodies.open(expected.unwrap_or(limit).min(limit), is_key_known)
            });
            if share.append(&data) == Err(GivenUp) {
                drain(body).await;
                return Err(given_up());
            }
            // Tiny chunks are ready one after another; others have their turn, too.
            tokio::task::coop::consume_budget().await;
        }
        match share {
            Some(share) => share.complete().map_err(|GivenUp| given_up()),
            None => Ok(Bytes::new()),
        }
    }
}

/// Reads what is left of a body, and keeps nothing of it.
async fn drain(body: impl HttpBody<Data = Bytes>) {
    let mut body = pin!(body);
    let mut received = 0usize;
    while let Some(Ok(frame)) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        received = received.saturating_add(frame.data_ref().map_or(0, Bytes::len));
        if received > DRAINED {
            break;
        }
        tokio::task::coop::consume_budget().await;
    }
}

/// The code of a throttle: nothing was done, and the request may be sent again.
fn given_up() -> ApiError {
    let message = "The emulator gave up the body of this request, because too many bodies arrive at \
                   the same time. Send it again.";
    ApiError::new("RequestLimitExceeded", message)
}
