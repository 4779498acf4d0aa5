//! ApplySnapshot.

use cbs_models::actions::{ApplySnapshot, ApplySnapshotResponse};
use cvm_models::enums::InstanceState;

use crate::actions::cbs::disk_view::{DiskView, Place};
use crate::actions::cbs::snapshots;
use crate::actions::cbs::target::{Start, Target};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{DiskWork, RequestContext};
use crate::unsupported;

/// UNATTACHED or ATTACHED → ROLLBACKING → the state before.
impl ActionHandler for ApplySnapshot {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        if self.auto_stop_instance == Some(true) {
            return Err(unsupported::AUTOMATIC_STOP.error());
        }
        if self.auto_start_instance == Some(true) {
            return Err(unsupported::AUTOMATIC_START.error());
        }
        let disk = DiskView::find_one(context, &self.disk_id)?;
        disk.check_not_in_bin(context)?;
        check_snapshot(context, &self.snapshot_id, &disk)?;
        disk.check_idle(context)?;
        snapshots::check_none_in_creation(context, disk.id())?;
        check_place(context, &disk)?;
        Start { target: Target::of(context, &disk), work: DiskWork::Rollback }.begin(context);
        Ok(Outcome::Response(ApplySnapshotResponse::default()))
    }
}

fn check_snapshot(
    context: &RequestContext<'_>,
    id: &str,
    disk: &DiskView<'_>,
) -> Result<(), ApiError> {
    let codes = context.codes;
    let snapshot = snapshots::complete(context, id)?;
    if snapshot.details.disk_id != disk.id() {
        let message = format!("The snapshot `{id}` was not taken of the disk `{}`.", disk.id());
        return Err(codes.error(["InvalidSnapshot.NotSupported"], message));
    }
    let (taken, present) = (snapshot.api.disk_size, disk.stored.gib);
    if taken != present {
        let message = format!(
            "The snapshot `{id}` has {taken} GiB, but the disk `{}` now has {present} GiB.",
            disk.id()
        );
        return Err(codes.error(["InvalidParameter.DiskSizeNotMatch"], message));
    }
    Ok(())
}

/// Checks that nothing uses the disk.
fn check_place(context: &RequestContext<'_>, disk: &DiskView<'_>) -> Result<(), ApiError> {
    let codes = context.codes;
    match disk.place {
        Place::Data(instance) => {
            let message = format!(
                "The disk `{}` is attached to the instance `{}`; detach it first.",
                disk.id(),
                instance.id
            );
            Err(codes.error(["InvalidDisk.NotSupported"], message))
        }
        Place::System(instance) if instance.state != InstanceState::Stopped => {
            let message = format!(
                "The instance `{}` of the disk `{}` is {}; stop it first.",
                instance.id,
                disk.id(),
                instance.state
            );
            Err(codes.error(["InvalidInstance.NotSupported"], message))
        }
        Place::System(_) | Place::Detached(_) => Ok(()),
    }
}
