//! The tags of the cloud disks of a region, which are stored at their instances or by themselves.

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
        Box::new(disks.map(|disk| (&*disk.id, &disk.tags as &dyn TagList)))
    }

    /// The tags of a disk.
    pub(crate) fn tags(self, id: &str) -> Option<&'a dyn TagList> {
        if let Some(detached) = self.disks.and_then(|disks| disks.get(id)) {
            return Some(&detached.disk.tags);
        }
        let instances = self.instances?;
        let mut disks = instances.get(instances.serial_with_disk(id)?)?.disks();
        let disk = disks.find(|disk| *disk.id == *id && !disk.is_local())?;
        Some(&disk.tags)
    }
}

/// Replaces the tags of a disk, if it exists.
pub(crate) fn set_disk_tags(
    instances: Option<&mut Instances>,
    disks: Option<&mut Disks>,
    id: &str,
    tags: Vec<(String, String)>,
) {
    if let Some(instances) = instances
        && let Some(serial) = instances.serial_with_disk(id)
    {
        if let Some(mut instance) = instances.get_mut(serial)
            && let Some(disk) = instance.disk_mut(id)
        {
            disk.tags.replace(tags);
        }
    } else if let Some(detached) = disks.and_then(|disks| disks.get_mut(id)) {
        detached.disk.tags.replace(tags);
    }
}
