//! What an account has in one region beside its instances.

use crate::state::{
    ActionTimers, ChcHosts, DedicatedHosts, HpcClusters, Images, KeyPairs, LaunchTemplates,
    PlacementGroups, RepairTasks, ResourcePacks,
};

/// One region's.
#[derive(Debug, Default)]
pub(crate) struct RegionResources {
    pub(crate) action_timers: ActionTimers,
    pub(crate) chc_hosts: ChcHosts,
    pub(crate) dedicated_hosts: DedicatedHosts,
    pub(crate) hpc_clusters: HpcClusters,
    pub(crate) images: Images,
    pub(crate) key_pairs: KeyPairs,
    pub(crate) launch_templates: LaunchTemplates,
    pub(crate) placement_groups: PlacementGroups,
    pub(crate) repair_tasks: RepairTasks,
    pub(crate) resource_packs: ResourcePacks,
}
