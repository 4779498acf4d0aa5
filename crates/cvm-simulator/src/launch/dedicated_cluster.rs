//! The dedicated cluster (CDC) that new instances are created in. Clusters belong to another service, so every
//! well-formed id exists.

use std::sync::Arc;

use cvm_models::actions::RunInstances;
use cvm_models::enums::InstanceChargeType;

use crate::api_error::{ApiError, DocumentedCodes};

/// Checks that the cluster fits the charge type. Returns its id.
pub(crate) fn check(
    codes: DocumentedCodes,
    request: &RunInstances,
    charge_type: &InstanceChargeType,
) -> Result<Option<Arc<str>>, ApiError> {
    let id = request.dedicated_cluster_id.as_deref().filter(|id| !id.is_empty());
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
