//! What can be changed of an instance while it stays the same machine.

mod associate_security_groups;
mod describe_instance_vnc_url;
mod describe_instances_attributes;
mod describe_instances_modification;
mod describe_instances_operation_limit;
mod disassociate_security_groups;
mod modify_instances_attribute;
mod modify_instances_charge_type;
mod modify_instances_project;
mod modify_instances_renew_flag;
mod modify_instances_vpc_attribute;
mod planned_end;
mod renew_instances;
mod reset_instances_internet_max_bandwidth;
pub(super) mod security_groups;
mod subscription;

use cvm_models::actions::{
    AssociateSecurityGroups, DescribeInstanceVncUrl, DescribeInstancesAttributes,
    DescribeInstancesModification, DescribeInstancesOperationLimit, DisassociateSecurityGroups,
    ModifyInstancesAttribute, ModifyInstancesChargeType, ModifyInstancesProject,
    ModifyInstancesRenewFlag, ModifyInstancesVpcAttribute, RenewInstances,
    ResetInstancesInternetMaxBandwidth,
};
use cvm_models::enums::InstanceState;

use super::Family;
use crate::decision::{Decision, assumed, documented};
use crate::dispatch::Handler;

pub(super) const FAMILY: Family = Family {
    modelled: &[
        Handler::of::<AssociateSecurityGroups>(),
        Handler::of::<DescribeInstanceVncUrl>(),
        Handler::of::<DescribeInstancesAttributes>(),
        Handler::of::<DescribeInstancesModification>(),
        Handler::of::<DescribeInstancesOperationLimit>(),
        Handler::of::<DisassociateSecurityGroups>(),
        Handler::of::<ModifyInstancesAttribute>(),
        Handler::of::<ModifyInstancesChargeType>(),
        Handler::of::<ModifyInstancesProject>(),
        Handler::of::<ModifyInstancesRenewFlag>(),
        Handler::of::<ModifyInstancesVpcAttribute>(),
        Handler::of::<RenewInstances>(),
        Handler::of::<ResetInstancesInternetMaxBandwidth>(),
    ],
    decisions: DECISIONS,
};

/// States in which most attributes can be changed.
const SETTLED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

/// States for actions that publish no code against the rescue mode.
const SETTLED_OR_RESCUED: &[InstanceState] =
    &[InstanceState::Running, InstanceState::Stopped, InstanceState::RescueMode];

const STOPPED: &[InstanceState] = &[InstanceState::Stopped];

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("attributes", "changed in the background: LatestOperationState is OPERATING until the new value shows"),
    assumed("attributes", "a change takes 2 s, out of the recycle bin 5 s, to another subnet 15 s and 20 s with a stop"),
    assumed("attributes", "an operation that the end of a prepaid term cuts short is FAILED, and changes nothing"),
    assumed("attributes", "in the recycle bin project and security groups cannot be changed: UnsupportedOperation, as no other code is published"),
    documented("ModifyInstancesAttribute", "one attribute per call; a host name restarts the instances, unless AutoReboot is false"),
    assumed("ModifyInstancesAttribute", "no attribute is MissingParameter, several are InvalidParameterValue; an empty InstanceName counts as none"),
    assumed("ModifyInstancesAttribute", "stopped instances are not started; a host name that no restart follows shows all the same"),
    assumed("ModifyInstancesAttribute", "the families S5 and M5 have jumbo frames; the switch restarts running instances"),
    assumed("ModifyInstancesAttribute", "any well-formed role exists"),
    documented("ModifyInstancesAttribute", "an instance that a timer is to end cannot be protected from termination"),
    assumed("ModifyInstancesProject", "every project from 0 up exists"),
    assumed("ModifyInstancesChargeType", "prepaid bandwidth becomes bandwidth by the hour and back; traffic stays traffic"),
    assumed("ModifyInstancesChargeType", "a stopped instance that is not charged, and one that a timer is to end, are InvalidInstance.NotSupported, for the price too"),
    documented("ModifyInstancesVpcAttribute", "stops running instances unless ForceStop is false, and starts them"),
    assumed("ModifyInstancesVpcAttribute", "starts stopped instances too; the network shows when it ends in RUNNING"),
    assumed("ModifyInstancesVpcAttribute", "the new address is kept from the beginning, the old one free at the end"),
    assumed("ModifyInstancesVpcAttribute", "with ReserveHostName false the host is named after its address, as at launch; AsVpcGateway stays when it is not given"),
    assumed("ModifyInstancesVpcAttribute", "which range a subnet has is not known, so any fixed address lies in it"),
    documented("RenewInstances", "the end of the term moves by exactly the period; instances in the recycle bin leave it"),
    assumed("RenewInstances", "the term counts at once, before the operation ends; without a RenewFlag it is NOTIFY_AND_MANUAL_RENEW afterwards"),
    assumed("RenewInstances", "from the recycle bin to STOPPED; the new term begins where the old one ended"),
    assumed("RenewInstances", "disks have no term of their own, so RenewPortableDataDisk and ModifyPortableDataDisk change nothing that shows"),
    documented("security groups", "at most five an instance; a new one is the last in priority"),
    assumed("security groups", "one that is bound already stays in its place; the last may be taken off; one that is not bound is UnsupportedOperation"),
    assumed("DescribeInstancesAttributes", "in the order of the request; empty user data where there is none"),
    assumed("DescribeInstancesModification", "types of the zone other than that of the instances; one is SELL if all of them can become it"),
    assumed("DescribeInstancesOperationLimit", "prepaid instances may become smaller five times, then ResetInstancesType is LimitExceeded; hourly ones always"),
    assumed("DescribeInstancesOperationLimit", "INTERNET_CHARGE_TYPE_CHANGE has no limit, as this version has no action for it"),
    assumed("DescribeInstanceVncUrl", "RUNNING and RESCUE_MODE only; the host is under .invalid, since there is no console"),
    documented("ResetInstancesInternetMaxBandwidth", "prepaid bandwidth is raised for whole days, the last included; the same window can be bought twice"),
    assumed("ResetInstancesInternetMaxBandwidth", "days are those of UTC; of several windows the highest bandwidth shows"),
    assumed("ResetInstancesInternetMaxBandwidth", "an instance has at most 100 windows that have not ended, InvalidParameterValue.LimitExceeded beyond; then those that have ended are forgotten"),
    assumed("ResetInstancesInternetMaxBandwidth", "no highest value is known, so every one from 0 up passes, as at launch"),
    assumed("ResetInstancesInternetMaxBandwidth", "an instance without a public address is FailedOperation.NotFoundEIP"),
];
