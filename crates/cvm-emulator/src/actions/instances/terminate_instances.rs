//! TerminateInstances: hourly instances are destroyed, prepaid ones go to the recycle bin first and
//! are destroyed by the second call.

use cvm_models::actions::{TerminateInstances, TerminateInstancesResponse};
use cvm_models::enums::InstanceState;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Effect, RequestContext};

const ALLOWED: &[InstanceState] = &[
    InstanceState::Running,
    InstanceState::Stopped,
    InstanceState::Shutdown,
    InstanceState::RescueMode,
];

impl ActionHandler for TerminateInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        is_one_kind(scene, &serials)?;
        is_unprotected(scene, &serials)?;
        scene.check_state(&serials, ALLOWED)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        for serial in serials {
            let Some(machine) = scene.instances.get(serial) else { continue };
            let course = machine.termination();
            scene.begin(serial, course, Effect::None);
        }
        Ok(Outcome::Response(TerminateInstancesResponse::default()))
    }
}

fn is_one_kind(scene: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let mut kinds = scene.instances(serials).map(|machine| &machine.api.instance_charge_type);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) {
        return Ok(());
    }
    let message = "The instances are not all charged in the same way; terminate each kind alone.";
    Err(scene.codes.error(["UnsupportedOperation.InstanceMixedPricingModel"], message))
}

fn is_unprotected(scene: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let protected = scene.instances(serials).find(|machine| machine.api.disable_api_termination);
    match protected {
        None => Ok(()),
        Some(machine) => {
            let id = &machine.api.instance_id;
            let message = format!("The instance `{id}` is protected from termination.");
            Err(scene.codes.error(["UnsupportedOperation.InstancesProtected"], message))
        }
    }
}
