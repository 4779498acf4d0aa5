//! The state of the emulated account: in each region its instances and its other holdings, and the
//! counters that all regions share.

mod action_timers;
mod addresses;
mod attribute;
mod bandwidth;
mod chc_hosts;
mod client_tokens;
mod context;
mod disk_change;
mod grouped;
mod hosts;
mod hpc_clusters;
mod images;
mod instances;
mod key_pairs;
mod launch_image;
mod launch_templates;
mod operation;
mod placement_groups;
mod region_resources;
mod reinstallation;
mod resource_pools;
mod schedule;
mod shared;
mod snapshots;
mod state_check;
mod stored_instance;
mod tasks;
mod term;

use std::collections::BTreeMap;

pub(crate) use action_timers::{ActionTimers, Timer};
pub(crate) use addresses::{Addresses, SubnetUse};
pub(crate) use attribute::{Attribute, NewNetwork, Subscription};
pub(crate) use bandwidth::{MOST_PERIODS, Period};
pub(crate) use chc_hosts::{ChcHosts, StoredChcHost, has_deploy_network};
pub(crate) use client_tokens::Tokens;
pub(crate) use context::RequestContext;
pub(crate) use disk_change::{DiskChange, DiskEffect};
pub(crate) use grouped::Grouped;
pub(crate) use hosts::{DedicatedHost, DedicatedHosts};
pub(crate) use hpc_clusters::{HpcClusters, with_hpc_members};
pub(crate) use images::{
    COPY_POWERED_OFF, COPY_RUNNING, COPY_STOPPED, CREATION, Creation, IMAGE_QUOTA, Images,
    OwnImage, POWEROFF,
};
pub(crate) use instances::Instances;
pub(crate) use key_pairs::KeyPairs;
pub(crate) use launch_image::{LaunchImage, System};
pub(crate) use launch_templates::{LaunchTemplates, TEMPLATE_QUOTA, Template, Version};
pub(crate) use operation::{
    CONVERT_SYSTEM, ENTER_RESCUE, ENTER_RESCUE_HARD, EXIT_RESCUE, EXIT_RESCUE_STOPPED, Effect,
    GROW_DISK, GROW_DISK_FORCED, GROW_DISK_ONLINE, LAUNCH, MODIFY, MOVE, MOVE_DISKS, MOVE_FORCED,
    Operation, REBOOT, REBOOT_HARD, RECOVER, REINSTALL, REINSTALL_FORCED, RESET_TYPE,
    RESET_TYPE_FORCED, SET_PASSWORD, SET_PASSWORD_FORCED, START, STOP, STOP_HARD, WRITE_KEYS,
    WRITE_KEYS_FORCED,
};
pub(crate) use placement_groups::{
    GROUP_QUOTA, PlacementGroups, PlacementSlot, REGROUP_FORCED, REGROUP_RUNNING, REGROUP_STOPPED,
    is_in, leave_group, room,
};
pub(crate) use region_resources::RegionResources;
pub(crate) use reinstallation::Reinstallation;
pub(crate) use resource_pools::{ResourcePack, ResourcePacks, capacity};
pub(crate) use shared::Shared;
pub(crate) use snapshots::{DiskSnapshot, Snapshots};
pub(crate) use state_check::{SETTLED, SETTLED_OR_RESCUED, admit};
pub(crate) use stored_instance::StoredInstance;
pub(crate) use tasks::{RepairTask, RepairTasks};
pub(crate) use term::Term;

use crate::clock::VirtualClock;
use crate::seeded_rng::{SeededRng, Stream};
use crate::timestamp::Timestamp;

/// Everything that commands change.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// The instances of each region.
    pub(crate) instances: BTreeMap<&'static str, Shared<Instances>>,
    /// All other resources of each region.
    pub(crate) resources: BTreeMap<&'static str, Shared<RegionResources>>,
    pub(crate) ids: IdGenerator,
}

impl State {
    pub(crate) fn new(rng: SeededRng) -> Self {
        let ids = IdGenerator { dice: rng, made: BTreeMap::new() };
        Self { instances: BTreeMap::new(), resources: BTreeMap::new(), ids }
    }

    /// Applies everything that is due in a region.
    pub(crate) fn apply_due(&mut self, region: &'static str, clock: &VirtualClock, now: Timestamp) {
        let instances = self.instances.entry(region).or_default();
        let resources = self.resources.entry(region).or_default();
        schedule::apply_due(instances, resources, clock, now);
        if resources.dedicated_hosts.is_due(now) {
            resources.dedicated_hosts.settle(now);
        }
        if resources.resource_packs.is_due(now) {
            resources.resource_packs.settle(now);
        }
    }
}

/// Makes identifiers, no two alike in any region.
#[derive(Clone, Debug)]
pub(crate) struct IdGenerator {
    dice: SeededRng,
    made: BTreeMap<Stream, u64>,
}

impl IdGenerator {
    /// The next identifier of a kind: the prefix and eight letters and digits.
    pub(crate) fn id(&mut self, prefix: &str, purpose: Stream) -> String {
        let place = self.place(purpose);
        self.dice.id(prefix, purpose, place)
    }

    /// The next random number of a kind.
    pub(crate) fn number(&mut self, purpose: Stream) -> u64 {
        let place = self.place(purpose);
        self.dice.next(purpose, place)
    }

    /// An id and a uuid for a new instance.
    pub(crate) fn instance(&mut self) -> (String, String) {
        let place = self.place(Stream::InstanceId);
        (self.dice.id("ins-", Stream::InstanceId, place), self.dice.uuid(Stream::Uuid, place))
    }

    /// An id for a new disk.
    pub(crate) fn disk(&mut self) -> String {
        self.id("disk-", Stream::DiskId)
    }

    /// The network that an account has from the start: its id, and its subnet in a zone.
    pub(crate) fn default_network(&self, zone_id: u64) -> (String, String) {
        let vpc = self.dice.id("vpc-", Stream::Vpc, zone_id / 10_000);
        (vpc, self.dice.id("subnet-", Stream::Subnet, zone_id))
    }

    /// A token for the console of an instance. It follows from the id of the request, so that a read draws nothing
    /// that another request would have drawn.
    pub(crate) fn console_token(&self, request_id: &str) -> String {
        self.dice.token(Stream::ConsoleToken, request_id)
    }

    fn place(&mut self, purpose: Stream) -> u64 {
        let made = self.made.entry(purpose).or_default();
        let place = *made;
        *made += 1;
        place
    }
}
