//! The description of this API.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

use super::input::NoParameters;

/// The description as OpenAPI 3.1.
pub(super) const DESCRIPTION: &str = include_str!("../../openapi.json");

pub(super) async fn show(_: NoParameters) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], DESCRIPTION).into_response()
}
