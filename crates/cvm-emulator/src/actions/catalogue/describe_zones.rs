//! DescribeZones: the zones of the region.

use cvm_models::actions::{DescribeZones, DescribeZonesResponse};
use cvm_models::enums::ZoneState;
use cvm_models::types::ZoneInfo;

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DescribeZones {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let zone_set: Vec<_> = scene
            .region
            .zones()
            .map(|zone| ZoneInfo {
                zone: zone.name(),
                zone_name: zone.title(),
                zone_id: zone.id(),
                zone_state: ZoneState::Available,
            })
            .collect();
        Ok(Outcome::Done(DescribeZonesResponse {
            total_count: zone_set.len() as u64,
            zone_set,
            ..Self::Response::default()
        }))
    }
}
