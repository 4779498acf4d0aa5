//! Images: public ones and those of the account.

mod create;
mod describe;
mod export;
mod import;
mod manage;
mod names;
mod owned_image;
mod share;
mod sync;

use cvm_models::actions::{
    CreateImage, DeleteImages, DescribeImageFromFamily, DescribeImageQuota,
    DescribeImageSharePermission, DescribeImages, DescribeImportImageOs, ExportImages, ImportImage,
    ModifyImageAttribute, ModifyImageSharePermission, SyncImages,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<CreateImage>(),
        Handler::of::<DeleteImages>(),
        Handler::of::<DescribeImageFromFamily>(),
        Handler::of::<DescribeImageQuota>(),
        Handler::of::<DescribeImageSharePermission>(),
        Handler::of::<DescribeImages>(),
        Handler::of::<DescribeImportImageOs>(),
        Handler::of::<ExportImages>(),
        Handler::of::<ImportImage>(),
        Handler::of::<ModifyImageAttribute>(),
        Handler::of::<ModifyImageSharePermission>(),
        Handler::of::<SyncImages>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("images", "CREATING, SYNCING in the destination region, or IMPORTING, then NORMAL"),
    assumed("images", "how long tasks take: making one 120 s and 5 s more to power off, copying 300 s, importing and exporting 600 s"),
    assumed("images", "one of an instance has the size of its system disk; an account's own come before the public ones in lists"),
    documented("images", "a name is unique among those of the account in a region; of those there are at most 500"),
    assumed("images", "one that is not NORMAL is InvalidParameterValue.InvalidImageState to a launch; one for ARM is InvalidParameterValue.InvalidImageForGivenInstanceType to every type here"),
    assumed("images", "a public one, where only an own one will do, gets the code of the action that fits it best, or InvalidImageId.NotFound"),
    assumed("images", "a family is 1 to 128 letters, digits, dots, hyphens and underscores; another is InvalidParameterValue.InvalidImageFamily"),
    assumed("DryRun", "CreateImage, DeleteImages and ImportImage answer a bare RequestId; SyncImages and ExportImages, which promise more, no copies, and task 0 without files"),
    assumed("CreateImage", "the instance has CreateImage as its operation meanwhile; with ForcePoweroff a running one goes through STOPPING, STOPPED and STARTING"),
    assumed("CreateImage", "Sysprep of another system than Windows, and DataDiskIds or Sysprep without an instance, are InvalidParameter.InvalidDependence"),
    assumed("CreateImage", "data disks of an instance with a local system disk are UnsupportedOperation.NotSupportInstanceImage"),
    assumed("CreateImage", "known snapshots are those behind images, and images made of the same ones share them; CREATEFAILED does not happen"),
    documented("DeleteImages", "refused while the image is being made, copied or imported, and while it is shared"),
    assumed("DeleteImages", "the source of a copy or an export that is going on is MutexOperation.TaskRunning"),
    assumed("DeleteImages", "DeleteBindedSnap leaves the snapshots that another image is made of"),
    assumed("DeleteImages", "the system of a deleted image stays known while an instance is made of it; of the snapshots that were left, a region keeps the newest 1000"),
    documented("ModifyImageAttribute", "an image that is shared with others cannot be changed"),
    assumed("ModifyImageAttribute", "that, and one that is not NORMAL, is InvalidImageId.IncorrectState; an empty family takes the image out of its family"),
    assumed("ModifyImageSharePermission", "to cancel what is not shared changes nothing; the own account is InvalidAccountIs.YourSelf"),
    assumed("ModifyImageSharePermission", "any number is an account (UIN), and no other one shares anything with the caller's"),
    assumed("SyncImages", "finance regions take no part: InvalidRegion.Unavailable; the source's region, or another one for an encrypted copy, is InvalidParameterValue.InvalidRegion"),
    assumed("SyncImages", "a taken name is refused in each target region, be it given or that of the source; tags are not copied"),
    assumed("ImportImage", "nobody reads the files: a system disk counts 20 GiB, or 50 with Windows, and a data disk 20"),
    assumed("ImportImage", "a file whose name does not end in raw, img, qcow2, vhd, vmdk or iso ends in IMPORTFAILED"),
    assumed("ImportImage", "Force excuses an unlisted version, and has no cloud-init"),
    assumed("ExportImages", "any bucket whose name ends in an AppId, whoever's, exists; the task runs and no file is ever written, since there is no object storage"),
    assumed("ExportImages", "at most 5 tasks at once in a region, and one of an image: LimitExceeded.ExportImageTaskLimitExceeded, InvalidParameterValue.InvalidImageState"),
    assumed("DescribeImageFromFamily", "the newest NORMAL image that is not deprecated; own ones before public ones"),
];
