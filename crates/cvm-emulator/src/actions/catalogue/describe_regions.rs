//! DescribeRegions: every region of the catalogue, wherever it is asked.

use cvm_models::actions::{DescribeRegions, DescribeRegionsResponse};
use cvm_models::enums::RegionState;
use cvm_models::types::RegionInfo;

use crate::catalogue::REGIONS;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DescribeRegions {
    fn apply(self, _: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let region_set: Vec<_> = REGIONS
            .iter()
            .map(|region| RegionInfo {
                region: region.name.to_owned(),
                region_name: region.title.to_owned(),
                region_state: RegionState::Available,
            })
            .collect();
        Ok(Outcome::Done(DescribeRegionsResponse {
            total_count: region_set.len() as u64,
            region_set,
            ..Self::Response::default()
        }))
    }
}
