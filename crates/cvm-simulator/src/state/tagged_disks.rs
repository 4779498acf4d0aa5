//! The tags of the cloud disks of a region, which are stored at their instances or by themselves.

use std::collections::HashSet;

use crate::state::{Disks, Instances, TagList, TaggedItems};

/// The cloud disks of a region.
#[derive(Clone, Copy)]
pub(crate) struct TaggedDisks<'a> {
    pub(crate) instances: Option<&'a Instances>,
    pub(crate) disks: Option<&'a Disks>,
}

impl<'a> TaggedDisks<'a> {
    /// All disks, in any order.
    pub(crate) fn all(self) -> TaggedItems<'a> {
        let instances = self.instances.into_iter().flat_map(Instances::newest_first);
        let attached = instances.flat_map(|instance| instance.disks());
        let attached = attached.filter(|disk| !disk.id.is_empty() && !disk.is_local());
        let detached = self.disks.into_iter().flat_map(Disks::detached).map(|it| &it.disk);
        let disks = attached.chain(detached);
        Box::new(disks.map(|disk| (&*disk.id, disk.tags() as &dyn TagList)))
    }

    /// The tags of a disk.
    pub(crate) fn tags(self, id: &str) -> Option<&'a dyn TagList> {
        if let Some(detached) = self.disks.and_then(|disks| disks.get(id)) {
            return Some(detached.disk.tags());
        }
        let instances = self.instances?;
        let serial = *instances.serials_by_disk(&HashSet::from([id])).get(id)?;
        let mut disks = instances.get(serial)?.disks();
        let disk = disks.find(|disk| *disk.id == *id && !disk.is_local())?;
        Some(disk.tags())
    }
}

/// The tags of a disk, to change them.
pub(crate) fn disk_tags_mut<'a>(
    instances: Option<&'a mut Instances>,
    disks: Option<&'a mut Disks>,
    id: &str,
) -> Option<&'a mut dyn TagList> {
    let serial = instances
        .as_ref()
        .and_then(|instances| instances.serials_by_disk(&HashSet::from([id])).get(id).copied());
    let disk = match serial {
        Some(serial) => instances?.get_mut(serial)?.disk_mut(id)?,
        None => &mut disks?.get_mut(id)?.disk,
    };
    Some(&mut disk.extras_mut().tags)
}
