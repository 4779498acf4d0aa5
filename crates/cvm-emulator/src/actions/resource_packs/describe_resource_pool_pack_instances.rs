//! DescribeResourcePoolPackInstances: which instances are in which pack.

use std::collections::HashSet;

use cvm_models::actions::{
    DescribeResourcePoolPackInstances, DescribeResourcePoolPackInstancesResponse,
};
use cvm_models::types::ResourcePoolPackInstance;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DescribeResourcePoolPackInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let holdings = scene.regions.entry(scene.region.name).or_default();
        let ids: HashSet<&str> =
            self.dedicated_resource_pack_ids.iter().map(String::as_str).collect();
        let named = holdings.resource_packs.newest_first().filter(|pack| ids.contains(pack.id()));
        let in_packs = scene.instances.in_packs();
        let entries = named.map(|pack| ResourcePoolPackInstance {
            dedicated_resource_pack_id: pack.id().to_owned(),
            instance_id_set: in_packs.member_ids(pack.id()),
            instance_family: pack.bought.instance_family.clone(),
            instance_type: pack.bought.instance_type.clone(),
            zone: pack.bought.zone.clone(),
        });
        Ok(Outcome::Response(DescribeResourcePoolPackInstancesResponse {
            dedicated_resource_pack_instance_set: entries.collect(),
            ..Self::Response::default()
        }))
    }
}
