//! Reads the JSON body and the query of a request to the admin API. What is unknown or wrong is an error.

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::AdminError;

/// Maximum length of a request body, in bytes.
pub(super) const MAX_BODY: usize = 1 << 20;

/// A JSON body. An empty one counts as `{}`.
pub(super) struct JsonBody<T>(pub(super) T);

/// The error for a body that is too long.
pub(super) fn too_large() -> AdminError {
    let message = format!("the body is longer than {} KiB", MAX_BODY / 1024);
    AdminError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
}

/// The parameters of the query.
pub(super) struct Parameters<T>(pub(super) T);

/// Neither parameters nor members: a filter that has no effect would mislead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// The query of an endpoint without parameters.
pub(super) type NoParameters = Parameters<Nothing>;

/// The body of an endpoint that needs none.
pub(super) type NoBody = JsonBody<Nothing>;

/// A body that is a text in another format than JSON.
pub(super) struct TextBody(pub(super) String);

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, AdminError> {
    Bytes::from_request(request, state).await.map_err(|error| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return too_large();
        }
        AdminError::invalid("the body ended before it was complete")
    })
}

impl<S: Send + Sync> FromRequest<S> for TextBody {
    type Rejection = AdminError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AdminError> {
        let body = read(request, state).await?;
        let text = String::from_utf8(body.to_vec());
        text.map(Self)
            .map_err(|error| AdminError::invalid(format!("the body is not UTF-8: {error}")))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = AdminError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AdminError> {
        let body = read(request, state).await?;
        let text: &[u8] = if body.trim_ascii().is_empty() { b"{}" } else { &body };
        let parsed = serde_json::from_slice(text);
        parsed.map(Self).map_err(|error| AdminError::invalid(format!("invalid JSON body: {error}")))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AdminError> {
        let parsed = Query::try_from_uri(&parts.uri);
        let invalid = |error: axum::extract::rejection::QueryRejection| error.body_text();
        parsed.map(|Query(value)| Self(value)).map_err(|error| AdminError::invalid(invalid(error)))
    }
}
