//! InquiryPriceRenewInstances, InquiryPriceModifyInstancesChargeType and InquiryPriceTerminateInstances.

use cvm_models::actions::{
    InquiryPriceModifyInstancesChargeType, InquiryPriceModifyInstancesChargeTypeResponse,
    InquiryPriceRenewInstances, InquiryPriceRenewInstancesResponse, InquiryPriceTerminateInstances,
    InquiryPriceTerminateInstancesResponse,
};
use cvm_models::enums::{InstanceChargeType, InstanceState, InternetChargeType, StopChargingMode};
use cvm_models::types::{InstanceRefund, Price};

use crate::actions::prices::hourly_rate::{Lines, Rates};
use crate::actions::prices::subscription::Subscription;
use crate::actions::prices::{lookup, quote};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::{RequestContext, StoredDisk, StoredInstance};

/// The price of another term of prepaid instances.
impl ActionHandler for InquiryPriceRenewInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let instances = lookup::find(context, &self.instance_ids, true)?;
        let with_disks = self.renew_portable_data_disk != Some(false);
        let mixed = "InvalidParameterValue.InstanceNotSupportedMixPricingModel";
        lookup::check_same_charge_type(codes, &instances, mixed)?;
        let tariff = context.catalog.tariff(context.region);
        let (mut hour, mut lines) = (0.0, Lines::default());
        for instance in instances {
            if instance.charge_type != InstanceChargeType::Prepaid {
                return Err(lookup::not_supported(codes, instance, "it is not prepaid"));
            }
            if instance.state == InstanceState::Pending {
                let message = format!("The instance `{}` is PENDING.", instance.id);
                return Err(codes.error(["UnsupportedOperation.InstanceStatePending"], message));
            }
            let is_charged = |disk: &StoredDisk| {
                !instance.is_elastic(disk) || with_disks && instance.terms_of(disk).is_prepaid()
            };
            hour += Rates::with_disks(tariff, instance, is_charged).hour();
            // Metered bandwidth does not change: only prepaid bandwidth is renewed.
            let charged = &instance.internet_charge_type;
            if *charged == InternetChargeType::BandwidthPrepaid {
                lines.add(tariff, instance.bandwidth_mbps, charged);
            }
        }
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        let months = self.instance_charge_prepaid.period.unwrap_or(1);
        Ok(Outcome::Response(InquiryPriceRenewInstancesResponse {
            price: Price {
                instance_price: Some(quote::ahead(tariff, tariff.month(hour), months)),
                bandwidth_price: lines.quote(tariff, Some(months)),
                ..Default::default()
            },
            ..Self::Response::default()
        }))
    }
}

/// The price of instances with the other charge type.
impl ActionHandler for InquiryPriceModifyInstancesChargeType {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let instances = lookup::find(context, &self.instance_ids, false)?;
        let is_ahead = self.instance_charge_type == Some(InstanceChargeType::Prepaid);
        let with_disks = self.modify_portable_data_disk == Some(true);
        let tariff = context.catalog.tariff(context.region);
        let (mut hour, mut lines) = (0.0, Lines::default());
        for instance in instances {
            check_can_change(context, instance, is_ahead)?;
            let is_charged = |disk: &StoredDisk| {
                let is_changed = || instance.terms_of(disk).is_prepaid() != is_ahead;
                !instance.is_elastic(disk) || with_disks && is_changed()
            };
            hour += Rates::with_disks(tariff, instance, is_charged).hour();
            let charged = after(&instance.internet_charge_type, is_ahead);
            lines.add(tariff, instance.bandwidth_mbps, charged);
        }
        let prepaid = self.instance_charge_prepaid.and_then(|prepaid| prepaid.period);
        let months = is_ahead.then(|| prepaid.unwrap_or(1));
        let instance_price = match months {
            Some(months) => quote::ahead(tariff, tariff.month(hour), months),
            None => quote::by_hour(hour, hour),
        };
        Ok(Outcome::Response(InquiryPriceModifyInstancesChargeTypeResponse {
            price: Price {
                instance_price: Some(instance_price),
                bandwidth_price: lines.quote(tariff, months),
                ..Default::default()
            },
            ..Self::Response::default()
        }))
    }
}

/// There are only two charge types to change between.
fn check_can_change(
    context: &RequestContext<'_>,
    instance: &StoredInstance,
    is_ahead: bool,
) -> Result<(), ApiError> {
    use InstanceChargeType::{PostpaidByHour, Prepaid};
    let now = &instance.charge_type;
    if *now != if is_ahead { PostpaidByHour } else { Prepaid } {
        let (id, to) = (&instance.id, if is_ahead { Prepaid } else { PostpaidByHour });
        let message = format!("The instance `{id}` is {now}, which cannot become {to}.");
        return Err(context.codes.error(["UnsupportedOperation.InstanceChargeType"], message));
    }
    if let Some(timer) = context.timer_of(&instance.id) {
        let why = format!("the timer `{}` is to terminate it at {}", timer.id, timer.at);
        return Err(lookup::not_supported(context.codes, instance, &why));
    }
    if instance.stop_charging_mode == StopChargingMode::StopCharging {
        let why = "it is stopped and not charged";
        return Err(lookup::not_supported(context.codes, instance, why));
    }
    Ok(())
}

/// The charge type of bandwidth follows the instance. Traffic is metered with both.
fn after(now: &InternetChargeType, is_ahead: bool) -> &InternetChargeType {
    use InternetChargeType::{BandwidthPostpaidByHour, BandwidthPrepaid};
    match now {
        BandwidthPostpaidByHour if is_ahead => &BandwidthPrepaid,
        BandwidthPrepaid if !is_ahead => &BandwidthPostpaidByHour,
        _ => now,
    }
}

/// The refund for prepaid instances.
impl ActionHandler for InquiryPriceTerminateInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let instances = lookup::find(context, &self.instance_ids, true)?;
        let mixed = "UnsupportedOperation.InstanceMixedPricingModel";
        lookup::check_same_charge_type(codes, &instances, mixed)?;
        let refunds: Result<_, _> = instances.iter().map(|it| refund(context, it)).collect();
        Ok(Outcome::Response(InquiryPriceTerminateInstancesResponse {
            instance_refunds_set: refunds?,
            ..Self::Response::default()
        }))
    }
}

fn refund(
    context: &RequestContext<'_>,
    instance: &StoredInstance,
) -> Result<InstanceRefund, ApiError> {
    let id = &instance.id;
    let tariff = context.catalog.tariff(context.region);
    let subscription = Subscription::of(tariff, instance, context.now).ok_or_else(|| {
        let message = format!("The instance `{id}` was not prepaid.");
        context.codes.error(["FailedOperation.InquiryRefundPriceFailed"], message)
    })?;
    if instance.state == InstanceState::Shutdown || instance.is_isolating() {
        let message = format!("The instance `{id}` was already returned, or has expired.");
        return Err(context.codes.error(["FailedOperation.Unreturnable"], message));
    }
    let bandwidth = match instance.internet_charge_type {
        InternetChargeType::BandwidthPrepaid => tariff.bandwidth(instance.bandwidth_mbps),
        _ => 0.0,
    };
    let hour = Rates::of(tariff, instance).hour() + bandwidth;
    let (paid, refunds) = (subscription.paid(hour), quote::fen(subscription.refund(hour)));
    let (total, left) = subscription.days();
    Ok(InstanceRefund {
        instance_id: id.to_string(),
        refunds,
        price_detail: Some(format!(
            "实付{paid:.2}元，共{total}天，剩余{left}天，可退{refunds:.2}元，代金券不退还。"
        )),
        ..Default::default()
    })
}
