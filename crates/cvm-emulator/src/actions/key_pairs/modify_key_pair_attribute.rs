//! ModifyKeyPairAttribute: another name or description.

use cvm_models::actions::{ModifyKeyPairAttribute, ModifyKeyPairAttributeResponse};

use super::newcomer;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for ModifyKeyPairAttribute {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let id = self.key_id;
        scene.find_key_pairs(std::slice::from_ref(&id))?;
        // An empty text counts as none, as in the tables.
        let name = self.key_name.filter(|name| !name.is_empty());
        let description = self.description.filter(|description| !description.is_empty());
        if let Some(name) = &name {
            newcomer::name_is_free(scene, name, Some(&id))?;
        }
        if let Some(pair) = scene.resources().key_pairs.get_mut(&id) {
            pair.key_name = name.unwrap_or_else(|| std::mem::take(&mut pair.key_name));
            pair.description = description.or_else(|| pair.description.take());
        }
        Ok(Outcome::Response(ModifyKeyPairAttributeResponse::default()))
    }
}
