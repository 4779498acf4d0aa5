//! Resource packs in one region. The state of a pack is a function of the time, and its free resources are computed
//! from the instances in it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use cvm_models::enums::ResourcePoolPackStatus;
use cvm_models::types::{ResourceCount, ResourcePoolPack};

use crate::clock::VirtualClock;
use crate::parameters::distinct;
use crate::state::term::{HasTerm, TermList};
use crate::state::{Grouped, StoredInstance, Term};
use crate::timestamp::Timestamp;
use crate::visits::count_one;

/// How long the setup of a pack takes.
const SETUP_TIME: Duration = Duration::from_secs(30);

/// The resource packs of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResourcePacks {
    pub(crate) packs: TermList<ResourcePack>,
    /// The number of packs ever bought.
    bought: u64,
}

/// A resource pack.
#[derive(Clone, Debug)]
pub(crate) struct ResourcePack {
    /// Its index among all packs ever bought in the region.
    pub(crate) serial: u64,
    /// The pack in the form of the API, without members that depend on the time and on its instances.
    pub(crate) item: ResourcePoolPack,
    /// When it is set up.
    ready: Timestamp,
    term: Term,
}

impl ResourcePacks {
    /// Adds a bought pack.
    pub(crate) fn insert(
        &mut self,
        item: ResourcePoolPack,
        term: Term,
        (clock, now): (&VirtualClock, Timestamp),
    ) {
        let ready = now.after(clock.delay(SETUP_TIME));
        let pack = ResourcePack { serial: self.bought, item, ready, term };
        self.packs.push(pack);
        self.bought += 1;
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &ResourcePack> {
        self.packs.list().iter().rev().inspect(|_| count_one())
    }

    /// The packs with these ids, each once, or the first unknown id.
    pub(crate) fn find<'a>(&self, ids: &'a [String]) -> Result<Vec<&ResourcePack>, &'a str> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let known: HashMap<&str, &ResourcePack> =
            self.newest_first().map(|pack| (pack.id(), pack)).collect();
        let find = |id: &'a String| known.get(id.as_str()).copied().ok_or(id.as_str());
        distinct(ids).into_iter().map(find).collect()
    }

    /// When the next pack is set up, or the next term ends.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let ready = self.packs.list().iter().map(|pack| pack.ready).filter(|ready| *ready > now);
        ready.chain(self.packs.next_due()).min()
    }

    /// Removes packs. Their instances continue in the public pool.
    pub(crate) fn remove(&mut self, ids: &HashSet<&str>, now: Timestamp) {
        self.packs.at(now).retain(|pack| !ids.contains(pack.id()));
    }
}

impl HasTerm for ResourcePack {
    /// An ended pack stays in the list as retired.
    const RETENTION: Option<Duration> = None;

    fn term(&mut self) -> &mut Term {
        &mut self.term
    }
}

impl ResourcePack {
    pub(crate) fn id(&self) -> &str {
        &self.item.dedicated_resource_pack_id
    }

    pub(crate) fn status(&self, now: Timestamp) -> ResourcePoolPackStatus {
        if self.term.is_over(now) {
            ResourcePoolPackStatus::Retired
        } else if now < self.ready {
            ResourcePoolPackStatus::Creating
        } else {
            ResourcePoolPackStatus::Active
        }
    }

    /// How many such instances still fit, up to `max`.
    pub(crate) fn room_for(
        &self,
        instance: &StoredInstance,
        max: u64,
        (in_packs, now): (&Grouped<'_>, Timestamp),
    ) -> u64 {
        let free = self.api(in_packs, now).available_capacity;
        let fits = |count: &u64| {
            let taken = |amount: i64| u64::try_from(amount).unwrap_or(0).saturating_mul(*count);
            taken(instance.vcpus) <= free.cpu.unwrap_or(0)
                && taken(instance.memory_gib) <= free.memory.unwrap_or(0)
        };
        (1..=max).take_while(fits).count() as u64
    }

    /// The pack in the form of the API at this time. Only an active one has free capacity.
    pub(crate) fn api(&self, in_packs: &Grouped<'_>, now: Timestamp) -> ResourcePoolPack {
        let status = self.status(now);
        let (mut cpu, mut memory) = (0, 0);
        if status == ResourcePoolPackStatus::Active {
            let total = &self.item.total_capacity;
            let taken = |amount: i64| u64::try_from(amount).unwrap_or(0);
            (cpu, memory) = (total.cpu.unwrap_or(0), total.memory.unwrap_or(0));
            for instance in in_packs.members(self.id()) {
                cpu = cpu.saturating_sub(taken(instance.vcpus));
                memory = memory.saturating_sub(taken(instance.memory_gib));
            }
        }
        ResourcePoolPack {
            status,
            available_capacity: capacity(cpu, memory),
            renew_flag: self.term.renewal.clone(),
            end_time: self.term.ends.to_string(),
            ..self.item.clone()
        }
    }
}

/// A capacity of vCPUs and memory. No pack has cards or disks.
pub(crate) fn capacity(cpu: u64, memory: u64) -> ResourceCount {
    ResourceCount {
        cpu: Some(cpu),
        memory: Some(memory),
        gpu: Some(0),
        disk: Some(0),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cvm_models::enums::{DedicatedResourcePackTenancy, RenewFlag};

    use super::*;
    use crate::clock::TimeMode;
    use crate::state::{Instances, PackPlacement, Pool};

    #[test]
    fn instances_reduce_the_capacity_of_their_pack() {
        let now = Timestamp::from_unix(0);
        let clock = VirtualClock::new(TimeMode::Instant, now);
        let mut packs = ResourcePacks::default();
        let item = ResourcePoolPack {
            dedicated_resource_pack_id: "rpp-1".to_owned(),
            total_capacity: capacity(16, 32),
            ..ResourcePoolPack::default()
        };
        let term = Term::new(now, 1, RenewFlag::NotifyAndManualRenew);
        packs.insert(item, term, (&clock, now));
        let mut instances = Instances::default();
        for (id, pack_id) in [("ins-1", "rpp-1"), ("ins-2", "rpp-2")] {
            let placement = PackPlacement {
                pack_id: pack_id.into(),
                tenancy: DedicatedResourcePackTenancy::ResourcePool,
                rack_id: "rack-1".into(),
            };
            instances.insert(StoredInstance {
                id: id.into(),
                pool: Pool::ResourcePack(Arc::new(placement)),
                vcpus: 4,
                memory_gib: 8,
                ..StoredInstance::default()
            });
        }
        let pack = packs.newest_first().find(|pack| pack.id() == "rpp-1").unwrap();
        let in_packs = instances.in_packs();
        assert_eq!(in_packs.member_ids("rpp-1"), ["ins-1"]);
        assert_eq!(pack.api(&in_packs, now).available_capacity, capacity(12, 24));
    }
}
