//! The clusters for high-performance computing, in one region.

use cvm_models::types::HpcClusterInfo;

use crate::state::Grouped;

/// The clusters for high-performance computing.
#[derive(Clone, Debug, Default)]
pub(crate) struct HpcClusters {
    /// As the API shows them, without their machines, in the order in which they were made.
    pub(crate) list: Vec<HpcClusterInfo>,
}

/// A cluster as the API shows it, with its machines: those that say so, as long as they exist at all.
pub(crate) fn with_hpc_members(cluster: &HpcClusterInfo, members: &Grouped<'_>) -> HpcClusterInfo {
    let instance_ids = members.member_ids(&cluster.hpc_cluster_id);
    HpcClusterInfo { current_num: instance_ids.len() as u64, instance_ids, ..cluster.clone() }
}

#[cfg(test)]
mod tests {
    use cvm_models::types::Instance;

    use super::*;
    use crate::state::{Instances, StoredInstance};

    #[test]
    fn cluster_lists_the_instances_in_it() {
        let mut instances = Instances::default();
        for (id, cluster_id) in [("ins-1", "hpc-1"), ("ins-2", ""), ("ins-3", "hpc-1")] {
            let api = Instance {
                instance_id: id.to_owned(),
                hpc_cluster_id: cluster_id.to_owned(),
                ..Instance::default()
            };
            instances.insert(StoredInstance::new(api));
        }
        let cluster =
            HpcClusterInfo { hpc_cluster_id: "hpc-1".to_owned(), ..HpcClusterInfo::default() };
        let api = with_hpc_members(&cluster, &instances.in_hpc_clusters());
        assert_eq!((api.current_num, api.instance_ids.len()), (2, 2));
        assert_eq!(api.instance_ids, ["ins-3", "ins-1"]);
    }
}
