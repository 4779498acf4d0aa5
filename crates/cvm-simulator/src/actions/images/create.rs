//! CreateImage: an image of an instance or of snapshots.

use crate::actions::images::{names, owned_image};
use crate::api_error::ApiError;
use crate::catalog::disk_type;
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::tags::tags;
use crate::parameters::distinct;
use crate::state::{
    COPY_POWERED_OFF, COPY_RUNNING, COPY_STOPPED, CREATION, Creation, DiskSnapshot, Effect,
    OwnImage, POWEROFF, RequestContext, System,
};
use cvm_models::actions::{CreateImage, CreateImageResponse};
use cvm_models::enums::{
    DiskType, DiskUsage, ImageSource, ImageState, InstanceState, TagResourceType,
};
use cvm_models::types::{Image, Instance, Snapshot};

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

/// Copies the disks of an instance, or puts snapshots together; CREATING → NORMAL.
impl ActionHandler for CreateImage {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, region) = (scene.codes, scene.region.name);
        names::check(codes, &self.image_name)?;
        let image_family = names::family(codes, self.image_family.as_deref())?;
        let tags = tags(codes, &self.tag_specification, &[TagResourceType::Image])?;
        let source = Source::of(&self, scene)?;
        names::is_free(codes, &scene.resources().images, &self.image_name, None)?;
        if let Some(serial) = source.serial {
            scene.check_state(&[serial], ALLOWED)?;
        }
        owned_image::has_room(codes, &scene.resources().images, region)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        let shown = Image {
            image_name: self.image_name,
            image_description: self.image_description.unwrap_or_default(),
            image_state: ImageState::Normal,
            image_source: ImageSource::CreateImage,
            image_family,
            tags,
            ..source.system.image()
        };
        let image_id = make(scene, source, shown, is_true(self.force_poweroff.as_deref()));
        Ok(Outcome::Response(CreateImageResponse { image_id, ..Self::Response::default() }))
    }
}

/// Nothing in here can be refused any more.
fn make(
    scene: &mut RequestContext<'_>,
    source: Source,
    mut shown: Image,
    powers_off: bool,
) -> String {
    let Source { mut disks, serial, is_running, .. } = source;
    let powers_off = powers_off && is_running;
    let begins = if powers_off { scene.now.after(scene.clock.delay(POWEROFF)) } else { scene.now };
    let ends = begins.after(scene.clock.delay(CREATION));
    for disk in disks.iter_mut().filter(|disk| disk.shown.snapshot_id.is_empty()) {
        disk.shown.snapshot_id = scene.ids.id("snap-", Stream::SnapshotId);
        disk.ready_at = ends;
    }
    let image_id = scene.ids.id("img-", Stream::ImageId);
    shown.image_id = image_id.clone();
    let making = Creation { state: ImageState::Creating, began: scene.now, ends };
    let image = OwnImage::new(shown, making, &disks);
    scene.resources().images.insert(image, disks);
    if let Some(serial) = serial {
        let course = match (is_running, powers_off) {
            (_, true) => &COPY_POWERED_OFF,
            (true, false) => &COPY_RUNNING,
            (false, false) => &COPY_STOPPED,
        };
        scene.begin(serial, course, Effect::None);
    }
    image_id
}

/// What an image is made of.
pub(crate) struct Source {
    pub(crate) system: System,
    /// The system disk first. Those without an id are still to be taken.
    pub(crate) disks: Vec<DiskSnapshot>,
    /// The place of the instance.
    pub(crate) serial: Option<u64>,
    pub(crate) is_running: bool,
}

