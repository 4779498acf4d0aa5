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
    assumed("CHC hosts", "no host has tags, so Tags is empty"),
    assumed("CHC hosts", "a network that is not set up has no PrivateIpAddresses"),
    assumed("CHC hosts", "only `Cloud::add_chc_host` adds hosts, as INIT, with the instance type CHCS5.<vcpus>C<memory>M"),
    assumed("CHC hosts", "OPERATING for 60 s while networks are set up, 30 s while they are removed or switched; no operation fails"),
    assumed("CHC hosts", "READY with a management network; with a deploy network as well, PREPARED 120 s later through ChcPrepare"),
    assumed("CHC hosts", "LatestOperation is the name of the action; while it runs, LatestOperationState is that of the previous operation"),
    assumed("CHC hosts", "an action that DescribeChcDeniedActions lists as denied is InvalidHost.NotSupported; it changes all hosts or none"),
    assumed("CHC hosts", "every well-formed network and security group can be used, unless networks are strict; every network has DHCP; the hosts of a request must be in one zone"),
    assumed("ConfigureChcAssistVpc", "only for INIT hosts; settings for a deploy network that the request does not have are InvalidParameter"),
    documented("ConfigureChcDeployVpc", "a host that already has a deploy network is InvalidParameterValue.DeployVpcAlreadyExists"),
    assumed("RemoveChcAssistVpc", "only for READY and PREPARED hosts, which become INIT; addresses are free at once"),
    assumed("RemoveChcDeployVpc", "only for READY and PREPARED hosts with a deploy network, which become READY"),
    assumed("DescribeChcHosts", "an unknown id is InvalidParameterValue.ChcHostsNotFound; vpc-id and subnet-id match both networks, the other filters match whole values"),
    assumed("ModifyChcAttribute", "in every state except OPERATING; security groups without a management network are InvalidParameterValue.ChcNetworkEmpty"),
    documented("ModifyChcNetworkMode", "DEPLOY for PREPARED and ONLINE hosts, BUSINESS for ONLINE ones; others are OperationDenied.ChcHostStateNotSupported"),
    assumed("ModifyChcNetworkMode", "a custom installer without NextServerAddress is OperationDenied.ChcDeployConfigInvalid; no mode is shown before the first switch"),
];
