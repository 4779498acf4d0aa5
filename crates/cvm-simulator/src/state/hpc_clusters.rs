//! HPC clusters in one region.

use cvm_models::types::HpcClusterInfo;

use crate::state::{Grouped, TagList, Tagged, TaggedItems};

/// The HPC clusters of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct HpcClusters {
    /// In the form of the API without their instances, in the order of creation.
    pub(crate) list: Vec<HpcClusterInfo>,
}

impl Tagged for HpcClusters {
    fn all(&self) -> TaggedItems<'_> {
        Box::new(self.list.iter().map(|it| (&*it.hpc_cluster_id, &it.tags as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        let mut clusters = self.list.iter_mut();
        Some(&mut clusters.find(|cluster| cluster.hpc_cluster_id == id)?.tags)
    }
}

/// A cluster in the form of the API, with its instances. They are found through the cluster id of each instance.
pub(crate) fn with_hpc_members(cluster: &HpcClusterInfo, members: &Grouped<'_>) -> HpcClusterInfo {
    let instance_ids = members.member_ids(&cluster.hpc_cluster_id);
    HpcClusterInfo { current_num: instance_ids.len() as u64, instance_ids, ..cluster.clone() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::state::{Instances, StoredInstance};

    #[test]
    fn cluster_lists_the_instances_in_it() {
        let mut instances = Instances::default();
        for (id, cluster_id) in
            [("ins-1", Some("hpc-1")), ("ins-2", None), ("ins-3", Some("hpc-1"))]
        {
            instances.insert(StoredInstance {
                id: id.into(),
                hpc_cluster_id: cluster_id.map(Arc::from),
                ..StoredInstance::default()
            });
        }
        let cluster =
            HpcClusterInfo { hpc_cluster_id: "hpc-1".to_owned(), ..HpcClusterInfo::default() };
        let api = with_hpc_members(&cluster, &instances.in_hpc_clusters());
        assert_eq!((api.current_num, api.instance_ids.len()), (2, 2));
        assert_eq!(api.instance_ids, ["ins-3", "ins-1"]);
    }
}
