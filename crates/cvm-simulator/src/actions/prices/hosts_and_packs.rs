//! InquiryPriceRenewHosts and InquirePricePurchaseResourcePoolPacks.

use cvm_models::actions::{
    InquirePricePurchaseResourcePoolPacks, InquirePricePurchaseResourcePoolPacksResponse,
    InquiryPriceRenewHosts, InquiryPriceRenewHostsResponse,
};
use cvm_models::types::{HostPriceInfo, ItemPrice};

use crate::actions::hosts::lookup::renewable;
use crate::actions::prices::quote;
use crate::actions::resource_pools::purchase::find_offer;
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// The price of another term of dedicated hosts.
impl ActionHandler for InquiryPriceRenewHosts {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let catalog = context.catalog;
        let tariff = catalog.tariff(context.region);
        let hosts = renewable(context, &self.host_ids)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        // Every bought host has an existing type.
        let types = hosts.iter().filter_map(|host| catalog.host_type(&host.item.host_type));
        let hour = types.map(|kind| tariff.host(kind)).sum::<f64>();
        // The model info requires a period.
        let months = self.host_charge_prepaid.period.and_then(|period| i64::try_from(period).ok());
        Ok(Outcome::Response(InquiryPriceRenewHostsResponse {
            price: HostPriceInfo {
                host_price: Some(quote::ahead(tariff, tariff.month(hour), months.unwrap_or(1))),
                ..Default::default()
            },
            ..Self::Response::default()
        }))
    }
}

/// The possible numbers of packs of a purchase.
const COUNTS: std::ops::RangeInclusive<i64> = 1..=100;

/// The price of whole and half servers.
impl ActionHandler for InquirePricePurchaseResourcePoolPacks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let count = self.instance_count.unwrap_or_default();
        if !COUNTS.contains(&count) {
            let message = format!("A purchase can have 1 to 100 packs, not {count}.");
            return Err(context.codes.error(["InvalidParameterValue.Range"], message));
        }
        let pack = find_offer(context, &self.instance_type, &self.zone)?;
        let tariff = context.catalog.tariff(context.region);
        let hour = tariff.pack(pack) * count as f64;
        let rate = quote::by_hour(hour, hour);
        Ok(Outcome::Response(InquirePricePurchaseResourcePoolPacksResponse {
            price: ItemPrice {
                unit_price: rate.unit_price,
                unit_price_discount: rate.unit_price_discount,
                ..quote::ahead(tariff, tariff.month(hour), self.period.unwrap_or(1))
            },
            ..Self::Response::default()
        }))
    }
}
