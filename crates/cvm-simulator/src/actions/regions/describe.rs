//! DescribeRegions and DescribeZones.

use cvm_models::actions::{
    DescribeRegions, DescribeRegionsResponse, DescribeZones, DescribeZonesResponse,
};
use cvm_models::enums::{RegionState, ZoneState};
use cvm_models::types::{RegionInfo, ZoneInfo};

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// Lists every region of the catalog by name, whatever the region of the request.
impl ActionHandler for DescribeRegions {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let mut region_set: Vec<_> = context
            .catalog
            .regions()
            .iter()
            .map(|region| RegionInfo {
                region: region.name.to_owned(),
                region_name: region.title.to_owned(),
                region_state: RegionState::Available,
                ..Default::default()
            })
            .collect();
        region_set.sort_by(|one, other| one.region.cmp(&other.region));
        Ok(Outcome::Response(DescribeRegionsResponse {
            total_count: region_set.len() as u64,
            region_set,
            ..Self::Response::default()
        }))
    }
}

/// Lists the zones of the region.
impl ActionHandler for DescribeZones {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let zone_set: Vec<_> = context
            .region
            .zones()
            .map(|zone| ZoneInfo {
                zone: zone.name(),
                zone_name: zone.title(),
                zone_id: zone.id(),
                zone_state: ZoneState::Available,
                ..Default::default()
            })
            .collect();
        Ok(Outcome::Response(DescribeZonesResponse {
            total_count: zone_set.len() as u64,
            zone_set,
            ..Self::Response::default()
        }))
    }
}
