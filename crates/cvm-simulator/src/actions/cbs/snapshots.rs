//! CreateSnapshot, DescribeSnapshots, DeleteSnapshots and ModifySnapshotAttribute.

use std::time::Duration;

use cbs_models::actions::{
    CreateSnapshot, CreateSnapshotResponse, DeleteSnapshots, DeleteSnapshotsResponse,
    DescribeSnapshots, DescribeSnapshotsResponse, ModifySnapshotAttribute,
    ModifySnapshotAttributeResponse,
};
use cbs_models::enums::{SnapshotMode, SnapshotState, SnapshotType};
use cbs_models::types::{Image, Snapshot};
use cvm_models::enums::DiskUsage;
use cvm_models::types;

use crate::actions::cbs::disk_view::{DiskView, Place, UNNAMED, number, placement, with_space};
use crate::actions::images::manage;
use crate::api_error::ApiError;
use crate::filter::{self, Filters, IdFilter, Tests, fits};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::tags::check_all;
use crate::page::Page;
use crate::parameters::{distinct, read_time};
use crate::state::{DiskSnapshot, Images, RequestContext, SnapshotDetails};
use crate::timestamp::Timestamp;
use crate::unsupported;

/// How long it takes to take a snapshot; assumed.
const CREATION_TIME: Duration = Duration::from_secs(60);

/// The shortest life of a snapshot that is deleted automatically.
const MIN_LIFE: Duration = Duration::from_secs(86_400);

/// CREATING → NORMAL.
impl ActionHandler for CreateSnapshot {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let mut snapshot = snapshot(&self, context)?;
        context.record_tags(&self.tags);
        let id = context.ids.id("snap-", Stream::SnapshotId);
        snapshot.api.snapshot_id.clone_from(&id);
        context.resources().images.snapshots.take(snapshot);
        Ok(Outcome::Response(CreateSnapshotResponse {
            snapshot_id: Some(id),
            ..Self::Response::default()
        }))
    }
}

/// The new snapshot, without its id.
fn snapshot(
    request: &CreateSnapshot,
    context: &RequestContext<'_>,
) -> Result<DiskSnapshot, ApiError> {
    let (codes, now) = (context.codes, context.now);
    if request.local_snap == Some(true) {
        return Err(unsupported::INSTANT_SNAPSHOT.error());
    }
    if let Some(id) = request.disk_backup_id.as_deref() {
        let message = format!("The backup point `{id}` does not exist: the disks have none.");
        return Err(codes.error(["ResourceNotFound.NotFound"], message));
    }
    let disk_id = request.disk_id.as_ref();
    let disk_id =
        disk_id.ok_or_else(|| codes.error(["MissingParameter"], "`DiskId` is missing."))?;
    let disk = DiskView::find_one(context, disk_id)?;
    disk.check_not_in_bin(context)?;
    disk.check_idle(context)?;
    check_none_in_creation(context, disk.id())?;
    let quota = context.quotas.snapshots;
    if images(context).map_or(0, |images| images.snapshots.count_own()) >= quota {
        let region = context.region.name;
        let message = format!("The account already has {quota} snapshots in {region}.");
        let candidates = ["InsufficientSnapshotQuota", "ResourceInsufficient.OverQuota"];
        return Err(codes.error(candidates, message));
    }
    let deadline = deadline(context, request.deadline.as_ref())?;
    check_all(context, "Tags", "", &request.tags)?;
    let usage = request.disk_usage.clone().unwrap_or_else(|| disk.usage());
    let disk_usage = DiskUsage::from(usage.as_str());
    if disk_usage == DiskUsage::SystemDisk && !disk.is_system() {
        let message = format!("The disk `{}` is a data disk, so it has no system.", disk.id());
        return Err(codes.error(["InvalidDisk.TypeError"], message));
    }
    let system = match disk.place {
        Place::System(instance) if disk_usage == DiskUsage::SystemDisk => {
            context.system_of_image(&instance.image_id)
        }
        _ => None,
    };
    Ok(DiskSnapshot {
        api: types::Snapshot { disk_usage, disk_size: disk.stored.gib, ..Default::default() },
        system,
        is_encrypted: disk.stored.is_encrypted,
        ready_at: now.after(context.clock.delay(CREATION_TIME)),
        details: SnapshotDetails {
            name: request.snapshot_name.as_deref().unwrap_or(UNNAMED).to_owned(),
            created: now,
            disk_id: disk.id().to_owned(),
            zone: disk.zone().to_owned(),
            project_id: disk.terms().project_id,
            deadline,
            tags: request.tags.clone(),
        },
    })
}

