//! DescribeInstanceFamilyConfigs: the families that a zone of the region offers.

use cvm_models::actions::{DescribeInstanceFamilyConfigs, DescribeInstanceFamilyConfigsResponse};
use cvm_models::types::InstanceFamilyConfig;

use crate::catalogue::families;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DescribeInstanceFamilyConfigs {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let zones = || scene.region.zones();
        let configs = families()
            .filter(|family| zones().any(|zone| family.is_offered_in(zone)))
            .map(|family| InstanceFamilyConfig {
                instance_family_name: family.title.to_owned(),
                instance_family: family.name.to_owned(),
            });
        Ok(Outcome::Done(DescribeInstanceFamilyConfigsResponse {
            instance_family_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}
