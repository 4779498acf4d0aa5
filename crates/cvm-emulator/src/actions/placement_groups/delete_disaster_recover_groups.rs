//! DeleteDisasterRecoverGroups: empty groups, all of them or none.

use cvm_models::actions::{DeleteDisasterRecoverGroups, DeleteDisasterRecoverGroupsResponse};

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DeleteDisasterRecoverGroups {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        for id in &self.disaster_recover_group_ids {
            scene.placement_group(id, &["ResourceNotFound.InvalidPlacementSet"])?;
        }
        let members = scene.store.in_placement_groups();
        for id in &self.disaster_recover_group_ids {
            if !members.members(id).is_empty() {
                let message = format!("The placement group `{id}` still holds instances.");
                return Err(scene.codes.refuse(["FailedOperation.PlacementSetNotEmpty"], message));
            }
        }
        let groups = &mut scene.here().placement_groups;
        self.disaster_recover_group_ids.iter().for_each(|id| groups.remove(id));
        Ok(Outcome::Done(DeleteDisasterRecoverGroupsResponse::default()))
    }
}
