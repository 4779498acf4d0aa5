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
    assumed("resource packs", "CREATING for 30 s, then ACTIVE, RETIRED at the end of the term and listed for good; creation never fails"),
    assumed("resource packs", "types and the zones that offer them; money and stock never end; every account may use them"),
    assumed("resource packs", "only an ACTIVE pack has AvailableCapacity; a pack has neither cards nor disks"),
    assumed("resource packs", "HostIp, RackId and SwitchId are hashes; packs of one rack have one switch"),
    assumed("PurchaseResourcePoolPacks", "an instance type that is no whole or half machine is InvalidParameter.InstanceTypeNotSupport, an unknown one or one of another zone ResourceNotFound.InvalidZoneInstanceType"),
    documented("PurchaseResourcePoolPacks", "DryRun checks everything, buys nothing and answers a bare RequestId"),
    documented("DescribeResourcePoolPacks", "NextToken is empty on the last page"),
    assumed("DescribeResourcePoolPacks", "a NextToken that was never given is InvalidParameterValue; packs bought between two pages do not shift them; a zone of another region is InvalidZone.MismatchRegion"),
    assumed("DescribeResourcePoolPackInstances", "unknown packs are left out"),
    documented("DescribeResourcePoolPackTypeConfigs", "without the filter zone it is MissingParameter"),
    assumed("TerminateResourcePoolPacks", "only ACTIVE packs, others are InvalidParameterValue.ResourcePoolPackStatus; all packs or none"),
];
