//! Applies a scenario to the running emulator.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};

use super::error::AdminError;
use super::input::{NoParameters, TextBody};
use crate::{Cloud, Scenario};

/// The body is a scenario in YAML or JSON. The response lists what was created.
pub(super) async fn apply(
    State(cloud): State<Cloud>,
    _: NoParameters,
    TextBody(text): TextBody,
) -> Result<(StatusCode, Json<Value>), AdminError> {
    let scenario =
        Scenario::parse(&text).map_err(|error| AdminError::invalid(error.to_string()))?;
    // A large scenario takes seconds.
    let applied = tokio::task::spawn_blocking(move || cloud.apply_scenario(&scenario)).await;
    let applied = applied.map_err(|_| {
        AdminError::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "the scenario failed")
    })?;
    let created = applied.map_err(|error| AdminError::invalid(error.to_string()))?;
    Ok((StatusCode::CREATED, Json(json!({"created": created}))))
}
