//! ModifyDisasterRecoverGroupAttribute: another name, and an affinity that only grows.

use cvm_models::actions::{
    ModifyDisasterRecoverGroupAttribute, ModifyDisasterRecoverGroupAttributeResponse,
};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for ModifyDisasterRecoverGroupAttribute {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let id = &self.disaster_recover_group_id;
        let present =
            scene.placement_group(id, &["ResourceNotFound.InvalidPlacementSet"])?.affinity;
        let affinity = self.affinity.unwrap_or(present);
        if affinity < present {
            let message = format!("The affinity of `{id}` is {present} and can only be raised.");
            return Err(scene.codes.error(["InvalidParameterValue"], message));
        }
        if let Some(group) = scene.resources().placement_groups.get_mut(id) {
            group.name = self.name;
            group.affinity = affinity;
        }
        Ok(Outcome::Response(ModifyDisasterRecoverGroupAttributeResponse::default()))
    }
}
