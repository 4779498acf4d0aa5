//! Cloud disks and their snapshots as the disk service (CBS) shows them: those of the instances, and elastic disks that are
//! attached to none.

mod apply_snapshot;
mod attach;
mod change_disks;
mod change_terms;
mod configuration;
mod create_disks;
mod describe_disks;
mod disk_options;
mod disk_view;
mod offers;
mod snapshots;
mod target;
mod terminate_disks;

use cbs_models::actions::{
    ApplySnapshot, AttachDisks, CreateDisks, CreateSnapshot, DeleteSnapshots,
    DescribeDiskConfigQuota, DescribeDisks, DescribeSnapshots, DetachDisks,
    InquiryPriceCreateDisks, ModifyDiskAttributes, ModifyDiskBackupQuota,
    ModifyDiskExtraPerformance, ModifyDisksChargeType, ModifyDisksRenewFlag,
    ModifySnapshotAttribute, ResizeDisk, TerminateDisks,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<ApplySnapshot>(),
        Handler::of::<AttachDisks>(),
        Handler::of::<CreateDisks>(),
        Handler::of::<CreateSnapshot>(),
        Handler::of::<DeleteSnapshots>(),
        Handler::of::<DescribeDiskConfigQuota>(),
        Handler::of::<DescribeDisks>(),
        Handler::of::<DescribeSnapshots>(),
        Handler::of::<DetachDisks>(),
        Handler::of::<InquiryPriceCreateDisks>(),
        Handler::of::<ModifyDiskAttributes>(),
        Handler::of::<ModifyDiskBackupQuota>(),
        Handler::of::<ModifyDiskExtraPerformance>(),
        Handler::of::<ModifyDisksChargeType>(),
        Handler::of::<ModifyDisksRenewFlag>(),
        Handler::of::<ModifySnapshotAttribute>(),
        Handler::of::<ResizeDisk>(),
        Handler::of::<TerminateDisks>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("cbs", "DescribeDisks lists the cloud disks of all instances, and those without an instance; local disks belong to no disk service"),
    assumed("cbs", "a cloud data disk of a launch is elastic, because Terraform enlarges it with ResizeDisk and detaches it; a system disk is not"),
    assumed("cbs", "a disk that has never left the instance of its launch has its charge type, term and project; from then on it has its own"),
    assumed("cbs", "a disk is `ATTACHED` as long as its instance exists, also while an operation of CVM changes it, which blocks operations of CBS"),
    assumed("cbs", "a prepaid disk that TerminateInstances releases with its instance is `TORECYCLE` in the recycle bin"),
    assumed("cbs", "duration of operations: create, attach and detach 5 s, enlarge 10 s, change of the storage medium 60 s, snapshot 60 s, reset to a snapshot 60 s"),
    assumed("cbs", "`DeadlineTime` is empty for a disk billed by the hour; times are in UTC"),
    assumed("cbs", "disks and snapshots are sorted by time, the newest first, unless `Order` is `ASC`; disks of an instance keep their order"),
    assumed("cbs", "no disk is shared, so InstanceIdList is empty"),
    assumed("cbs", "names in filters match anywhere in the name, or as a whole with `*`"),
    assumed("cbs", "the filter `cluster-group-id` is UnsupportedOperation, because groups of clusters are not known; every well-formed dedicated cluster exists"),
    assumed("cbs", "an operation while another one runs on the disk or its instance is InvalidDisk.Busy or ResourceBusy, whichever is documented"),
    assumed("cbs", "a prepaid disk whose term ends is renewed by a month if it renews automatically; otherwise it is detached, and destroyed after 7 days in the recycle bin"),
    documented("AttachDisks", "all disks or none; the disks must be elastic, not attached, and in the zone of the instance"),
    assumed("AttachDisks", "for RUNNING and STOPPED instances, others are InvalidInstance.NotSupported; at most 20 cloud data disks; a dedicated cluster must be that of the instance"),
    assumed("AttachDisks", "`DeleteWithInstance` is ignored for prepaid disks, and `false` changes nothing; `AttachMode` is ignored, because there are no bare-metal instances"),
    assumed("AttachDisks", "if the instance is destroyed meanwhile, the disk is UNATTACHED again, and `ErrorPrompt` says why"),
    documented("DetachDisks", "all disks or none, all of one instance, which `InstanceId` must name if it is given"),
    assumed("DetachDisks", "also for an instance in the recycle bin, as Terraform does; another instance is InvalidParameterValue, a disk without one InvalidDisk.NotSupported"),
    documented("CreateDisks", "a new disk is created when DescribeDisks lists it as UNATTACHED; with a snapshot of a data disk, it is at least as large"),
    documented("CreateDisks", "CLOUD_TSSD is not sold separately, extra performance needs CLOUD_HSSD of more than 460 GiB, and burst performance at least 460 GiB"),
    assumed("CreateDisks", "at most 50 disks in a request, and 500 disks without an instance in a region; extra throughput up to 650 MiB/s, which is free; every project exists"),
    assumed("CreateDisks", "a token belongs to one request: the same parameters return the same ids, others are InvalidParameter.InvalidClientToken"),
    assumed("CreateDisks", "shared disks, automatic mounting, cages and dedicated storage clusters are UnsupportedOperation"),
    assumed("CreateDisks", "with `CurInstanceDeadline`, the term begins there"),
    documented("ResizeDisk", "only elastic disks, which only grow; EXPANDING until the new size shows"),
    assumed("ResizeDisk", "for disks of RUNNING and STOPPED instances, and those without an instance"),
    documented("DescribeDiskConfigQuota", "sizes by type as in the sample, in steps of 1 GiB"),
    assumed("DescribeDiskConfigQuota", "every zone sells every type, alone only without CLOUD_BASIC and CLOUD_TSSD; the price is that of the smallest size; dedicated clusters sell the same"),
    documented("ModifyDiskAttributes", "elastic disks stay elastic; only the project of elastic disks changes; DeleteWithInstance is for hourly data disks; DiskType is for one disk, and for it alone"),
    assumed("ModifyDiskAttributes", "all changes but that of the storage medium apply at once, also during an operation; no change is MissingParameter"),
    documented("TerminateDisks", "hourly disks are returned directly; with DeleteSnapshot 1, snapshots that are not permanent go with the disk"),
    assumed("TerminateDisks", "hourly disks are destroyed at once; prepaid ones are TORECYCLE for 7 days, and a second request destroys them; an attached disk is ResourceUnavailable.NotSupported"),
    assumed("TerminateDisks", "the number of returns is not limited"),
    documented("CreateSnapshot", "a deadline is at least a day ahead, and the snapshot is deleted then; a system disk can be taken as a data disk"),
    assumed("CreateSnapshot", "one snapshot of a disk at a time; at most 1000 in a region, besides those of images; there are no backup points and no instant snapshots"),
    documented("DeleteSnapshots", "all snapshots or none, each NORMAL; one that an image uses needs DeleteBindImages, which deletes the image"),
    assumed("DeleteSnapshots", "an image that is shared or in use is UnsupportedOperation.SnapHasShared or ResourceBusy"),
    assumed("DescribeSnapshots", "a snapshot of an image has the name of the image; one of an imported or copied image has no disk, and the first zone of the region"),
    assumed("DescribeSnapshots", "a snapshot that an image uses at its deadline becomes permanent; there are no shared snapshots"),
    documented("ModifySnapshotAttribute", "a deadline is at least a day ahead; `IsPermanent` false needs one"),
    assumed("ModifySnapshotAttribute", "a deadline alone ends a permanent snapshot; one that an image uses stays permanent; no change is MissingParameter"),
    documented("ApplySnapshot", "only to the disk that the snapshot was taken of, with the same size; the snapshot is NORMAL; the instance of a system disk is STOPPED"),
    assumed("ApplySnapshot", "an attached data disk must be detached first; ROLLBACKING until its end, which blocks operations of CBS, not those of CVM; AutoStopInstance and AutoStartInstance are UnsupportedOperation"),
    documented("ModifyDisksRenewFlag", "only prepaid data disks"),
    assumed("ModifyDisksRenewFlag", "a disk that has the term of its instance has one of its own from then on; renewals are for a month"),
    documented("ModifyDisksChargeType", "elastic disks, from monthly to hourly billing and back"),
    assumed("ModifyDisksChargeType", "at once, all disks or none; a new term begins now, or at `CurInstanceDeadline`; the present charge type is InvalidParameterValue"),
    assumed("ModifyDiskExtraPerformance", "at once, up or down, with the limits of CreateDisks; ModifyDiskBackupQuota also changes a disk that is attached"),
    assumed("prices", "InquiryPriceCreateDisks is the part of a launch's price for such disks; `…High` members have up to six decimals"),
];
