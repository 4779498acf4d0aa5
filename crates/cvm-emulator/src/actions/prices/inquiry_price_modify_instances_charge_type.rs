//! InquiryPriceModifyInstancesChargeType: what instances would cost under the other billing.

use cvm_models::actions::{
    InquiryPriceModifyInstancesChargeType, InquiryPriceModifyInstancesChargeTypeResponse,
};
use cvm_models::enums::{InstanceChargeType, InternetChargeType, StopChargingMode};
use cvm_models::types::Price;

use super::rates::{Lines, Rates};
use super::{quote, subjects};
use crate::api_error::ApiError;
use crate::catalogue::{Tariff, month};
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{RequestContext, StoredInstance};

impl ActionHandler for InquiryPriceModifyInstancesChargeType {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let machines = subjects::find(scene, &self.instance_ids, false)?;
        let is_ahead = self.instance_charge_type == Some(InstanceChargeType::Prepaid);
        let tariff = Tariff::of(scene.region);
        let (mut hour, mut lines) = (0.0, Lines::default());
        for machine in machines {
            can_change(scene, machine, is_ahead)?;
            hour += Rates::of(tariff, &machine.api).hour();
            let line = &machine.api.internet_accessible;
            let charged = line.internet_charge_type.as_ref();
            lines.add(tariff, line, charged.map(|now| after(now, is_ahead)));
        }
        let prepaid = self.instance_charge_prepaid.and_then(|prepaid| prepaid.period);
        let months = is_ahead.then(|| prepaid.unwrap_or(1));
        let instance_price = match months {
            Some(months) => quote::ahead(month(hour), months),
            None => quote::by_hour(hour, hour),
        };
        Ok(Outcome::Response(InquiryPriceModifyInstancesChargeTypeResponse {
            price: Price {
                instance_price: Some(instance_price),
                bandwidth_price: lines.quote(tariff, months),
            },
            ..Self::Response::default()
        }))
    }
}

/// An instance changes from one of the two to the other.
fn can_change(
    scene: &RequestContext<'_>,
    machine: &StoredInstance,
    is_ahead: bool,
) -> Result<(), ApiError> {
    use InstanceChargeType::{PostpaidByHour, Prepaid};
    let shown = &machine.api;
    let now = &shown.instance_charge_type;
    if *now != if is_ahead { PostpaidByHour } else { Prepaid } {
        let (id, to) = (&shown.instance_id, if is_ahead { Prepaid } else { PostpaidByHour });
        let message = format!("The instance `{id}` is {now}, which cannot become {to}.");
        return Err(scene.codes.error(["UnsupportedOperation.InstanceChargeType"], message));
    }
    if let Some(timer) = scene.timer_of(&shown.instance_id) {
        let why = format!("the timer `{}` is to terminate it at {}", timer.id, timer.at);
        return Err(subjects::not_supported(scene.codes, machine, &why));
    }
    if shown.stop_charging_mode == StopChargingMode::StopCharging {
        let why = "it is stopped and not charged";
        return Err(subjects::not_supported(scene.codes, machine, why));
    }
    Ok(())
}

/// Bandwidth follows its instance; traffic is metered under either billing.
fn after(now: &InternetChargeType, is_ahead: bool) -> &InternetChargeType {
    use InternetChargeType::{BandwidthPostpaidByHour, BandwidthPrepaid};
    match now {
        BandwidthPostpaidByHour if is_ahead => &BandwidthPrepaid,
        BandwidthPrepaid if !is_ahead => &BandwidthPostpaidByHour,
        _ => now,
    }
}
