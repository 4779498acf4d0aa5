//! The dedicated cluster (CDC) that new instances are created in. Clusters belong to another service, so every
//! well-formed id exists.

use std::sync::Arc;

use cvm_models::actions::RunInstances;
use cvm_models::enums::InstanceChargeType;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::launch::network::Network;
use crate::state::RequestContext;

/// Checks that the cluster fits the charge type. Returns its id.
pub(crate) fn check(
    codes: DocumentedCodes,
    request: &RunInstances,
    charge_type: &InstanceChargeType,
) -> Result<Option<Arc<str>>, ApiError> {
    let id = request.dedicated_cluster_id.as_deref();
    let is_charged = *charge_type == InstanceChargeType::CdcPaid;
    match id {
        None if is_charged => {
            let message = "The charge type CDCPAID needs `DedicatedClusterId`.";
            Err(codes.error(["MissingParameter"], message))
        }
        Some(id) if !is_charged => {
            let message =
                format!("In the dedicated cluster `{id}`, instances need the charge type CDCPAID.");
            let code = "InvalidParameterValue.DedicatedClusterNotSupportedChargeType";
            Err(codes.error([code], message))
        }
        id => Ok(id.map(Arc::from)),
    }
}

/// Checks that the created subnets of a launch in a cluster belong to it.
pub(crate) fn check_subnets(
    context: &RequestContext<'_>,
    network: &Network,
    cluster_id: Option<&str>,
) -> Result<(), ApiError> {
    let Some(cluster_id) = cluster_id else { return Ok(()) };
    let created = network.rooms().filter_map(|((_, id, _), _)| context.networks().subnet(id));
    let mut others = created.filter(|subnet| subnet.cluster_id.as_deref() != Some(cluster_id));
    match others.next() {
        None => Ok(()),
        Some(subnet) => {
            let message = format!(
                "The subnet `{}` is not in the dedicated cluster `{cluster_id}`; use a subnet that \
                 was created with this `CdcId`.",
                subnet.id
            );
            Err(context.codes.error(["InvalidParameterValue.NotCdcSubnet"], message))
        }
    }
}
