//! ModifyInstancesChargeType: from hourly charging to a subscription, or back.

use cvm_models::actions::{ModifyInstancesChargeType, ModifyInstancesChargeTypeResponse};
use cvm_models::enums::{InstanceChargeType, StopChargingMode};
use cvm_models::types::Instance;

use super::{SETTLED, planned_end, subscription};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Attribute, Effect, MODIFY, RequestContext, Subscription};

impl ActionHandler for ModifyInstancesChargeType {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        let becomes_prepaid = self.instance_charge_type == Some(InstanceChargeType::Prepaid);
        for machine in scene.instances(&serials) {
            can_change(scene.codes, &machine.api, becomes_prepaid)?;
        }
        scene.check_state(&serials, SETTLED)?;
        planned_end::is_open(scene, &serials, "InvalidInstance.NotSupported")?;
        let attribute = if becomes_prepaid {
            // The tables require the term.
            let bought = self.instance_charge_prepaid.unwrap_or_default();
            let (ends, renew_flag) = subscription::term(&bought, scene.now);
            Attribute::Subscription(Subscription { begins: scene.now, ends, renew_flag })
        } else {
            Attribute::Hourly(scene.now)
        };
        for serial in serials {
            scene.begin(serial, &MODIFY, Effect::Attribute(attribute.clone()));
        }
        Ok(Outcome::Response(ModifyInstancesChargeTypeResponse::default()))
    }
}

fn can_change(
    codes: DocumentedCodes,
    shown: &Instance,
    becomes_prepaid: bool,
) -> Result<(), ApiError> {
    let (id, kind) = (&shown.instance_id, &shown.instance_charge_type);
    let wanted = if becomes_prepaid {
        InstanceChargeType::PostpaidByHour
    } else {
        InstanceChargeType::Prepaid
    };
    if *kind != wanted {
        let message = format!("The instance `{id}` is charged as {kind}, not as {wanted}.");
        return Err(codes.error(["UnsupportedOperation.InstanceChargeType"], message));
    }
    if shown.stop_charging_mode == StopChargingMode::StopCharging {
        // The text refuses it, and no code that the action publishes fits better.
        let message = format!("The instance `{id}` is stopped and not charged; start it first.");
        return Err(codes.error(["InvalidInstance.NotSupported"], message));
    }
    Ok(())
}
