//! Handles one HTTP request: checks its head, reads its body within limits, and passes both to the cloud.

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use bytes::Bytes;
use cvm_simulator::ApiError;
use http::{HeaderMap, Request, Response, header};

use crate::Cloud;
use crate::admin::Admin;
use crate::body_memory::{BodyBuffer, BodyMemory, Evicted};
use crate::cloud::Admission;
use crate::dialect::too_large;
use crate::handled::Handled;
use crate::limits::Limits;
use crate::metadata::MetadataService;
use crate::request_log::Record;

/// The service reads up to this many bytes of a rejected body. Otherwise the connection would break while the
/// client is writing, and the client would not see the response.
const MAX_DRAINED_BYTES: usize = 64 << 20;

/// Returns a router that handles the requests to a cloud: serve it, or call it directly in a test.
pub fn router(cloud: &Cloud) -> Router {
    let service = HttpService::new(cloud, &Limits::default());
    Router::new().fallback(respond).with_state(service)
}

async fn respond(State(service): State<HttpService>, request: Request<Body>) -> Response<Body> {
    service.handle(request, || {}).await.into_response().map(Body::from)
}

/// A cloud, and the limits for reading request bodies. Clones share both.
#[derive(Clone, Debug)]
pub(crate) struct HttpService {
    cloud: Cloud,
    admin: Admin,
    /// Handles all requests on the port for metadata; `None` on the port for the API.
    metadata: Option<MetadataService>,
    body_memory: Arc<BodyMemory>,
    body_timeout: Duration,
}

impl HttpService {
    pub(crate) fn new(cloud: &Cloud, limits: &Limits) -> Self {
        let body_memory = Arc::new(BodyMemory::new(limits.max_body_memory));
        let body_timeout = limits.body_timeout;
        let (cloud, admin) = (cloud.clone(), Admin::new(cloud, limits));
        Self { cloud, admin, metadata: None, body_memory, body_timeout }
    }

    /// Handles a request to the admin API from this client, or returns any other request. The result says whether the
    /// client has the token.
    pub(crate) async fn handle_admin<B>(
        &self,
        request: Request<B>,
        peer: Option<IpAddr>,
    ) -> Result<(Response<Body>, bool), Request<B>>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        if self.metadata.is_some() || !Admin::owns(request.uri()) {
            return Err(request);
        }
        let handled = self.admin.handle(request.map(Body::new), peer);
        // The time to read the body is included.
        let handled = tokio::time::timeout(self.body_timeout, handled).await;
        Ok(handled.unwrap_or_else(|_| (Admin::timeout(), false)))
    }

    /// Ends the streams of the admin API, because the server stops.
    pub(crate) fn end_streams(&self) {
        self.admin.end_streams();
    }

    /// Handles requests for metadata instead of API calls.
    pub(crate) fn with_metadata(mut self, metadata: MetadataService) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Handles a request of any transport. Calls `on_known_key` before the body is read, if the head names a known
    /// key.
    pub(crate) async fn handle<B>(
        &self,
        request: Request<B>,
        on_known_key: impl FnOnce(),
    ) -> Handled
    where
        B: HttpBody<Data = Bytes>,
    {
        let (parts, body) = request.into_parts();
        if let Some(metadata) = &self.metadata {
            let _ = tokio::time::timeout(self.body_timeout, drain(body)).await;
            let response = metadata.respond(&self.cloud, &parts);
            return Handled::new(response, false);
        }
        let declared = body.size_hint().exact();
        let admission = match self.cloud.check_request(&parts, declared) {
            Ok(admission) => admission,
            Err(response) => {
                self.discard(&parts.headers, body).await;
                return Handled::new(*response, false);
            }
        };
        if admission.is_key_known {
            on_known_key();
        }
        let expected = declared.and_then(|length| usize::try_from(length).ok());
        // The buffer lives until the request is handled, because its memory is in use until then.
        let mut buffer = None;
        let read = self.read(body, expected, admission, &mut buffer);
        let error = match tokio::time::timeout(self.body_timeout, read).await {
            Ok(Ok(body)) => return self.cloud.respond(&Request::from_parts(parts, body)).await,
            Ok(Err(error)) => error,
            Err(_) => {
                let seconds = self.body_timeout.as_secs();
                let message = format!("The body did not arrive within {seconds} s.");
                ApiError::new("InvalidRequest", message)
            }
        };
        drop(buffer);
        let record = Record::of(&parts.method);
        let response = self.cloud.error_response(record, error, &parts.headers);
        Handled::new(response, false)
    }

    /// Tells the client of a port for HTTPS that it used HTTP.
    pub(crate) async fn require_https(
        &self,
        request: Request<impl HttpBody<Data = Bytes>>,
    ) -> Handled {
        let (parts, body) = request.into_parts();
        self.discard(&parts.headers, body).await;
        let message = "This port of the emulator serves HTTPS, and the request was sent over HTTP. Use an endpoint \
                       that begins with `https://`, and trust the CA certificate of the emulator.";
        let error = ApiError::new("InvalidRequest", message);
        let record = Record::of(&parts.method);
        let response = self.cloud.error_response(record, error, &parts.headers);
        Handled::new(response, false)
    }

    /// Reads the body of a request that was rejected by its head.
    async fn discard(&self, headers: &HeaderMap, body: impl HttpBody<Data = Bytes>) {
        // A client that expects `100 Continue` has not sent the body (RFC 9110, 10.1.1).
        if !headers.contains_key(header::EXPECT) {
            let _ = tokio::time::timeout(self.body_timeout, drain(body)).await;
        }
    }

    async fn read<'a>(
        &'a self,
        body: impl HttpBody<Data = Bytes>,
        expected: Option<usize>,
        Admission { limit, is_key_known }: Admission,
        buffer: &mut Option<BodyBuffer<'a>>,
    ) -> Result<Bytes, ApiError> {
        let mut body = pin!(body);
        let mut received = 0usize;
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let frame = frame.map_err(|_| {
                ApiError::new("InvalidRequest", "The body ended before it was complete.")
            })?;
            let Ok(data) = frame.into_data() else { continue };
            received = received.saturating_add(data.len());
            if received > limit {
                // Free the memory before reading the rest of the body.
                *buffer = None;
                drain(body).await;
                return Err(too_large("body", limit));
            }
            if buffer.is_none() && expected == Some(data.len()) {
                // The body arrived in one piece, so no buffer is needed.
                return Ok(data);
            }
            let buffer = buffer.get_or_insert_with(|| {
                self.body_memory.begin(expected.unwrap_or(limit).min(limit), is_key_known)
            });
            if buffer.append(&data) == Err(Evicted) {
                drain(body).await;
                return Err(body_evicted());
            }
            // Many tiny chunks can be ready at once; yield to other connections.
            tokio::task::coop::consume_budget().await;
        }
        match buffer {
            Some(buffer) => buffer.complete().map_err(|Evicted| body_evicted()),
            None => Ok(Bytes::new()),
        }
    }
}

/// Reads and discards the rest of a body.
async fn drain(body: impl HttpBody<Data = Bytes>) {
    let mut body = pin!(body);
    let mut received = 0usize;
    while let Some(Ok(frame)) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        received = received.saturating_add(frame.data_ref().map_or(0, Bytes::len));
        if received > MAX_DRAINED_BYTES {
            break;
        }
        tokio::task::coop::consume_budget().await;
    }
}

/// A throttling error: the request had no effect and can be retried.
fn body_evicted() -> ApiError {
    let message = "The emulator dropped the body of this request, because too many bodies are arriving at the \
                   same time. Retry the request.";
    ApiError::new("RequestLimitExceeded", message)
}
