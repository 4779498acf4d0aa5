//! CreateHpcCluster: an empty cluster in a zone.

use cvm_models::actions::{CreateHpcCluster, CreateHpcClusterResponse};
use cvm_models::enums::{HpcClusterType, TagResourceType};
use cvm_models::types::HpcClusterInfo;

use crate::actions::tags;
use crate::api_error::ApiError;
use crate::catalogue::{CLUSTER_MACHINES, MAX_CLUSTERS, has_hpc_clusters};
use crate::dispatch::{ActionHandler, Outcome};
use crate::seeded_rng::Stream;
use crate::state::RequestContext;

impl ActionHandler for CreateHpcCluster {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = scene.codes;
        let kind = self.hpc_cluster_type.unwrap_or(HpcClusterType::Standard);
        let business_id = self.hpc_cluster_business_id.filter(|id| !id.is_empty());
        match (kind == HpcClusterType::Cdc, business_id.is_some()) {
            (false, true) => {
                let message = "`HpcClusterBusinessId` is for clusters of the type CDC alone.";
                let code = "InvalidParameterValue.HpcClusterBusinessIdNotSupported";
                return Err(codes.error([code], message));
            }
            (true, false) => {
                let message = "A cluster of the type CDC needs `HpcClusterBusinessId`.";
                return Err(codes.error(["InvalidParameterValue"], message));
            }
            _ => {}
        }
        let tags = tags::tags(codes, &self.tag_specification, &[TagResourceType::Hpc])?;
        let zone = scene.zone(&self.zone)?;
        if !has_hpc_clusters(zone) {
            let message = format!("The zone `{}` offers no HPC clusters.", self.zone);
            return Err(codes.error(["UnsupportedOperation.InvalidZone"], message));
        }
        if scene.resources().hpc_clusters.list.len() >= MAX_CLUSTERS {
            let message = format!("The account has {MAX_CLUSTERS} HPC clusters here, the most.");
            return Err(codes.error(["LimitExceeded.HpcClusterQuota"], message));
        }
        let cluster = HpcClusterInfo {
            hpc_cluster_id: scene.ids.id("hpc-", Stream::HpcClusterId),
            name: self.name,
            remark: self.remark.unwrap_or_default(),
            cvm_quota_total: CLUSTER_MACHINES,
            zone: self.zone,
            create_time: scene.now.to_string(),
            hpc_cluster_type: Some(kind),
            hpc_cluster_business_id: business_id,
            tags,
            ..HpcClusterInfo::default()
        };
        scene.resources().hpc_clusters.list.push(cluster.clone());
        Ok(Outcome::Response(CreateHpcClusterResponse {
            hpc_cluster_set: vec![cluster],
            ..Self::Response::default()
        }))
    }
}
