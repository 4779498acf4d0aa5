//! Dedicated hosts in one region.
//!
//! The state of a host is a function of the time: it is set up, runs until its term ends, and is removed some days
//! later. Its free resources are computed from the instances on it.

use std::time::Duration;

use cvm_models::enums::HostState;
use cvm_models::types::{HostItem, HostResource};

use crate::clock::VirtualClock;
use crate::state::term::{HasTerm, TermList};
use crate::state::{Grouped, StoredInstance, TagList, Tagged, TaggedItems, Term, Tokens};
use crate::timestamp::Timestamp;

/// How long the setup of a host takes.
const SETUP_TIME: Duration = Duration::from_secs(60);

/// How long a host can be renewed after its term.
const RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// The dedicated hosts of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct DedicatedHosts {
    pub(crate) hosts: TermList<DedicatedHost>,
    pub(crate) tokens: Tokens,
}

/// A dedicated host.
#[derive(Clone, Debug)]
pub(crate) struct DedicatedHost {
    /// The host in the form of the API, without members that depend on the time and on its instances. All of its
    /// resources are free.
    pub(crate) item: HostItem,
    /// When it is set up.
    ready: Timestamp,
    pub(crate) term: Term,
}

impl HasTerm for DedicatedHost {
    const RETENTION: Option<Duration> = Some(RETENTION);

    fn term(&mut self) -> &mut Term {
        &mut self.term
    }
}

impl Tagged for DedicatedHosts {
    fn all(&self) -> TaggedItems<'_> {
        let hosts = self.hosts.list().iter();
        Box::new(hosts.map(|it| (&*it.item.host_id, &it.item.tags as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        let mut hosts = self.hosts.iter_mut();
        Some(&mut hosts.find(|host| host.item.host_id == id)?.item.tags)
    }
}

impl DedicatedHosts {
    /// When the next host is set up, or the next term ends.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let ready = self.hosts.list().iter().map(|host| host.ready).filter(|ready| *ready > now);
        ready.chain(self.hosts.next_due()).min()
    }
}

impl DedicatedHost {
    /// A new host.
    pub(crate) fn new(item: HostItem, term: Term, clock: &VirtualClock, now: Timestamp) -> Self {
        Self { item, ready: now.after(clock.delay(SETUP_TIME)), term }
    }

    pub(crate) fn state(&self, now: Timestamp) -> HostState {
        if self.term.is_over(now) {
            HostState::Expired
        } else if now < self.ready {
            HostState::Pending
        } else {
            HostState::Running
        }
    }

    /// Whether such an instance fits on the empty host.
    pub(crate) fn can_carry(&self, instance: &StoredInstance) -> bool {
        has_room_for(&self.item.host_resource, instance, 1)
    }

    /// How many such instances still fit, up to `max`.
    pub(crate) fn room_for(
        &self,
        instance: &StoredInstance,
        max: u64,
        (on_hosts, now): (&Grouped<'_>, Timestamp),
    ) -> u64 {
        let free = self.api(on_hosts, now).host_resource;
        (1..=max).take_while(|count| has_room_for(&free, instance, *count)).count() as u64
    }

    /// The host in the form of the API, with the instances on it.
    pub(crate) fn api(&self, on_hosts: &Grouped<'_>, now: Timestamp) -> HostItem {
        let mut api = self.item.clone();
        api.host_state = self.state(now);
        api.renew_flag = self.term.renewal.clone();
        api.expired_time = self.term.ends.to_string();
        let resource = &mut api.host_resource;
        for instance in on_hosts.members(&self.item.host_id) {
            let taken = |amount: i64| u64::try_from(amount).unwrap_or(0);
            resource.cpu_available = resource.cpu_available.saturating_sub(taken(instance.vcpus));
            resource.mem_available -= instance.memory_gib as f64;
            let disks = taken(local_disks_gib(instance));
            resource.disk_available = resource.disk_available.saturating_sub(disks);
            api.instance_ids.push(instance.id.to_string());
        }
        api
    }
}

/// Whether this many such instances fit into the free resources.
fn has_room_for(free: &HostResource, instance: &StoredInstance, count: u64) -> bool {
    let taken = |amount: i64| u64::try_from(amount).unwrap_or(0).saturating_mul(count);
    taken(instance.vcpus) <= free.cpu_available
        && taken(instance.memory_gib) as f64 <= free.mem_available
        && taken(local_disks_gib(instance)) <= free.disk_available
}

/// The local disk size that an instance takes from its host.
fn local_disks_gib(instance: &StoredInstance) -> i64 {
    instance.disks().filter(|disk| disk.is_local()).map(|disk| disk.gib).sum()
}

#[cfg(test)]
mod tests {
    use cvm_models::enums::{DiskType, RenewFlag};

    use super::*;
    use crate::state::{Instances, Pool, StoredDisk};

    #[test]
    fn instances_reduce_the_resources_of_their_host() {
        let resource = HostResource {
            cpu_total: 40,
            cpu_available: 40,
            mem_total: 200.0,
            mem_available: 200.0,
            disk_total: 1000,
            disk_available: 1000,
            ..HostResource::default()
        };
        let item = HostItem {
            host_id: "host-1".to_owned(),
            host_resource: resource,
            ..HostItem::default()
        };
        let now = Timestamp::from_unix(0);
        let term = Term::new(now, 1, RenewFlag::NotifyAndManualRenew);
        let host = DedicatedHost { item, ready: now, term };
        let mut instances = Instances::default();
        for (id, host_id) in [("ins-1", "host-1"), ("ins-2", "host-2"), ("ins-3", "host-1")] {
            instances.insert(StoredInstance {
                id: id.into(),
                pool: Pool::DedicatedHost(host_id.into()),
                vcpus: 4,
                memory_gib: 8,
                system_disk: StoredDisk {
                    kind: DiskType::LocalBasic,
                    gib: 50,
                    ..StoredDisk::default()
                },
                ..StoredInstance::default()
            });
        }
        let api = host.api(&instances.on_hosts(), now);
        assert_eq!(api.instance_ids, ["ins-3", "ins-1"]);
        let left = api.host_resource;
        assert_eq!((left.cpu_available, left.mem_available, left.disk_available), (32, 184.0, 900));
        assert_eq!((left.cpu_total, left.mem_total, left.disk_total), (40, 200.0, 1000));
    }
}
