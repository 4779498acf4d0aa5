//! ModifyHpcClusterAttribute: another name or remark.

use cvm_models::actions::{ModifyHpcClusterAttribute, ModifyHpcClusterAttributeResponse};

use super::not_found;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for ModifyHpcClusterAttribute {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let mut clusters = scene.resources().hpc_clusters.list.iter_mut();
        let cluster = clusters
            .find(|cluster| cluster.hpc_cluster_id == self.hpc_cluster_id)
            .ok_or_else(|| not_found(codes, &self.hpc_cluster_id))?;
        // An empty text is no text, as everywhere.
        if let Some(name) = self.name.filter(|text| !text.is_empty()) {
            cluster.name = name;
        }
        if let Some(remark) = self.remark.filter(|text| !text.is_empty()) {
            cluster.remark = remark;
        }
        Ok(Outcome::Response(ModifyHpcClusterAttributeResponse::default()))
    }
}
