//! CreateHpcCluster, ModifyHpcClusterAttribute and DeleteHpcClusters.

use cvm_models::actions::{
    CreateHpcCluster, CreateHpcClusterResponse, DeleteHpcClusters, DeleteHpcClustersResponse,
    ModifyHpcClusterAttribute, ModifyHpcClusterAttributeResponse,
};
use cvm_models::enums::{HpcClusterType, TagResourceType};
use cvm_models::types::HpcClusterInfo;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{CLUSTER_MACHINES, MAX_CLUSTERS};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::launch::tags;
use crate::state::RequestContext;

/// The network mode of every cluster in the documented samples.
const NET_MODE: u64 = 30;

/// Creates an empty cluster in a zone.
impl ActionHandler for CreateHpcCluster {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let kind = self.hpc_cluster_type.unwrap_or(HpcClusterType::Standard);
        let business_id = self.hpc_cluster_business_id.filter(|id| !id.is_empty());
        match (kind == HpcClusterType::Cdc, business_id.is_some()) {
            (false, true) => {
                let message = "`HpcClusterBusinessId` is only for clusters of the type CDC.";
                let code = "InvalidParameterValue.HpcClusterBusinessIdNotSupported";
                return Err(codes.error([code], message));
            }
            (true, false) => {
                let message = "A cluster of the type CDC needs `HpcClusterBusinessId`.";
                return Err(codes.error(["InvalidParameterValue"], message));
            }
            _ => {}
        }
        let tags = tags::tags(context, &self.tag_specification, &[TagResourceType::Hpc])?;
        let zone = context.zone(&self.zone)?;
        if !zone.has_hpc_clusters() {
            let message = format!("The zone `{}` offers no HPC clusters.", self.zone);
            return Err(codes.error(["UnsupportedOperation.InvalidZone"], message));
        }
        if context.resources().hpc_clusters.list.len() >= MAX_CLUSTERS {
            let message = format!(
                "The account already has {MAX_CLUSTERS} HPC clusters in this region, the maximum."
            );
            return Err(codes.error(["LimitExceeded.HpcClusterQuota"], message));
        }
        context.record_tags(&tags);
        let cluster = HpcClusterInfo {
            hpc_cluster_id: context.ids.id("hpc-", Stream::HpcClusterId),
            name: self.name,
            remark: self.remark.unwrap_or_default(),
            cvm_quota_total: CLUSTER_MACHINES,
            zone: self.zone,
            create_time: context.now.to_string(),
            hpc_cluster_type: Some(kind),
            hpc_cluster_business_id: business_id,
            hpc_cluster_net_mode: Some(NET_MODE),
            tags,
            ..HpcClusterInfo::default()
        };
        context.resources().hpc_clusters.list.push(cluster.clone());
        Ok(Outcome::Response(CreateHpcClusterResponse {
            hpc_cluster_set: vec![cluster],
            ..Self::Response::default()
        }))
    }
}

/// Changes the name or the remark.
impl ActionHandler for ModifyHpcClusterAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let mut clusters = context.resources().hpc_clusters.list.iter_mut();
        let cluster = clusters
            .find(|cluster| cluster.hpc_cluster_id == self.hpc_cluster_id)
            .ok_or_else(|| not_found(codes, &self.hpc_cluster_id))?;
        if let Some(name) = self.name {
            cluster.name = name;
        }
        if let Some(remark) = self.remark {
            cluster.remark = remark;
        }
        Ok(Outcome::Response(ModifyHpcClusterAttributeResponse::default()))
    }
}

/// Deletes empty clusters, all or none.
impl ActionHandler for DeleteHpcClusters {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let ids = &self.hpc_cluster_ids;
        let clusters = &context.resources().hpc_clusters.list;
        let is_unknown = |id: &&String| clusters.iter().all(|it| it.hpc_cluster_id != **id);
        if let Some(id) = ids.iter().find(is_unknown) {
            return Err(not_found(codes, id));
        }
        let members = context.instances.in_hpc_clusters();
        if let Some(id) = ids.iter().find(|id| members.count(id) > 0) {
            let message = format!("The HPC cluster `{id}` still contains instances.");
            return Err(codes.error(["ResourceInUse.HpcCluster"], message));
        }
        context
            .resources()
            .hpc_clusters
            .list
            .retain(|cluster| !ids.contains(&cluster.hpc_cluster_id));
        Ok(Outcome::Response(DeleteHpcClustersResponse::default()))
    }
}

fn not_found(codes: DocumentedCodes, id: &str) -> ApiError {
    let message = format!("The HPC cluster `{id}` does not exist in this region.");
    codes.error(["ResourceNotFound.HpcCluster"], message)
}
