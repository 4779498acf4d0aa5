//! Images: public ones and those of the account.

mod create;
mod describe;
mod export;
mod import;
pub(crate) mod manage;
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
    assumed("images", "duration of tasks: creation 120 s, and 5 s more to power off; copy 300 s; import and export 600 s"),
    assumed("images", "an image of an instance has the size of its system disk; images of the account are listed before public ones"),
    documented("images", "a name is unique among the images of the account in a region; the maximum is 500 images"),
    assumed("images", "a launch from an image that is not NORMAL is InvalidParameterValue.InvalidImageState; an ARM image is InvalidParameterValue.InvalidImageForGivenInstanceType for every type"),
    assumed("images", "a public image where an image of the account is required is the best-fitting code of the action, or InvalidImageId.NotFound"),
    assumed("images", "a family consists of 1 to 128 letters, digits, dots, hyphens and underscores; others are InvalidParameterValue.InvalidImageFamily"),
    assumed("DryRun", "CreateImage, DeleteImages and ImportImage return only a RequestId; SyncImages and ExportImages, whose responses have members that are always present, return no copies, and task 0 without files"),
    assumed("CreateImage", "meanwhile, CreateImage is the running operation of the instance; with ForcePoweroff, a running instance goes through STOPPING, STOPPED and STARTING"),
    assumed("CreateImage", "Sysprep for a system other than Windows, and DataDiskIds or Sysprep without an instance, are InvalidParameter.InvalidDependence"),
    assumed("CreateImage", "data disks of an instance with a local system disk are UnsupportedOperation.NotSupportInstanceImage"),
    assumed("CreateImage", "the snapshots that exist are those of images, and images of the same snapshots share them; CREATEFAILED does not occur"),
    documented("DeleteImages", "not possible while the image is created, copied or imported, or is shared"),
    assumed("DeleteImages", "the source of a running copy or export is MutexOperation.TaskRunning"),
    assumed("DeleteImages", "DeleteBindedSnap keeps snapshots that another image uses"),
    assumed("DeleteImages", "the system of a deleted image stays known while an instance uses the image; a region keeps the newest 1000 snapshots of deleted images"),
    documented("ModifyImageAttribute", "an image that is shared with others cannot be changed"),
    assumed("ModifyImageAttribute", "a shared image, and one that is not NORMAL, is InvalidImageId.IncorrectState; an empty family removes the image from its family"),
    documented("DescribeImageSharePermission", "the oldest share first, as in the sample"),
    assumed("ModifyImageSharePermission", "to stop sharing with an account that has no share changes nothing; the own account is InvalidAccountIs.YourSelf"),
    documented("ModifyImageSharePermission", "the other account lists the image as SHARED_IMAGE and launches from it in the same region"),
    assumed("ModifyImageSharePermission", "every number can be an account (UIN); the other account does not see the tags of the image, and cannot copy, export, share or change it"),
    assumed("SyncImages", "finance regions are InvalidRegion.Unavailable; the region of the source, or another one for an encrypted copy, is InvalidParameterValue.InvalidRegion"),
    assumed("SyncImages", "a name that is in use is rejected in each destination region, also if it comes from the source; tags are not copied"),
    assumed("ImportImage", "files are not read: a system disk has 20 GiB, or 50 with Windows, and a data disk 20"),
    assumed("ImportImage", "a file with an extension other than raw, img, qcow2, vhd, vmdk or iso ends in IMPORTFAILED"),
    assumed("ImportImage", "Force allows a version that is not listed, without cloud-init"),
    documented("ExportImages", "CosPaths start with `/`, as in the sample; TaskId is a number of nine digits"),
    assumed("ExportImages", "every bucket exists whose name ends in an AppId; the task runs without writing a file, because there is no object storage"),
    assumed("ExportImages", "at most 5 tasks in a region, and one for an image: LimitExceeded.ExportImageTaskLimitExceeded, InvalidParameterValue.InvalidImageState"),
    assumed("DescribeImageFromFamily", "the newest NORMAL image that is not deprecated; images of the account before public ones"),
];
