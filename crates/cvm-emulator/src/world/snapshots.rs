//! The disk snapshots behind images. They outlive their image unless they are deleted with it, and
//! then serve for another image or for a data disk.

use std::collections::BTreeMap;

use cvm_models::enums::DiskUsage;
use cvm_models::types::Snapshot;

use super::System;
use crate::Moment;

/// The snapshots of one region.
#[derive(Debug, Default)]
pub(crate) struct Snapshots(BTreeMap<String, DiskSnapshot>);

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
        self.0.get(snapshot_id)
    }

    pub(crate) fn insert(&mut self, snapshot: DiskSnapshot) {
        self.0.insert(snapshot.shown.snapshot_id.clone(), snapshot);
    }

    pub(crate) fn remove(&mut self, snapshot_id: &str) {
        self.0.remove(snapshot_id);
    }
}
