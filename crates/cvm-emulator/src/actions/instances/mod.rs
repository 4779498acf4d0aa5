//! The life of instances.

mod describe_instances;
mod describe_instances_status;
mod reboot_instances;
pub(super) mod reset_instances_type;
pub(super) mod run_instances;
mod start_instances;
mod stop_instances;
mod terminate_instances;

use cvm_models::actions::{
    DescribeInstances, DescribeInstancesStatus, RebootInstances, ResetInstancesType, RunInstances,
    StartInstances, StopInstances, TerminateInstances,
};

use super::Family;
use crate::decision::{Decision, assumed, documented};
use crate::dispatch::Handler;

pub(super) const FAMILY: Family = Family {
    modelled: &[
        Handler::of::<DescribeInstances>(),
        Handler::of::<DescribeInstancesStatus>(),
        Handler::of::<RebootInstances>(),
        Handler::of::<ResetInstancesType>(),
        Handler::of::<RunInstances>(),
        Handler::of::<StartInstances>(),
        Handler::of::<StopInstances>(),
        Handler::of::<TerminateInstances>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("states", "RunInstances PENDING → RUNNING; Start, Stop and Reboot through STARTING, STOPPING, REBOOTING"),
    assumed("states", "how long operations take: launch 20 s, start 10 s, stop 15 s or hard 5 s, reboot 20 s or hard 10 s, terminate 10 s, type change 20 s and 25 s forced"),
    assumed("states", "of a refused state and a running operation, the error names the state where the action publishes a code for it"),
    assumed("states", "the same operation twice is MutexOperation.TaskRunning where published, another OperationDenied.InstanceOperationInProgress"),
    assumed("batches", "all instances or none; an id named twice counts once"),
    documented("TerminateInstances", "hourly instances are destroyed; prepaid ones go to the recycle bin, and a second call destroys them"),
    assumed("TerminateInstances", "in the recycle bin: SHUTDOWN, PROTECTIVELY_ISOLATED, MANMADE; destroyed after 7 days"),
    assumed("TerminateInstances", "a destroyed id is InvalidInstanceId.NotFound at once; the legacy DryRun changes nothing and answers a bare RequestId"),
    documented("ResetInstancesType", "only CLOUD_BASIC, CLOUD_PREMIUM, CLOUD_SSD and CLOUD_BSSD system disks; others are UnsupportedOperation.SystemDiskType, in every state"),
    assumed("ResetInstancesType", "through STOPPING, STOPPED and STARTING; the type shows when it ends in RUNNING"),
    assumed("ResetInstancesType", "other sizes on dedicated hosts are not modelled; room in packs and membership of HPC clusters are not looked at"),
    assumed("StopInstances", "STOP_CHARGING on an instance that cannot is ignored, as its text hints"),
    assumed("ClientToken", "remembered for 24 h of virtual time, by region; the same parameters get the same ids, others InvalidParameterValue"),
    assumed("ClientToken", "of each kind of request, a region remembers 50000 tokens and the ids that they made; beyond that the oldest are forgotten"),
    documented("DryRun", "RunInstances checks everything, changes nothing and answers a bare RequestId; no token is used up"),
    documented("RunInstances", "without a type S1.SMALL1, without a network the basic one, without a security group none, as the first version's documents say"),
    assumed("RunInstances", "without a system disk 50 GiB of CLOUD_PREMIUM; disk sizes by type as on the product pages"),
    assumed("RunInstances", "a type that the zone does not offer is ResourceUnavailable.InstanceType"),
    assumed("RunInstances", "BANDWIDTH_POSTPAID_BY_MONTH is refused: it is known of existing instances alone"),
    assumed("RunInstances", "any well-formed network, subnet and security group exists"),
    assumed("private addresses", "no two in one network are the same; a network has 256 subnets, each with 4093 addresses of its own; a subnet without an address in use may be forgotten when more than 1000 are known"),
    assumed("RunInstances", "a weak password is InvalidPassword"),
    assumed("RunInstances", "stock and quotas never end, except on dedicated hosts, in resource packs and in HPC clusters"),
    documented("RunInstances", "CDHPAID goes with sizes such as CDH_1C1G; standard types are InvalidParameter.HostIdStandardInstanceTypeNotSupport"),
    assumed("RunInstances", "CDHPAID without a type is CDH_1C1G; Placement.HostIds with another charge type is InvalidParameterCombination"),
    assumed("RunInstances", "without HostIds, every RUNNING host of the zone is a candidate; a named host of another zone is InvalidParameterCombination, one that is too small even when empty InvalidParameter.HostIdInstanceTypeNotSupport"),
    documented("RunInstances", "DedicatedResourcePackIds needs DedicatedResourcePackTenancy; without ids only packs with AutoPlacement are used"),
    assumed("RunInstances", "in a pack only the size of an instance counts, not its family; a pack that is not ACTIVE or of another zone is InvalidParameterValue.DedicatedResourcePackNotValid"),
    assumed("RunInstances", "each instance goes to the named host or pack with most room; too little is ResourceInsufficient.SpecifiedInstanceType, below MinCount ResourceInsufficient.InsufficientOfferingMinimum, and from MinCount on fewer are made"),
    documented("RunInstances", "an HPC cluster takes high-performance types of its zone alone, and they need one"),
    assumed("RunInstances", "HCCIC5 is the only high-performance family; a full HPC cluster is LimitExceeded"),
    documented("RunInstances", "more than five security groups are LimitExceeded.SingleUSGQuota; ActionTimer is checked as by ImportInstancesActionTimer and shown by DescribeInstancesActionTimer"),
    assumed("RunInstances", "the spot market never moves; a `MaxPrice` below a fifth of the hourly list price of the type is InvalidParameterValue.InsufficientPrice"),
];
