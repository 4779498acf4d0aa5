//! The state of the emulated account: in each region its instances and its other holdings, and the
//! counters that all regions share.

mod action_timers;
mod address;
mod admission;
mod attribute;
mod bandwidth;
mod bootable;
mod chc_hosts;
mod course;
mod dedicated_hosts;
mod disk_change;
mod grouped;
mod holdings;
mod hpc_clusters;
mod images;
mod key_pairs;
mod launch_templates;
mod machine;
mod placement_groups;
mod reinstallation;
mod repair_tasks;
mod resource_packs;
mod scene;
mod schedule;
mod snapshots;
mod store;
mod system;
mod term;
mod token;

use std::collections::BTreeMap;

pub(crate) use action_timers::{ActionTimers, Timer};
pub(crate) use address::{Addresses, SubnetUse};
pub(crate) use admission::admit;
pub(crate) use attribute::{Attribute, NewNetwork, Subscription};
pub(crate) use bandwidth::{MOST_PERIODS, Period};
pub(crate) use bootable::Bootable;
pub(crate) use chc_hosts::{BroughtHost, ChcHosts, has_deploy_network};
pub(crate) use course::{
    CONVERT_SYSTEM, Change, Course, ENTER_RESCUE, ENTER_RESCUE_HARD, EXIT_RESCUE,
    EXIT_RESCUE_STOPPED, GROW_DISK, GROW_DISK_FORCED, GROW_DISK_ONLINE, LAUNCH, MODIFY, MOVE,
    MOVE_DISKS, MOVE_FORCED, REBOOT, REBOOT_HARD, RECOVER, REINSTALL, REINSTALL_FORCED, RESET_TYPE,
    RESET_TYPE_FORCED, SET_PASSWORD, SET_PASSWORD_FORCED, START, STOP, STOP_HARD, WRITE_KEYS,
    WRITE_KEYS_FORCED,
};
pub(crate) use dedicated_hosts::{DedicatedHost, DedicatedHosts};
pub(crate) use disk_change::{Becomes, DiskChange};
pub(crate) use grouped::Grouped;
pub(crate) use holdings::Holdings;
pub(crate) use hpc_clusters::{HpcClusters, with_hpc_members};
pub(crate) use images::{
    COPY_POWERED_OFF, COPY_RUNNING, COPY_STOPPED, CREATION, IMAGE_QUOTA, Images, Making, OwnImage,
    POWEROFF,
};
pub(crate) use key_pairs::KeyPairs;
pub(crate) use launch_templates::{LaunchTemplates, TEMPLATE_QUOTA, Template, Version};
pub(crate) use machine::Machine;
pub(crate) use placement_groups::{
    GROUP_QUOTA, PlacementGroups, REGROUP_FORCED, REGROUP_RUNNING, REGROUP_STOPPED, Seat, is_in,
    leave_group, room,
};
pub(crate) use reinstallation::Reinstallation;
pub(crate) use repair_tasks::{RepairTask, RepairTasks};
pub(crate) use resource_packs::{ResourcePack, ResourcePacks, capacity};
pub(crate) use scene::Scene;
pub(crate) use snapshots::{DiskSnapshot, Snapshots};
pub(crate) use store::Store;
pub(crate) use system::System;
pub(crate) use term::Term;
pub(crate) use token::Tokens;

use crate::Moment;
use crate::clock::Clock;
use crate::dice::{Dice, Purpose};

/// Everything that requests change.
#[derive(Debug)]
pub(crate) struct World {
    stores: BTreeMap<&'static str, Store>,
    holdings: BTreeMap<&'static str, Holdings>,
    mint: Mint,
}

/// What one request sees of the world: the instances of its region, and the rest everywhere, since an
/// image may go to another region.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) holdings: &'a mut BTreeMap<&'static str, Holdings>,
    pub(crate) mint: &'a mut Mint,
}

impl World {
    pub(crate) fn new(dice: Dice) -> Self {
        let mint = Mint { dice, made: BTreeMap::new() };
        Self { stores: BTreeMap::new(), holdings: BTreeMap::new(), mint }
    }

    /// What a request to a region sees, after everything that was due there has happened.
    pub(crate) fn region(&mut self, region: &'static str, clock: &Clock, now: Moment) -> View<'_> {
        let store = self.stores.entry(region).or_default();
        let holdings = self.holdings.entry(region).or_default();
        schedule::settle(store, holdings, clock, now);
        holdings.dedicated_hosts.settle(now);
        holdings.resource_packs.settle(now);
        View { store, holdings: &mut self.holdings, mint: &mut self.mint }
    }
}

/// Makes identifiers, no two alike in any region.
#[derive(Debug)]
pub(crate) struct Mint {
    dice: Dice,
    made: BTreeMap<Purpose, u64>,
}

impl Mint {
    /// The next identifier of a kind: the prefix and eight letters and digits.
    pub(crate) fn id(&mut self, prefix: &str, purpose: Purpose) -> String {
        let place = self.place(purpose);
        self.dice.id(prefix, purpose, place)
    }

    /// The next random number of a kind.
    pub(crate) fn number(&mut self, purpose: Purpose) -> u64 {
        let place = self.place(purpose);
        self.dice.draw(purpose, place)
    }

    /// An id and a uuid for a new instance.
    pub(crate) fn instance(&mut self) -> (String, String) {
        let place = self.place(Purpose::InstanceId);
        (self.dice.id("ins-", Purpose::InstanceId, place), self.dice.uuid(Purpose::Uuid, place))
    }

    /// An id for a new disk.
    pub(crate) fn disk(&mut self) -> String {
        self.id("disk-", Purpose::DiskId)
    }

    /// The network that an account has from the start: its id, and its subnet in a zone.
    pub(crate) fn default_network(&self, zone_id: u64) -> (String, String) {
        let vpc = self.dice.id("vpc-", Purpose::Vpc, zone_id / 10_000);
        (vpc, self.dice.id("subnet-", Purpose::Subnet, zone_id))
    }

    fn place(&mut self, purpose: Purpose) -> u64 {
        let made = self.made.entry(purpose).or_default();
        let place = *made;
        *made += 1;
        place
    }
}
