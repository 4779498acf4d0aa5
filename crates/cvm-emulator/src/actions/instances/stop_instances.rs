//! StopInstances: RUNNING → STOPPING → STOPPED.

use cvm_models::actions::{StopInstances, StopInstancesResponse};
use cvm_models::enums::{
    InstanceChargeType, InstanceState, StopChargingMode, StopType, StoppedMode,
};
use cvm_models::types::Instance;

use crate::api_error::ApiError;
use crate::catalogue::disk_type;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Effect, RequestContext, STOP, STOP_HARD};

const ALLOWED: &[InstanceState] = &[InstanceState::Running];

impl ActionHandler for StopInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        scene.check_state(&serials, ALLOWED)?;
        let is_hard = self.stop_type == Some(StopType::Hard) || self.force_stop == Some(true);
        let course = if is_hard { &STOP_HARD } else { &STOP };
        let wants_no_charge = self.stopped_mode == Some(StoppedMode::StopCharging);
        for serial in serials {
            let Some(machine) = scene.instances.get(serial) else { continue };
            let mode = charging_once_stopped(&machine.api, wants_no_charge);
            scene.begin(serial, course, Effect::StopCharging(mode));
        }
        Ok(Outcome::Response(StopInstancesResponse::default()))
    }
}

/// Charging stops only where it can: for hourly instances whose disks are all in the cloud. Others
/// stop all the same, and are charged.
fn charging_once_stopped(instance: &Instance, wants_no_charge: bool) -> StopChargingMode {
    let data_disks = instance.data_disks.iter().map(|disk| &disk.disk_type);
    let mut disks = data_disks.chain([&instance.system_disk.disk_type]).flatten();
    let has_local_disk =
        disks.any(|kind| disk_type(kind.as_str()).is_some_and(|known| known.is_local()));
    match (&instance.instance_charge_type, wants_no_charge && !has_local_disk) {
        (InstanceChargeType::PostpaidByHour, true) => StopChargingMode::StopCharging,
        (InstanceChargeType::PostpaidByHour, false) => StopChargingMode::KeepCharging,
        _ => StopChargingMode::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use cvm_models::enums::DiskType;

    use super::*;

    fn mode(charge: InstanceChargeType, disk: DiskType, wants: bool) -> StopChargingMode {
        let mut instance = Instance { instance_charge_type: charge, ..Instance::default() };
        instance.system_disk.disk_type = Some(disk);
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
