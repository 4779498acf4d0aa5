//! SyncImages: copies an image to other regions, or makes an encrypted copy in the same region. SYNCING → NORMAL.

use std::time::Duration;

use cvm_models::actions::{SyncImages, SyncImagesResponse};
use cvm_models::enums::ImageState;
use cvm_models::types::{Image, SyncImage};

use crate::actions::images::{names, owned_image};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Region, Zone};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::state::{Creation, DiskSnapshot, OwnedImage, RequestContext, SnapshotDetails, System};

/// Duration of a copy.
const COPY_TIME: Duration = Duration::from_secs(300);

impl ActionHandler for SyncImages {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let encrypts = self.encrypt == Some(true);
        let targets = destinations(context, &self.destination_regions, encrypts)?;
        let name = self.image_name;
        if let Some(name) = &name {
            names::check(codes, name)?;
        }
        check_key(codes, self.kms_key_id.as_deref().filter(|_| encrypts))?;
        // The member is a list, but has exactly one item.
        let id = self.image_ids.first().map_or("", String::as_str);
        let source = owned_image::find(context, id)?;
        check_can_copy(codes, source, encrypts)?;
        if *source.state(now) != ImageState::Normal {
            return Err(owned_image::wrong_state(codes, id, source.state(now)));
        }
        let mut api = source.api.clone();
        api.image_name = name.unwrap_or(api.image_name);
        for target in &targets {
            let images = &context.regions.entry(target.name).or_default().images;
            names::check_name_is_free(codes, images, &api.image_name, None)?;
        }
        for target in &targets {
            let images = &context.regions.entry(target.name).or_default().images;
            owned_image::check_room(codes, (images, context.quotas.images), target.name)?;
        }
        if self.dry_run == Some(true) {
            // The list is always present, and a dry run has no copies.
            return Ok(Outcome::Response(SyncImagesResponse::default()));
        }
        let ends = now.after(context.clock.delay(COPY_TIME));
        owned_image::find(context, id)?.copied_until = ends;
        let creation = Creation { state: ImageState::Syncing, began: now, ends };
        let copies = targets.into_iter().map(|target| SyncImage {
            image_id: Some(copy(context, &api, &creation, encrypts, target)),
            region: Some(target.name.to_owned()),
            ..Default::default()
        });
        let mut image_set: Vec<_> = copies.collect();
        if self.image_set_required != Some(true) {
            image_set.clear();
        }
        Ok(Outcome::Response(SyncImagesResponse { image_set, ..Self::Response::default() }))
    }
}

/// The destination regions, each once.
fn destinations(
    context: &RequestContext<'_>,
    names: &[String],
    encrypts: bool,
) -> Result<Vec<&'static Region>, ApiError> {
    let reject = |code: &str, message: String| Err(context.codes.error([code], message));
    let mut targets: Vec<&'static Region> = Vec::new();
    for name in names {
        let Some(target) = context.catalog.region(name, false) else {
            return reject(
                "InvalidRegion.NotFound",
                format!("The region `{name}` does not exist."),
            );
        };
        let is_here = target.name == context.region.name;
        if encrypts && !is_here {
            let message = format!("An encrypted copy must stay in {}.", context.region.name);
            return reject("InvalidParameterValue.InvalidRegion", message);
        }
        if !encrypts && is_here {
            let message = format!("The image is already in {name}.");
            return reject("InvalidParameterValue.InvalidRegion", message);
        }
        if !is_here && [target.name, context.region.name].iter().any(|name| is_finance_region(name))
        {
            let message =
                format!("Images cannot be copied from {} to {name}.", context.region.name);
            return reject("InvalidRegion.Unavailable", message);
        }
        if !targets.iter().any(|known| known.name == target.name) {
            targets.push(target);
        }
    }
    Ok(targets)
}

/// Finance regions are separate from all others and from each other.
fn is_finance_region(region: &str) -> bool {
    region.ends_with("-fsi")
}

/// Keys are not known here, so every key of the right form exists.
fn check_key(codes: DocumentedCodes, key: Option<&str>) -> Result<(), ApiError> {
    let Some(key) = key else { return Ok(()) };
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_uuid = key.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && key.split('-').all(is_hex);
    if key.starts_with("kms-") || is_uuid {
        return Ok(());
    }
    let message = format!("The key `{key}` is neither a UUID nor a `kms-` id.");
    Err(codes.error(["InvalidParameter.InvalidKmsKeyId"], message))
}

fn check_can_copy(
    codes: DocumentedCodes,
    source: &OwnedImage,
    encrypts: bool,
) -> Result<(), ApiError> {
    let (code, why) = if source.has_data_disks() {
        ("InvalidParameter.InstanceImageNotSupport", "contains the data disks of an instance")
    } else if source.is_encrypted && encrypts {
        ("UnsupportedOperation.SyncEncryptImageNotSupport", "is already encrypted")
    } else if source.is_encrypted {
        ("UnsupportedOperation.EncryptedImagesNotSupported", "is encrypted")
    } else {
        return Ok(());
    };
    let message = format!("The image `{}` {why}, so it cannot be copied.", source.api.image_id);
    Err(codes.error([code], message))
}

/// Starts a copy. All checks are done: nothing in here can fail.
fn copy(
    context: &mut RequestContext<'_>,
    source: &Image,
    creation: &Creation,
    encrypts: bool,
    target: &'static Region,
) -> String {
    let system = System::of(source);
    let image_id = context.ids.id("img-", Stream::ImageId);
    let mut disks = Vec::new();
    for disk in &source.snapshot_set {
        let mut api = disk.clone();
        api.snapshot_id = context.ids.id("snap-", Stream::SnapshotId);
        let mut snapshot = DiskSnapshot {
            api,
            system: None,
            is_encrypted: encrypts,
            ready_at: creation.ends,
            details: SnapshotDetails {
                name: source.image_name.clone(),
                created: creation.began,
                zone: target.zones().next().map(Zone::name).unwrap_or_default(),
                ..SnapshotDetails::default()
            },
        };
        snapshot.system = snapshot.is_of_system_disk().then(|| system.clone());
        disks.push(snapshot);
    }
    let api = Image {
        image_id: image_id.clone(),
        tags: Vec::new(),
        image_deprecated: None,
        ..source.clone()
    };
    let image = OwnedImage::new(api, creation.clone(), &disks);
    context.regions.entry(target.name).or_default().images.insert(image, disks);
    image_id
}
