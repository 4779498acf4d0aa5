//! The injected faults: their rules, presets and firings.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::AdminError;
use super::input::{JsonBody, NoBody, NoParameters, Parameters};
use crate::Cloud;
use crate::faults::{FaultError, FaultId, FaultRule, Firing, Preset};

/// How many firings are shown by default.
const DEFAULT_LIMIT: usize = 100;

/// All rules, and how often each has matched and fired.
pub(super) async fn list(State(cloud): State<Cloud>, _: NoParameters) -> Json<Value> {
    Json(json!({"rules": cloud.faults().list()}))
}

/// Adds a rule, or a list of rules: all of them or none.
pub(super) async fn add(
    State(cloud): State<Cloud>,
    _: NoParameters,
    JsonBody(body): JsonBody<Value>,
) -> Result<(StatusCode, Json<Value>), AdminError> {
    let rules = match body {
        Value::Array(items) => {
            let rules = items.into_iter().enumerate().map(|(index, item)| {
                rule(item)
                    .map_err(|error| AdminError::invalid(format!("fault {}: {error}", index + 1)))
            });
            rules.collect::<Result<Vec<_>, _>>()?
        }
        item => {
            vec![rule(item).map_err(|error| AdminError::invalid(format!("fault: {error}")))?]
        }
    };
    if rules.is_empty() {
        return Err(AdminError::invalid("the list has no fault rule; give at least one"));
    }
    let ids = if let [rule] = rules.as_slice() {
        vec![cloud.faults().add(rule.clone())?]
    } else {
        cloud.faults().add_all(rules)?
    };
    Ok((StatusCode::CREATED, Json(json!({"ids": ids}))))
}

fn rule(item: Value) -> Result<FaultRule, serde_json::Error> {
    serde_json::from_value(item)
}

/// The presets, with the rules that each adds.
pub(super) async fn presets(_: NoParameters) -> Json<Value> {
    let presets = Preset::ALL.map(|preset| json!({"name": preset.name(), "rules": preset.rules()}));
    Json(json!({"presets": presets}))
}

pub(super) async fn add_preset(
    State(cloud): State<Cloud>,
    Path(name): Path<String>,
    _: NoParameters,
    _: NoBody,
) -> Result<(StatusCode, Json<Value>), AdminError> {
    let preset: Preset = name.parse().map_err(|error: FaultError| {
        AdminError::new(StatusCode::NOT_FOUND, "not_found", error.to_string())
    })?;
    let ids = cloud.faults().add_preset(preset)?;
    Ok((StatusCode::CREATED, Json(json!({"ids": ids}))))
}

pub(super) async fn remove(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    _: NoParameters,
) -> Result<StatusCode, AdminError> {
    let number = id.parse().map_err(|_| {
        AdminError::invalid(format!("`id` is \"{id}\", which is no number; use the id of a rule"))
    })?;
    if cloud.faults().remove(FaultId::nth(number)) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let message = format!("there is no fault rule {number}; `GET /_emulator/faults` lists them");
    Err(AdminError::new(StatusCode::NOT_FOUND, "not_found", message))
}

/// Removes all rules and all firings.
pub(super) async fn clear(State(cloud): State<Cloud>, _: NoParameters) -> StatusCode {
    cloud.faults().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FiringQuery {
    account: Option<u64>,
    action: Option<String>,
    /// Only firings after the one with this number.
    after: Option<u64>,
    effect: Option<String>,
    limit: Option<usize>,
    region: Option<String>,
    /// The id of the rule.
    rule: Option<u64>,
    service: Option<String>,
}

/// The last firings that match, the oldest first, and the number of all firings.
pub(super) async fn firings(
    State(cloud): State<Cloud>,
    Parameters(query): Parameters<FiringQuery>,
) -> Json<Value> {
    let is = |wanted: &Option<String>, actual: &str| {
        wanted.as_deref().is_none_or(|wanted| wanted == actual)
    };
    let faults = cloud.faults();
    let mut firings = faults.firings();
    firings.retain(|firing: &Firing| {
        is(&query.action, firing.action)
            && is(&query.effect, firing.effect)
            && is(&query.region, firing.region)
            && is(&query.service, firing.service)
            && query.account.is_none_or(|account| firing.account == account)
            && query.after.is_none_or(|after| firing.number > after)
            && query.rule.is_none_or(|rule| firing.rule == FaultId::nth(rule))
    });
    let excess = firings.len().saturating_sub(query.limit.unwrap_or(DEFAULT_LIMIT));
    firings.drain(..excess);
    Json(json!({"total": faults.fired(), "firings": firings}))
}
