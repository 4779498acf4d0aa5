//! DescribeHpcClusters: lists clusters, filtered, the newest first, in pages.

use cvm_models::actions::{DescribeHpcClusters, DescribeHpcClustersResponse};
use cvm_models::enums::HpcClusterType;
use cvm_models::types::HpcClusterInfo;

use crate::api_error::ApiError;
use crate::filter::{Filters, IdFilter, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{Grouped, RequestContext, with_hpc_members};

impl ActionHandler for DescribeHpcClusters {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let filters = Filters::of((codes, context.now), &self.filters, FILTERS)?;
        let page = Page::of(codes.0, self.offset, self.limit);
        let limit = self.limit.or(codes.0.paginate.map(|page| page.default_limit));
        if limit.is_some_and(|limit| self.hpc_cluster_ids.len() as u64 > limit) {
            let message = "There are more `HpcClusterIds` than `Limit` allows.";
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        if let Some(name) = self.zone.as_deref()
            && !context.zone(name)?.has_hpc_clusters()
        {
            let message = format!("The zone `{name}` offers no HPC clusters.");
            return Err(codes.error(["UnsupportedOperation.InvalidZone"], message));
        }
        let resources = context.regions.entry(context.region.name).or_default();
        let members = context.instances.in_hpc_clusters();
        let ids = IdFilter::new(&self.hpc_cluster_ids);
        let passing = resources.hpc_clusters.list.iter().rev().filter(|cluster| {
            ids.includes(&cluster.hpc_cluster_id)
                && matches(&self, cluster, &members)
                && filters.match_item(cluster)
        });
        let (hpc_cluster_set, total) =
            page.cut(passing, |cluster| with_hpc_members(cluster, &members));
        Ok(Outcome::Response(DescribeHpcClustersResponse {
            hpc_cluster_set,
            total_count: total.unsigned_abs(),
            ..Self::Response::default()
        }))
    }
}

const FILTERS: &Tests<HpcClusterInfo> = &[
    ("tag-key", |filter, cluster, _| tags::api_tags_match(filter, &cluster.tags)),
    ("tag-value", |filter, cluster, _| tags::api_tags_match(filter, &cluster.tags)),
    ("tag:tag-key", |filter, cluster, _| tags::api_tags_match(filter, &cluster.tags)),
];

/// Whether a cluster matches the members of a request that are not filters.
fn matches(request: &DescribeHpcClusters, cluster: &HpcClusterInfo, members: &Grouped<'_>) -> bool {
    let ids = &request.hpc_cluster_ids;
    let kind = match &request.hpc_cluster_type {
        None if ids.is_empty() => Some(&HpcClusterType::Standard),
        requested => requested.as_ref(),
    };
    let business_id = request.hpc_cluster_business_id.as_deref();
    kind.is_none_or(|kind| cluster.hpc_cluster_type.as_ref() == Some(kind))
        && request.name.as_deref().is_none_or(|name| cluster.name == name)
        && request.zone.as_deref().is_none_or(|zone| cluster.zone == zone)
        && business_id.is_none_or(|id| cluster.hpc_cluster_business_id.as_deref() == Some(id))
        && request.instance_type.as_deref().is_none_or(|kind| {
            let mut members = members.members(&cluster.hpc_cluster_id);
            members.any(|instance| *instance.instance_type == *kind)
        })
}
