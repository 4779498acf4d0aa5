//! The hosts that a customer has brought, in one region, and what is due to happen to them.

use std::collections::VecDeque;
use std::time::Duration;

use cvm_models::enums::{ChcHostState, LatestOperationState};
use cvm_models::types::ChcHost;

use crate::clock::VirtualClock;
use crate::timestamp::Timestamp;

/// How long the service makes a host with a deploy network ready for an instance.
const PREPARING: Duration = Duration::from_secs(120);

/// The hosts that a customer has brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChcHosts {
    /// In the order in which they were brought.
    pub(crate) list: Vec<StoredChcHost>,
}

/// One host that was brought.
#[derive(Clone, Debug)]
pub(crate) struct StoredChcHost {
    /// As the API shows it now.
    pub(crate) api: ChcHost,
    /// How it will look, and from when on.
    ahead: VecDeque<(Timestamp, ChcHost)>,
}

impl ChcHosts {
    /// The hosts as they are now, after everything that was due.
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

impl StoredChcHost {
    pub(crate) fn is(&self, chc_id: &str) -> bool {
        self.api.chc_id == chc_id
    }

    pub(crate) fn new(api: ChcHost) -> Self {
        Self { api, ahead: VecDeque::new() }
    }

    /// Lets an operation begin, which ends in a look. A host that is READY for an installation is made
    /// ready for an instance next.
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
        // No running state is listed for its state, so that of the operation before stays: a reader has to look at the
        // state of the host as well.
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

    /// Changes it at once, whatever lies ahead of it.
    pub(crate) fn change(&mut self, change: impl Fn(&mut ChcHost)) {
        change(&mut self.api);
        self.ahead.iter_mut().for_each(|(_, look)| change(look));
    }
}

pub(crate) fn has_deploy_network(host: &ChcHost) -> bool {
    !host.deploy_virtual_private_cloud.subnet_id.is_empty()
}