/// When a snapshot is to be deleted.
fn deadline(
    context: &RequestContext<'_>,
    requested: Option<&String>,
) -> Result<Option<Timestamp>, ApiError> {
    let (codes, now) = (context.codes, context.now);
    let deadline = read_time(codes, "Deadline", requested)?;
    if let Some(deadline) = deadline.filter(|deadline| *deadline < now.after(MIN_LIFE)) {
        let message = format!("`Deadline` is {deadline}, but must be at least a day ahead.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    Ok(deadline)
}

fn images<'a>(context: &'a RequestContext<'_>) -> Option<&'a Images> {
    context.regions.get(context.region.name).map(|resources| &*resources.images)
}

/// Checks that no snapshot of the disk is being taken.
pub(super) fn check_none_in_creation(
    context: &RequestContext<'_>,
    disk_id: &str,
) -> Result<(), ApiError> {
    let mut snapshots = images(context).into_iter().flat_map(|it| it.snapshots.newest_first());
    let is_open = |it: &&DiskSnapshot| it.details.disk_id == disk_id && it.ready_at > context.now;
    let Some(open) = snapshots.find(is_open) else { return Ok(()) };
    let id = &open.api.snapshot_id;
    let message = format!("The snapshot `{id}` of the disk `{disk_id}` is still being taken.");
    let candidates = ["InvalidDisk.SnapshotCreating", "ResourceUnavailable.SnapshotCreating"];
    Err(context.codes.error(candidates, message))
}

/// Lists the snapshots of a region: those of the disk service, and those of images.
impl ActionHandler for DescribeSnapshots {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, now), &filters, SNAPSHOT_FILTERS)?;
        let ids = IdFilter::new(&self.snapshot_ids);
        let images = images(context);
        let all = images.into_iter().flat_map(|images| images.snapshots.newest_first());
        let mut snapshots: Vec<&DiskSnapshot> = all
            .filter(|snapshot| ids.includes(&snapshot.api.snapshot_id))
            .filter(|snapshot| filters.match_item(snapshot))
            .collect();
        if self.order.as_deref() == Some("ASC") {
            snapshots.reverse();
        }
        let page = Page::of(codes.0, self.offset, self.limit);
        let (snapshot_set, total) =
            page.cut(snapshots.into_iter(), |snapshot| api(snapshot, images, now));
        Ok(Outcome::Response(DescribeSnapshotsResponse {
            snapshot_set,
            total_count: u64::try_from(total).unwrap_or(0),
            ..Self::Response::default()
        }))
    }
}

const SNAPSHOT_FILTERS: &Tests<DiskSnapshot> = &[
    ("snapshot-id", |filter, snapshot, _| filter.is(&snapshot.api.snapshot_id)),
    ("snapshot-name", |filter, snapshot, _| {
        filter.any(|pattern| fits(&snapshot.details.name, pattern))
    }),
    ("snapshot-state", |filter, snapshot, now| filter.is(state(snapshot, now).as_str())),
    ("disk-usage", |filter, snapshot, _| filter.is(snapshot.api.disk_usage.as_str())),
    ("project-id", |filter, snapshot, _| filter.is(&snapshot.details.project_id.to_string())),
    ("disk-id", |filter, snapshot, _| filter.is(&snapshot.details.disk_id)),
    ("zone", |filter, snapshot, _| filter.is(&snapshot.details.zone)),
    ("encrypt", |filter, snapshot, _| {
        let text = if snapshot.is_encrypted { "TRUE" } else { "FALSE" };
        filter.any(|value| value.eq_ignore_ascii_case(text))
    }),
    ("snapshot-type", |filter, _, _| filter.is(SnapshotType::PrivateSnapshot.as_str())),
];

fn state(snapshot: &DiskSnapshot, now: Timestamp) -> SnapshotState {
    if now < snapshot.ready_at { SnapshotState::Creating } else { SnapshotState::Normal }
}

