//! The state of an account: in each region its instances and its other resources; the key pairs, the tags and the
//! counters of ids, which all regions share.

use std::collections::BTreeMap;
use std::fmt;

use crate::ids::{IdGenerator, SeededRng};
use crate::state::{
    AccountTags, ActionTimers, ChcHosts, DedicatedHosts, Disks, ElasticIps, HpcClusters, Images,
    Instances, KeyPairs, LaunchTemplates, PlacementGroups, Quotas, RepairTasks, ResourcePacks,
    SecurityGroups, Shared,
};

/// Everything that the commands of an account change.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// The instances of each region.
    pub(crate) instances: BTreeMap<&'static str, Shared<Instances>>,
    /// All other resources of each region.
    pub(crate) resources: BTreeMap<&'static str, Shared<RegionResources>>,
    /// The key pairs of the account, in no region.
    pub(crate) key_pairs: Shared<KeyPairs>,
    /// The tags of the account, with those that no resource has.
    pub(crate) tags: Shared<AccountTags>,
    pub(crate) quotas: Quotas,
    pub(crate) ids: IdGenerator,
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        let ids = IdGenerator::new(SeededRng::new(seed));
        Self {
            instances: BTreeMap::new(),
            resources: BTreeMap::new(),
            key_pairs: Shared::default(),
            tags: Shared::default(),
            quotas: Quotas::default(),
            ids,
        }
    }

    /// The instances of a region.
    pub(crate) fn instances_of(&mut self, region: &'static str) -> &mut Shared<Instances> {
        let new = || Shared::new(Instances::new(self.ids.creation_order()));
        self.instances.entry(region).or_insert_with(new)
    }
}

/// The states of all accounts, for what one account shares with another. That of the account whose request is handled
/// may be missing.
pub(crate) trait Accounts: fmt::Debug {
    /// The states, in the order of the accounts.
    fn states(&self) -> Box<dyn Iterator<Item = &State> + '_>;
}

/// The resources of one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegionResources {
    pub(crate) action_timers: Shared<ActionTimers>,
    pub(crate) chc_hosts: Shared<ChcHosts>,
    pub(crate) dedicated_hosts: Shared<DedicatedHosts>,
    pub(crate) disks: Shared<Disks>,
    pub(crate) elastic_ips: Shared<ElasticIps>,
    pub(crate) hpc_clusters: Shared<HpcClusters>,
    pub(crate) images: Shared<Images>,
    pub(crate) launch_templates: Shared<LaunchTemplates>,
    pub(crate) placement_groups: Shared<PlacementGroups>,
    pub(crate) repair_tasks: Shared<RepairTasks>,
    pub(crate) resource_packs: Shared<ResourcePacks>,
    pub(crate) security_groups: Shared<SecurityGroups>,
}
