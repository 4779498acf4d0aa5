//! DeleteDisasterRecoverGroups: empty groups, all of them or none.

use cvm_models::actions::{DeleteDisasterRecoverGroups, DeleteDisasterRecoverGroupsResponse};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DeleteDisasterRecoverGroups {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        for id in &self.disaster_recover_group_ids {
            scene.placement_group(id, &["ResourceNotFound.InvalidPlacementSet"])?;
        }
        let members = scene.instances.in_placement_groups();
        for id in &self.disaster_recover_group_ids {
            if !members.members(id).is_empty() {
                let message = format!("The placement group `{id}` still holds instances.");
                return Err(scene.codes.error(["FailedOperation.PlacementSetNotEmpty"], message));
            }
        }
        let groups = &mut scene.resources().placement_groups;
        self.disaster_recover_group_ids.iter().for_each(|id| groups.remove(id));
        Ok(Outcome::Response(DeleteDisasterRecoverGroupsResponse::default()))
    }
}
