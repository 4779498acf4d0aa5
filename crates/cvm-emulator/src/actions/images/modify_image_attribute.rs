//! ModifyImageAttribute: another name, description, family or mark for an image of the account.

use cvm_models::actions::{ModifyImageAttribute, ModifyImageAttributeResponse};
use cvm_models::enums::ImageState;

use super::{naming, own};
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for ModifyImageAttribute {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let id = self.image_id.as_str();
        let family = naming::family(codes, self.image_family.as_deref())?;
        if let Some(name) = &self.image_name {
            naming::check(codes, name)?;
        }
        own::find(scene, id)?;
        if let Some(name) = &self.image_name {
            naming::is_free(codes, &scene.resources().images, name, Some(id))?;
        }
        let own = own::find(scene, id)?;
        if !own.shares.is_empty() {
            let message = format!("The image `{id}` is shared; cancel that first.");
            return Err(codes.error(["InvalidImageId.IncorrectState"], message));
        }
        if *own.state(now) != ImageState::Normal {
            return Err(own::wrong_state(codes, id, own.state(now)));
        }
        let shown = &mut own.shown;
        if let Some(name) = self.image_name {
            shown.image_name = name;
        }
        if let Some(description) = self.image_description {
            shown.image_description = description;
        }
        if self.image_family.is_some() {
            shown.image_family = family;
        }
        if self.image_deprecated.is_some() {
            shown.image_deprecated = self.image_deprecated;
        }
        Ok(Outcome::Response(ModifyImageAttributeResponse::default()))
    }
}
