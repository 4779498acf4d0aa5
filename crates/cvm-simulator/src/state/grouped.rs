//! The instances of a region in each resource of a kind, from the index.

use std::sync::Arc;

use crate::state::{IndexKey, Instances, StoredInstance};

/// The instances of each group, by the id of the group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grouped<'a> {
    instances: &'a Instances,
    key: fn(Arc<str>) -> IndexKey,
}

impl<'a> Grouped<'a> {
    /// The instances of a group, the newest first.
    pub(crate) fn members(self, group_id: &str) -> impl Iterator<Item = &'a StoredInstance> {
        self.instances.with_key((self.key)(group_id.into()))
    }

    /// The number of instances of a group.
    pub(crate) fn count(self, group_id: &str) -> u64 {
        self.instances.count(&[vec![(self.key)(group_id.into())]])
    }

    /// The ids of the instances of a group, the newest first.
    pub(crate) fn member_ids(self, group_id: &str) -> Vec<String> {
        self.members(group_id).map(|instance| instance.id.to_string()).collect()
    }
}

impl Instances {
    /// The instances on each dedicated host.
    pub(crate) fn on_hosts(&self) -> Grouped<'_> {
        Grouped { instances: self, key: IndexKey::Host }
    }

    /// The instances in each resource pack.
    pub(crate) fn in_packs(&self) -> Grouped<'_> {
        Grouped { instances: self, key: IndexKey::ResourcePack }
    }

    /// The instances in each placement group.
    pub(crate) fn in_placement_groups(&self) -> Grouped<'_> {
        Grouped { instances: self, key: IndexKey::PlacementGroup }
    }

    /// The instances in each HPC cluster.
    pub(crate) fn in_hpc_clusters(&self) -> Grouped<'_> {
        Grouped { instances: self, key: IndexKey::HpcCluster }
    }

    /// The instances that each key pair opens.
    pub(crate) fn by_key_pair(&self) -> Grouped<'_> {
        Grouped { instances: self, key: IndexKey::KeyPair }
    }
}
