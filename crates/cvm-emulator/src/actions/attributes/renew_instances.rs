//! RenewInstances: another term for prepaid instances, also for those in the recycle bin, which leave
//! it. What is bought counts from the moment of the answer.

use cvm_models::actions::{RenewInstances, RenewInstancesResponse};
use cvm_models::enums::InstanceState;

use super::subscription;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Effect, MODIFY, RECOVER, RequestContext};

const ALLOWED: &[InstanceState] = &[
    InstanceState::Running,
    InstanceState::Stopped,
    InstanceState::Shutdown,
    InstanceState::RescueMode,
];

impl ActionHandler for RenewInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let serials = scene.find(&self.instance_ids)?;
        is_one_kind(scene, &serials)?;
        subscription::is_prepaid(scene, &serials)?;
        let Some(bought) = self.instance_charge_prepaid else {
            let message = "`InstanceChargePrepaid` is required for prepaid instances.";
            return Err(codes.error(["MissingParameter"], message));
        };
        scene.check_state(&serials, ALLOWED)?;
        for serial in serials {
            let Some(machine) = scene.instances.get(serial) else { continue };
            let is_isolated = machine.api.instance_state == InstanceState::Shutdown;
            let from = machine.expires.unwrap_or(scene.now);
            let (ends, flag) = subscription::term(&bought, from);
            scene.instances.renew(serial, ends, &flag);
            scene.begin(serial, if is_isolated { &RECOVER } else { &MODIFY }, Effect::None);
        }
        Ok(Outcome::Response(RenewInstancesResponse::default()))
    }
}

fn is_one_kind(scene: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    let mut kinds = scene.instances(serials).map(|machine| &machine.api.instance_charge_type);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) {
        return Ok(());
    }
    let message = "The instances are not all charged in the same way; renew each kind alone.";
    let code = "InvalidParameterValue.InstanceNotSupportedMixPricingModel";
    Err(scene.codes.error([code], message))
}
