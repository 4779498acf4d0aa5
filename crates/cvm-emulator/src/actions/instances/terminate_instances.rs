//! TerminateInstances: hourly instances are destroyed, prepaid ones go to the recycle bin first and
//! are destroyed by the second call.

use cvm_models::actions::{TerminateInstances, TerminateInstancesResponse};
use cvm_models::enums::InstanceState;

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Change, Scene};

const ALLOWED: &[InstanceState] = &[
    InstanceState::Running,
    InstanceState::Stopped,
    InstanceState::Shutdown,
    InstanceState::RescueMode,
];

impl Behaviour for TerminateInstances {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let serials = scene.find(&self.instance_ids)?;
        is_one_kind(scene, &serials)?;
        is_unprotected(scene, &serials)?;
        scene.admit(&serials, ALLOWED)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        for serial in serials {
            let Some(machine) = scene.store.machine(serial) else { continue };
            let course = machine.termination();
            scene.begin(serial, course, Change::None);
        }
        Ok(Outcome::Done(TerminateInstancesResponse::default()))
    }
}

fn is_one_kind(scene: &Scene<'_>, serials: &[u64]) -> Result<(), Refusal> {
    let mut kinds = scene.machines(serials).map(|machine| &machine.shown.instance_charge_type);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) {
        return Ok(());
    }
    let message = "The instances are not all charged in the same way; terminate each kind alone.";
    Err(scene.codes.refuse(["UnsupportedOperation.InstanceMixedPricingModel"], message))
}

fn is_unprotected(scene: &Scene<'_>, serials: &[u64]) -> Result<(), Refusal> {
    let protected = scene.machines(serials).find(|machine| machine.shown.disable_api_termination);
    match protected {
        None => Ok(()),
        Some(machine) => {
            let id = &machine.shown.instance_id;
            let message = format!("The instance `{id}` is protected from termination.");
            Err(scene.codes.refuse(["UnsupportedOperation.InstancesProtected"], message))
        }
    }
}
