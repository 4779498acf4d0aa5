//! Starts again from an empty cloud.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::clock;
use super::input::{NoBody, NoParameters};
use crate::Cloud;

pub(super) async fn reset(State(cloud): State<Cloud>, _: NoParameters, _: NoBody) -> Json<Value> {
    cloud.reset();
    Json(clock::json(&cloud))
}
