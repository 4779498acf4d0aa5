//! DescribeRegions: every region of the catalogue, wherever it is asked.

use cvm_models::actions::{DescribeRegions, DescribeRegionsResponse};
use cvm_models::enums::RegionState;
use cvm_models::types::RegionInfo;

use crate::api_error::ApiError;
use crate::catalogue::REGIONS;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DescribeRegions {
    fn handle(self, _: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let region_set: Vec<_> = REGIONS
            .iter()
            .map(|region| RegionInfo {
                region: region.name.to_owned(),
                region_name: region.title.to_owned(),
                region_state: RegionState::Available,
            })
            .collect();
        Ok(Outcome::Response(DescribeRegionsResponse {
            total_count: region_set.len() as u64,
            region_set,
            ..Self::Response::default()
        }))
    }
}
