//! Groups the instances of a region by a resource that they are in: once for a request, however many resources it
//! reads.

use std::collections::HashMap;

use crate::state::{Instances, StoredInstance};

/// The instances of each group, by the id of the group.
#[derive(Debug, Default)]
pub(crate) struct Grouped<'a>(HashMap<&'a str, Vec<&'a StoredInstance>>);

impl<'a> Grouped<'a> {
    /// The instances of a group, the newest first.
    pub(crate) fn members(&self, group_id: &str) -> &[&'a StoredInstance] {
        self.0.get(group_id).map_or(&[], Vec::as_slice)
    }

    /// The ids of the instances of a group, the newest first.
    pub(crate) fn member_ids(&self, group_id: &str) -> Vec<String> {
        self.members(group_id).iter().map(|instance| instance.id.to_string()).collect()
    }
}

impl Instances {
    /// The instances on each dedicated host.
    pub(crate) fn on_hosts(&self) -> Grouped<'_> {
        self.grouped(StoredInstance::host_id)
    }

    /// The instances in each resource pack.
    pub(crate) fn in_packs(&self) -> Grouped<'_> {
        self.grouped(|instance| instance.pack().map(|pack| &*pack.pack_id))
    }

    /// The instances in each placement group.
    pub(crate) fn in_placement_groups(&self) -> Grouped<'_> {
        self.grouped(|instance| instance.placement_group.as_deref())
    }

    /// The instances in each HPC cluster.
    pub(crate) fn in_hpc_clusters(&self) -> Grouped<'_> {
        self.grouped(|instance| instance.hpc_cluster_id.as_deref())
    }

    /// The instances that each key pair opens.
    pub(crate) fn by_key_pair(&self) -> Grouped<'_> {
        self.grouped(|instance| instance.key_ids.iter().map(|id| &**id))
    }

    fn grouped<'a, G: IntoIterator<Item = &'a str>>(
        &'a self,
        groups_of: impl Fn(&'a StoredInstance) -> G,
    ) -> Grouped<'a> {
        let mut grouped = Grouped::default();
        for instance in self.newest_first() {
            for group_id in groups_of(instance) {
                grouped.0.entry(group_id).or_default().push(instance);
            }
        }
        grouped
    }
}
