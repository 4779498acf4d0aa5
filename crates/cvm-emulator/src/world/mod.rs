//! The state of the emulated account: one store a region, and the counters that all regions share.

mod address;
mod admission;
mod course;
mod machine;
mod scene;
mod store;
mod token;

use std::collections::BTreeMap;

pub(crate) use address::{Addresses, SubnetUse};
pub(crate) use admission::admit;
pub(crate) use course::{
    Change, Course, ISOLATE, LAUNCH, REBOOT, REBOOT_HARD, RESET_TYPE, RESET_TYPE_FORCED, START,
    STOP, STOP_HARD, TERMINATE,
};
pub(crate) use machine::Machine;
pub(crate) use scene::Scene;
pub(crate) use store::Store;
pub(crate) use token::{Remembered, Tokens};

use crate::Moment;
use crate::clock::Clock;
use crate::dice::{Dice, Purpose};

/// Everything that requests change.
#[derive(Debug)]
pub(crate) struct World {
    stores: BTreeMap<&'static str, Store>,
    mint: Mint,
}

impl World {
    pub(crate) fn new(dice: Dice) -> Self {
        Self { stores: BTreeMap::new(), mint: Mint { dice, instances: 0, disks: 0 } }
    }

    /// The store of a region and the counters, after everything that was due has happened.
    pub(crate) fn region(
        &mut self,
        region: &'static str,
        clock: &Clock,
        now: Moment,
    ) -> (&mut Store, &mut Mint) {
        let store = self.stores.entry(region).or_default();
        store.settle(clock, now);
        (store, &mut self.mint)
    }
}

/// Makes identifiers, no two alike in any region.
#[derive(Debug)]
pub(crate) struct Mint {
    dice: Dice,
    instances: u64,
    disks: u64,
}

impl Mint {
    /// An id and a uuid for a new instance.
    pub(crate) fn instance(&mut self) -> (String, String) {
        let place = self.instances;
        self.instances += 1;
        (self.dice.id("ins-", Purpose::InstanceId, place), self.dice.uuid(Purpose::Uuid, place))
    }

    /// An id for a new disk.
    pub(crate) fn disk(&mut self) -> String {
        let place = self.disks;
        self.disks += 1;
        self.dice.id("disk-", Purpose::DiskId, place)
    }

    /// The network that an account has from the start: its id, and its subnet in a zone.
    pub(crate) fn default_network(&self, zone_id: u64) -> (String, String) {
        let vpc = self.dice.id("vpc-", Purpose::Vpc, zone_id / 10_000);
        (vpc, self.dice.id("subnet-", Purpose::Subnet, zone_id))
    }
}
