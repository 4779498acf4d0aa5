//! CreateImage: an image of an instance or of snapshots.

use cvm_models::actions::{CreateImage, CreateImageResponse};
use cvm_models::enums::{DiskUsage, ImageSource, ImageState, InstanceState, TagResourceType};
use cvm_models::types::{Image, Snapshot};

use crate::actions::images::{names, owned_image};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::tags::tags;
use crate::parameters::distinct;
use crate::state::{
    COPY_POWERED_OFF, COPY_RUNNING, COPY_STOPPED, CREATION_TIME, Creation, DiskSnapshot, Effect,
    OwnedImage, POWER_OFF_TIME, RequestContext, SnapshotDetails, StoredDisk, StoredInstance,
    System,
};

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

/// Copies the disks of an instance, or combines snapshots. CREATING → NORMAL.
impl ActionHandler for CreateImage {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, region) = (context.codes, context.region.name);
        names::check(codes, &self.image_name)?;
        let image_family = names::family(codes, self.image_family.as_deref())?;
        let tags = tags(context, &self.tag_specification, &[TagResourceType::Image])?;
        let source = Source::of(&self, context)?;
        names::check_name_is_free(codes, &context.resources().images, &self.image_name, None)?;
        if let Some(serial) = source.serial {
            context.check_state(&[serial], ALLOWED)?;
        }
        let quota = context.quotas.images;
        owned_image::check_room(codes, (&context.resources().images, quota), region)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        context.record_tags(&tags);
        let api = Image {
            image_name: self.image_name,
            image_description: self.image_description.unwrap_or_default(),
            image_state: ImageState::Normal,
            image_source: ImageSource::CreateImage,
            image_family,
            image_creator: context.account.uin().to_string(),
            tags,
            ..source.system.image()
        };
        let image_id = create_image(context, source, api, is_true(self.force_poweroff.as_deref()));
        Ok(Outcome::Response(CreateImageResponse { image_id, ..Self::Response::default() }))
    }
}

/// All checks are done: nothing in here can fail.
fn create_image(
    context: &mut RequestContext<'_>,
    source: Source,
    mut api: Image,
    powers_off: bool,
) -> String {
    let Source { mut disks, serial, is_running, .. } = source;
    let powers_off = powers_off && is_running;
    let begins = if powers_off {
        context.now.after(context.clock.delay(POWER_OFF_TIME))
    } else {
        context.now
    };
    let ends = begins.after(context.clock.delay(CREATION_TIME));
    for disk in disks.iter_mut().filter(|disk| disk.api.snapshot_id.is_empty()) {
        disk.api.snapshot_id = context.ids.id("snap-", Stream::SnapshotId);
        disk.ready_at = ends;
    }
    let image_id = context.ids.id("img-", Stream::ImageId);
    api.image_id = image_id.clone();
    let creation = Creation { state: ImageState::Creating, began: context.now, ends };
    let image = OwnedImage::new(api, creation, &disks);
    context.resources().images.insert(image, disks);
    if let Some(serial) = serial {
        let operation = match (is_running, powers_off) {
            (_, true) => &COPY_POWERED_OFF,
            (true, false) => &COPY_RUNNING,
            (false, false) => &COPY_STOPPED,
        };
        context.begin(serial, operation, Effect::None);
    }
    image_id
}

/// The source of an image.
pub(crate) struct Source {
    pub(crate) system: System,
    /// The system disk first. Snapshots without an id are still to be taken.
    pub(crate) disks: Vec<DiskSnapshot>,
    /// The serial of the instance.
    pub(crate) serial: Option<u64>,
    pub(crate) is_running: bool,
}