/// The snapshot as responses show it.
fn api(snapshot: &DiskSnapshot, images: Option<&Images>, now: Timestamp) -> Snapshot {
    let (details, id) = (&snapshot.details, &snapshot.api.snapshot_id);
    let image = |owned: &crate::state::OwnedImage| Image {
        image_name: owned.api.image_name.clone(),
        image_id: owned.api.image_id.clone(),
        ..Default::default()
    };
    let images: Vec<Image> =
        images.into_iter().flat_map(|images| images.using(id)).map(image).collect();
    Snapshot {
        placement: placement(&details.zone, details.project_id, None),
        snapshot_state: state(snapshot, now),
        is_permanent: details.deadline.is_none(),
        snapshot_name: details.name.clone(),
        deadline_time: details.deadline.map(with_space).unwrap_or_default(),
        percent: snapshot.percent(now),
        image_count: images.len() as u64,
        images,
        snapshot_type: SnapshotType::PrivateSnapshot,
        disk_size: number(snapshot.api.disk_size),
        disk_id: details.disk_id.clone(),
        encrypt: snapshot.is_encrypted,
        create_time: with_space(details.created),
        disk_usage: snapshot.api.disk_usage.as_str().into(),
        snapshot_id: id.clone(),
        tags: details.tags.clone(),
        snapshot_mode: Some(SnapshotMode::StandardSnapshot),
        ..Default::default()
    }
}

/// Deletes snapshots, and the images that use them if the request says so.
impl ActionHandler for DeleteSnapshots {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let ids = distinct(&self.snapshot_ids);
        let mut image_ids = Vec::new();
        for id in &ids {
            let used = check_can_delete(context, id)?;
            if self.delete_bind_images != Some(true)
                && let Some(image_id) = used.first()
            {
                let message = format!("The image `{image_id}` uses the snapshot `{id}`.");
                let candidates = ["UnsupportedOperation.SnapshotHasBindedImage"];
                return Err(context.codes.error(candidates, message));
            }
            image_ids.extend(used);
        }
        let image_ids = distinct(image_ids);
        for id in &image_ids {
            manage::check_idle(context, id)?;
        }
        let images = &mut context.resources().images;
        for id in &image_ids {
            images.remove(id, false);
        }
        for id in ids {
            images.snapshots.delete(id);
        }
        if !image_ids.is_empty() {
            manage::forget_unused(context);
        }
        Ok(Outcome::Response(DeleteSnapshotsResponse::default()))
    }
}

/// Checks that a snapshot exists and is complete. Returns the ids of the images that use it.
fn check_can_delete(context: &RequestContext<'_>, id: &str) -> Result<Vec<String>, ApiError> {
    complete(context, id)?;
    let using = images(context).into_iter().flat_map(|images| images.using(id));
    Ok(using.map(|owned| owned.api.image_id.clone()).collect())
}

/// The snapshot with this id. It must exist.
fn existing<'a>(context: &'a RequestContext<'_>, id: &str) -> Result<&'a DiskSnapshot, ApiError> {
    context.snapshot(id).ok_or_else(|| {
        let message = format!("The snapshot `{id}` does not exist in {}.", context.region.name);
        context.codes.error(["InvalidSnapshotId.NotFound"], message)
    })
}

/// The snapshot with this id. It must be complete.
pub(super) fn complete<'a>(
    context: &'a RequestContext<'_>,
    id: &str,
) -> Result<&'a DiskSnapshot, ApiError> {
    let snapshot = existing(context, id)?;
    if snapshot.ready_at > context.now {
        let message = format!("The snapshot `{id}` is CREATING, not NORMAL.");
        let candidates = ["ResourceUnavailable.SnapshotCreating", "ResourceBusy"];
        return Err(context.codes.error(candidates, message));
    }
    Ok(snapshot)
}

/// Changes a snapshot at once.
impl ActionHandler for ModifySnapshotAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, id) = (context.codes, &self.snapshot_id);
        existing(context, id)?;
        let is_permanent = self.is_permanent == Some(true);
        let deadline = deadline(context, self.deadline.as_ref().filter(|_| !is_permanent))?;
        if self.is_permanent == Some(false) && deadline.is_none() {
            let message = "With `IsPermanent` false, `Deadline` is required.";
            return Err(codes.error(["MissingParameter"], message));
        }
        if self.snapshot_name.is_none() && !is_permanent && deadline.is_none() {
            return Err(codes.error(["MissingParameter"], "An attribute to change is missing."));
        }
        let used = images(context).and_then(|images| images.using(id).next());
        if let Some(used) = used.filter(|_| deadline.is_some()) {
            let message = format!(
                "The image `{}` uses the snapshot `{id}`, so it stays permanent.",
                used.api.image_id
            );
            let candidates = ["UnsupportedOperation.SnapshotHasBindedImage"];
            return Err(codes.error(candidates, message));
        }
        let snapshots = &mut context.resources().images.snapshots;
        if let Some(name) = self.snapshot_name {
            snapshots.rename(id, name);
        }
        if is_permanent || deadline.is_some() {
            snapshots.set_deadline(id, deadline);
        }
        Ok(Outcome::Response(ModifySnapshotAttributeResponse::default()))
    }
}
