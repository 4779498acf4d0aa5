//! RenewInstances: another term for prepaid instances, also for those in the recycle bin, which leave
//! it. What is bought counts from the moment of the answer.

use cvm_models::actions::{RenewInstances, RenewInstancesResponse};
use cvm_models::enums::InstanceState;

use super::subscription;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Change, MODIFY, RECOVER, Scene};

const ALLOWED: &[InstanceState] = &[
    InstanceState::Running,
    InstanceState::Stopped,
    InstanceState::Shutdown,
    InstanceState::RescueMode,
];

impl Behaviour for RenewInstances {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let codes = scene.codes;
        let serials = scene.find(&self.instance_ids)?;
        is_one_kind(scene, &serials)?;
        subscription::is_prepaid(scene, &serials)?;
        let Some(bought) = self.instance_charge_prepaid else {
            let message = "`InstanceChargePrepaid` is required for prepaid instances.";
            return Err(codes.refuse(["MissingParameter"], message));
        };
        scene.admit(&serials, ALLOWED)?;
        for serial in serials {
            let Some(machine) = scene.store.machine(serial) else { continue };
            let is_isolated = machine.shown.instance_state == InstanceState::Shutdown;
            let from = machine.expires.unwrap_or(scene.now);
            let (ends, flag) = subscription::term(&bought, from);
            scene.store.renew(serial, ends, &flag);
            scene.begin(serial, if is_isolated { &RECOVER } else { &MODIFY }, Change::None);
        }
        Ok(Outcome::Done(RenewInstancesResponse::default()))
    }
}

fn is_one_kind(scene: &Scene<'_>, serials: &[u64]) -> Result<(), Refusal> {
    let mut kinds = scene.machines(serials).map(|machine| &machine.shown.instance_charge_type);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) {
        return Ok(());
    }
    let message = "The instances are not all charged in the same way; renew each kind alone.";
    let code = "InvalidParameterValue.InstanceNotSupportedMixPricingModel";
    Err(scene.codes.refuse([code], message))
}
