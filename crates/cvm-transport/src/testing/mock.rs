//! A client whose actions are handled by functions instead of a service.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cvm_signer::Credential;

use super::recorded::{RecordedRequests, decode, is_of};
use super::running::RunningHandlers;
use crate::http::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, PreparedRequest, SendProgress,
};
use crate::rate_limit::NoRateLimit;
use crate::{Action, Client, ClientBuilder};

/// Builds a client whose actions are handled by functions; see [`testing`](crate::testing).
///
/// The client has region `ap-guangzhou`, an invented credential and no rate limit, and ignores the environment.
#[must_use]
pub struct MockBuilder {
    client: ClientBuilder,
    handlers: Vec<Handler>,
    requests: RecordedRequests,
}

struct Handler {
    handles: fn(&PreparedRequest) -> bool,
    /// Locked while it runs. Other handlers can run meanwhile, also for a call from inside this one.
    handle: Mutex<Box<HandlerFn>>,
}

/// From a request, and the request id of its response, to that response.
type HandlerFn = dyn FnMut(&PreparedRequest, &str) -> Result<HttpResponse, MockError> + Send;

impl fmt::Debug for MockBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockBuilder")
            .field("handlers", &self.handlers.len())
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

impl Default for MockBuilder {
    #[expect(clippy::expect_used, reason = "the credential is a valid constant")]
    fn default() -> Self {
        let credential =
            Credential::new("AKIDMOCK", "mock-secret-key").expect("a valid credential");
        let client = Client::builder()
            .without_environment()
            .region("ap-guangzhou")
            .credential(credential)
            .rate_limiter(NoRateLimit);
        Self { client, handlers: Vec::new(), requests: RecordedRequests::default() }
    }
}

impl MockBuilder {
    /// Handles an action. The handler gets each request as it was sent, so a retry calls it again. A later handler of
    /// the same action replaces this one.
    ///
    /// The request id of a response is `mock-` and the number of the request, unless the handler sets another one.
    /// Members that a response always has, but that the handler left `None`, get an empty value. A list needs its total:
    /// with a total of 0 beside items it counts as incomplete.
    ///
    /// A handler may call other actions of the same mock, for example with a second blocking client. A call that would run it
    /// again while it runs fails with [`Error::is_usage`](crate::Error::is_usage).
    ///
    /// If a request has no handler, its call fails with [`Error::is_usage`](crate::Error::is_usage) and the name of the
    /// action.
    pub fn on<A: Action>(
        mut self,
        mut handler: impl FnMut(A) -> Result<A::Response, MockError> + Send + 'static,
    ) -> Self {
        let handle = move |request: &PreparedRequest, request_id: &str| {
            let decoded = decode(request).map_err(|text| {
                MockError::http(HttpError::new(HttpErrorKind::InvalidRequest, text))
            })?;
            let response = handler(decoded)?;
            Ok(HttpResponse::from_success(&response, request_id))
        };
        self.handlers
            .insert(0, Handler { handles: is_of::<A>, handle: Mutex::new(Box::new(handle)) });
        self
    }

    /// Changes the configuration of the client: the region, an interceptor, fewer attempts.
    pub fn configure(mut self, configure: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        self.client = configure(self.client);
        self
    }

    /// The requests that the client will send. They can be read at any time.
    #[must_use]
    pub fn requests(&self) -> RecordedRequests {
        self.requests.clone()
    }

    /// Builds the client.
    ///
    /// # Panics
    ///
    /// If [`configure`](Self::configure) made its configuration invalid.
    #[must_use]
    #[track_caller]
    #[expect(
        clippy::panic,
        reason = "for tests, where an invalid configuration is an error of the test"
    )]
    pub fn build(self) -> Client {
        let http = MockHttp { handlers: self.handlers, requests: self.requests };
        match self.client.http(http).build() {
            Ok(client) => client,
            Err(error) => panic!("the configuration of the mocked client is invalid: {error}"),
        }
    }
}

/// How a request to a mock fails.
#[derive(Debug)]
pub struct MockError(Failure);

#[derive(Debug)]
enum Failure {
    Service { code: String, message: String },
    Http(HttpError),
    Response(HttpResponse),
    NoResponse,
}

impl MockError {
    /// The service returns this error. Its code decides whether the client retries.
    pub fn service(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Failure::Service { code: code.into(), message: message.into() })
    }

    /// The request fails before a byte of it is sent, so the client retries it.
    #[must_use]
    pub fn not_sent() -> Self {
        Self::http(HttpError::new(HttpErrorKind::NotSent, "the mock is not reachable"))
    }

    /// The connection is lost after the request was sent: for a write, the outcome is unknown.
    #[must_use]
    pub fn connection_lost() -> Self {
        Self::http(HttpError::new(HttpErrorKind::PossiblySent, "the mock closed the connection"))
    }

    /// The request is sent and no response arrives, so the client's timeout ends the attempt.
    #[must_use]
    pub const fn no_response() -> Self {
        Self(Failure::NoResponse)
    }

    /// The HTTP client fails like this.
    #[must_use]
    pub const fn http(error: HttpError) -> Self {
        Self(Failure::Http(error))
    }

    /// This response arrives instead of that of the service, for example [`HttpResponse::from_text`].
    #[must_use]
    pub const fn response(response: HttpResponse) -> Self {
        Self(Failure::Response(response))
    }
}

/// Passes each request to the handler of its action.
struct MockHttp {
    handlers: Vec<Handler>,
    requests: RecordedRequests,
}

impl MockHttp {
    fn handle(
        &self,
        request: &PreparedRequest,
        request_id: &str,
    ) -> Result<HttpResponse, MockError> {
        let action = request.action();
        let Some(handler) = self.handlers.iter().find(|handler| (handler.handles)(request)) else {
            let text = format!(
                "the mock has no handler for `{action}` of service `{}`; add one with \
                 `.on(|request: {action}| …)`",
                request.service()
            );
            return Err(MockError::http(HttpError::new(HttpErrorKind::InvalidRequest, text)));
        };
        let run = || {
            let mut handle = handler.handle.lock().unwrap_or_else(PoisonError::into_inner);
            handle(request, request_id)
        };
        RunningHandlers::current().run(handler, run).unwrap_or_else(|| {
            let text = format!(
                "the handler of `{action}` was called from inside itself, which would deadlock: \
                 call another action in it, or another mock"
            );
            Err(MockError::http(HttpError::new(HttpErrorKind::InvalidRequest, text)))
        })
    }
}

impl fmt::Debug for MockHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockHttp")
    }
}

impl HttpClient for MockHttp {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        progress: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        let request_id = format!("mock-{}", self.requests.record(request.clone()));
        progress.mark_buffered();
        let result = match self.handle(&request, &request_id) {
            Err(MockError(Failure::Http(error))) if error.is_before_sending() => Err(Some(error)),
            result => {
                progress.mark_sending();
                match result {
                    Ok(response) | Err(MockError(Failure::Response(response))) => Ok(response),
                    Err(MockError(Failure::Service { code, message })) => {
                        Ok(HttpResponse::from_error(&code, &message, &request_id))
                    }
                    Err(MockError(Failure::Http(error))) => Err(Some(error)),
                    Err(MockError(Failure::NoResponse)) => Err(None),
                }
            }
        };
        Box::pin(async move {
            match result {
                Ok(response) => Ok(response),
                Err(Some(error)) => Err(error),
                Err(None) => std::future::pending().await,
            }
        })
    }
}
