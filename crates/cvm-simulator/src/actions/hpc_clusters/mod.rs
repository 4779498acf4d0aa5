//! Clusters for high-performance computing.

mod describe;
mod manage;

use cvm_models::actions::{
    CreateHpcCluster, DeleteHpcClusters, DescribeHpcClusters, ModifyHpcClusterAttribute,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<CreateHpcCluster>(),
        Handler::of::<DeleteHpcClusters>(),
        Handler::of::<DescribeHpcClusters>(),
        Handler::of::<ModifyHpcClusterAttribute>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("HPC clusters", "20 in a region, 128 instances in each; only zones 2 to 6 offer them, others are UnsupportedOperation.InvalidZone; HpcClusterNetMode is 30, as in the samples"),
    assumed("HPC clusters", "HpcClusterBusinessId is only shown for clusters of the type CDC"),
    documented("CreateHpcCluster", "an HpcClusterBusinessId without the type CDC is InvalidParameterValue.HpcClusterBusinessIdNotSupported"),
    assumed("CreateHpcCluster", "the type CDC without an HpcClusterBusinessId is InvalidParameterValue; every well-formed dedicated cluster exists"),
    assumed("DescribeHpcClusters", "Name matches the whole name; InstanceType matches clusters with an instance of that type"),
    assumed("DescribeHpcClusters", "without HpcClusterIds and HpcClusterType, only STANDARD clusters; with HpcClusterIds, clusters of every type"),
    documented("DescribeHpcClusters", "more HpcClusterIds than Limit are rejected"),
    assumed("ModifyHpcClusterAttribute", "without name and remark, the action changes nothing and succeeds"),
    documented("DeleteHpcClusters", "a cluster with instances is ResourceInUse.HpcCluster; all clusters are deleted or none"),
];
