//! Reads of the state that leave no trace: they take no request id and change nothing, so commands have the same effects
//! with and without them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Simulator;
use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::handler::Reply;
use crate::request::{Request, Settings};

impl Simulator {
    /// The accounts that have been used, each with the regions in which it has been used.
    #[must_use]
    pub fn used_regions(&self) -> Vec<(AccountId, Vec<&'static str>)> {
        let accounts = self.accounts.iter();
        accounts
            .map(|(id, account)| (*id, account.state.resources.keys().copied().collect()))
            .collect()
    }

    /// The reply to a request of an account that only reads. `elapsed` is the real time since the start of the simulator.
    #[must_use]
    pub fn inspect(&self, elapsed: Duration, id: AccountId, mut request: Request) -> Reply {
        if !request.is_read() {
            let message = "Only a request that reads can be inspected.";
            return Reply::Error(ApiError::new("UnsupportedOperation", message));
        }
        let Some(account) = self.accounts.get(&id) else {
            let message = "The account has not been used yet.";
            return Reply::Error(ApiError::new("ResourceNotFound", message));
        };
        let (now, catalog) = (self.now(elapsed), self.catalog());
        let settings = Settings {
            catalog,
            is_network_strict: self.is_network_strict,
            directory: &self.directory,
            accounts: &self.accounts,
        };
        let mut state = account.state.clone();
        let reply = request.use_named_region(catalog).and_then(|()| {
            state.apply_due_everywhere(request.region().name, &self.clock, now);
            request.handle(id, settings, &mut state, &self.clock, now, "")
        });
        reply.unwrap_or_else(Reply::Error)
    }

    /// The state of each instance, by account, region and id.
    #[must_use]
    pub fn instance_states(&self, elapsed: Duration) -> BTreeMap<InstanceKey, String> {
        let now = self.now(elapsed);
        let mut found = BTreeMap::new();
        for (id, account) in &self.accounts {
            let mut state = account.state.clone();
            let regions: Vec<_> = state.instances.keys().copied().collect();
            for region in regions {
                state.apply_due(region, &self.clock, now);
            }
            for (region, instances) in &state.instances {
                found.extend(instances.newest_first().map(|instance| {
                    let key = InstanceKey { account: *id, region, id: instance.id.to_string() };
                    (key, instance.state.as_str().to_owned())
                }));
            }
        }
        found
    }

    /// Whether the index of all instances is what follows from the instances.
    #[cfg(test)]
    pub(crate) fn has_right_indexes(&self) -> bool {
        let states = self.accounts.values().flat_map(|account| account.state.instances.values());
        states.into_iter().all(|instances| instances.has_right_index())
    }

    /// The number of instances by region and state, in all accounts.
    #[must_use]
    pub fn instance_counts(&self) -> BTreeMap<(&'static str, String), u64> {
        let mut counts = BTreeMap::new();
        let states = self.accounts.values().flat_map(|account| &account.state.instances);
        for (region, instances) in states {
            for (state, count) in instances.count_states() {
                *counts.entry((*region, state.to_owned())).or_default() += count;
            }
        }
        counts
    }
}

/// Names an instance in any account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceKey {
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: &'static str,
    /// Its id.
    pub id: String,
}
