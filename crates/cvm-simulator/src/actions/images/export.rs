//! ExportImages: a task that reads images for some time. There is no object storage, so it writes no files, and no
//! action of the API reports on the task.

use std::time::Duration;

use cvm_models::actions::{ExportImages, ExportImagesResponse};
use cvm_models::enums::{DiskUsage, ExportFormat, ImageState};

use crate::actions::images::owned_image;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::parameters::distinct;
use crate::state::{OwnedImage, RequestContext};

/// Duration of an export.
const EXPORT_TIME: Duration = Duration::from_secs(600);

/// Maximum number of tasks at the same time in a region.
const MAX_TASKS: usize = 5;

impl ActionHandler for ExportImages {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let ids = check_request(codes, &self)?;
        for id in &ids {
            owned_image::find(context, id)?;
        }
        for id in &ids {
            check_can_export(codes, owned_image::find(context, id)?)?;
        }
        for id in &ids {
            let owned = owned_image::find(context, id)?;
            if *owned.state(now) != ImageState::Normal {
                return Err(owned_image::wrong_state(codes, id, owned.state(now)));
            }
            if context.resources().images.is_exported(id, now) {
                let message = format!("The image `{id}` is already being exported.");
                return Err(codes.error(["InvalidParameterValue.InvalidImageState"], message));
            }
        }
        if context.resources().images.running_exports(now) >= MAX_TASKS {
            let message = format!("{MAX_TASKS} exports are running, the maximum.");
            return Err(codes.error(["LimitExceeded.ExportImageTaskLimitExceeded"], message));
        }
        if self.dry_run == Some(true) {
            // These members are always present: a dry run has task 0 and no files.
            return Ok(Outcome::Response(ExportImagesResponse::default()));
        }
        let mut cos_paths = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            let prefix = self.file_name_prefix_list.get(index);
            let prefix = prefix.map(|prefix| format!("{prefix}_")).unwrap_or_default();
            cos_paths.extend(files(owned_image::find(context, id)?, &prefix, &self));
        }
        let ends = now.after(context.clock.delay(EXPORT_TIME));
        // Nine digits, as in the samples.
        let task_id = 100_000_000 + context.ids.number(Stream::TaskId) % 900_000_000;
        context.resources().images.export(ids, (now, ends));
        let response = ExportImagesResponse { task_id, cos_paths, ..Self::Response::default() };
        Ok(Outcome::Response(response))
    }
}

/// Checks the request itself. Returns the images, each once.
fn check_request(codes: DocumentedCodes, request: &ExportImages) -> Result<Vec<String>, ApiError> {
    let reject = |code: &str, message: &str| Err(codes.error([code], message));
    let ids = distinct(request.image_ids.iter().cloned());
    let prefixes = &request.file_name_prefix_list;
    if ids.is_empty() {
        let code = "InvalidParameter.ImageIdsSnapshotIdsMustOne";
        return reject(code, "The parameter `ImageIds` names no image.");
    }
    if !prefixes.is_empty() && prefixes.len() != ids.len() {
        let code = "InvalidParameterValue.InvalidFileNamePrefixList";
        return reject(code, "`FileNamePrefixList` must have one prefix for each image.");
    }
    // Buckets are not known here, so every name of the right form exists.
    let parts = request.bucket_name.rsplit_once('-').filter(|(name, _)| !name.is_empty());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !parts.is_some_and(|(_, app_id)| is_number(app_id)) {
        let message = format!("The bucket `{}` does not exist.", request.bucket_name);
        return reject("InvalidParameterValue.BucketNotFound", &message);
    }
    Ok(ids)
}

fn check_can_export(codes: DocumentedCodes, owned: &OwnedImage) -> Result<(), ApiError> {
    let (code, why) = match owned.api.platform.as_str() {
        "Windows" => ("UnsupportedOperation.WindowsImageExportUnsupported", "contains Windows"),
        "Red Hat" => ("UnsupportedOperation.RedHatImageExportUnsupported", "contains Red Hat"),
        _ if owned.is_encrypted => {
            ("UnsupportedOperation.EncryptedImagesNotSupported", "is encrypted")
        }
        _ => return Ok(()),
    };
    let message = format!("The image `{}` {why}, so it cannot be exported.", owned.api.image_id);
    Err(codes.error([code], message))
}

/// The paths of the files of an image.
fn files(owned: &OwnedImage, prefix: &str, request: &ExportImages) -> Vec<String> {
    let format = request.export_format.clone().unwrap_or(ExportFormat::Raw);
    let format = format.as_str().to_ascii_lowercase();
    let is_system = |usage: &DiskUsage| *usage == DiskUsage::SystemDisk;
    let wants_all = request.only_export_root_disk != Some(true);
    let disks = owned.api.snapshot_set.iter();
    disks
        .filter(|disk| wants_all || is_system(&disk.disk_usage))
        .map(|disk| {
            let usage = if is_system(&disk.disk_usage) { "system" } else { "data" };
            let (id, snapshot) = (&owned.api.image_id, &disk.snapshot_id);
            format!("/{prefix}{id}_{usage}_{snapshot}.{format}")
        })
        .collect()
}
