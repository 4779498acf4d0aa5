//! AssociateInstancesKeyPairs and DisassociateInstancesKeyPairs.

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{Effect, RequestContext, WRITE_KEYS, WRITE_KEYS_FORCED};
use cvm_models::actions::{
    AssociateInstancesKeyPairs, AssociateInstancesKeyPairsResponse, DisassociateInstancesKeyPairs,
    DisassociateInstancesKeyPairsResponse,
};
use cvm_models::enums::InstanceState;

/// Other key pairs for instances, in place of those that they have.
impl ActionHandler for AssociateInstancesKeyPairs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let request = Request {
            instance_ids: &self.instance_ids,
            key_ids: &self.key_ids,
            force_stop: self.force_stop,
        };
        begin(scene, &request, |_, named| named.to_vec())?;
        Ok(Outcome::Response(AssociateInstancesKeyPairsResponse::default()))
    }
}

/// Fewer key pairs for instances; the pairs themselves stay.
impl ActionHandler for DisassociateInstancesKeyPairs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let request = Request {
            instance_ids: &self.instance_ids,
            key_ids: &self.key_ids,
            force_stop: self.force_stop,
        };
        begin(scene, &request, |bound, named| {
            bound.iter().filter(|key_id| !named.contains(key_id)).cloned().collect()
        })?;
        Ok(Outcome::Response(DisassociateInstancesKeyPairsResponse::default()))
    }
}

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];
const ALLOWED_FORCED: &[InstanceState] = &[InstanceState::Stopped, InstanceState::Running];

/// Which instances and key pairs a request names, and whether it may cut the power.
pub(crate) struct Request<'a> {
    pub(crate) instance_ids: &'a [String],
    pub(crate) key_ids: &'a [String],
    pub(crate) force_stop: Option<bool>,
}

/// Begins to give each instance other key pairs: `bound` makes them from those that it has and those
/// that the request names.
pub(crate) fn begin(
    scene: &mut RequestContext<'_>,
    request: &Request<'_>,
    bound: fn(&[String], &[String]) -> Vec<String>,
) -> Result<(), ApiError> {
    let serials = scene.find(request.instance_ids)?;
    let key_ids = scene.find_key_pairs(request.key_ids)?;
    are_no_windows(scene, &serials)?;
    let is_forced = request.force_stop == Some(true);
    scene.check_state(&serials, if is_forced { ALLOWED_FORCED } else { ALLOWED })?;
    for serial in serials {
        let Some(machine) = scene.instances.get(serial) else { continue };
        let shown = &machine.api;
        let runs = shown.instance_state == InstanceState::Running;
        let course = if runs { &WRITE_KEYS_FORCED } else { &WRITE_KEYS };
        let change = Effect::KeyPairs(bound(&shown.login_settings.key_ids, &key_ids));
        scene.begin(serial, course, change);
    }
    Ok(())
}

fn are_no_windows(scene: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    // The name of the system tells it for every image, public or not.
    match scene.instances(serials).find(|machine| machine.api.os_name.starts_with("Windows")) {
        None => Ok(()),
        Some(machine) => {
            let id = &machine.api.instance_id;
            let message = format!("The instance `{id}` runs Windows, which takes no key pairs.");
            Err(scene.codes.error(["UnsupportedOperation.InstanceOsWindows"], message))
        }
    }
}
