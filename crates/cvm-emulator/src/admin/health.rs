//! Whether the emulator runs, and which version.

use axum::Json;
use serde_json::{Value, json};

use super::input::NoParameters;

pub(super) async fn health(_: NoParameters) -> Json<Value> {
    Json(json!({"status": "ok"}))
}

pub(super) async fn version(_: NoParameters) -> Json<Value> {
    let services = cvm_simulator::services()
        .map(|service| json!({"name": service.info.name, "version": service.info.version}));
    Json(json!({"version": env!("CARGO_PKG_VERSION"), "services": services}))
}
