//! What an account has in one region beside its instances.

use crate::state::{
    ActionTimers, ChcHosts, DedicatedHosts, HpcClusters, Images, KeyPairs, LaunchTemplates,
    PlacementGroups, RepairTasks, ResourcePacks, Shared,
};

/// One region's.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegionResources {
    pub(crate) action_timers: Shared<ActionTimers>,
    pub(crate) chc_hosts: Shared<ChcHosts>,
    pub(crate) dedicated_hosts: Shared<DedicatedHosts>,
    pub(crate) hpc_clusters: Shared<HpcClusters>,
    pub(crate) images: Shared<Images>,
    pub(crate) key_pairs: Shared<KeyPairs>,
    pub(crate) launch_templates: Shared<LaunchTemplates>,
    pub(crate) placement_groups: Shared<PlacementGroups>,
    pub(crate) repair_tasks: Shared<RepairTasks>,
    pub(crate) resource_packs: Shared<ResourcePacks>,
}
