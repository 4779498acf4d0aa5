//! The admin API below `/_emulator/`: reads and changes a running emulator.
//!
//! A resource is a file here. To add an endpoint, write its handler in the file of its resource, add one line to [`ROUTES`], and
//! describe it in `openapi.json`. `tests/openapi.rs` compares the description with the endpoints and their responses.

mod clock;
mod coverage;
mod error;
mod events;
mod faults;
mod health;
mod input;
mod log;
mod metrics;
mod openapi;
mod reset;
mod scenario;
mod state;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use axum::body::{Body, HttpBody as _};
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Extension, Router};
use http::{Request, Response, StatusCode, Uri};
use tower::ServiceExt as _;

use crate::Cloud;
use crate::limits::Limits;
use error::AdminError;
use events::Streams;
pub(crate) use events::is_stream;
use input::MAX_BODY;

/// An endpoint: its method, its path, and its handler.
type Route = (&'static str, &'static str, fn() -> MethodRouter<Cloud>);

/// Everything that the API has.
static ROUTES: &[Route] = &[
    ("GET", "/_emulator/clock", || get(clock::show)),
    ("POST", "/_emulator/clock/advance", || post(clock::advance)),
    ("POST", "/_emulator/clock/mode", || post(clock::set_mode)),
    ("POST", "/_emulator/clock/run-until-idle", || post(clock::run_until_idle)),
    ("GET", "/_emulator/coverage", || get(coverage::show)),
    ("GET", "/_emulator/events", || get(events::stream)),
    ("GET", "/_emulator/faults", || get(faults::list)),
    ("POST", "/_emulator/faults", || post(faults::add)),
    ("DELETE", "/_emulator/faults", || delete(faults::clear)),
    ("GET", "/_emulator/faults/firings", || get(faults::firings)),
    ("GET", "/_emulator/faults/presets", || get(faults::presets)),
    ("POST", "/_emulator/faults/presets/{name}", || post(faults::add_preset)),
    ("DELETE", "/_emulator/faults/{id}", || delete(faults::remove)),
    ("GET", HEALTH, || get(health::health)),
    ("GET", "/_emulator/log", || get(log::show)),
    ("DELETE", "/_emulator/log", || delete(log::clear)),
    ("GET", "/_emulator/metrics", || get(metrics::show)),
    ("GET", OPENAPI, || get(openapi::show)),
    ("POST", "/_emulator/reset", || post(reset::reset)),
    ("POST", "/_emulator/scenario", || post(scenario::apply)),
    ("GET", "/_emulator/state", || get(state::summary)),
    ("GET", "/_emulator/state/{kind}", || get(state::list)),
    ("GET", VERSION, || get(health::version)),
];

const HEALTH: &str = "/_emulator/health";
const OPENAPI: &str = "/_emulator/openapi.json";
const VERSION: &str = "/_emulator/version";

/// The endpoints that need no token: they are the same for every cloud, and health checks have none.
const WITHOUT_TOKEN: [&str; 3] = [HEALTH, OPENAPI, VERSION];

/// The admin API of one emulator. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    cloud: Cloud,
    router: Router,
    streams: Streams,
}

impl Admin {
    pub(crate) fn new(cloud: &Cloud, limits: &Limits) -> Self {
        let (routes, streams) = (ROUTES.iter(), Streams::new(limits));
        let router = routes
            .fold(Router::new(), |router, (_, path, handler)| router.route(path, handler()))
            .fallback(not_found)
            .method_not_allowed_fallback(method_not_allowed)
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(Extension(streams.clone()))
            .with_state(cloud.clone());
        Self { cloud: cloud.clone(), router, streams }
    }

    /// Whether a request belongs to this API and not to the emulated services.
    pub(crate) fn owns(uri: &Uri) -> bool {
        let rest = uri.path().strip_prefix("/_emulator");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Handles a request of this client. The result says whether it has the token.
    pub(crate) async fn handle(
        &self,
        request: Request<Body>,
        peer: Option<IpAddr>,
    ) -> (Response<Body>, bool) {
        let (parts, body) = request.into_parts();
        let needs_token = !WITHOUT_TOKEN.contains(&parts.uri.path());
        if let Err(denied) = self.cloud.admin_access().check(peer, &parts, needs_token) {
            return (AdminError::from(denied).into_response(), false);
        }
        if body.size_hint().lower() > MAX_BODY as u64 {
            return (input::too_large().into_response(), needs_token);
        }
        let request = Request::from_parts(parts, body);
        match self.router.clone().oneshot(request).await {
            Ok(response) => (response, needs_token),
            Err(never) => match never {},
        }
    }

    /// Ends the streams of events, because the server stops.
    pub(crate) fn end_streams(&self) {
        self.streams.end();
    }

    /// The response to a request whose body did not arrive in time.
    pub(crate) fn timeout() -> Response<Body> {
        let message = "the request did not arrive in time; retry it";
        AdminError::new(StatusCode::REQUEST_TIMEOUT, "timeout", message).into_response()
    }
}

async fn not_found() -> AdminError {
    let mut paths: Vec<&str> = ROUTES.iter().map(|(_, path, _)| *path).collect();
    paths.dedup();
    let message = format!("no such path; the admin API has {}", paths.join(", "));
    AdminError::new(StatusCode::NOT_FOUND, "not_found", message)
}

async fn method_not_allowed() -> AdminError {
    let message = "the path has no such method; use one of the header `Allow`";
    AdminError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}