/// Reads a boolean that travels as text.
pub(crate) fn is_true(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

impl Source {
    pub(crate) fn of(request: &CreateImage, scene: &RequestContext<'_>) -> Result<Self, ApiError> {
        match &request.instance_id {
            Some(id) => of_instance(request, id, scene),
            None => of_snapshots(request, scene),
        }
    }
}

fn of_instance(
    request: &CreateImage,
    id: &String,
    scene: &RequestContext<'_>,
) -> Result<Source, ApiError> {
    let codes = scene.codes;
    let serials = scene.find(std::slice::from_ref(id))?;
    let found = scene.instances(&serials).next().map(|machine| &machine.api);
    let found = found.and_then(|shown| Some((shown, scene.system_of(&shown.image_id)?)));
    let Some((shown, system)) = found else {
        let message = format!("Nothing is known of what is on the instance `{id}`.");
        return Err(codes.error(["InvalidInstance.NotSupported"], message));
    };
    if is_true(request.sysprep.as_deref()) && !system.is_windows() {
        let message = format!("`Sysprep` is for Windows; on `{id}` is {}.", system.os_name);
        return Err(codes.error(["InvalidParameter.InvalidDependence"], message));
    }
    let disk = &shown.system_disk;
    let mut disks = vec![DiskSnapshot {
        system: Some(system.clone()),
        ..taken(DiskUsage::SystemDisk, disk.disk_size, disk.encrypt)
    }];
    disks.extend(data_disks(request, shown, scene)?);
    if disks.iter().any(|disk| disk.is_encrypted) {
        let message = format!("A disk of the instance `{id}` is encrypted.");
        return Err(codes.error(["UnsupportedOperation.EncryptedImagesNotSupported"], message));
    }
    let is_running = shown.instance_state == InstanceState::Running;
    Ok(Source { system, disks, serial: serials.first().copied(), is_running })
}

/// The data disks that go into an image of the whole machine.
fn data_disks(
    request: &CreateImage,
    shown: &Instance,
    scene: &RequestContext<'_>,
) -> Result<Vec<DiskSnapshot>, ApiError> {
    let refuse = |code: &str, message: String| Err(scene.codes.error([code], message));
    let mut disks = Vec::new();
    for id in distinct(&request.data_disk_ids) {
        if shown.system_disk.disk_id.as_ref() == Some(id) {
            let message = format!("The disk `{id}` is the system disk.");
            return refuse("InvalidParameter.DataDiskIdContainsRootDisk", message);
        }
        let Some(disk) = shown.data_disks.iter().find(|disk| disk.disk_id.as_ref() == Some(id))
        else {
            let message = format!("The instance `{}` has no data disk `{id}`.", shown.instance_id);
            return refuse("InvalidParameter.DataDiskNotBelongSpecifiedInstance", message);
        };
        if is_local(disk.disk_type.as_ref()) {
            let message = format!("The data disk `{id}` is a local one.");
            return refuse("InvalidParameter.LocalDataDiskNotSupport", message);
        }
        disks.push(taken(DiskUsage::DataDisk, disk.disk_size, disk.encrypt));
    }
    if !disks.is_empty() && is_local(shown.system_disk.disk_type.as_ref()) {
        let message = "Its system disk is a local one, so the machine cannot be imaged as a whole.";
        return refuse("UnsupportedOperation.NotSupportInstanceImage", message.to_owned());
    }
    Ok(disks)
}

fn is_local(kind: Option<&DiskType>) -> bool {
    kind.and_then(|kind| disk_type(kind.as_str())).is_some_and(|known| known.is_local())
}

/// A snapshot that is to be taken of a disk.
fn taken(usage: DiskUsage, size: Option<i64>, encrypt: Option<bool>) -> DiskSnapshot {
    let shown =
        Snapshot { disk_usage: usage, disk_size: size.unwrap_or_default(), ..Snapshot::default() };
    let is_encrypted = encrypt == Some(true);
    DiskSnapshot { shown, system: None, is_encrypted, ready_at: crate::Timestamp::default() }
}

fn of_snapshots(request: &CreateImage, scene: &RequestContext<'_>) -> Result<Source, ApiError> {
    let refuse = |code: &str, message: String| Err(scene.codes.error([code], message));
    if !request.data_disk_ids.is_empty() || is_true(request.sysprep.as_deref()) {
        let message = "`DataDiskIds` and `Sysprep` go with `InstanceId` alone.";
        return refuse("InvalidParameter.InvalidDependence", message.to_owned());
    }
    let mut disks: Vec<DiskSnapshot> = Vec::new();
    for id in distinct(&request.snapshot_ids) {
        let Some(snapshot) = scene.snapshot(id) else {
            let message = format!("The snapshot `{id}` does not exist in {}.", scene.region.name);
            return refuse("InvalidParameter.SnapshotNotFound", message);
        };
        disks.push(snapshot.clone());
    }
    // The system disk leads the list, as it does in an image of an instance.
    disks.sort_by_key(|disk| !disk.is_of_system_disk());
    let mut systems = disks.iter().filter_map(|disk| disk.system.clone());
    let Some(system) = systems.next() else {
        let message = "None of the snapshots is of a system disk.";
        return refuse("InvalidParameter.SystemSnapshotNotFound", message.to_owned());
    };
    if systems.next().is_some() {
        let message = "More than one of the snapshots is of a system disk.";
        return refuse("InvalidParameter.DuplicateSystemSnapshots", message.to_owned());
    }
    for DiskSnapshot { shown, is_encrypted, ready_at, .. } in &disks {
        let id = &shown.snapshot_id;
        if *is_encrypted {
            let message = format!("The snapshot `{id}` is encrypted.");
            return refuse("UnsupportedOperation.EncryptedImagesNotSupported", message);
        }
        if scene.now < *ready_at {
            let message = format!("The snapshot `{id}` is still being taken.");
            return refuse("ResourceUnavailable.SnapshotCreating", message);
        }
    }
    Ok(Source { system, disks, serial: None, is_running: false })
}
