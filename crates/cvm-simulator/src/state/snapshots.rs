//! Disk snapshots behind images. Unless they are deleted with their image, they remain, and can be used for another
//! image or a data disk.

use std::collections::BTreeMap;

use cvm_models::enums::DiskUsage;
use cvm_models::types::Snapshot;

use crate::state::System;
use crate::timestamp::Timestamp;

/// Maximum number of snapshots without an image. The oldest ones are deleted.
const MAX_LEFT: usize = 1_000;

/// The snapshots of one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshots {
    all: BTreeMap<String, StoredSnapshot>,
    /// Snapshots without an image, in the order in which their last image was deleted.
    left: BTreeMap<u64, String>,
    next_left: u64,
}

#[derive(Clone, Debug)]
struct StoredSnapshot {
    snapshot: DiskSnapshot,
    /// The number of images that use it.
    images: usize,
    /// Its index among the snapshots without an image.
    left: Option<u64>,
}

/// A snapshot.
#[derive(Clone, Debug)]
pub(crate) struct DiskSnapshot {
    /// The snapshot in the form of the API.
    pub(crate) api: Snapshot,
    /// The system on it, if it is of a system disk.
    pub(crate) system: Option<System>,
    pub(crate) is_encrypted: bool,
    /// When it is complete.
    pub(crate) ready_at: Timestamp,
}

impl DiskSnapshot {
    /// Whether it is of a system disk.
    pub(crate) fn is_of_system_disk(&self) -> bool {
        self.api.disk_usage == DiskUsage::SystemDisk
    }
}

impl Snapshots {
    pub(crate) fn get(&self, snapshot_id: &str) -> Option<&DiskSnapshot> {
        Some(&self.all.get(snapshot_id)?.snapshot)
    }

    /// Adds a snapshot for an image, or counts one more image of a known one.
    pub(crate) fn insert(&mut self, snapshot: DiskSnapshot) {
        let id = snapshot.api.snapshot_id.clone();
        let images = match self.all.remove(&id) {
            Some(known) => {
                if let Some(index) = known.left {
                    self.left.remove(&index);
                }
                known.images.saturating_add(1)
            }
            None => 1,
        };
        self.all.insert(id, StoredSnapshot { snapshot, images, left: None });
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
            self.all.remove(snapshot_id);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(number: usize) -> DiskSnapshot {
        let api = Snapshot { snapshot_id: format!("snap-{number}"), ..Snapshot::default() };
        DiskSnapshot { api, system: None, is_encrypted: false, ready_at: Timestamp::default() }
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
}
