//! Private networks as the network service (VPC) shows them: the addresses of the instances.

mod used_addresses;

use vpc_models::actions::DescribeUsedIpAddress;

use super::Group;
use crate::decision::{Decision, assumed};
use crate::handler::Handler;

pub(super) const GROUP: Group =
    Group { handlers: &[Handler::of::<DescribeUsedIpAddress>()], decisions: DECISIONS };

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("vpc", "DescribeUsedIpAddress lists the private addresses of instances, the newest first; every well-formed network exists, and one without instances has no used address"),
    assumed("vpc", "an address belongs to the network interface of its instance, whose id is that of the instance with the prefix `eni-`"),
];
