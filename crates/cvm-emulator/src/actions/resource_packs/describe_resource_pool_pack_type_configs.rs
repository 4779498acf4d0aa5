//! DescribeResourcePoolPackTypeConfigs: what a zone sells as packs.

use cvm_models::actions::{
    DescribeResourcePoolPackTypeConfigs, DescribeResourcePoolPackTypeConfigsResponse,
};
use cvm_models::types::InstanceTypeConfig;

use crate::api_error::ApiError;
use crate::catalogue::pack_types;
use crate::dispatch::{ActionHandler, Outcome};
use crate::filter;
use crate::state::RequestContext;

impl ActionHandler for DescribeResourcePoolPackTypeConfigs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(scene.codes, &self.filters)?;
        let passes = |config: &InstanceTypeConfig| {
            filters.iter().all(|filter| match filter.name {
                "zone" => filter.is(&config.zone),
                "instance-family" => filter.is(&config.instance_family),
                "instance-type" => filter.is(&config.instance_type),
                _ => false,
            })
        };
        let offered = scene.region.zones().flat_map(|zone| {
            let offered = pack_types().filter(move |one| one.is_offered_in(zone));
            offered.map(move |one| InstanceTypeConfig {
                zone: zone.name(),
                instance_type: one.name.to_owned(),
                instance_family: one.family.to_owned(),
                cpu: i64::from(one.vcpus),
                memory: i64::from(one.memory_gib),
                ..InstanceTypeConfig::default()
            })
        });
        Ok(Outcome::Response(DescribeResourcePoolPackTypeConfigsResponse {
            instance_type_config_set: offered.filter(passes).collect(),
            ..Self::Response::default()
        }))
    }
}
