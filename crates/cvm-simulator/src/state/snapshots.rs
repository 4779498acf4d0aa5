//! Disk snapshots: those behind images, and those that the disk service took. Unless they are deleted with their image,
//! the former remain, and can be used for another image or a data disk.

use std::collections::{BTreeMap, BTreeSet};

use cbs_models::types::Tag;
use cvm_models::enums::DiskUsage;
use cvm_models::types::Snapshot;

use crate::state::{System, TagList, Tagged, TaggedItems};
use crate::timestamp::Timestamp;
use crate::visits::count_one;

/// Maximum number of snapshots of images that have no image any more. The oldest ones are deleted.
const MAX_LEFT: usize = 1_000;

/// The snapshots of one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshots {
    all: BTreeMap<String, StoredSnapshot>,
    /// Snapshots without an image, in the order in which their last image was deleted.
    left: BTreeMap<u64, String>,
    next_left: u64,
    created: u64,
    /// The snapshots that are deleted automatically, by time.
    deadlines: BTreeSet<(Timestamp, String)>,
}

#[derive(Clone, Debug)]
struct StoredSnapshot {
    snapshot: DiskSnapshot,
    /// Its index in the order of creation.
    index: u64,
    /// The number of images that use it.
    images: usize,
    /// Whether the disk service took it. Otherwise it belongs to an image.
    is_own: bool,
    /// Its index among the snapshots without an image.
    left: Option<u64>,
}

/// A snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiskSnapshot {
    /// The snapshot in the form of the API of CVM.
    pub(crate) api: Snapshot,
    /// The system on it, if it is of a system disk.
    pub(crate) system: Option<System>,
    pub(crate) is_encrypted: bool,
    /// When it is complete.
    pub(crate) ready_at: Timestamp,
    pub(crate) details: SnapshotDetails,
}

/// What only the disk service shows of a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct SnapshotDetails {
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    /// Empty if it was not taken from a disk.
    pub(crate) disk_id: String,
    pub(crate) zone: String,
    pub(crate) project_id: i64,
    /// When it is deleted automatically; `None` if it is permanent.
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) tags: Vec<Tag>,
}

impl DiskSnapshot {
    /// Whether it is of a system disk.
    pub(crate) fn is_of_system_disk(&self) -> bool {
        self.api.disk_usage == DiskUsage::SystemDisk
    }

    /// The progress of its creation in percent.
    pub(crate) fn percent(&self, now: Timestamp) -> u64 {
        if now >= self.ready_at {
            return 100;
        }
        let created = self.details.created.unix();
        let span = self.ready_at.unix().saturating_sub(created).max(1);
        let done = now.unix().saturating_sub(created);
        (done.saturating_mul(100) / span).min(99)
    }
}

impl Snapshots {
    pub(crate) fn get(&self, snapshot_id: &str) -> Option<&DiskSnapshot> {
        Some(&self.all.get(snapshot_id)?.snapshot)
    }

    /// All snapshots, the newest first.
    pub(crate) fn newest_first(&self) -> Vec<&DiskSnapshot> {
        let mut all: Vec<_> = self.all.values().inspect(|_| count_one()).collect();
        all.sort_unstable_by_key(|stored| std::cmp::Reverse(stored.index));
        all.into_iter().map(|stored| &stored.snapshot).collect()
    }

    /// The number of snapshots that the disk service took.
    pub(crate) fn count_own(&self) -> usize {
        self.all.values().filter(|stored| stored.is_own).count()
    }

    /// Adds a snapshot that the disk service takes.
    pub(crate) fn take(&mut self, snapshot: DiskSnapshot) {
        if let Some(deadline) = snapshot.details.deadline {
            self.deadlines.insert((deadline, snapshot.api.snapshot_id.clone()));
        }
        self.add(snapshot, 0, true);
    }

    /// Adds a snapshot for an image, or counts one more image of a known one.
    pub(crate) fn insert(&mut self, snapshot: DiskSnapshot) {
        let Some(known) = self.all.get_mut(&snapshot.api.snapshot_id) else {
            return self.add(snapshot, 1, false);
        };
        known.images = known.images.saturating_add(1);
        if let Some(index) = known.left.take() {
            self.left.remove(&index);
        }
    }

