//! The log of the latest requests to the services.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::AdminError;
use super::input::{NoParameters, Parameters};
use crate::Cloud;

/// How many requests are shown by default.
const DEFAULT_LIMIT: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogQuery {
    account: Option<u64>,
    action: Option<String>,
    /// Only requests after the one with this number.
    after: Option<u64>,
    /// An error code; empty for requests without an error.
    code: Option<String>,
    limit: Option<usize>,
    service: Option<String>,
}

/// The last requests that match, the oldest first.
pub(super) async fn show(
    State(cloud): State<Cloud>,
    Parameters(query): Parameters<LogQuery>,
) -> Result<Json<Value>, AdminError> {
    let is = |asked: &Option<String>, actual: Option<&str>| {
        asked.as_deref().is_none_or(|asked| asked == actual.unwrap_or_default())
    };
    let requests = cloud.request_log().last(query.limit.unwrap_or(DEFAULT_LIMIT), |entry| {
        is(&query.action, entry.action.as_deref())
            && is(&query.service, entry.service.as_deref())
            && is(&query.code, entry.code)
            && query.account.is_none_or(|account| entry.account == Some(account))
            && query.after.is_none_or(|after| entry.number > after)
    });
    Ok(Json(json!({"requests": requests})))
}

pub(super) async fn clear(State(cloud): State<Cloud>, _: NoParameters) -> StatusCode {
    cloud.request_log().clear();
    StatusCode::NO_CONTENT
}
