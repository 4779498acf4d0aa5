//! ModifyInstancesDisasterRecoverGroup and DeleteInstancesDisasterRecoverGroups.

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::disk_type;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{
    Effect, PlacementSlot, REGROUP_FORCED, REGROUP_RUNNING, REGROUP_STOPPED, RequestContext, is_in,
    leave_group,
};
use cvm_models::actions::{
    DeleteInstancesDisasterRecoverGroups, DeleteInstancesDisasterRecoverGroupsResponse,
    ModifyInstancesDisasterRecoverGroup, ModifyInstancesDisasterRecoverGroupResponse,
};
use cvm_models::enums::{DiskType, InstanceState};
use cvm_models::types::Instance;

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

/// Instances go into another group, where they are or, by force, on another machine.
impl ActionHandler for ModifyInstancesDisasterRecoverGroup {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let id = target(codes, &self)?;
        let serials = scene.find(&self.instance_ids)?;
        let group = scene.placement_group(id, &["FailedOperation.DisasterRecoverGroupNotFound"])?;
        let seat = PlacementSlot::in_group(codes, group, self.partition_number)?;
        let is_forced = self.force == Some(true);
        for machine in scene.instances(&serials) {
            can_go(codes, &machine.api, id, is_forced)?;
        }
        scene.check_state(&serials, ALLOWED)?;
        scene.check_room(group, serials.len() as u64)?;
        for serial in serials {
            let Some(machine) = scene.instances.get_mut(serial) else { continue };
            seat.take(&mut machine.api, scene.ids);
            let runs = machine.api.instance_state == InstanceState::Running;
            let course = match (runs, is_forced) {
                (true, true) => &REGROUP_FORCED,
                (true, false) => &REGROUP_RUNNING,
                (false, _) => &REGROUP_STOPPED,
            };
            scene.begin(serial, course, Effect::None);
        }
        Ok(Outcome::Response(ModifyInstancesDisasterRecoverGroupResponse::default()))
    }
}

/// The group that is named, in the old form, the new one or both.
fn target(
    codes: DocumentedCodes,
    request: &ModifyInstancesDisasterRecoverGroup,
) -> Result<&str, ApiError> {
    let old = request.disaster_recover_group_id.as_deref().filter(|id| !id.is_empty());
    let new = request.disaster_recover_group_ids.first().map(String::as_str);
    match (old, new) {
        (Some(old), Some(new)) if old != new => {
            let message =
                "`DisasterRecoverGroupId` and `DisasterRecoverGroupIds` are not the same.";
            Err(codes.error(["InvalidParameterCombination", "InvalidParameterValue"], message))
        }
        (old, new) => new.or(old).ok_or_else(|| {
            let message = "The parameter `DisasterRecoverGroupIds` is required.";
            codes.error(["MissingParameter"], message)
        }),
    }
}

fn can_go(
    codes: DocumentedCodes,
    instance: &Instance,
    group_id: &str,
    is_forced: bool,
) -> Result<(), ApiError> {
    let id = &instance.instance_id;
    if is_in(instance, group_id) {
        let message =
            format!("The instance `{id}` is in the placement group `{group_id}` already.");
        return Err(codes.error(["FailedOperation.AlreadyInDisasterRecoverGroup"], message));
    }
    let data_disks = instance.data_disks.iter().map(|disk| &disk.disk_type);
    let kinds = || data_disks.clone().chain([&instance.system_disk.disk_type]).flatten();
    if kinds().any(|kind| *kind == DiskType::CloudSsd) {
        let message = format!("The instance `{id}` has a CLOUD_SSD disk and cannot be moved.");
        return Err(codes.error(["UnsupportedOperation.CbsRemoteSsdNotSupport"], message));
    }
    let is_local = |kind: &DiskType| disk_type(kind.as_str()).is_some_and(|known| known.is_local());
    if is_forced && kinds().any(is_local) {
        let message =
            format!("The instance `{id}` has a local disk and cannot change its machine.");
        return Err(codes.error(["InvalidInstance.NotSupported"], message));
    }
    Ok(())
}

/// Instances leave their group and stay where they are.
impl ActionHandler for DeleteInstancesDisasterRecoverGroups {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let groups = &self.disaster_recover_group_ids;
        let mut serials = Vec::with_capacity(self.instance_ids.len());
        for id in &self.instance_ids {
            serials.push(scene.instances.serial(id).ok_or_else(|| {
                let message = format!("The instance `{id}` does not exist here.");
                codes.error(["ResourceNotFound.InvalidInstanceIdNotFound"], message)
            })?);
        }
        for id in groups {
            scene.placement_group(id, &["FailedOperation.DisasterRecoverGroupNotFound"])?;
        }
        for machine in scene.instances(&serials) {
            if !groups.iter().any(|group| is_in(&machine.api, group)) {
                let id = &machine.api.instance_id;
                let message = format!("The instance `{id}` is in none of the groups named.");
                let wanted = ["FailedOperation.DisasterRecoverGroupNotMatch"];
                return Err(codes.error(wanted, message));
            }
        }
        for serial in serials {
            if let Some(machine) = scene.instances.get_mut(serial) {
                leave_group(&mut machine.api);
            }
        }
        Ok(Outcome::Response(DeleteInstancesDisasterRecoverGroupsResponse::default()))
    }
}
