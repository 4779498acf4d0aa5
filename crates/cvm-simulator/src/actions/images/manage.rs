//! ModifyImageAttribute and DeleteImages.

use std::collections::HashSet;

use cvm_models::actions::{
    DeleteImages, DeleteImagesResponse, ModifyImageAttribute, ModifyImageAttributeResponse,
};
use cvm_models::enums::ImageState;

use crate::actions::images::{names, owned_image};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{Effect, RequestContext};

/// Changes the name, the description, the family or the deprecation of an image of the account.
impl ActionHandler for ModifyImageAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let id = self.image_id.as_str();
        let family = names::family(codes, self.image_family.as_deref())?;
        if let Some(name) = &self.image_name {
            names::check(codes, name)?;
        }
        owned_image::find(context, id)?;
        if let Some(name) = &self.image_name {
            names::check_name_is_free(codes, &context.resources().images, name, Some(id))?;
        }
        let owned = owned_image::find(context, id)?;
        if !owned.shares.is_empty() {
            let message = format!("The image `{id}` is shared; stop sharing it first.");
            return Err(codes.error(["InvalidImageId.IncorrectState"], message));
        }
        if *owned.state(now) != ImageState::Normal {
            return Err(owned_image::wrong_state(codes, id, owned.state(now)));
        }
        let api = &mut owned.api;
        if let Some(name) = self.image_name {
            api.image_name = name;
        }
        if let Some(description) = self.image_description {
            api.image_description = description;
        }
        if self.image_family.is_some() {
            api.image_family = family;
        }
        if self.image_deprecated.is_some() {
            api.image_deprecated = self.image_deprecated;
        }
        Ok(Outcome::Response(ModifyImageAttributeResponse::default()))
    }
}

/// Deletes images of the account, with their snapshots if the request says so.
impl ActionHandler for DeleteImages {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        // The model info does not state the layout, but the action documents a code for it.
        if let Some(id) = self.image_ids.iter().find(|id| !id.starts_with("img-")) {
            let message = format!("The image id `{id}` does not have the layout `img-xxxxxxxx`.");
            return Err(codes.error(["InvalidImageId.Malformed"], message));
        }
        for id in &self.image_ids {
            owned_image::find(context, id)?;
        }
        for id in &self.image_ids {
            check_idle(context, id)?;
        }
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        for id in &self.image_ids {
            context.resources().images.remove(id, self.delete_binded_snap == Some(true));
        }
        forget_unused(context);
        Ok(Outcome::Response(DeleteImagesResponse::default()))
    }
}

/// Forgets deleted images that no instance uses or is about to use, if there are many.
pub(crate) fn forget_unused(context: &mut RequestContext<'_>) {
    let images = &mut context.regions.entry(context.region.name).or_default().images;
    if !images.has_many_deleted() {
        return;
    }
    let mut in_use: HashSet<&str> = HashSet::new();
    for instance in context.instances.newest_first() {
        in_use.insert(&instance.image_id);
        if let Some(Effect::System(system)) = instance.operation.as_ref().map(|it| &it.change) {
            in_use.insert(&system.image.id);
        }
    }
    images.forget_deleted(|id| in_use.contains(id));
}

/// Checks that an image is not shared, and that no task creates or reads it.
pub(crate) fn check_idle(context: &mut RequestContext<'_>, id: &str) -> Result<(), ApiError> {
    let (codes, now) = (context.codes, context.now);
    let owned = owned_image::find(context, id)?;
    if !owned.shares.is_empty() {
        let message = format!("The image `{id}` is shared; stop sharing it first.");
        let candidates = ["InvalidImageId.InShared", "UnsupportedOperation.SnapHasShared"];
        return Err(codes.error(candidates, message));
    }
    let state = owned.state(now);
    if matches!(state, ImageState::Creating | ImageState::Syncing | ImageState::Importing) {
        return Err(owned_image::wrong_state(codes, id, state));
    }
    if now < owned.copied_until || context.resources().images.is_exported(id, now) {
        let message = format!("The image `{id}` is being copied or exported.");
        return Err(codes.error(["MutexOperation.TaskRunning", "ResourceBusy"], message));
    }
    Ok(())
}