    fn add(&mut self, snapshot: DiskSnapshot, images: usize, is_own: bool) {
        let (id, index) = (snapshot.api.snapshot_id.clone(), self.created);
        self.created += 1;
        self.all.insert(id, StoredSnapshot { snapshot, index, images, is_own, left: None });
    }

    /// Counts one image less for a snapshot. After the last one, the snapshot is deleted or remains without an image;
    /// of those, the oldest is deleted when there are too many.
    pub(crate) fn leave(&mut self, snapshot_id: &str, is_deleted: bool) {
        let Some(kept) = self.all.get_mut(snapshot_id) else { return };
        kept.images = kept.images.saturating_sub(1);
        if kept.images > 0 {
            return;
        }
        if is_deleted {
            self.delete(snapshot_id);
            return;
        }
        if kept.is_own {
            return;
        }
        kept.left = Some(self.next_left);
        self.left.insert(self.next_left, snapshot_id.to_owned());
        self.next_left += 1;
        if self.left.len() > MAX_LEFT
            && let Some((_, oldest)) = self.left.pop_first()
        {
            self.all.remove(&oldest);
        }
    }

    /// Changes the name of a snapshot.
    pub(crate) fn rename(&mut self, snapshot_id: &str, name: String) {
        if let Some(stored) = self.all.get_mut(snapshot_id) {
            stored.snapshot.details.name = name;
        }
    }

    /// Changes when a snapshot is deleted automatically; `None` makes it permanent.
    pub(crate) fn set_deadline(&mut self, snapshot_id: &str, deadline: Option<Timestamp>) {
        let Some(stored) = self.all.get_mut(snapshot_id) else { return };
        let before = std::mem::replace(&mut stored.snapshot.details.deadline, deadline);
        if let Some(before) = before {
            self.deadlines.remove(&(before, snapshot_id.to_owned()));
        }
        self.deadlines.extend(deadline.map(|deadline| (deadline, snapshot_id.to_owned())));
    }

    /// Deletes a snapshot that no image uses.
    pub(crate) fn delete(&mut self, snapshot_id: &str) {
        let Some(stored) = self.all.remove(snapshot_id) else { return };
        if let Some(index) = stored.left {
            self.left.remove(&index);
        }
        if let Some(deadline) = stored.snapshot.details.deadline {
            self.deadlines.remove(&(deadline, snapshot_id.to_owned()));
        }
    }

    /// Deletes the snapshots of a destroyed disk that are not permanent. Those that an image uses are kept.
    pub(crate) fn delete_with_disk(&mut self, disk_id: &str) {
        let is_meant = |stored: &&StoredSnapshot| {
            let details = &stored.snapshot.details;
            details.disk_id == disk_id && details.deadline.is_some() && stored.images == 0
        };
        let meant = self.all.values().filter(is_meant);
        let ids: Vec<_> = meant.map(|stored| stored.snapshot.api.snapshot_id.clone()).collect();
        ids.iter().for_each(|id| self.delete(id));
    }

    /// When the next snapshot is deleted automatically.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(time, _)| *time)
    }

    /// Deletes the snapshots whose time has come. One that an image uses becomes permanent.
    pub(crate) fn delete_expired(&mut self, now: Timestamp) {
        while let Some((time, id)) = self.deadlines.pop_first() {
            if time > now {
                self.deadlines.insert((time, id));
                return;
            }
            match self.all.get_mut(&id) {
                Some(used) if used.images > 0 => used.snapshot.details.deadline = None,
                _ => self.delete(&id),
            }
        }
    }
}

