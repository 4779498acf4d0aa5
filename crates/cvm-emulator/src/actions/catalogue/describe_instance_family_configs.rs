//! DescribeInstanceFamilyConfigs: the families that a zone of the region offers.

use cvm_models::actions::{DescribeInstanceFamilyConfigs, DescribeInstanceFamilyConfigsResponse};
use cvm_models::types::InstanceFamilyConfig;

use crate::api_error::ApiError;
use crate::catalogue::families;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DescribeInstanceFamilyConfigs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let zones = || scene.region.zones();
        let configs = families()
            .filter(|family| zones().any(|zone| family.is_offered_in(zone)))
            .map(|family| InstanceFamilyConfig {
                instance_family_name: family.title.to_owned(),
                instance_family: family.name.to_owned(),
            });
        Ok(Outcome::Response(DescribeInstanceFamilyConfigsResponse {
            instance_family_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}
