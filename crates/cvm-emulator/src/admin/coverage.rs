//! Which actions and parameters the emulator supports, and the basis of behavior that no document specifies.

use axum::Json;
use serde_json::{Value, json};

use super::input::NoParameters;
use crate::{ActionCoverage, Basis, Decision, coverage, decisions};

pub(super) async fn show(_: NoParameters) -> Json<Value> {
    let actions: Vec<Value> = coverage().iter().map(action).collect();
    let decisions: Vec<Value> = decisions().map(decision).collect();
    Json(json!({"actions": actions, "decisions": decisions}))
}

fn action(row: &ActionCoverage) -> Value {
    let refused = row.refused.iter();
    let refused: Vec<Value> = refused
        .map(|one| json!({"path": one.path, "value": one.value, "reason": one.reason}))
        .collect();
    json!({
        "service": row.service,
        "action": row.action,
        "supported": row.supported,
        "parameters": row.parameters,
        "refused": refused,
    })
}

fn decision(row: &Decision) -> Value {
    let basis = match row.basis {
        Basis::Documented => "documented",
        Basis::Assumed => "assumed",
    };
    json!({"topic": row.topic, "behavior": row.behavior, "basis": basis})
}
