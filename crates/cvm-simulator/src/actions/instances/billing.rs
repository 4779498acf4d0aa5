//! ModifyInstancesChargeType, RenewInstances and ModifyInstancesRenewFlag: how instances are charged, and until when.

use cvm_models::actions::{
    ModifyInstancesChargeType, ModifyInstancesChargeTypeResponse, ModifyInstancesRenewFlag,
    ModifyInstancesRenewFlagResponse, RenewInstances, RenewInstancesResponse,
};
use cvm_models::enums::{InstanceChargeType, InstanceState, RenewFlag, StopChargingMode};
use cvm_models::types::InstanceChargePrepaid;

use crate::actions::instances::portable_disks;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{
    Attribute, Effect, MODIFY, RECOVER, RequestContext, SETTLED, StoredInstance, Subscription,
};
use crate::timestamp::Timestamp;

/// Changes the charge type from hourly to prepaid, or back.
impl ActionHandler for ModifyInstancesChargeType {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        let becomes_prepaid = self.instance_charge_type == Some(InstanceChargeType::Prepaid);
        for instance in context.instances(&serials) {
            check_can_change(context.codes, instance, becomes_prepaid)?;
        }
        context.check_state(&serials, SETTLED)?;
        context.check_no_timer(&serials, "InvalidInstance.NotSupported")?;
        let attribute = if becomes_prepaid {
            // The model info requires the term.
            let item = self.instance_charge_prepaid.unwrap_or_default();
            let (ends, renew_flag) = term(&item, context.now);
            Attribute::Subscription(Subscription { begins: context.now, ends, renew_flag })
        } else {
            Attribute::Hourly(context.now)
        };
        for serial in serials {
            if self.modify_portable_data_disk == Some(true) {
                let prepaid = match &attribute {
                    Attribute::Subscription(item) => {
                        Some((item.ends, item.renew_flag.as_str().into()))
                    }
                    _ => None,
                };
                portable_disks::change_charge_type(context, serial, prepaid);
            } else {
                portable_disks::keep(context, serial);
            }
            context.begin(serial, &MODIFY, Effect::Attribute(attribute.clone()));
        }
        Ok(Outcome::Response(ModifyInstancesChargeTypeResponse::default()))
    }
}

fn check_can_change(
    codes: DocumentedCodes,
    instance: &StoredInstance,
    becomes_prepaid: bool,
) -> Result<(), ApiError> {
    let (id, kind) = (&instance.id, &instance.charge_type);
    let requested = if becomes_prepaid {
        InstanceChargeType::PostpaidByHour
    } else {
        InstanceChargeType::Prepaid
    };
    if *kind != requested {
        let message = format!("The instance `{id}` has the charge type {kind}, not {requested}.");
        return Err(codes.error(["UnsupportedOperation.InstanceChargeType"], message));
    }
    if instance.stop_charging_mode == StopChargingMode::StopCharging {
        // The documentation forbids it, and no documented code fits better.
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

/// Extends the term of prepaid instances. Instances in the recycle bin leave it. The new term counts from the time of
/// the response.
impl ActionHandler for RenewInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let serials = context.find(&self.instance_ids)?;
        check_one_charge_type(context, &serials)?;
        check_prepaid(context, &serials)?;
        let Some(item) = self.instance_charge_prepaid else {
            let message = "`InstanceChargePrepaid` is required for prepaid instances.";
            return Err(codes.error(["MissingParameter"], message));
        };
        context.check_state(&serials, STATES_TO_RENEW)?;
        for serial in serials {
            let Some(instance) = context.instances.get(serial) else { continue };
            let is_isolated = instance.state == InstanceState::Shutdown;
            let from = instance.expires.unwrap_or(context.now);
            let (ends, flag) = term(&item, from);
            if self.renew_portable_data_disk == Some(false) {
                portable_disks::keep(context, serial);
            } else {
                portable_disks::renew(context, serial, |from| {
                    let (ends, flag) = term(&item, from);
                    (ends, flag.as_str().into())
                });
            }
            context.instances.renew(serial, ends, &flag);
            context.begin(serial, if is_isolated { &RECOVER } else { &MODIFY }, Effect::None);
        }
        Ok(Outcome::Response(RenewInstancesResponse::default()))
    }
}

fn check_one_charge_type(context: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let mut kinds = context.instances(serials).map(|instance| &instance.charge_type);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) {
        return Ok(());
    }
    let message = "The instances have different charge types; renew each type separately.";
    let code = "InvalidParameterValue.InstanceNotSupportedMixPricingModel";
    Err(context.codes.error([code], message))
}

/// Changes what happens at the end of the term of prepaid instances, at once.
impl ActionHandler for ModifyInstancesRenewFlag {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        check_prepaid(context, &serials)?;
        context.check_state(&serials, SETTLED)?;
        // The model info requires the flag.
        let flag = self.renew_flag.unwrap_or_default();
        for serial in serials {
            context.change_at_once(serial, Attribute::RenewFlag(flag.clone()));
        }
        Ok(Outcome::Response(ModifyInstancesRenewFlagResponse::default()))
    }
}

/// Checks that all instances are prepaid.
pub(crate) fn check_prepaid(context: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let mut instances = context.instances(serials);
    let other = instances.find(|instance| instance.charge_type != InstanceChargeType::Prepaid);
    let Some(other) = other else { return Ok(()) };
    let (id, kind) = (&other.id, &other.charge_type);
    let message =
        format!("The instance `{id}` has the charge type {kind}; only PREPAID is possible.");
    Err(context.codes.error(["UnsupportedOperation.InstanceChargeType"], message))
}

/// The end of a term that starts at this time, and its renew flag. The model info lists the possible lengths.
pub(crate) fn term(item: &InstanceChargePrepaid, from: Timestamp) -> (Timestamp, RenewFlag) {
    let months = item.period.and_then(|period| u32::try_from(period).ok()).unwrap_or(1);
    let flag = item.renew_flag.clone().unwrap_or(RenewFlag::NotifyAndManualRenew);
    (from.months_later(months), flag)
}
