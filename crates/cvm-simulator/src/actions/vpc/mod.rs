//! Private networks as the network service (VPC) serves them: VPCs, subnets, and the addresses in use.

mod default_vpc;
mod page_token;
mod range;
mod subnets;
mod used_addresses;
mod vpcs;

use vpc_models::actions::{
    CreateDefaultVpc, CreateSubnet, CreateVpc, DeleteSubnet, DeleteVpc, DescribeSubnets,
    DescribeUsedIpAddress, DescribeVpcs, ModifySubnetAttribute, ModifyVpcAttribute,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<CreateDefaultVpc>(),
        Handler::of::<CreateSubnet>(),
        Handler::of::<CreateVpc>(),
        Handler::of::<DeleteSubnet>(),
        Handler::of::<DeleteVpc>(),
        Handler::of::<DescribeSubnets>(),
        Handler::of::<DescribeUsedIpAddress>(),
        Handler::of::<DescribeVpcs>(),
        Handler::of::<ModifySubnetAttribute>(),
        Handler::of::<ModifyVpcAttribute>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("networks", "a VPC is in 10.0.0.0/12, 172.16.0.0/12 or 192.168.0.0/16, with a mask of at least 12, 12 and 16 bits and at most 28"),
    documented("networks", "a subnet is in the range of its VPC, with a mask of 16 to 28 bits; subnets of one VPC do not overlap"),
    documented("networks", "a region has at most 20 VPCs, and a VPC at most 100 subnets; more are LimitExceeded"),
    assumed("networks", "a range whose address is not its first one is InvalidParameterValue.Malformed; ranges of different VPCs may overlap, and names need not be unique"),
    assumed("networks", "a VPC with subnets and a subnet with addresses in use cannot be deleted: ResourceInUse; an address is in use until its instance is gone"),
    assumed("networks", "a subnet assigns all addresses but the first two and the last one, which are reserved: choosing one is VpcIpIsUsed, and an address outside the range is VpcAddrNotInSubNet"),
    assumed("networks", "lists have the newest first; vpc-name also finds parts of names, subnet-name only whole names; times are in UTC"),
    assumed("networks", "DHCP options, route tables and name servers are shown, but cannot be changed, except for the name servers"),
    documented("networks", "a launch in a dedicated cluster needs a subnet of this cluster, if the subnet was created: InvalidParameterValue.NotCdcSubnet"),
    assumed("networks", "created VPCs have no IPv6 range: launches with IPv6 addresses are InvalidParameterValue.VpcNotSupportIpv6Address"),
    assumed("networks", "a subnet without tags has no TagSet, which the published model does not promise; every sample has tags"),
    assumed("networks", "no VPC has secondary ranges, because no action that adds them is served"),
    assumed("networks", "no account may publish the routes of a whole VPC"),
    assumed("networks that were never created", "CVM accepts their ids, unless networks are strict, and assigns addresses of 172.16.0.0/12; DescribeVpcs and DescribeSubnets do not list them, and DescribeUsedIpAddress lists their addresses"),
    assumed("networks that were never created", "a VPC or subnet that was never created is in the region of the first request that uses it, and does not exist in the others"),
    assumed("networks that were never created", "an id that the account has created, in any region, does not exist after its deletion and in other regions, nor does an unknown subnet of a created VPC"),
    documented("default VPC", "CreateDefaultVpc creates the default VPC in an account without the classic network, also without Force"),
    assumed("default VPC", "has the range 172.16.0.0/16 and a default subnet with a mask of 20 bits in each zone that asks for one; it does not count for the quota"),
    assumed("default VPC", "a change of CVM with the ids `DEFAULT`, and a launch without a network, create it; CreateDefaultVpc returns the present one, and without a zone chooses the first zone that has a default subnet, or the first of the region"),
    assumed("DescribeUsedIpAddress", "lists the addresses of the primary interfaces of instances, the newest instance first, then those of other interfaces, CHC hosts and moves that are not complete; a network without any has no used address"),
    assumed("DescribeUsedIpAddress", "an address belongs to the network interface of its instance, whose id is that of the instance with the prefix `eni-`; ids of other interfaces follow from their address"),
];
