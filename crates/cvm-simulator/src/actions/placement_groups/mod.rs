//! Placement groups, which spread instances over the hardware.

mod describe;
mod manage;
mod members;

use cvm_models::actions::{
    CreateDisasterRecoverGroup, DeleteDisasterRecoverGroups, DeleteInstancesDisasterRecoverGroups,
    DescribeDisasterRecoverGroupQuota, DescribeDisasterRecoverGroups,
    ModifyDisasterRecoverGroupAttribute, ModifyInstancesDisasterRecoverGroup,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<CreateDisasterRecoverGroup>(),
        Handler::of::<DeleteDisasterRecoverGroups>(),
        Handler::of::<DeleteInstancesDisasterRecoverGroups>(),
        Handler::of::<DescribeDisasterRecoverGroupQuota>(),
        Handler::of::<DescribeDisasterRecoverGroups>(),
        Handler::of::<ModifyDisasterRecoverGroupAttribute>(),
        Handler::of::<ModifyInstancesDisasterRecoverGroup>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("placement groups", "10 groups in a region; 50 instances in one of type HOST, 20 in one of type SW or RACK, whatever its affinity"),
    assumed("placement groups", "partition groups are open to the account; without PartitionNumber each instance gets one at random"),
    assumed("placement groups", "a full group is ResourceInsufficient.DisasterRecoverGroupCvmQuota, and LimitExceeded.DisasterRecoverGroup is not answered"),
    documented("placement groups", "an instance is in one group at most"),
    assumed("placement groups", "an instance leaves its group when it is destroyed; in the recycle bin it still counts"),
    assumed("placement groups", "the hardware always suffices: an instance without Force never fails to fit"),
    assumed("CreateDisasterRecoverGroup", "PartitionCount without the strategy PARTITION is refused"),
    assumed("CreateDisasterRecoverGroup", "a token gets its group as it is now; once the group is deleted it is refused"),
    assumed("DescribeDisasterRecoverGroups", "Name matches anywhere in the name; TotalCount counts what matches"),
    assumed("ModifyDisasterRecoverGroupAttribute", "the affinity that a group already has passes, and a lower one is refused"),
    assumed("DeleteDisasterRecoverGroups", "all groups or none; a group named twice counts once"),
    assumed("ModifyInstancesDisasterRecoverGroup", "the new group shows at once; the operation takes 10 s, or for a running instance with Force 20 s through REBOOTING"),
    assumed("ModifyInstancesDisasterRecoverGroup", "both forms of the group id pass when they agree; a group that an instance is in already is refused, whatever the partition"),
    assumed("ModifyInstancesDisasterRecoverGroup", "a CLOUD_SSD disk is UnsupportedOperation.CbsRemoteSsdNotSupport, and Force with a local disk InvalidInstance.NotSupported"),
    assumed("DeleteInstancesDisasterRecoverGroups", "done at once in any state, without an operation; each instance is in one of the groups named"),
];
