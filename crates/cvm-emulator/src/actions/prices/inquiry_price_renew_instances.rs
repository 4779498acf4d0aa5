//! InquiryPriceRenewInstances: what another term of prepaid instances would cost.

use cvm_models::actions::{InquiryPriceRenewInstances, InquiryPriceRenewInstancesResponse};
use cvm_models::enums::{InstanceChargeType, InstanceState, InternetChargeType};
use cvm_models::types::Price;

use super::rates::{Lines, Rates};
use super::{quote, subjects};
use crate::api_error::ApiError;
use crate::catalogue::{Tariff, month};
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for InquiryPriceRenewInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let machines = subjects::find(scene, &self.instance_ids, true)?;
        let mixed = "InvalidParameterValue.InstanceNotSupportedMixPricingModel";
        subjects::are_of_one_charge(codes, &machines, mixed)?;
        let tariff = Tariff::of(scene.region);
        let (mut hour, mut lines) = (0.0, Lines::default());
        for machine in machines {
            let shown = &machine.api;
            if shown.instance_charge_type != InstanceChargeType::Prepaid {
                return Err(subjects::not_supported(codes, machine, "it is not prepaid"));
            }
            if shown.instance_state == InstanceState::Pending {
                let message = format!("The instance `{}` is PENDING.", shown.instance_id);
                return Err(codes.error(["UnsupportedOperation.InstanceStatePending"], message));
            }
            hour += Rates::of(tariff, shown).hour();
            // What is metered goes on as before: only bandwidth that is paid ahead is renewed.
            let line = &shown.internet_accessible;
            let charged = line.internet_charge_type.as_ref();
            lines.add(
                tariff,
                line,
                charged.filter(|it| **it == InternetChargeType::BandwidthPrepaid),
            );
        }
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        let months = self.instance_charge_prepaid.period.unwrap_or(1);
        Ok(Outcome::Response(InquiryPriceRenewInstancesResponse {
            price: Price {
                instance_price: Some(quote::ahead(month(hour), months)),
                bandwidth_price: lines.quote(tariff, Some(months)),
            },
            ..Self::Response::default()
        }))
    }
}
