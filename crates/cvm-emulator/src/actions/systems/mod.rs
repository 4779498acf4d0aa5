//! What happens to the system and the disks of an instance.

mod convert_operating_systems;
mod disk;
mod enter_rescue_mode;
mod exit_rescue_mode;
mod modify_instance_disk_type;
mod one_instance;
mod program_fpga_image;
mod reset_instance;
mod reset_instances_password;
mod resize_instance_disks;

use cvm_models::actions::{
    ConvertOperatingSystems, EnterRescueMode, ExitRescueMode, ModifyInstanceDiskType,
    ProgramFpgaImage, ResetInstance, ResetInstancesPassword, ResizeInstanceDisks,
};

use super::Family;
use crate::decision::{Decision, assumed, documented};
use crate::dispatch::Handler;

pub(super) const FAMILY: Family = Family {
    modelled: &[
        Handler::of::<ConvertOperatingSystems>(),
        Handler::of::<EnterRescueMode>(),
        Handler::of::<ExitRescueMode>(),
        Handler::of::<ModifyInstanceDiskType>(),
        Handler::of::<ProgramFpgaImage>(),
        Handler::of::<ResetInstance>(),
        Handler::of::<ResetInstancesPassword>(),
        Handler::of::<ResizeInstanceDisks>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("ResetInstance", "RUNNING and STOPPED are both taken, and without an image the present one is installed again"),
    assumed("ResetInstance", "through STOPPING (if it runs), STOPPED for 60 s and STARTING to RUNNING; image, login and disk show when it ends there"),
    assumed("ResetInstance", "another operating system is Windows in place of Linux or the other way round; on a disk that cannot change it, and on one smaller than the image, it is InvalidParameterValue.InvalidImageIdForRetsetInstance"),
    assumed("ResetInstance", "key pairs that were bound are not bound any more; the host name stays unless another is given"),
    assumed("ResetInstance", "KeepImageLogin with a public image is InvalidParameterValue"),
    documented("ResetInstancesPassword", "three kinds of characters, no leading `/`; if one of the instances is Windows, its rules count for all"),
    assumed("ResetInstancesPassword", "a stopped instance is STOPPED again after 5 s; a running one is forced through STOPPING, STOPPED and STARTING to RUNNING; any user name is taken"),
    documented("ResizeInstanceDisks", "disks only grow, data disks in steps of 10 GiB, cloud system disks only; a running instance needs ForceStop or ResizeOnline"),
    assumed("ResizeInstanceDisks", "10 s; a stopped instance stays STOPPED, one that is forced runs again; with both switches it grows online"),
    assumed("ResizeInstanceDisks", "the data disk is that of the DiskId or of the DiskType, or the only one; none or several are InvalidParameterValue"),
    assumed("ResizeInstanceDisks", "cloud disks that were made with the instance cannot be detached; local ones are UnsupportedOperation.InvalidDataDisk unless on a dedicated host"),
    assumed("ResizeInstanceDisks", "the present size is refused as a smaller one is"),
    documented("ModifyInstanceDiskType", "only of stopped instances that are no spot instances; a local system disk and a local data disk move together"),
    assumed("ModifyInstanceDiskType", "60 s in STOPPED, where it ends; without any local disk InvalidParameter.InvalidInstanceNotSupported, a disk that is not local InvalidParameterValue"),
    assumed("rescue mode", "ENTER_RESCUE_MODE for 30 s, or 20 s without asking the guest; EXIT_RESCUE_MODE for 20 s, back to RUNNING or STOPPED as before"),
    assumed("rescue mode", "SOFT_FIRST takes as long as SOFT, because every guest here shuts down when it is asked"),
    assumed("ConvertOperatingSystems", "CentOS 7 becomes TencentOS Server 2.4 and CentOS 8 TencentOS Server 3.1 (TK4); RUNNING for 300 s, then REBOOTING for 20 s; the image id stays"),
    assumed("ConvertOperatingSystems", "an instance with an operation in progress is ResourceInUse; one with a local system disk InvalidParameter.AutoSnapshotNotSupported"),
    assumed("ConvertOperatingSystems", "the agent answers in every running instance, except where a launch or a reinstallation has kept it out"),
    assumed("ProgramFpgaImage", "no instance type here has FPGA cards, so every instance is UnsupportedOperation.NotFpgaInstance"),
];
