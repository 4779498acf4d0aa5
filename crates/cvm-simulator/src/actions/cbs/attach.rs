//! AttachDisks and DetachDisks.

use std::sync::Arc;

use cbs_models::actions::{AttachDisks, AttachDisksResponse, DetachDisks, DetachDisksResponse};
use cvm_models::enums::InstanceState;

use crate::actions::cbs::disk_view::{DiskView, Place};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::disks::MAX_CLOUD_DATA_DISKS;
use crate::state::{DiskWork, RequestContext, SETTLED, StoredDisk, StoredInstance};

/// UNATTACHED → ATTACHING → ATTACHED.
impl ActionHandler for AttachDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (serial, instance) = find_instance(context, &self.instance_id)?;
        let disks = DiskView::find(context, &self.disk_ids)?;
        for disk in &disks {
            check_can_attach(context, disk, instance)?;
        }
        check_instance(context, instance, SETTLED)?;
        check_room(context, instance, disks.len())?;
        let ids: Vec<Arc<str>> = disks.iter().map(|disk| Arc::clone(&disk.stored.id)).collect();
        let work = DiskWork::Attach {
            instance_id: Arc::clone(&instance.id),
            // Without `true`, the setting does not change.
            delete_with_instance: self.delete_with_instance.filter(|is_on| *is_on),
        };
        begin(context, ids, &work, serial);
        Ok(Outcome::Response(AttachDisksResponse::default()))
    }
}

fn begin(context: &mut RequestContext<'_>, ids: Vec<Arc<str>>, work: &DiskWork, serial: u64) {
    let at = (context.clock, context.now);
    let disks = &mut context.resources().disks;
    for id in ids {
        disks.begin(&id, work.clone(), Some(serial), at);
    }
}

fn find_instance<'a>(
    context: &'a RequestContext<'_>,
    id: &str,
) -> Result<(u64, &'a StoredInstance), ApiError> {
    let serial = context.instances.serial(id);
    let found = serial.and_then(|serial| Some((serial, context.instances.get(serial)?)));
    found.ok_or_else(|| {
        let message = format!("The instance `{id}` does not exist in {}.", context.region.name);
        context.codes.error(["InvalidInstanceId.NotFound"], message)
    })
}

/// Checks that the state of an instance allows it to get or lose a disk.
fn check_instance(
    context: &RequestContext<'_>,
    instance: &StoredInstance,
    allowed: &[InstanceState],
) -> Result<(), ApiError> {
    let (codes, id, state) = (context.codes, &instance.id, &instance.state);
    if !allowed.contains(state) {
        let message =
            format!("The instance `{id}` is {state}, which {} does not allow.", codes.0.name);
        return Err(codes.error(["InvalidInstance.NotSupported"], message));
    }
    if instance.operation.is_some() {
        let message = format!("The instance `{id}` has an operation in progress.");
        return Err(codes.error(["ResourceBusy"], message));
    }
    Ok(())
}

fn check_can_attach(
    context: &RequestContext<'_>,
    disk: &DiskView<'_>,
    instance: &StoredInstance,
) -> Result<(), ApiError> {
    let (codes, id) = (context.codes, disk.id());
    check_elastic(context, disk)?;
    if let Some(other) = disk.instance() {
        let message = format!("The disk `{id}` is attached to the instance `{}`.", other.id);
        return Err(codes.error(["ResourceUnavailable.Attached"], message));
    }
    disk.check_idle(context)?;
    disk.check_not_in_bin(context)?;
    let (zone, other) = (disk.zone(), &instance.zone);
    if *zone != **other {
        let message =
            format!("The disk `{id}` is in {zone}, and the instance `{}` in {other}.", instance.id);
        return Err(codes.error(["ResourceUnavailable.ZoneNotMatch"], message));
    }
    if disk.terms().dedicated_cluster_id != instance.disk_terms().dedicated_cluster_id {
        let message = format!(
            "The disk `{id}` and the instance `{}` are not in the same dedicated cluster.",
            instance.id
        );
        return Err(codes.error(["ResourceUnavailable.ZoneNotMatch"], message));
    }
    Ok(())
}

fn check_elastic(context: &RequestContext<'_>, disk: &DiskView<'_>) -> Result<(), ApiError> {
    if disk.is_elastic() {
        return Ok(());
    }
    let message = format!("The disk `{}` is a system disk, so it is not elastic.", disk.id());
    let candidates = ["InvalidDisk.NotPortable", "ResourceUnavailable.NotPortable"];
    Err(context.codes.error(candidates, message))
}

/// Checks that an instance can have this many more disks.
fn check_room(
    context: &RequestContext<'_>,
    instance: &StoredInstance,
    added: usize,
) -> Result<(), ApiError> {
    let attached = instance.data_disks.iter().filter(|disk| !StoredDisk::is_local(disk)).count();
    let attaching = context.disks().map_or(0, |disks| disks.count_attaching(&instance.id));
    let count = attached + attaching;
    if count + added <= MAX_CLOUD_DATA_DISKS {
        return Ok(());
    }
    let message = format!(
        "The instance `{}` has {count} cloud data disks, of at most {MAX_CLOUD_DATA_DISKS}.",
        instance.id
    );
    Err(context.codes.error(["LimitExceeded.InstanceAttachedDisk"], message))
}

/// An instance in the recycle bin can lose its disks, too: that is how they are returned before it.
const STATES_TO_DETACH: &[InstanceState] =
    &[InstanceState::Running, InstanceState::Stopped, InstanceState::Shutdown];

/// ATTACHED → DETACHING → UNATTACHED.
impl ActionHandler for DetachDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let named = self.instance_id.as_deref();
        if let Some(id) = named {
            find_instance(context, id)?;
        }
        let disks = DiskView::find(context, &self.disk_ids)?;
        let mut common: Option<&StoredInstance> = None;
        for disk in &disks {
            check_elastic(context, disk)?;
            disk.check_idle(context)?;
            disk.check_not_in_bin(context)?;
            let (Place::Data(instance), id) = (disk.place, disk.id()) else {
                let message = format!("The disk `{}` is not attached to an instance.", disk.id());
                let candidates = ["InvalidDisk.NotSupported", "ResourceUnavailable.NotSupported"];
                return Err(codes.error(candidates, message));
            };
            let is_wrong = named.is_some_and(|named| *named != *instance.id)
                || common.is_some_and(|common| common.id != instance.id);
            if is_wrong {
                let message = format!(
                    "The disk `{id}` is attached to the instance `{}`, not to that of the request.",
                    instance.id
                );
                return Err(codes.error(["InvalidParameterValue"], message));
            }
            common = Some(instance);
        }
        // The model info requires a disk.
        let Some(instance) = common else {
            return Err(codes.error(["MissingParameter"], "The request names no disk."));
        };
        check_instance(context, instance, STATES_TO_DETACH)?;
        let (serial, _) = find_instance(context, &instance.id)?;
        let ids: Vec<Arc<str>> = disks.iter().map(|disk| Arc::clone(&disk.stored.id)).collect();
        begin(context, ids, &DiskWork::Detach, serial);
        Ok(Outcome::Response(DetachDisksResponse::default()))
    }
}
