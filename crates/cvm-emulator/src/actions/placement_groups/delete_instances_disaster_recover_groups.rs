//! DeleteInstancesDisasterRecoverGroups: instances leave their group and stay where they are.

use cvm_models::actions::{
    DeleteInstancesDisasterRecoverGroups, DeleteInstancesDisasterRecoverGroupsResponse,
};

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Scene, is_in, leave_group};

impl Behaviour for DeleteInstancesDisasterRecoverGroups {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let codes = scene.codes;
        let groups = &self.disaster_recover_group_ids;
        let mut serials = Vec::with_capacity(self.instance_ids.len());
        for id in &self.instance_ids {
            serials.push(scene.store.serial(id).ok_or_else(|| {
                let message = format!("The instance `{id}` does not exist here.");
                codes.refuse(["ResourceNotFound.InvalidInstanceIdNotFound"], message)
            })?);
        }
        for id in groups {
            scene.placement_group(id, &["FailedOperation.DisasterRecoverGroupNotFound"])?;
        }
        for machine in scene.machines(&serials) {
            if !groups.iter().any(|group| is_in(&machine.shown, group)) {
                let id = &machine.shown.instance_id;
                let message = format!("The instance `{id}` is in none of the groups named.");
                let wanted = ["FailedOperation.DisasterRecoverGroupNotMatch"];
                return Err(codes.refuse(wanted, message));
            }
        }
        for serial in serials {
            if let Some(machine) = scene.store.machine_mut(serial) {
                leave_group(&mut machine.shown);
            }
        }
        Ok(Outcome::Done(DeleteInstancesDisasterRecoverGroupsResponse::default()))
    }
}
