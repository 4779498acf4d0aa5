//! ModifyImageAttribute and DeleteImages.

use crate::actions::images::{names, owned_image};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{Effect, RequestContext};
use cvm_models::actions::{
    DeleteImages, DeleteImagesResponse, ModifyImageAttribute, ModifyImageAttributeResponse,
};
use cvm_models::enums::ImageState;
use std::collections::HashSet;

/// Another name, description, family or mark for an image of the account.
impl ActionHandler for ModifyImageAttribute {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let id = self.image_id.as_str();
        let family = names::family(codes, self.image_family.as_deref())?;
        if let Some(name) = &self.image_name {
            names::check(codes, name)?;
        }
        owned_image::find(scene, id)?;
        if let Some(name) = &self.image_name {
            names::is_free(codes, &scene.resources().images, name, Some(id))?;
        }
        let own = owned_image::find(scene, id)?;
        if !own.shares.is_empty() {
            let message = format!("The image `{id}` is shared; cancel that first.");
            return Err(codes.error(["InvalidImageId.IncorrectState"], message));
        }
        if *own.state(now) != ImageState::Normal {
            return Err(owned_image::wrong_state(codes, id, own.state(now)));
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

/// Images of the account are no more; their snapshots go too when that is asked for.
impl ActionHandler for DeleteImages {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        // The table does not state the layout, but the action publishes a code for it.
        if let Some(id) = self.image_ids.iter().find(|id| !id.starts_with("img-")) {
            let message = format!("The image id `{id}` has not the layout `img-xxxxxxxx`.");
            return Err(codes.error(["InvalidImageId.Malformed"], message));
        }
        for id in &self.image_ids {
            owned_image::find(scene, id)?;
        }
        for id in &self.image_ids {
            is_idle(scene, id)?;
        }
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        for id in &self.image_ids {
            scene.resources().images.remove(id, self.delete_binded_snap == Some(true));
        }
        forget_unused(scene);
        Ok(Outcome::Response(DeleteImagesResponse::default()))
    }
}

/// Forgets deleted images, when there are many, that no instance is made from or about to be.
fn forget_unused(scene: &mut RequestContext<'_>) {
    let images = &mut scene.regions.entry(scene.region.name).or_default().images;
    if !images.has_many_deleted() {
        return;
    }
    let mut in_use: HashSet<&str> = HashSet::new();
    for machine in scene.instances.newest_first() {
        in_use.insert(&machine.api.image_id);
        if let Some(Effect::System(system)) = machine.operation.as_ref().map(|it| &it.change) {
            in_use.insert(&system.image.id);
        }
    }
    images.forget_deleted(|id| in_use.contains(id));
}

/// Passes an image that is shared with nobody, and that no task makes or reads.
fn is_idle(scene: &mut RequestContext<'_>, id: &str) -> Result<(), ApiError> {
    let (codes, now) = (scene.codes, scene.now);
    let own = owned_image::find(scene, id)?;
    if !own.shares.is_empty() {
        let message = format!("The image `{id}` is shared; cancel that first.");
        return Err(codes.error(["InvalidImageId.InShared"], message));
    }
    let state = own.state(now);
    if matches!(state, ImageState::Creating | ImageState::Syncing | ImageState::Importing) {
        return Err(owned_image::wrong_state(codes, id, state));
    }
    if now < own.copied_until || scene.resources().images.is_exported(id, now) {
        let message = format!("The image `{id}` is being copied or exported.");
        return Err(codes.error(["MutexOperation.TaskRunning"], message));
    }
    Ok(())
}
