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
    documented("ResizeInstanceDisks", "disks are only enlarged, data disks in steps of 10 GiB, system disks only if they are cloud disks; a running instance needs ForceStop or ResizeOnline"),
    assumed("ResizeInstanceDisks", "10 s; a stopped instance stays STOPPED, a running one with ForceStop runs again; with both switches the disk is enlarged online"),
    assumed("ResizeInstanceDisks", "the data disk is the one with the DiskId or the DiskType, or the only one; no match or several are InvalidParameterValue"),
    assumed("ResizeInstanceDisks", "elastic data disks are enlarged, too, although the documents send callers to ResizeDisk of CBS: both change the same disk; local disks are UnsupportedOperation.InvalidDataDisk, except on a dedicated host"),
    assumed("ResizeInstanceDisks", "the present size is rejected like a smaller one"),
    assumed("ModifyInstanceDiskType", "the cloud disk in place of a local disk has a new id"),
    documented("ModifyInstanceDiskType", "only for stopped instances that are not spot instances; a local system disk and a local data disk change together"),
    assumed("ModifyInstanceDiskType", "60 s in STOPPED, which is also the final state; an instance without local disks is InvalidParameter.InvalidInstanceNotSupported, a disk that is not local is InvalidParameterValue"),
];
