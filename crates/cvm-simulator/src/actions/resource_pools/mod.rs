//! Resource pool packs: reserved resources.

mod describe;
pub(crate) mod purchase;

use cvm_models::actions::{
    DescribeResourcePoolPackInstances, DescribeResourcePoolPackTypeConfigs,
    DescribeResourcePoolPacks, PurchaseResourcePoolPacks, TerminateResourcePoolPacks,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<DescribeResourcePoolPackInstances>(),
        Handler::of::<DescribeResourcePoolPackTypeConfigs>(),
        Handler::of::<DescribeResourcePoolPacks>(),
        Handler::of::<PurchaseResourcePoolPacks>(),
        Handler::of::<TerminateResourcePoolPacks>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("resource packs", "CREATING for 30 s, then ACTIVE, RETIRED at the end of the term and listed permanently; creation never fails"),
    assumed("resource packs", "types and the zones that offer them; balance and stock are unlimited; every account can use them"),
    assumed("resource packs", "only an ACTIVE pack has AvailableCapacity; a pack has neither cards nor disks"),
    assumed("resource packs", "HostIp, RackId and SwitchId are hashes of 32 hexadecimal digits in capitals; packs of one rack have the same switch"),
    assumed("PurchaseResourcePoolPacks", "an instance type other than a whole or half server is InvalidParameter.InstanceTypeNotSupport, an unknown one or one of another zone is ResourceNotFound.InvalidZoneInstanceType"),
    documented("PurchaseResourcePoolPacks", "DryRun checks everything, buys nothing and returns only a RequestId"),
    documented("DescribeResourcePoolPacks", "NextToken is empty on the last page"),
    assumed("DescribeResourcePoolPacks", "a NextToken that is not from a response is InvalidParameterValue; packs bought between two pages do not shift them; a zone of another region is InvalidZone.MismatchRegion"),
    assumed("DescribeResourcePoolPackInstances", "unknown packs are left out"),
    documented("DescribeResourcePoolPackTypeConfigs", "the filter zone is required: otherwise MissingParameter"),
    assumed("TerminateResourcePoolPacks", "only ACTIVE packs, others are InvalidParameterValue.ResourcePoolPackStatus; all packs are terminated or none"),
];
