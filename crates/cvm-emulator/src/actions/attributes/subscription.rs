//! What subscriptions have in common: who has one, and when a new term ends.

use cvm_models::enums::{InstanceChargeType, RenewFlag};
use cvm_models::types::InstanceChargePrepaid;

use crate::Timestamp;
use crate::api_error::ApiError;
use crate::state::RequestContext;

/// Passes instances that all have a subscription.
pub(super) fn is_prepaid(scene: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let mut shown = scene.instances(serials).map(|machine| &machine.api);
    let other = shown.find(|shown| shown.instance_charge_type != InstanceChargeType::Prepaid);
    let Some(other) = other else { return Ok(()) };
    let (id, kind) = (&other.instance_id, &other.instance_charge_type);
    let message = format!("The instance `{id}` is charged as {kind}; only PREPAID is possible.");
    Err(scene.codes.error(["UnsupportedOperation.InstanceChargeType"], message))
}

/// When a term ends that begins at a moment, and what happens then. That a term has one of the lengths
/// on sale is in the tables.
pub(super) fn term(bought: &InstanceChargePrepaid, from: Timestamp) -> (Timestamp, RenewFlag) {
    let months = bought.period.and_then(|period| u32::try_from(period).ok()).unwrap_or(1);
    let flag = bought.renew_flag.clone().unwrap_or(RenewFlag::NotifyAndManualRenew);
    (from.months_later(months), flag)
}
