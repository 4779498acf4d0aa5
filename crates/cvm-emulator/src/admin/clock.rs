//! The virtual clock.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use cvm_simulator::TimeMode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::AdminError;
use super::input::JsonBody;
use crate::Cloud;

/// The longest time that [`run_until_idle`] passes by default.
const DEFAULT_WITHIN: Duration = Duration::from_secs(86_400);

pub(super) async fn show(State(cloud): State<Cloud>) -> Json<Value> {
    Json(json(&cloud))
}

pub(super) fn json(cloud: &Cloud) -> Value {
    let clock = cloud.clock();
    let (mode, scale) = match clock.mode() {
        TimeMode::Real => ("real", None),
        TimeMode::Scaled(scale) => ("scaled", Some(scale)),
        TimeMode::Instant => ("instant", None),
        TimeMode::Manual => ("manual", None),
    };
    json!({"now": clock.now().to_string(), "mode": mode, "scale": scale})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    seconds: f64,
}

pub(super) async fn advance(
    State(cloud): State<Cloud>,
    JsonBody(Advance { seconds }): JsonBody<Advance>,
) -> Result<Json<Value>, AdminError> {
    cloud.clock().advance(span("seconds", seconds)?);
    Ok(Json(json(&cloud)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunUntilIdle {
    within_seconds: Option<f64>,
}

pub(super) async fn run_until_idle(
    State(cloud): State<Cloud>,
    JsonBody(RunUntilIdle { within_seconds }): JsonBody<RunUntilIdle>,
) -> Result<Json<Value>, AdminError> {
    let within = within_seconds.map(|seconds| span("within_seconds", seconds)).transpose()?;
    let next = cloud.clock().run_until_idle(within.unwrap_or(DEFAULT_WITHIN));
    let next = next.map(|time| time.to_string());
    Ok(Json(json!({"clock": json(&cloud), "next_event": next})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mode {
    mode: ModeName,
    scale: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ModeName {
    Real,
    Scaled,
    Instant,
    Manual,
}

pub(super) async fn set_mode(
    State(cloud): State<Cloud>,
    JsonBody(Mode { mode, scale }): JsonBody<Mode>,
) -> Result<Json<Value>, AdminError> {
    let mode = match (mode, scale) {
        (ModeName::Scaled, Some(scale)) if scale > 0.0 && scale.is_finite() => {
            TimeMode::Scaled(scale)
        }
        (ModeName::Scaled, _) => {
            return Err(AdminError::invalid("`scaled` needs a `scale` greater than 0"));
        }
        (_, Some(_)) => return Err(AdminError::invalid("only `scaled` has a `scale`")),
        (ModeName::Real, None) => TimeMode::Real,
        (ModeName::Instant, None) => TimeMode::Instant,
        (ModeName::Manual, None) => TimeMode::Manual,
    };
    cloud.clock().set_mode(mode);
    Ok(Json(json(&cloud)))
}

fn span(name: &str, seconds: f64) -> Result<Duration, AdminError> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        AdminError::invalid(format!("`{name}` must be a number of seconds from 0, not {seconds}"))
    })
}
