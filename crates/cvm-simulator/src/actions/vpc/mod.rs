//! The network service (VPC): VPCs, subnets, the addresses in use, security groups, and elastic IPs.

mod address_tasks;
mod addresses;
mod bandwidth_packages;
mod bindings;
mod change_addresses;
mod default_vpc;
mod describe_addresses;
mod page_token;
mod policy;
mod range;
mod security_group_policies;
mod security_group_users;
mod security_groups;
mod subnets;
mod used_addresses;
mod vpcs;

use vpc_models::actions::{
    AllocateAddresses, AssociateAddress, CreateDefaultVpc, CreateSecurityGroup,
    CreateSecurityGroupPolicies, CreateSubnet, CreateVpc, DeleteSecurityGroup,
    DeleteSecurityGroupPolicies, DeleteSubnet, DeleteVpc, DescribeAddresses,
    DescribeBandwidthPackages, DescribeSecurityGroupAssociationStatistics,
    DescribeSecurityGroupPolicies, DescribeSecurityGroups, DescribeSubnets, DescribeTaskResult,
    DescribeUsedIpAddress, DescribeVpcs, DisassociateAddress, ModifyAddressAttribute,
    ModifyAddressInternetChargeType, ModifyAddressesBandwidth, ModifySecurityGroupAttribute,
    ModifySecurityGroupPolicies, ModifySubnetAttribute, ModifyVpcAttribute, ReleaseAddresses,
    RenewAddresses,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<AllocateAddresses>(),
        Handler::of::<AssociateAddress>(),
        Handler::of::<CreateDefaultVpc>(),
        Handler::of::<CreateSecurityGroup>(),
        Handler::of::<CreateSecurityGroupPolicies>(),
        Handler::of::<CreateSubnet>(),
        Handler::of::<CreateVpc>(),
        Handler::of::<DeleteSecurityGroup>(),
        Handler::of::<DeleteSecurityGroupPolicies>(),
        Handler::of::<DeleteSubnet>(),
        Handler::of::<DeleteVpc>(),
        Handler::of::<DescribeAddresses>(),
        Handler::of::<DescribeBandwidthPackages>(),
        Handler::of::<DescribeSecurityGroupAssociationStatistics>(),
        Handler::of::<DescribeSecurityGroupPolicies>(),
        Handler::of::<DescribeSecurityGroups>(),
        Handler::of::<DescribeSubnets>(),
        Handler::of::<DescribeTaskResult>(),
        Handler::of::<DescribeUsedIpAddress>(),
        Handler::of::<DescribeVpcs>(),
        Handler::of::<DisassociateAddress>(),
        Handler::of::<ModifyAddressAttribute>(),
        Handler::of::<ModifyAddressInternetChargeType>(),
        Handler::of::<ModifyAddressesBandwidth>(),
        Handler::of::<ModifySecurityGroupAttribute>(),
        Handler::of::<ModifySecurityGroupPolicies>(),
        Handler::of::<ModifySubnetAttribute>(),
        Handler::of::<ModifyVpcAttribute>(),
        Handler::of::<ReleaseAddresses>(),
        Handler::of::<RenewAddresses>(),
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
    documented("vpc security groups", "a new group has no rules; a default group cannot be deleted, nor one that a rule of another group names"),
    assumed("vpc security groups", "the default group of a project exists from the first launch without a group on; it has the name `default` and no rules"),
    assumed("vpc security groups", "a project has at most 50 groups in a region, the default one included, and every project exists; several groups can have one name"),
    assumed("vpc security groups", "a group cannot be deleted while an instance, also one in the recycle bin, or a CHC host has it: ResourceInUse; the default group is UnsupportedOperation"),
    assumed("vpc security groups", "instances can have groups that were never created, unless networks are strict; rules can name only groups that exist"),
    documented("CreateSecurityGroup", "the response has the tags that were added and the time of the creation as UpdateTime"),
    assumed("DescribeSecurityGroups", "without OrderField the newest first; UpdateTime is empty until a change, as in the samples; one id that does not exist makes the request fail with ResourceNotFound, as Terraform expects"),
    assumed("DescribeSecurityGroups", "times are in UTC; a group that was not changed is sorted by its creation under UpdateTime"),
    assumed("ModifySecurityGroupAttribute", "an empty name counts as absent; an empty description removes the old one"),
    documented("vpc rules", "a request changes one direction; a Version that is not the latest is refused; each change increases it by 1; PolicyIndex 0 inserts at the beginning, without it rules are appended"),
    documented("vpc rules", "every range 0.0.0.0/n becomes 0.0.0.0/0; MY_PUBLIC_IP becomes the address of the caller, and an empty description of such a rule `Replaced-From-MY_PUBLIC_IP`"),
    assumed("vpc rules", "every caller has the public addresses 203.0.113.1 and 2001:db8:ffff::1"),
    assumed("vpc rules", "the version of a new group is 0; a group has at most 100 rules in each direction"),
    assumed("vpc rules", "without protocol and service template a rule is for all protocols, and without ports for all ports, as Packer and Terraform send it; an action and another side are required"),
    assumed("vpc rules", "ports are single ones with commas, or one range; another protocol than TCP and UDP accepts only `all`"),
    assumed("vpc rules", "names in lower case are accepted; responses have protocols, actions and the port `ALL` in upper case"),
    assumed("vpc rules", "responses have CidrBlock, Ipv6CidrBlock, SecurityGroupId and PolicyDescription as empty texts where they do not apply, because Terraform reads them without a check; the other members are absent then, and Priority is never shown"),
    assumed("vpc rules", "two rules are equal if action, protocol, ports or template, and other side are equal, whatever their descriptions; Priority and ModifyTime of a request are ignored"),
    assumed("vpc rules", "every well-formed id of a template exists"),
    assumed("DeleteSecurityGroupPolicies", "a PolicyIndex decides alone which rule is removed; otherwise each rule must equal one of the group, or nothing is removed: ResourceNotFound"),
    assumed("DescribeSecurityGroupPolicies", "PolicyStatistics counts all rules of the group; rules with a security group are IPv4, and rules with an address template are not counted, as in the sample"),
    documented("vpc addresses", "at most 20 elastic IPs of a region, and twice as many allocations on one day (in UTC)"),
    assumed("vpc addresses", "the account is of the standard type and has the static lines of the carriers, but no accelerated addresses; only ap-hongkong and ap-singapore have HighQualityEIP"),
    assumed("vpc addresses", "each task takes 2 s; meanwhile the address refuses others with OperationDenied.MutexTaskRunning; task numbers rise in each region"),
    assumed("vpc addresses", "an elastic IP takes the place of an ordinary one only after that was returned; no other target than an instance exists, and BIND_ENI never occurs"),
    assumed("vpc addresses", "an elastic IP is unbound without a task when its instance is removed; a stopped instance, and one in the recycle bin, keeps it"),
    assumed("vpc addresses", "DescribeInstances shows it in PublicIpAddresses while it is BIND or UNBINDING; PublicIpAssigned and the bandwidth of the instance are only about the ordinary address"),
    assumed("vpc addresses", "an address that is paid by the month is renewed for a month at the end of its term, or isolated (IsArrears) without renewal; the first release isolates it, and the second one ends it, as Terraform expects"),
    assumed("AllocateAddresses", "IsDedicatedAddressPool, IPChargeType, AnycastZone and ApplicableForCLB change nothing; every well-formed bandwidth package and dedicated cluster exists"),
    assumed("DescribeAddresses", "the newest first; unknown ids are left out; all shown addresses have the protocol gateways on, as in samples"),
    documented("DescribeAddresses", "ordinary public IPs of instances are listed only with the filter `address-type` and the value `WanIP`"),
    assumed("DescribeAddresses", "the id of an ordinary public IP is that of its instance with the prefix `eip-`, its name that of the instance, and it has no tags; no other action accepts the id"),
    assumed("DescribeAddresses", "InstanceId is empty for an address without target, although samples show one"),
    documented("ModifySecurityGroupPolicies", "replaces the rules of both directions; Version 0 removes all rules and ignores the given ones"),
    assumed("ModifySecurityGroupPolicies", "a direction that is absent then has no rules; any other Version is ignored, because Terraform sends the one after the change; a PolicyIndex is InvalidParameter.Coexist; SortPolicys changes nothing, because the rules always have the order of the request"),
    assumed("DescribeSecurityGroupAssociationStatistics", "at most 100 groups; counts instances, also those in the recycle bin, and the groups with a rule that names the group; CHC hosts are only in InstanceStatistics and TotalCount; nothing else can be in a group"),
    documented("ModifyAddressAttribute", "a name has only letters, digits, hyphens and underscores, without spaces"),
    assumed("vpc addresses", "bandwidth, charge type and renewal change at once, also those of a bound address, because Terraform reads them back without waiting; the task of a new bandwidth is complete at once"),
    documented("ModifyAddressInternetChargeType", "an address in a bandwidth package cannot be changed, and the charge type of every other one twice"),
    assumed("RenewAddresses", "a term is extended from its end, or from now if it has ended; an isolated address can then be used again"),
    assumed("DescribeTaskResult", "a task whose instance is removed during the binding is FAILED; a number that no task has is InvalidParameter"),
    assumed("DescribeBandwidthPackages", "lists the packages that elastic IPs of the region are in, with these addresses; the name is the id, the bandwidth has no limit, and the charge type is TOP5_POSTPAID_BY_MONTH"),
];
