//! Puts `tower` middleware around the HTTP client: here, a limit for the number of requests that wait for a response.
//!
//! A layer sees each attempt: signed, with its own headers, and before the client decides about a retry. It must send
//! each request at most once. For changes of members or of signed headers, use an `Interceptor`, which runs earlier.
//!
//! ```text
//! cargo run -p cvm-transport --example tower_layer
//! ```

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use cvm_transport::Client;
use cvm_transport::http::{
    BoxFuture, DefaultHttpClient, HttpClient, HttpError, HttpErrorKind, HttpResponse,
    PreparedRequest, SendProgress,
};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceExt};

/// What the middleware passes on: the request, and where to report how far it got.
pub type HttpRequest = (PreparedRequest, SendProgress);

/// The innermost service: an HTTP client.
#[derive(Clone, Debug)]
pub struct HttpService(pub Arc<dyn HttpClient>);

impl Service<HttpRequest> for HttpService {
    type Response = HttpResponse;
    type Error = HttpError;
    type Future = BoxFuture<'static, Result<HttpResponse, HttpError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), HttpError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (request, progress): HttpRequest) -> Self::Future {
        let http = Arc::clone(&self.0);
        Box::pin(async move { http.send(request, &progress).await })
    }
}

/// The outermost part: a service with all its layers, as the client's HTTP client.
pub struct TowerHttp<S>(pub S);

impl<S> fmt::Debug for TowerHttp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TowerHttp")
    }
}

impl<S> HttpClient for TowerHttp<S>
where
    S: Service<HttpRequest, Response = HttpResponse> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        progress: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        // A request that a layer holds back counts as not sent. The innermost service reports the rest.
        progress.mark_buffered();
        let (service, progress) = (self.0.clone(), progress.clone());
        Box::pin(async move {
            let sent = progress.clone();
            service.oneshot((request, progress)).await.map_err(|error| {
                // The error is that of the HTTP client, unless a layer made it.
                let error: Box<dyn std::error::Error + Send + Sync> = error.into();
                match error.downcast::<HttpError>() {
                    Ok(error) => *error,
                    Err(error) if sent.may_have_sent() => {
                        HttpError::new(HttpErrorKind::PossiblySent, error)
                    }
                    Err(error) => HttpError::new(HttpErrorKind::NotSent, error),
                }
            })
        })
    }
}

/// An HTTP client in which at most `limit` requests wait for a response.
pub fn limited(http: Arc<dyn HttpClient>, limit: usize) -> impl HttpClient {
    TowerHttp(ConcurrencyLimitLayer::new(limit).layer(HttpService(http)))
}

fn main() -> Result<(), cvm_transport::Error> {
    let http = DefaultHttpClient::builder().build()?;
    let client = Client::builder().http(limited(Arc::new(http), 8)).build()?;
    // Use the client as usual; its clones share the limit.
    drop(client);
    Ok(())
}
