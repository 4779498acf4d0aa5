//! ModifyDisasterRecoverGroupAttribute: another name, and an affinity that only grows.

use cvm_models::actions::{
    ModifyDisasterRecoverGroupAttribute, ModifyDisasterRecoverGroupAttributeResponse,
};

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for ModifyDisasterRecoverGroupAttribute {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let id = &self.disaster_recover_group_id;
        let present =
            scene.placement_group(id, &["ResourceNotFound.InvalidPlacementSet"])?.affinity;
        let affinity = self.affinity.unwrap_or(present);
        if affinity < present {
            let message = format!("The affinity of `{id}` is {present} and can only be raised.");
            return Err(scene.codes.refuse(["InvalidParameterValue"], message));
        }
        if let Some(group) = scene.here().placement_groups.get_mut(id) {
            group.name = self.name;
            group.affinity = affinity;
        }
        Ok(Outcome::Done(ModifyDisasterRecoverGroupAttributeResponse::default()))
    }
}
