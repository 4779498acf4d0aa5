//! DescribeZones: the zones of the region.

use cvm_models::actions::{DescribeZones, DescribeZonesResponse};
use cvm_models::enums::ZoneState;
use cvm_models::types::ZoneInfo;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DescribeZones {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
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
        Ok(Outcome::Response(DescribeZonesResponse {
            total_count: zone_set.len() as u64,
            zone_set,
            ..Self::Response::default()
        }))
    }
}
