//! DescribeResourcePoolPackInstances: which instances are in which pack.

use cvm_models::actions::{
    DescribeResourcePoolPackInstances, DescribeResourcePoolPackInstancesResponse,
};
use cvm_models::types::ResourcePoolPackInstance;

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DescribeResourcePoolPackInstances {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let holdings = scene.holdings.entry(scene.region.name).or_default();
        let packs = holdings.resource_packs.newest_first();
        let named =
            packs.filter(|pack| self.dedicated_resource_pack_ids.iter().any(|id| id == pack.id()));
        let in_packs = scene.store.in_packs();
        let entries = named.map(|pack| ResourcePoolPackInstance {
            dedicated_resource_pack_id: pack.id().to_owned(),
            instance_id_set: pack.instances(&in_packs).map(|it| it.instance_id.clone()).collect(),
            instance_family: pack.bought.instance_family.clone(),
            instance_type: pack.bought.instance_type.clone(),
            zone: pack.bought.zone.clone(),
        });
        Ok(Outcome::Done(DescribeResourcePoolPackInstancesResponse {
            dedicated_resource_pack_instance_set: entries.collect(),
            ..Self::Response::default()
        }))
    }
}
