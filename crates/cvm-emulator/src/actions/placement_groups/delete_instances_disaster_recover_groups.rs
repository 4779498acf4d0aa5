//! DeleteInstancesDisasterRecoverGroups: instances leave their group and stay where they are.

use cvm_models::actions::{
    DeleteInstancesDisasterRecoverGroups, DeleteInstancesDisasterRecoverGroupsResponse,
};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{RequestContext, is_in, leave_group};

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
