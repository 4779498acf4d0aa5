//! TerminateDisks.

use std::sync::Arc;

use cbs_models::actions::{TerminateDisks, TerminateDisksResponse};

use crate::actions::cbs::disk_view::DiskView;
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// Destroys hourly disks. Moves prepaid ones to the recycle bin first; the second request destroys them.
impl ActionHandler for TerminateDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let disks = DiskView::find(context, &self.disk_ids)?;
        for disk in &disks {
            check_can_terminate(context, disk)?;
        }
        let with_snapshots = self.delete_snapshot == Some(1);
        let plans: Vec<(Arc<str>, bool)> = disks
            .iter()
            .map(|disk| {
                let is_recycled = disk.terms().is_prepaid() && !disk.is_in_bin();
                (Arc::clone(&disk.stored.id), is_recycled)
            })
            .collect();
        let now = context.now;
        let resources = context.resources();
        for (id, is_recycled) in plans {
            if is_recycled {
                if let Some(detached) = resources.disks.get_mut(&id).filter(|_| with_snapshots) {
                    detached.disk.extras_mut().deletes_snapshots = true;
                }
                resources.disks.recycle(&id, now);
                continue;
            }
            let extras = resources.disks.remove(&id).and_then(|detached| detached.disk.extras);
            if with_snapshots || extras.is_some_and(|extras| extras.deletes_snapshots) {
                resources.images.snapshots.delete_with_disk(&id);
            }
        }
        Ok(Outcome::Response(TerminateDisksResponse::default()))
    }
}

fn check_can_terminate(context: &RequestContext<'_>, disk: &DiskView<'_>) -> Result<(), ApiError> {
    let (codes, id) = (context.codes, disk.id());
    if disk.is_system() {
        let message = format!("The disk `{id}` is a system disk; it goes with its instance.");
        let candidates =
            ["ResourceUnavailable.NotSupportRefund", "ResourceUnavailable.NotSupported"];
        return Err(codes.error(candidates, message));
    }
    if let Some(instance) = disk.instance() {
        let state = &instance.state;
        let fix = match disk.is_in_bin() {
            true => "; both are in the recycle bin: renew the instance first, or terminate it",
            false => "; detach it first",
        };
        let message = format!(
            "The disk `{id}` is attached to the instance `{}`, which is {state}{fix}.",
            instance.id
        );
        return Err(codes.error(["ResourceUnavailable.NotSupported"], message));
    }
    disk.check_idle(context)
}