/// Parses a boolean that is sent as text.
pub(crate) fn is_true(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

impl Source {
    pub(crate) fn of(
        request: &CreateImage,
        context: &RequestContext<'_>,
    ) -> Result<Self, ApiError> {
        match &request.instance_id {
            Some(id) => of_instance(request, id, context),
            None => of_snapshots(request, context),
        }
    }
}

fn of_instance(
    request: &CreateImage,
    id: &String,
    context: &RequestContext<'_>,
) -> Result<Source, ApiError> {
    let codes = context.codes;
    let serials = context.find(std::slice::from_ref(id))?;
    let found = context.instances(&serials).next();
    let found = found.and_then(|it| Some((it, context.system_of_image(&it.image_id)?)));
    let Some((instance, system)) = found else {
        let message = format!("The operating system of the instance `{id}` is unknown.");
        return Err(codes.error(["InvalidInstance.NotSupported"], message));
    };
    if is_true(request.sysprep.as_deref()) && !system.is_windows() {
        let message = format!("`Sysprep` is only for Windows, but `{id}` runs {}.", system.os_name);
        return Err(codes.error(["InvalidParameter.InvalidDependence"], message));
    }
    let mut disks = vec![DiskSnapshot {
        system: Some(system.clone()),
        ..taken(request, context, instance, &instance.system_disk)
    }];
    disks.extend(data_disks(request, instance, context)?);
    if disks.iter().any(|disk| disk.is_encrypted) {
        let message = format!("A disk of the instance `{id}` is encrypted.");
        return Err(codes.error(["UnsupportedOperation.EncryptedImagesNotSupported"], message));
    }
    let is_running = instance.is_running();
    Ok(Source { system, disks, serial: serials.first().copied(), is_running })
}

/// The data disks for an image of the whole instance.
fn data_disks(
    request: &CreateImage,
    instance: &StoredInstance,
    context: &RequestContext<'_>,
) -> Result<Vec<DiskSnapshot>, ApiError> {
    let reject = |code: &str, message: String| Err(context.codes.error([code], message));
    let mut disks = Vec::new();
    for id in distinct(&request.data_disk_ids) {
        if *instance.system_disk.id == **id {
            let message = format!("The disk `{id}` is the system disk.");
            return reject("InvalidParameter.DataDiskIdContainsRootDisk", message);
        }
        let Some(disk) = instance.data_disks.iter().find(|disk| *disk.id == **id) else {
            let message = format!("The instance `{}` has no data disk `{id}`.", instance.id);
            return reject("InvalidParameter.DataDiskNotBelongSpecifiedInstance", message);
        };
        if disk.is_local() {
            let message = format!("The data disk `{id}` is a local disk.");
            return reject("InvalidParameter.LocalDataDiskNotSupport", message);
        }
        disks.push(taken(request, context, instance, disk));
    }
    if !disks.is_empty() && instance.system_disk.is_local() {
        let message = "The system disk is a local disk, so data disks cannot be part of the image.";
        return reject("UnsupportedOperation.NotSupportInstanceImage", message.to_owned());
    }
    Ok(disks)
}

/// A snapshot of a disk of an instance that is still to be taken. It is named like the image.
fn taken(
    request: &CreateImage,
    context: &RequestContext<'_>,
    instance: &StoredInstance,
    disk: &StoredDisk,
) -> DiskSnapshot {
    let is_system = disk.id == instance.system_disk.id;
    let disk_usage = if is_system { DiskUsage::SystemDisk } else { DiskUsage::DataDisk };
    DiskSnapshot {
        api: Snapshot { disk_usage, disk_size: disk.gib, ..Snapshot::default() },
        is_encrypted: disk.is_encrypted,
        details: SnapshotDetails {
            name: request.image_name.clone(),
            created: context.now,
            disk_id: disk.id.to_string(),
            zone: instance.zone.to_string(),
            project_id: instance.terms_of(disk).project_id,
            ..SnapshotDetails::default()
        },
        ..DiskSnapshot::default()
    }
}

fn of_snapshots(request: &CreateImage, context: &RequestContext<'_>) -> Result<Source, ApiError> {
    let reject = |code: &str, message: String| Err(context.codes.error([code], message));
    if !request.data_disk_ids.is_empty() || is_true(request.sysprep.as_deref()) {
        let message = "`DataDiskIds` and `Sysprep` need `InstanceId`.";
        return reject("InvalidParameter.InvalidDependence", message.to_owned());
    }
    let mut disks: Vec<DiskSnapshot> = Vec::new();
    for id in distinct(&request.snapshot_ids) {
        let Some(snapshot) = context.snapshot(id) else {
            let message = format!("The snapshot `{id}` does not exist in {}.", context.region.name);
            return reject("InvalidParameter.SnapshotNotFound", message);
        };
        disks.push(snapshot.clone());
    }
    // The system disk is first in the list, as in an image of an instance.
    disks.sort_by_key(|disk| !disk.is_of_system_disk());
    let mut systems = disks.iter().filter_map(|disk| disk.system.clone());
    let Some(system) = systems.next() else {
        let message = "None of the snapshots is of a system disk.";
        return reject("InvalidParameter.SystemSnapshotNotFound", message.to_owned());
    };
    if systems.next().is_some() {
        let message = "More than one of the snapshots is of a system disk.";
        return reject("InvalidParameter.DuplicateSystemSnapshots", message.to_owned());
    }
    for DiskSnapshot { api, is_encrypted, ready_at, .. } in &disks {
        let id = &api.snapshot_id;
        if *is_encrypted {
            let message = format!("The snapshot `{id}` is encrypted.");
            return reject("UnsupportedOperation.EncryptedImagesNotSupported", message);
        }
        if context.now < *ready_at {
            let message = format!("The snapshot `{id}` is still being taken.");
            return reject("ResourceUnavailable.SnapshotCreating", message);
        }
    }
    Ok(Source { system, disks, serial: None, is_running: false })
}