impl Tagged for Snapshots {
    fn all(&self) -> TaggedItems<'_> {
        let items = self.all.iter();
        Box::new(
            items.map(|(id, stored)| (id.as_str(), &stored.snapshot.details.tags as &dyn TagList)),
        )
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        Some(&mut self.all.get_mut(id)?.snapshot.details.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(number: usize) -> DiskSnapshot {
        let api = Snapshot { snapshot_id: format!("snap-{number}"), ..Snapshot::default() };
        DiskSnapshot { api, ..DiskSnapshot::default() }
    }

    #[test]
    fn snapshot_is_deleted_with_the_last_image_that_uses_it() {
        let mut snapshots = Snapshots::default();
        snapshots.insert(snapshot(1));
        snapshots.insert(snapshot(1));
        snapshots.leave("snap-1", true);
        assert!(snapshots.get("snap-1").is_some());
        snapshots.leave("snap-1", true);
        assert!(snapshots.get("snap-1").is_none());
    }

    #[test]
    fn snapshot_in_use_again_is_not_counted_as_left() {
        let mut snapshots = Snapshots::default();
        snapshots.insert(snapshot(0));
        snapshots.leave("snap-0", false);
        snapshots.insert(snapshot(0));
        for number in 1..=MAX_LEFT {
            snapshots.insert(snapshot(number));
            snapshots.leave(&format!("snap-{number}"), false);
        }
        assert!(snapshots.get("snap-0").is_some(), "an image is made of it");
        snapshots.leave("snap-0", false);
        assert!(snapshots.get("snap-0").is_some() && snapshots.get("snap-1").is_none());
        assert_eq!((snapshots.left.len(), snapshots.all.len()), (MAX_LEFT, MAX_LEFT));
    }

    fn own(number: usize, disk_id: &str, deadline: Option<u64>) -> DiskSnapshot {
        let details = SnapshotDetails {
            disk_id: disk_id.to_owned(),
            deadline: deadline.map(Timestamp::from_unix),
            ..SnapshotDetails::default()
        };
        DiskSnapshot { details, ..snapshot(number) }
    }

    #[test]
    fn snapshot_of_the_disk_service_remains_without_an_image() {
        let mut snapshots = Snapshots::default();
        snapshots.take(own(0, "disk-1", None));
        snapshots.insert(snapshot(0));
        snapshots.leave("snap-0", false);
        for number in 1..=MAX_LEFT + 1 {
            snapshots.insert(snapshot(number));
            snapshots.leave(&format!("snap-{number}"), false);
        }
        assert!(snapshots.get("snap-0").is_some() && snapshots.get("snap-1").is_none());
        let newest = snapshots.newest_first();
        assert_eq!(newest[0].api.snapshot_id, format!("snap-{}", MAX_LEFT + 1));
    }

    #[test]
    fn snapshots_with_a_deadline_are_deleted_then_or_with_their_disk() {
        let mut snapshots = Snapshots::default();
        snapshots.take(own(1, "disk-1", Some(100)));
        snapshots.take(own(2, "disk-1", Some(200)));
        snapshots.take(own(3, "disk-1", None));
        snapshots.take(own(4, "disk-2", Some(300)));
        snapshots.take(own(5, "disk-2", Some(50)));
        snapshots.insert(snapshot(5));
        snapshots.delete_expired(Timestamp::from_unix(100));
        let ids = |snapshots: &Snapshots| snapshots.all.keys().cloned().collect::<Vec<_>>();
        assert_eq!(ids(&snapshots), ["snap-2", "snap-3", "snap-4", "snap-5"]);
        snapshots.delete_with_disk("disk-1");
        assert_eq!(ids(&snapshots), ["snap-3", "snap-4", "snap-5"]);
        assert_eq!(snapshots.next_deadline(), Some(Timestamp::from_unix(300)));
        snapshots.delete("snap-4");
        assert_eq!(snapshots.next_deadline(), None);
        snapshots.set_deadline("snap-3", Some(Timestamp::from_unix(400)));
        snapshots.set_deadline("snap-3", Some(Timestamp::from_unix(500)));
        snapshots.delete_expired(Timestamp::from_unix(400));
        assert_eq!(snapshots.next_deadline(), Some(Timestamp::from_unix(500)));
        snapshots.set_deadline("snap-3", None);
        assert_eq!(snapshots.next_deadline(), None);
    }
}
