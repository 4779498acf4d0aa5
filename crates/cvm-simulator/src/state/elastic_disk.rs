//! What only some disks have: above all the billing of an elastic disk that has been without its first instance.

use std::sync::Arc;

use cbs_models::enums::{DiskChargeType, EncryptType, RenewFlag};

use crate::timestamp::Timestamp;

/// What only some disks have. It is stored apart, so that all others stay small.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DiskExtras {
    /// `None` for a disk that is still with the instance that it was launched with: it has the terms of the instance.
    pub(crate) terms: Option<DiskTerms>,
    /// Whether its snapshots that are not permanent are deleted with it.
    pub(crate) deletes_snapshots: bool,
    pub(crate) backup_quota: u64,
    pub(crate) encrypt_type: Option<EncryptType>,
    /// The instance that it was detached from last.
    pub(crate) last_instance_id: Option<Arc<str>>,
    /// Why its last operation failed.
    pub(crate) error: Option<Arc<str>>,
    /// Whether it is prepaid and yet destroyed with its instance, because TerminateInstances asked for it.
    pub(crate) is_released: bool,
}

/// How a disk is charged, and what else an instance no longer decides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DiskTerms {
    pub(crate) created: Timestamp,
    /// Its place in the order of creation among disks of the same time.
    pub(crate) number: u64,
    pub(crate) charge_type: DiskChargeType,
    /// The end of a prepaid term.
    pub(crate) expires: Option<Timestamp>,
    pub(crate) renew_flag: RenewFlag,
    pub(crate) project_id: i64,
    pub(crate) dedicated_cluster_id: Option<Arc<str>>,
}

impl DiskTerms {
    pub(crate) fn is_prepaid(&self) -> bool {
        self.charge_type == DiskChargeType::Prepaid
    }
}
