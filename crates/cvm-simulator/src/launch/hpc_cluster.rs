//! The HPC cluster that new instances join.

use std::sync::Arc;

use cvm_models::actions::RunInstances;

use crate::api_error::ApiError;
use crate::catalog::Zone;
use crate::launch::instance_type::Kind;
use crate::state::RequestContext;

/// Checks that the instance type needs a cluster, that the cluster is in the zone, and that it has room. Returns its
/// id.
pub(crate) fn check_cluster(
    context: &RequestContext<'_>,
    request: &RunInstances,
    kind: &Kind,
    zone: Zone,
    added: u64,
) -> Result<Option<Arc<str>>, ApiError> {
    let codes = context.codes;
    let name = kind.name();
    let Some(id) = &request.hpc_cluster_id else {
        if !kind.is_high_performance() {
            return Ok(None);
        }
        let message = format!("The instance type {name} needs `HpcClusterId`.");
        let code = "InvalidParameterValue.InstanceTypeRequiredHpcCluster";
        return Err(codes.error([code], message));
    };
    let cluster = context.hpc_cluster(id)?;
    if cluster.zone != zone.name() {
        let message = format!("The HPC cluster `{id}` is not in the zone `{}`.", zone.name());
        return Err(codes.error(["InvalidParameterValue.HpcClusterIdZoneIdNotMatch"], message));
    }
    if !kind.is_high_performance() {
        let message = format!("An instance of the type {name} cannot join an HPC cluster.");
        let code = "InvalidParameterValue.InstanceTypeNotSupportHpcCluster";
        return Err(codes.error([code], message));
    }
    let members = context.instances.in_hpc_clusters().count(id);
    if members + added > cluster.cvm_quota_total {
        let max = cluster.cvm_quota_total;
        let message = format!("The HPC cluster `{id}` has room for {max} instances.");
        return Err(codes.error(["LimitExceeded"], message));
    }
    Ok(Some(id.as_str().into()))
}
