//! Disks of instances.

mod change_type;
pub(crate) mod checks;
mod resize;

use cvm_models::actions::{ModifyInstanceDiskType, ResizeInstanceDisks};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[Handler::of::<ModifyInstanceDiskType>(), Handler::of::<ResizeInstanceDisks>()],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("ResizeInstanceDisks", "disks only grow, data disks in steps of 10 GiB, cloud system disks only; a running instance needs ForceStop or ResizeOnline"),
    assumed("ResizeInstanceDisks", "10 s; a stopped instance stays STOPPED, one that is forced runs again; with both switches it grows online"),
    assumed("ResizeInstanceDisks", "the data disk is that of the DiskId or of the DiskType, or the only one; none or several are InvalidParameterValue"),
    assumed("ResizeInstanceDisks", "cloud disks that were made with the instance cannot be detached; local ones are UnsupportedOperation.InvalidDataDisk unless on a dedicated host"),
    assumed("ResizeInstanceDisks", "the present size is refused as a smaller one is"),
    documented("ModifyInstanceDiskType", "only of stopped instances that are no spot instances; a local system disk and a local data disk move together"),
    assumed("ModifyInstanceDiskType", "60 s in STOPPED, where it ends; without any local disk InvalidParameter.InvalidInstanceNotSupported, a disk that is not local InvalidParameterValue"),
];
