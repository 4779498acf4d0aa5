//! DeleteHpcClusters: empty clusters, all or none.

use cvm_models::actions::{DeleteHpcClusters, DeleteHpcClustersResponse};

use super::not_found;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DeleteHpcClusters {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let codes = scene.codes;
        let ids = &self.hpc_cluster_ids;
        let clusters = &scene.here().hpc_clusters.list;
        let is_unknown = |id: &&String| clusters.iter().all(|it| it.hpc_cluster_id != **id);
        if let Some(id) = ids.iter().find(is_unknown) {
            return Err(not_found(codes, id));
        }
        let members = scene.store.in_hpc_clusters();
        if let Some(id) = ids.iter().find(|id| !members.members(id).is_empty()) {
            let message = format!("The HPC cluster `{id}` still holds instances.");
            return Err(codes.refuse(["ResourceInUse.HpcCluster"], message));
        }
        scene.here().hpc_clusters.list.retain(|cluster| !ids.contains(&cluster.hpc_cluster_id));
        Ok(Outcome::Done(DeleteHpcClustersResponse::default()))
    }
}
