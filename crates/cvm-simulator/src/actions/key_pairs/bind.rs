//! AssociateInstancesKeyPairs and DisassociateInstancesKeyPairs.

use cvm_models::actions::{
    AssociateInstancesKeyPairs, AssociateInstancesKeyPairsResponse, DisassociateInstancesKeyPairs,
    DisassociateInstancesKeyPairsResponse,
};
use cvm_models::enums::InstanceState;

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{Effect, RequestContext, WRITE_KEYS, WRITE_KEYS_FORCED};

/// Replaces the key pairs of instances.
impl ActionHandler for AssociateInstancesKeyPairs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let request = Request {
            instance_ids: &self.instance_ids,
            key_ids: &self.key_ids,
            force_stop: self.force_stop,
        };
        begin(context, &request, |_, named| named.to_vec())?;
        Ok(Outcome::Response(AssociateInstancesKeyPairsResponse::default()))
    }
}

/// Removes key pairs from instances. The pairs themselves stay.
impl ActionHandler for DisassociateInstancesKeyPairs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let request = Request {
            instance_ids: &self.instance_ids,
            key_ids: &self.key_ids,
            force_stop: self.force_stop,
        };
        begin(context, &request, |bound, named| {
            bound.iter().filter(|key_id| !named.contains(key_id)).cloned().collect()
        })?;
        Ok(Outcome::Response(DisassociateInstancesKeyPairsResponse::default()))
    }
}

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];
const ALLOWED_FORCED: &[InstanceState] = &[InstanceState::Stopped, InstanceState::Running];

/// The instances and key pairs of a request, and whether running instances may be stopped.
pub(crate) struct Request<'a> {
    pub(crate) instance_ids: &'a [String],
    pub(crate) key_ids: &'a [String],
    pub(crate) force_stop: Option<bool>,
}

/// Starts to bind other key pairs to each instance. `bound` computes them from the present ones and those of the
/// request.
pub(crate) fn begin(
    context: &mut RequestContext<'_>,
    request: &Request<'_>,
    bound: fn(&[String], &[String]) -> Vec<String>,
) -> Result<(), ApiError> {
    let serials = context.find(request.instance_ids)?;
    let key_ids = context.find_key_pairs(request.key_ids)?;
    check_no_windows(context, &serials)?;
    let is_forced = request.force_stop == Some(true);
    context.check_state(&serials, if is_forced { ALLOWED_FORCED } else { ALLOWED })?;
    for serial in serials {
        let Some(instance) = context.instances.get(serial) else { continue };
        let operation = if instance.is_running() { &WRITE_KEYS_FORCED } else { &WRITE_KEYS };
        let present: Vec<_> = instance.key_ids.iter().map(|id| id.to_string()).collect();
        let change = Effect::KeyPairs(bound(&present, &key_ids));
        context.begin(serial, operation, change);
    }
    Ok(())
}

fn check_no_windows(context: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    match context.instances(serials).find(|instance| instance.is_windows()) {
        None => Ok(()),
        Some(instance) => {
            let id = &instance.id;
            let message =
                format!("The instance `{id}` runs Windows, which does not support key pairs.");
            Err(context.codes.error(["UnsupportedOperation.InstanceOsWindows"], message))
        }
    }
}
