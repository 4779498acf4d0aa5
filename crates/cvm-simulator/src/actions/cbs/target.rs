//! A disk that is to be changed, at its instance or apart.

use std::sync::Arc;

use crate::actions::cbs::disk_view::DiskView;
use crate::state::{DiskTerms, DiskWork, RequestContext, StoredDisk};

/// A disk that is to be changed.
pub(super) struct Target {
    id: Arc<str>,
    /// The serial of its instance.
    serial: Option<u64>,
}

impl Target {
    pub(super) fn of(context: &RequestContext<'_>, disk: &DiskView<'_>) -> Self {
        let instance = disk.instance();
        let serial = instance.and_then(|instance| context.instances.serial(&instance.id));
        Self { id: Arc::clone(&disk.stored.id), serial }
    }

    pub(super) fn change(
        &self,
        context: &mut RequestContext<'_>,
        change: impl FnOnce(&mut StoredDisk),
    ) {
        if let Some(mut instance) = self.serial.and_then(|serial| context.instances.get_mut(serial))
        {
            if let Some(disk) = instance.disk_mut(&self.id) {
                change(disk);
            }
        } else {
            let resources = context.regions.entry(context.region.name).or_default();
            if let Some(detached) = resources.disks.get_mut(&self.id) {
                change(&mut detached.disk);
            }
        }
    }

    /// Changes the terms. A disk that had those of its instance has terms of its own from now on.
    pub(super) fn change_terms(
        &self,
        context: &mut RequestContext<'_>,
        change: impl FnOnce(&mut DiskTerms),
    ) {
        let resources = context.regions.entry(context.region.name).or_default();
        let mut instance = self.serial.and_then(|serial| context.instances.get_mut(serial));
        let (before, terms) = match &mut instance {
            None => {
                let Some(detached) = resources.disks.get_mut(&self.id) else { return };
                (detached.terms.expires, &mut detached.terms)
            }
            Some(instance) => {
                let of_instance = instance.disk_terms();
                let Some(disk) = instance.disk_mut(&self.id) else { return };
                // The instance ends a term that they share.
                let before = disk.terms().and_then(|terms| terms.expires);
                (before, disk.extras_mut().terms.get_or_insert(of_instance))
            }
        };
        change(terms);
        let expires = terms.expires;
        resources.disks.schedule_expiry(&self.id, before, expires);
    }
}

/// The start of an operation on one disk.
pub(super) struct Start {
    pub(super) target: Target,
    pub(super) work: DiskWork,
}

impl Start {
    pub(super) fn begin(self, context: &mut RequestContext<'_>) {
        let at = (context.clock, context.now);
        let Target { id, serial } = self.target;
        context.resources().disks.begin(&id, self.work, serial, at);
    }
}
