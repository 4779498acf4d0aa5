//! A stored disk of an instance.

use std::sync::Arc;

use cvm_models::enums::DiskType;
use cvm_models::types::{DataDisk, SystemDisk};

use crate::catalog;

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
}

impl StoredDisk {
    /// Whether it is a local disk.
    pub(crate) fn is_local(&self) -> bool {
        catalog::is_local(self.kind.as_str())
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
