//! Actions of the cloud's operator, for which the API has no action.

use crate::catalog::Catalog;
use crate::chc_host::{ChcServer, api};
use crate::clock::VirtualClock;
use crate::ids::Stream;
use crate::repair::Repair;
use crate::state::{RepairTask, State, StoredChcHost};
use crate::timestamp::Timestamp;

/// Installs a server in its zone; returns the id of the host, or `None` if the zone does not exist. The networks of
/// the host are not set up.
pub(crate) fn add_chc_host(
    server: &ChcServer,
    catalog: Catalog,
    state: &mut State,
    clock: &VirtualClock,
    now: Timestamp,
) -> Option<String> {
    let region = catalog.regions().iter().find(|region| region.zone(&server.zone).is_some())?;
    state.apply_due(region.name, clock, now);
    let mac = state.ids.number(Stream::ChcHostId);
    let id = state.ids.id("chc-", Stream::ChcHostId);
    let hosts = &mut state.resources.entry(region.name).or_default().chc_hosts;
    hosts.list.push(StoredChcHost::new(api(server, &id, mac, now)));
    Some(id)
}

/// Announces maintenance: it waits among the tasks of the region until `RepairTaskControl` approves it. Returns the id
/// of the task, or `None` if the region or the instance does not exist.
pub(crate) fn schedule_repair(
    repair: &Repair,
    catalog: Catalog,
    state: &mut State,
    clock: &VirtualClock,
    now: Timestamp,
) -> Option<String> {
    let region = catalog.region(&repair.region, false)?;
    state.apply_due(region.name, clock, now);
    let instances = state.instances.get(region.name)?;
    let instance = instances.get(instances.serial(&repair.instance_id)?)?;
    let id = state.ids.id("rep-", Stream::TaskId);
    let task = RepairTask::new(id.clone(), repair, instance, now);
    state.resources.entry(region.name).or_default().repair_tasks.announce(task);
    Some(id)
}
