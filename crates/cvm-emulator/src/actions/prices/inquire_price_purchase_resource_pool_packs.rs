//! InquirePricePurchaseResourcePoolPacks: what whole and half machines would cost.

use cvm_models::actions::{
    InquirePricePurchaseResourcePoolPacks, InquirePricePurchaseResourcePoolPacksResponse,
};

use super::quote;
use crate::actions::resource_packs::on_sale::on_sale;
use crate::catalogue::{Tariff, month};
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

/// How many packs a purchase may have.
const COUNTS: std::ops::RangeInclusive<i64> = 1..=100;

impl Behaviour for InquirePricePurchaseResourcePoolPacks {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let count = self.instance_count.unwrap_or_default();
        if !COUNTS.contains(&count) {
            let message = format!("A purchase has 1 to 100 packs, not {count}.");
            return Err(scene.codes.refuse(["InvalidParameterValue.Range"], message));
        }
        let pack = on_sale(scene, &self.instance_type, &self.zone)?;
        let hour = Tariff::of(scene.region).pack(pack) * count as f64;
        Ok(Outcome::Done(InquirePricePurchaseResourcePoolPacksResponse {
            price: quote::ahead(month(hour), self.period.unwrap_or(1)),
            ..Self::Response::default()
        }))
    }
}
