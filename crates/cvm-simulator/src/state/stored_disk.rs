//! Stored disks: those of instances, and those that are attached to none.

use std::sync::Arc;

use cvm_models::enums::DiskType;
use cvm_models::types::{DataDisk, SystemDisk};

use crate::catalog;
use crate::state::{DiskExtras, DiskTerms, Pairs};
use crate::timestamp::Timestamp;

/// A disk. The API has two types for it, one for system disks and one for data disks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StoredDisk {
    /// Empty until the instance is launched.
    pub(crate) id: Arc<str>,
    pub(crate) kind: DiskType,
    pub(crate) gib: i64,
    pub(crate) is_encrypted: bool,
    pub(crate) kms_key_id: Option<Arc<str>>,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) snapshot_id: Option<Arc<str>>,
    /// Whether it is a data disk that is deleted with its instance.
    pub(crate) delete_with_instance: bool,
    pub(crate) burst_performance: Option<bool>,
    pub(crate) throughput_performance: Option<i64>,
    pub(crate) tags: Pairs,
    /// `None` for almost all disks.
    pub(crate) extras: Option<Box<DiskExtras>>,
}

/// A disk that is attached to no instance.
#[derive(Clone, Debug)]
pub(crate) struct DetachedDisk {
    pub(crate) disk: StoredDisk,
    pub(crate) zone: Arc<str>,
    pub(crate) terms: DiskTerms,
    /// When the recycle bin destroys it; `None` if it is not there.
    pub(crate) kept_until: Option<Timestamp>,
}

impl StoredDisk {
    /// Whether it is a local disk.
    pub(crate) fn is_local(&self) -> bool {
        catalog::is_local(self.kind.as_str())
    }

    /// What only some disks have, to change it.
    pub(crate) fn extras_mut(&mut self) -> &mut DiskExtras {
        self.extras.get_or_insert_default()
    }

    /// Its own terms. `None` if it has those of its instance.
    pub(crate) fn terms(&self) -> Option<&DiskTerms> {
        self.extras.as_ref()?.terms.as_ref()
    }

    /// Whether it is destroyed with its instance although it is prepaid.
    pub(crate) fn is_released(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.is_released)
    }

    /// The form of a system disk in the API.
    pub(crate) fn system_disk(&self) -> SystemDisk {
        SystemDisk {
            disk_type: Some(self.kind.clone()),
            disk_id: self.api_id(),
            disk_size: Some(self.gib),
            disk_name: text(self.name.as_ref()),
            encrypt: Some(self.is_encrypted),
            kms_key_id: Some(text(self.kms_key_id.as_ref()).unwrap_or_default()),
            ..SystemDisk::default()
        }
    }

    /// The form of a data disk in the API.
    pub(crate) fn data_disk(&self) -> DataDisk {
        DataDisk {
            disk_size: Some(self.gib),
            disk_type: Some(self.kind.clone()),
            disk_id: self.api_id(),
            delete_with_instance: Some(self.delete_with_instance),
            snapshot_id: text(self.snapshot_id.as_ref()),
            encrypt: Some(self.is_encrypted),
            kms_key_id: Some(text(self.kms_key_id.as_ref()).unwrap_or_default()),
            throughput_performance: Some(self.throughput_performance.unwrap_or(0)),
            burst_performance: self.burst_performance,
            disk_name: text(self.name.as_ref()),
            ..DataDisk::default()
        }
    }

    fn api_id(&self) -> Option<String> {
        Some(self.id.to_string()).filter(|id| !id.is_empty())
    }
}

fn text(shared: Option<&Arc<str>>) -> Option<String> {
    shared.map(|text| text.to_string())
}
