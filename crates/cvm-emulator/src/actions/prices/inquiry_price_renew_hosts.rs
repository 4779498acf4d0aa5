//! InquiryPriceRenewHosts: what another term of dedicated hosts would cost.

use cvm_models::actions::{InquiryPriceRenewHosts, InquiryPriceRenewHostsResponse};
use cvm_models::types::HostPriceInfo;

use super::quote;
use crate::actions::hosts::named::renewable;
use crate::api_error::ApiError;
use crate::catalogue::{Tariff, host_type, month};
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for InquiryPriceRenewHosts {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let tariff = Tariff::of(scene.region);
        let hosts = renewable(scene, &self.host_ids)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        // Only types that exist are ever bought.
        let types = hosts.iter().filter_map(|host| host_type(&host.bought.host_type));
        let hour = types.map(|kind| tariff.host(kind)).sum::<f64>();
        // The tables require a period.
        let months = self.host_charge_prepaid.period.and_then(|period| i64::try_from(period).ok());
        Ok(Outcome::Response(InquiryPriceRenewHostsResponse {
            price: HostPriceInfo {
                host_price: Some(quote::ahead(month(hour), months.unwrap_or(1))),
            },
            ..Self::Response::default()
        }))
    }
}
