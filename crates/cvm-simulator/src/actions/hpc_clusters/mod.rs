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
    assumed("HPC clusters", "20 in a region, 128 machines in each; zones other than 2 to 6 have none and are UnsupportedOperation.InvalidZone; HpcClusterNetMode is left out"),
    documented("CreateHpcCluster", "an HpcClusterBusinessId without the type CDC is InvalidParameterValue.HpcClusterBusinessIdNotSupported"),
    assumed("CreateHpcCluster", "the type CDC without one is InvalidParameterValue; any well-formed dedicated cluster exists"),
    assumed("DescribeHpcClusters", "Name matches the whole name; InstanceType keeps clusters with a machine of that type"),
    assumed("DescribeHpcClusters", "without HpcClusterIds and HpcClusterType only STANDARD ones; named ones whatever their type"),
    documented("DescribeHpcClusters", "more HpcClusterIds than Limit are refused"),
    assumed("ModifyHpcClusterAttribute", "without name and remark it changes nothing and succeeds"),
    documented("DeleteHpcClusters", "a cluster that holds machines is ResourceInUse.HpcCluster; all clusters or none"),
];
