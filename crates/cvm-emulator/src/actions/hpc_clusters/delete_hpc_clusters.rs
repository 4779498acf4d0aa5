//! DeleteHpcClusters: empty clusters, all or none.

use cvm_models::actions::{DeleteHpcClusters, DeleteHpcClustersResponse};

use super::not_found;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DeleteHpcClusters {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let ids = &self.hpc_cluster_ids;
        let clusters = &scene.resources().hpc_clusters.list;
        let is_unknown = |id: &&String| clusters.iter().all(|it| it.hpc_cluster_id != **id);
        if let Some(id) = ids.iter().find(is_unknown) {
            return Err(not_found(codes, id));
        }
        let members = scene.instances.in_hpc_clusters();
        if let Some(id) = ids.iter().find(|id| !members.members(id).is_empty()) {
            let message = format!("The HPC cluster `{id}` still holds instances.");
            return Err(codes.error(["ResourceInUse.HpcCluster"], message));
        }
        scene
            .resources()
            .hpc_clusters
            .list
            .retain(|cluster| !ids.contains(&cluster.hpc_cluster_id));
        Ok(Outcome::Response(DeleteHpcClustersResponse::default()))
    }
}
