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
    assumed("placement groups", "the account can use partition groups; without PartitionNumber each instance gets a random one"),
    assumed("placement groups", "a full group is ResourceInsufficient.DisasterRecoverGroupCvmQuota; LimitExceeded.DisasterRecoverGroup does not occur"),
    documented("placement groups", "an instance is in at most one group"),
    documented("DescribeDisasterRecoverGroupQuota", "CvmInSwGroupQuota, an older name of CvmInSwitchGroupQuota, is always present, as the published model says"),
    assumed("placement groups", "PartitionCount is only shown for groups with partitions"),
    assumed("placement groups", "an instance leaves its group when it is destroyed; in the recycle bin it still counts"),
    assumed("placement groups", "the hardware is always sufficient: an instance without Force always fits"),
    assumed("CreateDisasterRecoverGroup", "PartitionCount without the strategy PARTITION is rejected"),
    assumed("CreateDisasterRecoverGroup", "a repeated token returns the present group; after its deletion, it is an error"),
    assumed("DescribeDisasterRecoverGroups", "Name matches anywhere in the name; TotalCount counts the matches"),
    assumed("ModifyDisasterRecoverGroupAttribute", "the present affinity is valid, and a lower one is rejected"),
    assumed("DeleteDisasterRecoverGroups", "all groups are deleted or none; repeated ids count once"),
    assumed("ModifyInstancesDisasterRecoverGroup", "the new group shows at once; the operation takes 10 s, or 20 s through REBOOTING for a running instance with Force"),
    assumed("ModifyInstancesDisasterRecoverGroup", "both forms of the group id are valid if they agree; the present group of an instance is rejected, whatever the partition"),
    assumed("ModifyInstancesDisasterRecoverGroup", "a CLOUD_SSD disk is UnsupportedOperation.CbsRemoteSsdNotSupport, and Force with a local disk is InvalidInstance.NotSupported"),
    assumed("DeleteInstancesDisasterRecoverGroups", "takes effect at once in every state, without an operation; each instance must be in one of the groups"),
];
