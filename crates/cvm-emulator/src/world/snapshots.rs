//! The disk snapshots behind images. They outlive their image unless they are deleted with it, and
//! then serve for another image or for a data disk.

use std::collections::{BTreeMap, VecDeque};

use cvm_models::enums::DiskUsage;
use cvm_models::types::Snapshot;

use super::System;
use crate::Moment;

/// The snapshots of deleted images that are kept; the newest of them.
const MOST_LEFT: usize = 1_000;

/// The snapshots of one region.
#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    all: BTreeMap<String, DiskSnapshot>,
    /// Those whose image was deleted, in the order in which it was.
    left: VecDeque<String>,
}

/// One snapshot.
#[derive(Clone, Debug)]
pub(crate) struct DiskSnapshot {
    /// As the image that it belongs to shows it.
    pub(crate) shown: Snapshot,
    /// What is on it, when it is of a system disk.
    pub(crate) system: Option<System>,
    pub(crate) is_encrypted: bool,
    /// When it is taken.
    pub(crate) ready_at: Moment,
}

impl DiskSnapshot {
    /// Whether it is of a disk that an instance can start from.
    pub(crate) fn is_of_system_disk(&self) -> bool {
        self.shown.disk_usage == DiskUsage::SystemDisk
    }
}

impl Snapshots {
    pub(crate) fn get(&self, snapshot_id: &str) -> Option<&DiskSnapshot> {
        self.all.get(snapshot_id)
    }

    pub(crate) fn insert(&mut self, snapshot: DiskSnapshot) {
        self.all.insert(snapshot.shown.snapshot_id.clone(), snapshot);
    }

    /// Takes note that the image of a snapshot was deleted. Returns the one that stayed longest like that, when
    /// there are too many.
    pub(crate) fn leave(&mut self, snapshot_id: &str) -> Option<String> {
        self.left.push_back(snapshot_id.to_owned());
        if self.left.len() > MOST_LEFT { self.left.pop_front() } else { None }
    }

    pub(crate) fn remove(&mut self, snapshot_id: &str) {
        self.all.remove(snapshot_id);
    }
}
