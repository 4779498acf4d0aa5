//! ModifyInstancesDisasterRecoverGroup and DeleteInstancesDisasterRecoverGroups.

use cvm_models::actions::{
    DeleteInstancesDisasterRecoverGroups, DeleteInstancesDisasterRecoverGroupsResponse,
    ModifyInstancesDisasterRecoverGroup, ModifyInstancesDisasterRecoverGroupResponse,
};
use cvm_models::enums::{DiskType, InstanceState};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{
    Effect, PlacementSlot, REGROUP_FORCED, REGROUP_RUNNING, REGROUP_STOPPED, RequestContext,
    StoredDisk, StoredInstance,
};

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

/// Moves instances to another group, on the same physical server or, with `Force`, to another one.
impl ActionHandler for ModifyInstancesDisasterRecoverGroup {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let id = target_group(codes, &self)?;
        let serials = context.find(&self.instance_ids)?;
        let group =
            context.placement_group(id, &["FailedOperation.DisasterRecoverGroupNotFound"])?;
        let slot = PlacementSlot::in_group(codes, group, self.partition_number)?;
        let is_forced = self.force == Some(true);
        for instance in context.instances(&serials) {
            check_can_move(codes, instance, id, is_forced)?;
        }
        context.check_state(&serials, ALLOWED)?;
        context.check_room(group, serials.len() as u64)?;
        for serial in serials {
            let Some(mut instance) = context.instances.get_mut(serial) else { continue };
            slot.take(&mut instance, context.ids);
            let runs = instance.is_running();
            drop(instance);
            let operation = match (runs, is_forced) {
                (true, true) => &REGROUP_FORCED,
                (true, false) => &REGROUP_RUNNING,
                (false, _) => &REGROUP_STOPPED,
            };
            context.begin(serial, operation, Effect::None);
        }
        Ok(Outcome::Response(ModifyInstancesDisasterRecoverGroupResponse::default()))
    }
}

/// The group of the request, named by the old member, the new one or both.
fn target_group(
    codes: DocumentedCodes,
    request: &ModifyInstancesDisasterRecoverGroup,
) -> Result<&str, ApiError> {
    let old = request.disaster_recover_group_id.as_deref();
    let new = request.disaster_recover_group_ids.first().map(String::as_str);
    match (old, new) {
        (Some(old), Some(new)) if old != new => {
            let message =
                "`DisasterRecoverGroupId` and `DisasterRecoverGroupIds` name different groups.";
            Err(codes.error(["InvalidParameterCombination", "InvalidParameterValue"], message))
        }
        (old, new) => new.or(old).ok_or_else(|| {
            let message = "The parameter `DisasterRecoverGroupIds` is required.";
            codes.error(["MissingParameter"], message)
        }),
    }
}

fn check_can_move(
    codes: DocumentedCodes,
    instance: &StoredInstance,
    group_id: &str,
    is_forced: bool,
) -> Result<(), ApiError> {
    let id = &instance.id;
    if instance.is_in_group(group_id) {
        let message =
            format!("The instance `{id}` is already in the placement group `{group_id}`.");
        return Err(codes.error(["FailedOperation.AlreadyInDisasterRecoverGroup"], message));
    }
    if instance.disks().any(|disk| disk.kind == DiskType::CloudSsd) {
        let message = format!("The instance `{id}` has a CLOUD_SSD disk and cannot be moved.");
        return Err(codes.error(["UnsupportedOperation.CbsRemoteSsdNotSupport"], message));
    }
    if is_forced && instance.disks().any(StoredDisk::is_local) {
        let message = format!(
            "The instance `{id}` has a local disk and cannot move to another physical server."
        );
        return Err(codes.error(["InvalidInstance.NotSupported"], message));
    }
    Ok(())
}

/// Removes instances from their group. They stay on their physical server.
impl ActionHandler for DeleteInstancesDisasterRecoverGroups {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let groups = &self.disaster_recover_group_ids;
        let mut serials = Vec::with_capacity(self.instance_ids.len());
        for id in &self.instance_ids {
            serials.push(context.instances.serial(id).ok_or_else(|| {
                let message = format!("The instance `{id}` does not exist in this region.");
                codes.error(["ResourceNotFound.InvalidInstanceIdNotFound"], message)
            })?);
        }
        for id in groups {
            context.placement_group(id, &["FailedOperation.DisasterRecoverGroupNotFound"])?;
        }
        for instance in context.instances(&serials) {
            if !groups.iter().any(|group| instance.is_in_group(group)) {
                let id = &instance.id;
                let message =
                    format!("The instance `{id}` is in none of the groups of the request.");
                let candidates = ["FailedOperation.DisasterRecoverGroupNotMatch"];
                return Err(codes.error(candidates, message));
            }
        }
        for serial in serials {
            if let Some(mut instance) = context.instances.get_mut(serial) {
                instance.leave_placement_group();
            }
        }
        Ok(Outcome::Response(DeleteInstancesDisasterRecoverGroupsResponse::default()))
    }
}
