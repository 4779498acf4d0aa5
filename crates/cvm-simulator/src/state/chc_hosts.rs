//! CHC hosts in one region, and their pending changes.

use std::collections::VecDeque;
use std::time::Duration;

use cvm_models::enums::{ChcHostState, LatestOperationState};
use cvm_models::types::ChcHost;

use crate::clock::VirtualClock;
use crate::timestamp::Timestamp;

/// Time until a host with a deploy network is ready for an instance.
const PREPARING: Duration = Duration::from_secs(120);

/// The CHC hosts of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChcHosts {
    /// In the order in which they were added.
    pub(crate) list: Vec<StoredChcHost>,
}

/// A CHC host.
#[derive(Clone, Debug)]
pub(crate) struct StoredChcHost {
    /// The host in the form of the API.
    pub(crate) api: ChcHost,
    /// Its next state, and the time of the change.
    ahead: VecDeque<(Timestamp, ChcHost)>,
}

impl ChcHosts {
    /// The hosts, after everything that was due.
    pub(crate) fn at(&mut self, now: Timestamp) -> &mut Self {
        for host in &mut self.list {
            while host.ahead.front().is_some_and(|(time, _)| *time <= now) {
                if let Some((_, look)) = host.ahead.pop_front() {
                    host.api = look;
                }
            }
        }
        self
    }
}

impl ChcHosts {
    /// When the next operation on a host ends.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let ahead = self.list.iter().flat_map(|host| &host.ahead).map(|(time, _)| *time);
        ahead.filter(|time| *time > now).min()
    }

    /// Whether an instance is installed on a host.
    pub(crate) fn has_instance(&self, instance_id: &str) -> bool {
        self.list.iter().any(|host| host.api.cvm_instance_id == instance_id)
    }

    /// Makes the host of a removed instance available again.
    pub(crate) fn forget_instance(&mut self, instance_id: &str) {
        let mut hosts = self.list.iter_mut();
        if let Some(host) = hosts.find(|host| host.api.cvm_instance_id == instance_id) {
            host.change(|api| {
                api.cvm_instance_id.clear();
                if api.instance_state == ChcHostState::Online {
                    api.instance_state = ChcHostState::Prepared;
                }
            });
        }
    }
}

impl StoredChcHost {
    pub(crate) fn is(&self, chc_id: &str) -> bool {
        self.api.chc_id == chc_id
    }

    pub(crate) fn new(api: ChcHost) -> Self {
        Self { api, ahead: VecDeque::new() }
    }

    /// Starts an operation that ends in this state of the host. After that, a READY host with a deploy network
    /// becomes PREPARED.
    pub(crate) fn begin(
        &mut self,
        operation: &str,
        mut end: ChcHost,
        lasts: Duration,
        (clock, now): (&VirtualClock, Timestamp),
    ) {
        end.latest_operation = Some(operation.to_owned());
        end.latest_operation_state = Some(LatestOperationState::Success);
        self.api.instance_state = ChcHostState::Operating;
        // The operation state has no value for a running operation, so it stays that of the previous one. Clients
        // must read the state of the host, too.
        self.api.latest_operation = Some(operation.to_owned());
        let ends = now.after(clock.delay(lasts));
        let is_installable = end.instance_state == ChcHostState::Ready && has_deploy_network(&end);
        let prepared = ChcHost {
            instance_state: ChcHostState::Prepared,
            latest_operation: Some("ChcPrepare".to_owned()),
            ..end.clone()
        };
        self.ahead = VecDeque::from([(ends, end)]);
        if is_installable {
            self.ahead.push_back((ends.after(clock.delay(PREPARING)), prepared));
        }
    }

    /// The host at this time.
    pub(crate) fn api_at(&self, now: Timestamp) -> &ChcHost {
        let due = self.ahead.iter().rev().find(|(time, _)| *time <= now);
        due.map_or(&self.api, |(_, look)| look)
    }

    /// Shows the instance that is installed on the host.
    pub(crate) fn install(&mut self, instance_id: &str) {
        self.api.cvm_instance_id = instance_id.to_owned();
        self.api.instance_state = ChcHostState::Online;
    }

    /// Changes the host at once, and its pending state as well.
    pub(crate) fn change(&mut self, change: impl Fn(&mut ChcHost)) {
        change(&mut self.api);
        self.ahead.iter_mut().for_each(|(_, look)| change(look));
    }
}

pub(crate) fn has_deploy_network(host: &ChcHost) -> bool {
    !host.deploy_virtual_private_cloud.subnet_id.is_empty()
}
