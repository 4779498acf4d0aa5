//! The virtual clock.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use cvm_simulator::{TimeMode, Upcoming};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::AdminError;
use super::input::{JsonBody, NoParameters, Parameters};
use crate::Cloud;
use crate::events::clock_json;

/// The longest time that [`run_until_idle`] passes by default.
const DEFAULT_WITHIN: Duration = Duration::from_secs(86_400);

/// How many upcoming events are shown by default, and at most.
const DEFAULT_UPCOMING: usize = 10;
const MAX_UPCOMING: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockQuery {
    /// How many of the next events of instances are shown.
    upcoming: Option<usize>,
}

/// The clock, and the next events of instances.
pub(super) async fn show(
    State(cloud): State<Cloud>,
    Parameters(query): Parameters<ClockQuery>,
) -> Result<Json<Value>, AdminError> {
    let limit = query.upcoming.unwrap_or(DEFAULT_UPCOMING);
    if limit > MAX_UPCOMING {
        let message = format!("`upcoming` is {limit}; use at most {MAX_UPCOMING}");
        return Err(AdminError::invalid(message));
    }
    let mut shown = json(&cloud);
    let upcoming = cloud.simulation().upcoming(limit);
    let upcoming: Vec<Value> = upcoming.iter().map(upcoming_json).collect();
    if let Some(members) = shown.as_object_mut() {
        members.insert("upcoming".to_owned(), upcoming.into());
    }
    Ok(Json(shown))
}

fn upcoming_json(event: &Upcoming) -> Value {
    json!({
        "time": event.time.to_string(),
        "account": event.account.uin(),
        "region": event.region,
        "id": event.id,
        "state": event.state,
        "event": event.event,
    })
}

pub(super) fn json(cloud: &Cloud) -> Value {
    let clock = cloud.clock();
    clock_json(clock.now(), clock.mode())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    seconds: f64,
}

pub(super) async fn advance(
    State(cloud): State<Cloud>,
    _: NoParameters,
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
    _: NoParameters,
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
    _: NoParameters,
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
