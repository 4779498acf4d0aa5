//! InquirePricePurchaseResourcePoolPacks: what whole and half machines would cost.

use cvm_models::actions::{
    InquirePricePurchaseResourcePoolPacks, InquirePricePurchaseResourcePoolPacksResponse,
};

use super::quote;
use crate::actions::resource_packs::on_sale::on_sale;
use crate::api_error::ApiError;
use crate::catalogue::{Tariff, month};
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// How many packs a purchase may have.
const COUNTS: std::ops::RangeInclusive<i64> = 1..=100;

impl ActionHandler for InquirePricePurchaseResourcePoolPacks {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let count = self.instance_count.unwrap_or_default();
        if !COUNTS.contains(&count) {
            let message = format!("A purchase has 1 to 100 packs, not {count}.");
            return Err(scene.codes.error(["InvalidParameterValue.Range"], message));
        }
        let pack = on_sale(scene, &self.instance_type, &self.zone)?;
        let hour = Tariff::of(scene.region).pack(pack) * count as f64;
        Ok(Outcome::Response(InquirePricePurchaseResourcePoolPacksResponse {
            price: quote::ahead(month(hour), self.period.unwrap_or(1)),
            ..Self::Response::default()
        }))
    }
}
