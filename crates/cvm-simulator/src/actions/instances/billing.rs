//! ModifyInstancesChargeType, RenewInstances and ModifyInstancesRenewFlag: how instances are charged, and until when.

use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{Attribute, Effect, MODIFY, RECOVER, RequestContext, SETTLED, Subscription};
use crate::timestamp::Timestamp;
use cvm_models::actions::{
    ModifyInstancesChargeType, ModifyInstancesChargeTypeResponse, ModifyInstancesRenewFlag,
    ModifyInstancesRenewFlagResponse, RenewInstances, RenewInstancesResponse,
};
use cvm_models::enums::{InstanceChargeType, InstanceState, RenewFlag, StopChargingMode};
use cvm_models::types::{Instance, InstanceChargePrepaid};

/// From hourly charging to a subscription, or back.
impl ActionHandler for ModifyInstancesChargeType {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        let becomes_prepaid = self.instance_charge_type == Some(InstanceChargeType::Prepaid);
        for machine in scene.instances(&serials) {
            can_change(scene.codes, &machine.api, becomes_prepaid)?;
        }
        scene.check_state(&serials, SETTLED)?;
        scene.check_no_timer(&serials, "InvalidInstance.NotSupported")?;
        let attribute = if becomes_prepaid {
            // The tables require the term.
            let bought = self.instance_charge_prepaid.unwrap_or_default();
            let (ends, renew_flag) = term(&bought, scene.now);
            Attribute::Subscription(Subscription { begins: scene.now, ends, renew_flag })
        } else {
            Attribute::Hourly(scene.now)
        };
        for serial in serials {
            scene.begin(serial, &MODIFY, Effect::Attribute(attribute.clone()));
        }
        Ok(Outcome::Response(ModifyInstancesChargeTypeResponse::default()))
    }
}

fn can_change(
    codes: DocumentedCodes,
    shown: &Instance,
    becomes_prepaid: bool,
) -> Result<(), ApiError> {
    let (id, kind) = (&shown.instance_id, &shown.instance_charge_type);
    let wanted = if becomes_prepaid {
        InstanceChargeType::PostpaidByHour
    } else {
        InstanceChargeType::Prepaid
    };
    if *kind != wanted {
        let message = format!("The instance `{id}` is charged as {kind}, not as {wanted}.");
        return Err(codes.error(["UnsupportedOperation.InstanceChargeType"], message));
    }
    if shown.stop_charging_mode == StopChargingMode::StopCharging {
        // The text refuses it, and no code that the action publishes fits better.
        let message = format!("The instance `{id}` is stopped and not charged; start it first.");
        return Err(codes.error(["InvalidInstance.NotSupported"], message));
    }
    Ok(())
}

const STATES_TO_RENEW: &[InstanceState] = &[
    InstanceState::Running,
    InstanceState::Stopped,
    InstanceState::Shutdown,
    InstanceState::RescueMode,
];

/// Another term for prepaid instances, also for those in the recycle bin, which leave it. What is bought counts from the moment of the answer.
impl ActionHandler for RenewInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let serials = scene.find(&self.instance_ids)?;
        is_one_kind(scene, &serials)?;
        is_prepaid(scene, &serials)?;
        let Some(bought) = self.instance_charge_prepaid else {
            let message = "`InstanceChargePrepaid` is required for prepaid instances.";
            return Err(codes.error(["MissingParameter"], message));
        };
        scene.check_state(&serials, STATES_TO_RENEW)?;
        for serial in serials {
            let Some(machine) = scene.instances.get(serial) else { continue };
            let is_isolated = machine.api.instance_state == InstanceState::Shutdown;
            let from = machine.expires.unwrap_or(scene.now);
            let (ends, flag) = term(&bought, from);
            scene.instances.renew(serial, ends, &flag);
            scene.begin(serial, if is_isolated { &RECOVER } else { &MODIFY }, Effect::None);
        }
        Ok(Outcome::Response(RenewInstancesResponse::default()))
    }
}

fn is_one_kind(scene: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let mut kinds = scene.instances(serials).map(|machine| &machine.api.instance_charge_type);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) {
        return Ok(());
    }
    let message = "The instances are not all charged in the same way; renew each kind alone.";
    let code = "InvalidParameterValue.InstanceNotSupportedMixPricingModel";
    Err(scene.codes.error([code], message))
}

/// What happens when the term of prepaid instances ends.
impl ActionHandler for ModifyInstancesRenewFlag {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        is_prepaid(scene, &serials)?;
        scene.check_state(&serials, SETTLED)?;
        // The tables require the flag.
        let flag = self.renew_flag.unwrap_or_default();
        for serial in serials {
            let attribute = Attribute::RenewFlag(flag.clone());
            scene.begin(serial, &MODIFY, Effect::Attribute(attribute));
        }
        Ok(Outcome::Response(ModifyInstancesRenewFlagResponse::default()))
    }
}

/// Passes instances that all have a subscription.
pub(crate) fn is_prepaid(scene: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let mut shown = scene.instances(serials).map(|machine| &machine.api);
    let other = shown.find(|shown| shown.instance_charge_type != InstanceChargeType::Prepaid);
    let Some(other) = other else { return Ok(()) };
    let (id, kind) = (&other.instance_id, &other.instance_charge_type);
    let message = format!("The instance `{id}` is charged as {kind}; only PREPAID is possible.");
    Err(scene.codes.error(["UnsupportedOperation.InstanceChargeType"], message))
}

/// When a term ends that begins at a moment, and what happens then. That a term has one of the lengths
/// on sale is in the tables.
pub(crate) fn term(bought: &InstanceChargePrepaid, from: Timestamp) -> (Timestamp, RenewFlag) {
    let months = bought.period.and_then(|period| u32::try_from(period).ok()).unwrap_or(1);
    let flag = bought.renew_flag.clone().unwrap_or(RenewFlag::NotifyAndManualRenew);
    (from.months_later(months), flag)
}
