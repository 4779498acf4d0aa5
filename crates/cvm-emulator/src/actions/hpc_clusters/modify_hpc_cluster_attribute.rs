//! ModifyHpcClusterAttribute: another name or remark.

use cvm_models::actions::{ModifyHpcClusterAttribute, ModifyHpcClusterAttributeResponse};

use super::not_found;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for ModifyHpcClusterAttribute {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let codes = scene.codes;
        let mut clusters = scene.here().hpc_clusters.list.iter_mut();
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
        Ok(Outcome::Done(ModifyHpcClusterAttributeResponse::default()))
    }
}
