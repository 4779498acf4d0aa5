//! Clusters for high-performance computing.

mod create_hpc_cluster;
mod delete_hpc_clusters;
mod describe_hpc_clusters;
mod modify_hpc_cluster_attribute;

use cvm_models::actions::{
    CreateHpcCluster, DeleteHpcClusters, DescribeHpcClusters, ModifyHpcClusterAttribute,
};

use super::Family;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::decision::{Decision, assumed, documented};
use crate::dispatch::Handler;

pub(super) const FAMILY: Family = Family {
    modelled: &[
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

fn not_found(codes: DocumentedCodes, id: &str) -> ApiError {
    let message = format!("The HPC cluster `{id}` does not exist in this region.");
    codes.error(["ResourceNotFound.HpcCluster"], message)
}
