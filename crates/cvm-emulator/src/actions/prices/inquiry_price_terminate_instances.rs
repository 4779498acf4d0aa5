//! InquiryPriceTerminateInstances: what would be paid back for instances that were paid ahead.

use cvm_models::actions::{InquiryPriceTerminateInstances, InquiryPriceTerminateInstancesResponse};
use cvm_models::enums::{InstanceState, InternetChargeType};
use cvm_models::types::InstanceRefund;

use super::rates::Rates;
use super::subscription::Subscription;
use super::{quote, subjects};
use crate::api_error::ApiError;
use crate::catalogue::Tariff;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{RequestContext, StoredInstance};

impl ActionHandler for InquiryPriceTerminateInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let machines = subjects::find(scene, &self.instance_ids, true)?;
        let mixed = "UnsupportedOperation.InstanceMixedPricingModel";
        subjects::are_of_one_charge(codes, &machines, mixed)?;
        let refunds: Result<_, _> = machines.iter().map(|it| refund(scene, it)).collect();
        Ok(Outcome::Response(InquiryPriceTerminateInstancesResponse {
            instance_refunds_set: refunds?,
            ..Self::Response::default()
        }))
    }
}

fn refund(
    scene: &RequestContext<'_>,
    machine: &StoredInstance,
) -> Result<InstanceRefund, ApiError> {
    let shown = &machine.api;
    let id = &shown.instance_id;
    let subscription = Subscription::of(machine, scene.now).ok_or_else(|| {
        let message = format!("Nothing was paid ahead for the instance `{id}`.");
        scene.codes.error(["FailedOperation.InquiryRefundPriceFailed"], message)
    })?;
    if shown.instance_state == InstanceState::Shutdown || machine.is_isolating() {
        let message = format!("The instance `{id}` was given back already, or has expired.");
        return Err(scene.codes.error(["FailedOperation.Unreturnable"], message));
    }
    let tariff = Tariff::of(scene.region);
    let line = &shown.internet_accessible;
    let mbps = line.internet_max_bandwidth_out.unwrap_or_default();
    let bandwidth = match line.internet_charge_type {
        Some(InternetChargeType::BandwidthPrepaid) => tariff.bandwidth(mbps),
        _ => 0.0,
    };
    let hour = Rates::of(tariff, shown).hour() + bandwidth;
    let (paid, refunds) = (subscription.paid(hour), quote::fen(subscription.refund(hour)));
    let (total, left) = subscription.days();
    Ok(InstanceRefund {
        instance_id: id.clone(),
        refunds,
        price_detail: Some(format!(
            "实付{paid:.2}元，共{total}天，剩余{left}天，可退{refunds:.2}元，代金券不退还。"
        )),
    })
}
