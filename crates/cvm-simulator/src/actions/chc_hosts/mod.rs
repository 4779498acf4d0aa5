//! Cloud Hosted Cluster (CHC) hosts: physical servers that the customer brings.

mod configure;
mod describe;
mod modify;
mod network;
mod state_check;

use cvm_models::actions::{
    ConfigureChcAssistVpc, ConfigureChcDeployVpc, DescribeChcDeniedActions, DescribeChcHosts,
    ModifyChcAttribute, ModifyChcNetworkMode, RemoveChcAssistVpc, RemoveChcDeployVpc,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<ConfigureChcAssistVpc>(),
        Handler::of::<ConfigureChcDeployVpc>(),
        Handler::of::<DescribeChcDeniedActions>(),
        Handler::of::<DescribeChcHosts>(),
        Handler::of::<ModifyChcAttribute>(),
        Handler::of::<ModifyChcNetworkMode>(),
        Handler::of::<RemoveChcAssistVpc>(),
        Handler::of::<RemoveChcDeployVpc>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("CHC hosts", "they come only from `Cloud::bring_chc_host`, as INIT"),
    assumed("CHC hosts", "OPERATING for 60 s while networks are set up, 30 s while they are removed or switched; no operation fails"),
    assumed("CHC hosts", "READY with a management network; with a deploy network too, PREPARED 120 s later by ChcPrepare"),
    assumed("CHC hosts", "LatestOperation is the action's name; while it runs, LatestOperationState is that of the operation before"),
    assumed("CHC hosts", "an action in a state that DescribeChcDeniedActions denies is InvalidHost.NotSupported; all hosts or none"),
    assumed("CHC hosts", "any well-formed network with DHCP and any security group exists; the hosts of a call lie in one zone"),
    assumed("ConfigureChcAssistVpc", "only INIT hosts; settings for a deploy network that is not given are InvalidParameter"),
    documented("ConfigureChcDeployVpc", "a host that has a deploy network is InvalidParameterValue.DeployVpcAlreadyExists"),
    assumed("RemoveChcAssistVpc", "READY and PREPARED hosts, which are INIT then; addresses are free at once"),
    assumed("RemoveChcDeployVpc", "READY and PREPARED hosts that have a deploy network, which are READY then"),
    assumed("DescribeChcHosts", "an unknown id is InvalidParameterValue.ChcHostsNotFound; vpc-id and subnet-id look at both networks, the others match as a whole"),
    assumed("ModifyChcAttribute", "any state but OPERATING; security groups of a management network that is not set up are InvalidParameterValue.ChcNetworkEmpty, an empty name or type InvalidParameterValue.NotEmpty"),
    documented("ModifyChcNetworkMode", "DEPLOY for PREPARED and ONLINE hosts, BUSINESS for ONLINE ones; others are OperationDenied.ChcHostStateNotSupported"),
    assumed("ModifyChcNetworkMode", "an installer system of one's own without NextServerAddress is OperationDenied.ChcDeployConfigInvalid; no mode is shown before the first switch"),
];
