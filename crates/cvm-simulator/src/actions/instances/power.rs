//! StartInstances, StopInstances, RebootInstances and TerminateInstances.

use cvm_models::actions::{
    RebootInstances, RebootInstancesResponse, StartInstances, StartInstancesResponse,
    StopInstances, StopInstancesResponse, TerminateInstances, TerminateInstancesResponse,
};
use cvm_models::enums::{
    InstanceChargeType, InstanceState, StopChargingMode, StopType, StoppedMode,
};

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{
    Effect, REBOOT, REBOOT_HARD, RequestContext, START, STOP, STOP_HARD, StoredDisk, StoredInstance,
};

const STATES_TO_START: &[InstanceState] = &[InstanceState::Stopped];

/// STOPPED → STARTING → RUNNING.
impl ActionHandler for StartInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        context.check_state(&serials, STATES_TO_START)?;
        for serial in serials {
            context.begin(serial, &START, Effect::None);
        }
        Ok(Outcome::Response(StartInstancesResponse::default()))
    }
}

const STATES_TO_STOP: &[InstanceState] = &[InstanceState::Running];

/// RUNNING → STOPPING → STOPPED. `ForceStop` and `SOFT_FIRST` cut the power only of a guest that does not shut down, and
/// every guest does.
impl ActionHandler for StopInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        context.check_state(&serials, STATES_TO_STOP)?;
        let is_hard = self.stop_type == Some(StopType::Hard);
        let operation = if is_hard { &STOP_HARD } else { &STOP };
        let wants_no_charge = self.stopped_mode == Some(StoppedMode::StopCharging);
        for serial in serials {
            let Some(instance) = context.instances.get(serial) else { continue };
            let mode = charging_once_stopped(instance, wants_no_charge);
            context.begin(serial, operation, Effect::StopCharging(mode));
        }
        Ok(Outcome::Response(StopInstancesResponse::default()))
    }
}

/// Charges stop only for hourly instances whose disks are all cloud disks. Other instances stop, too, but are still
/// charged.
fn charging_once_stopped(instance: &StoredInstance, wants_no_charge: bool) -> StopChargingMode {
    let has_local_disk = instance.disks().any(StoredDisk::is_local);
    match (&instance.charge_type, wants_no_charge && !has_local_disk) {
        (InstanceChargeType::PostpaidByHour, true) => StopChargingMode::StopCharging,
        (InstanceChargeType::PostpaidByHour, false) => StopChargingMode::KeepCharging,
        _ => StopChargingMode::NotApplicable,
    }
}

const STATES_TO_REBOOT: &[InstanceState] = &[InstanceState::Running];

/// RUNNING → REBOOTING → RUNNING. `ForceReboot` is like `ForceStop`.
impl ActionHandler for RebootInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        context.check_state(&serials, STATES_TO_REBOOT)?;
        let is_hard = self.stop_type == Some(StopType::Hard);
        let operation = if is_hard { &REBOOT_HARD } else { &REBOOT };
        for serial in serials {
            context.begin(serial, operation, Effect::None);
        }
        Ok(Outcome::Response(RebootInstancesResponse::default()))
    }
}

const STATES_TO_TERMINATE: &[InstanceState] = &[
    InstanceState::Running,
    InstanceState::Stopped,
    InstanceState::Shutdown,
    InstanceState::RescueMode,
];

/// Destroys hourly instances. Moves prepaid ones to the recycle bin first; the second call destroys them.
impl ActionHandler for TerminateInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        check_one_charge_type(context, &serials)?;
        check_unprotected(context, &serials)?;
        context.check_state(&serials, STATES_TO_TERMINATE)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        for serial in serials {
            if self.release_prepaid_data_disks == Some(true)
                && let Some(mut instance) = context.instances.get_mut(serial)
            {
                instance.release_prepaid_disks();
            }
            let Some(instance) = context.instances.get(serial) else { continue };
            let operation = instance.termination();
            context.begin(serial, operation, Effect::None);
        }
        Ok(Outcome::Response(TerminateInstancesResponse::default()))
    }
}

fn check_one_charge_type(context: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let mut kinds = context.instances(serials).map(|instance| &instance.charge_type);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) {
        return Ok(());
    }
    let message = "The instances have different charge types; terminate each type separately.";
    Err(context.codes.error(["UnsupportedOperation.InstanceMixedPricingModel"], message))
}

fn check_unprotected(context: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let protected = context.instances(serials).find(|instance| instance.is_protected);
    match protected {
        None => Ok(()),
        Some(instance) => {
            let id = &instance.id;
            let message = format!("The instance `{id}` is protected from termination.");
            Err(context.codes.error(["UnsupportedOperation.InstancesProtected"], message))
        }
    }
}

#[cfg(test)]
mod tests {
    use cvm_models::enums::DiskType;

    use super::*;

    fn mode(charge: InstanceChargeType, disk: DiskType, wants: bool) -> StopChargingMode {
        let system_disk = StoredDisk { kind: disk, ..StoredDisk::default() };
        let instance =
            StoredInstance { charge_type: charge, system_disk, ..StoredInstance::default() };
        charging_once_stopped(&instance, wants)
    }

    #[test]
    fn charging_stops_only_where_it_can() {
        use InstanceChargeType::{PostpaidByHour, Prepaid};
        let cloud = DiskType::CloudPremium;
        assert_eq!(mode(PostpaidByHour, cloud.clone(), true), StopChargingMode::StopCharging);
        assert_eq!(mode(PostpaidByHour, cloud.clone(), false), StopChargingMode::KeepCharging);
        assert_eq!(mode(PostpaidByHour, DiskType::LocalSsd, true), StopChargingMode::KeepCharging);
        assert_eq!(mode(Prepaid, cloud, true), StopChargingMode::NotApplicable);
    }
}
