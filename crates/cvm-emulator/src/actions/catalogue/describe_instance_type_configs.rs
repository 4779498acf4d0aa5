//! DescribeInstanceTypeConfigs: which zone offers which type.

use cvm_models::actions::{DescribeInstanceTypeConfigs, DescribeInstanceTypeConfigsResponse};
use cvm_models::types::InstanceTypeConfig;

use crate::api_error::ApiError;
use crate::catalogue::{InstanceType, Zone, instance_types};
use crate::dispatch::{ActionHandler, Outcome};
use crate::filter;
use crate::state::RequestContext;

impl ActionHandler for DescribeInstanceTypeConfigs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(scene.codes, &self.filters)?;
        scene.check_zones(&filters)?;
        let passes = |config: &InstanceTypeConfig| {
            filters.iter().all(|filter| match filter.name {
                "zone" => filter.is(&config.zone),
                "instance-family" => filter.is(&config.instance_family),
                "instance-type" => filter.is(&config.instance_type),
                _ => false,
            })
        };
        let offered = scene.region.zones().flat_map(|zone| {
            instance_types().filter(move |one| one.is_offered_in(zone)).map(move |one| (zone, one))
        });
        let configs = offered.map(|(zone, one)| config(zone, one)).filter(passes);
        Ok(Outcome::Response(DescribeInstanceTypeConfigsResponse {
            instance_type_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}

/// A type as a zone offers it.
pub(in crate::actions) fn config(
    zone: Zone,
    InstanceType { family, size }: InstanceType,
) -> InstanceTypeConfig {
    InstanceTypeConfig {
        zone: zone.name(),
        instance_type: size.name.to_owned(),
        instance_family: family.name.to_owned(),
        gpu: size.gpus,
        cpu: size.vcpus,
        memory: size.memory_gib,
        fpga: 0,
        gpu_count: size.gpus as f64,
        gpu_type: family.gpu.as_ref().map(|gpu| gpu.model.to_owned()),
        gpu_memory: family.gpu.as_ref().map(|gpu| gpu.memory_gib),
    }
}
