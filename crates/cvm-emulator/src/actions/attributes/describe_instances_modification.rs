//! DescribeInstancesModification: the types that instances can become. What stands in the way is what
//! ResetInstancesType would answer.

use cvm_models::actions::{
    DescribeInstancesModification, DescribeInstancesModificationResponse, ResetInstancesType,
};
use cvm_models::enums::InstanceTypeSaleStatus;
use cvm_models::types::InstanceTypeConfigStatus;
use cvm_protocol::Action;

use crate::actions::catalogue::describe_instance_type_configs::config;
use crate::actions::instances::reset_instances_type::{can_become, can_move};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalogue::{InstanceType, Zone, instance_types};
use crate::dispatch::{ActionHandler, Outcome};
use crate::filter;
use crate::state::{RequestContext, StoredInstance};

impl ActionHandler for DescribeInstancesModification {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(scene.codes, &self.filters)?;
        let serials = scene.find(&self.instance_ids)?;
        let machines: Vec<_> = scene.instances(&serials).collect();
        let zone = the_zone(scene, &machines)?;
        let others = instance_types().filter(|one| {
            let is_had = |machine: &&StoredInstance| machine.api.instance_type == one.size.name;
            one.is_offered_in(zone) && !machines.iter().all(is_had)
        });
        let listed = others.map(|one| status(one, zone, &machines)).filter(|status| {
            filters.iter().all(|filter| match filter.name {
                "status" => filter.is(status.status.as_str()),
                _ => false,
            })
        });
        let instance_type_config_status_set: Vec<_> = listed.collect();
        Ok(Outcome::Response(DescribeInstancesModificationResponse {
            total_count: i64::try_from(instance_type_config_status_set.len()).unwrap_or(i64::MAX),
            instance_type_config_status_set,
            ..Self::Response::default()
        }))
    }
}

fn the_zone(scene: &RequestContext<'_>, machines: &[&StoredInstance]) -> Result<Zone, ApiError> {
    let mut names = machines.iter().map(|machine| &machine.api.placement.zone);
    let first = names.next();
    let zone = first.and_then(|name| scene.region.zone(name));
    zone.filter(|_| names.all(|name| Some(name) == first)).ok_or_else(|| {
        let message = "The instances are in different zones, which offer different types.";
        scene.codes.error(["FailedOperation.ZoneInconsistent"], message)
    })
}

/// A type is to be had when every one of the instances can become it.
fn status(one: InstanceType, zone: Zone, machines: &[&StoredInstance]) -> InstanceTypeConfigStatus {
    let codes = DocumentedCodes(ResetInstancesType::INFO);
    let obstacle = machines.iter().find_map(|machine| {
        can_move(codes, machine).and_then(|()| can_become(codes, machine, one)).err()
    });
    InstanceTypeConfigStatus {
        status: match obstacle {
            None => InstanceTypeSaleStatus::Sell,
            Some(_) => InstanceTypeSaleStatus::Unavailable,
        },
        message: obstacle.map(|refusal| refusal.message).unwrap_or_default(),
        instance_type_config: config(zone, one),
    }
}
