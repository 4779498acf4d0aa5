//! What subscriptions have in common: who has one, and when a new term ends.

use cvm_models::enums::{InstanceChargeType, RenewFlag};
use cvm_models::types::InstanceChargePrepaid;

use crate::Moment;
use crate::refusal::Refusal;
use crate::world::Scene;

/// Passes instances that all have a subscription.
pub(super) fn is_prepaid(scene: &Scene<'_>, serials: &[u64]) -> Result<(), Refusal> {
    let mut shown = scene.machines(serials).map(|machine| &machine.shown);
    let other = shown.find(|shown| shown.instance_charge_type != InstanceChargeType::Prepaid);
    let Some(other) = other else { return Ok(()) };
    let (id, kind) = (&other.instance_id, &other.instance_charge_type);
    let message = format!("The instance `{id}` is charged as {kind}; only PREPAID is possible.");
    Err(scene.codes.refuse(["UnsupportedOperation.InstanceChargeType"], message))
}

/// When a term ends that begins at a moment, and what happens then. That a term has one of the lengths
/// on sale is in the tables.
pub(super) fn term(bought: &InstanceChargePrepaid, from: Moment) -> (Moment, RenewFlag) {
    let months = bought.period.and_then(|period| u32::try_from(period).ok()).unwrap_or(1);
    let flag = bought.renew_flag.clone().unwrap_or(RenewFlag::NotifyAndManualRenew);
    (from.months_later(months), flag)
}
