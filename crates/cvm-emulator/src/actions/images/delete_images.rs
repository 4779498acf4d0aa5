//! DeleteImages: images of the account are no more; their snapshots go too when that is asked for.

use std::collections::HashSet;

use cvm_models::actions::{DeleteImages, DeleteImagesResponse};
use cvm_models::enums::ImageState;

use super::own;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Effect, RequestContext};

impl ActionHandler for DeleteImages {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        // The table does not state the layout, but the action publishes a code for it.
        if let Some(id) = self.image_ids.iter().find(|id| !id.starts_with("img-")) {
            let message = format!("The image id `{id}` has not the layout `img-xxxxxxxx`.");
            return Err(codes.error(["InvalidImageId.Malformed"], message));
        }
        for id in &self.image_ids {
            own::find(scene, id)?;
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
    let own = own::find(scene, id)?;
    if !own.shares.is_empty() {
        let message = format!("The image `{id}` is shared; cancel that first.");
        return Err(codes.error(["InvalidImageId.InShared"], message));
    }
    let state = own.state(now);
    if matches!(state, ImageState::Creating | ImageState::Syncing | ImageState::Importing) {
        return Err(own::wrong_state(codes, id, state));
    }
    if now < own.copied_until || scene.resources().images.is_exported(id, now) {
        let message = format!("The image `{id}` is being copied or exported.");
        return Err(codes.error(["MutexOperation.TaskRunning"], message));
    }
    Ok(())
}
