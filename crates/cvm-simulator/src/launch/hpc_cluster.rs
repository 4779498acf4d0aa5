//! The cluster for high-performance computing that new instances join.

use crate::api_error::ApiError;
use crate::catalog::Zone;
use crate::launch::instance_type::Kind;
use crate::state::RequestContext;
use cvm_models::actions::RunInstances;

/// Checks that the cluster and the type belong together, that the cluster is in the zone, and that it
/// has room; returns its id, which is empty without one.
pub(crate) fn join(
    scene: &RequestContext<'_>,
    request: &RunInstances,
    kind: &Kind,
    zone: Zone,
    newcomers: u64,
) -> Result<String, ApiError> {
    let codes = scene.codes;
    let name = kind.name();
    let Some(id) = request.hpc_cluster_id.as_ref().filter(|id| !id.is_empty()) else {
        if !kind.is_high_performance() {
            return Ok(String::new());
        }
        let message = format!("The instance type {name} needs `HpcClusterId`.");
        let code = "InvalidParameterValue.InstanceTypeRequiredHpcCluster";
        return Err(codes.error([code], message));
    };
    let cluster = scene.hpc_cluster(id)?;
    if cluster.zone != zone.name() {
        let message = format!("The HPC cluster `{id}` is not in the zone `{}`.", zone.name());
        return Err(codes.error(["InvalidParameterValue.HpcClusterIdZoneIdNotMatch"], message));
    }
    if !kind.is_high_performance() {
        let message = format!("An instance of the type {name} cannot join an HPC cluster.");
        let code = "InvalidParameterValue.InstanceTypeNotSupportHpcCluster";
        return Err(codes.error([code], message));
    }
    let members = scene.instances.in_hpc_clusters().members(id).len() as u64;
    if members + newcomers > cluster.cvm_quota_total {
        let most = cluster.cvm_quota_total;
        let message = format!("The HPC cluster `{id}` has room for {most} instances.");
        return Err(codes.error(["LimitExceeded"], message));
    }
    Ok(id.clone())
}
