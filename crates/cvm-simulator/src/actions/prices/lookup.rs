//! Finds the instances of a price request.

use cvm_models::enums::{InstanceChargeType, InstanceState};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::{RequestContext, StoredInstance};

/// The instances with these ids. All of them must exist, and none may be terminating. Those in the recycle bin can
/// only be renewed.
pub(crate) fn find<'s>(
    context: &'s RequestContext<'_>,
    ids: &[String],
    allows_recycle_bin: bool,
) -> Result<Vec<&'s StoredInstance>, ApiError> {
    let serials = context.find(ids)?;
    let instances: Vec<_> = context.instances(&serials).collect();
    let is_out = |instance: &&&StoredInstance| match instance.state {
        InstanceState::Terminating => true,
        InstanceState::Shutdown => !allows_recycle_bin,
        _ => instance.is_isolating() && !allows_recycle_bin,
    };
    match instances.iter().find(is_out) {
        None => Ok(instances),
        Some(instance) => {
            let why = format!("it is {}", instance.state);
            Err(not_supported(context.codes, instance, &why))
        }
    }
}

/// Like [`find`], for an action on one instance.
pub(crate) fn find_one<'s>(
    context: &'s RequestContext<'_>,
    id: &str,
) -> Result<&'s StoredInstance, ApiError> {
    let instances = find(context, &[id.to_owned()], false)?;
    instances.first().copied().ok_or_else(|| {
        let message = format!("The instance `{id}` does not exist.");
        context.codes.error(["InvalidInstanceId.NotFound"], message)
    })
}

/// Checks that all instances have the same charge type.
pub(crate) fn check_same_charge_type(
    codes: DocumentedCodes,
    instances: &[&StoredInstance],
    code: &str,
) -> Result<(), ApiError> {
    let mut kinds = instances.iter().map(|instance| &instance.charge_type);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) {
        return Ok(());
    }
    Err(codes
        .error([code], "The instances have different charge types; send a request for each type."))
}

/// Checks that an instance is charged itself. On a dedicated host or cluster, the host or cluster is charged.
pub(crate) fn check_charged_itself(
    codes: DocumentedCodes,
    instance: &StoredInstance,
) -> Result<(), ApiError> {
    use InstanceChargeType::{CdcPaid, CdhPaid};
    if matches!(instance.charge_type, CdhPaid | CdcPaid) {
        return Err(not_supported(codes, instance, "the host is charged instead"));
    }
    Ok(())
}

/// The error for an instance that the action does not support.
pub(crate) fn not_supported(
    codes: DocumentedCodes,
    instance: &StoredInstance,
    why: &str,
) -> ApiError {
    let (id, action) = (&instance.id, codes.0.name);
    let message = format!("{action} does not support the instance `{id}`: {why}.");
    codes.error(["InvalidInstance.NotSupported"], message)
}
