//! Errors of the admin API: `{"error": {"code": …, "message": …}}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use cvm_simulator::ApiError;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::FaultError;
use crate::admin_access::Denied;

/// Maximum length of a message in characters: it can repeat a value of the client.
const MAX_MESSAGE: usize = 4_000;

/// Why a request to the admin API failed. The message says what to do.
#[derive(Debug)]
pub(super) struct AdminError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl AdminError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
            message.truncate(end);
            message.push('…');
        }
        Self { status, code, message }
    }

    /// The request has an invalid value.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }
}

impl From<Denied> for AdminError {
    fn from(denied: Denied) -> Self {
        let (status, code) = match denied {
            Denied::Token => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Denied::Peer | Denied::Host | Denied::Origin => (StatusCode::FORBIDDEN, "forbidden"),
        };
        Self::new(status, code, denied.to_string())
    }
}

impl From<FaultError> for AdminError {
    fn from(error: FaultError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<ApiError> for AdminError {
    fn from(error: ApiError) -> Self {
        Self::invalid(format!("{}: {}", error.code, error.message))
    }
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        let body = Json(json!({"error": {"code": code, "message": message}}));
        let mut response = (status, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
