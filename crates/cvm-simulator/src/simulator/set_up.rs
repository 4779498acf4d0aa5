//! Applies scenarios: all of one, or nothing.

use std::collections::BTreeMap;

use cvm_protocol::json;
use serde_json::Value;

use super::{Account, Simulator};
use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::catalog::Catalog;
use crate::chc_host::ChcServer;
use crate::clock::VirtualClock;
use crate::handler::Reply;
use crate::operator;
use crate::parameters::Parameters;
use crate::repair::Repair;
use crate::request::{Request, Settings};
use crate::role::Role;
use crate::scenario::{
    CreatedResource, RequestTime, Scenario, ScenarioCloud, ScenarioError, ScenarioQuotas,
    ScenarioRequest,
};
use crate::state::{Directory, Shared, State};
use crate::timestamp::Timestamp;

impl Simulator {
    /// Applies a scenario. An error changes nothing.
    pub(super) fn apply_scenario(
        &mut self,
        scenario: &Scenario,
        now: Timestamp,
    ) -> Result<Vec<CreatedResource>, ScenarioError> {
        let before = Before::of(self);
        let mut cloud = SetUp { now, instant: self.clock.instant(), simulator: self };
        let applied = crate::scenario::apply(scenario, &mut cloud);
        if applied.is_err() {
            before.restore(self);
        }
        applied
    }
}

/// Everything that a scenario changes, as it was before.
struct Before {
    directory: Shared<Directory>,
    /// The state of each account, and the number of its requests of scenarios.
    accounts: BTreeMap<AccountId, (State, u64)>,
}

impl Before {
    fn of(simulator: &Simulator) -> Self {
        let accounts = simulator.accounts.iter();
        let accounts = accounts.map(|(id, it)| (*id, (it.state.clone(), it.scenario_ids.count())));
        Self { directory: simulator.directory.clone(), accounts: accounts.collect() }
    }

    fn restore(self, simulator: &mut Simulator) {
        let Self { directory, mut accounts } = self;
        simulator.directory = directory;
        simulator.accounts.retain(|id, account| match accounts.remove(id) {
            Some((state, requests)) => {
                account.state = state;
                account.scenario_ids.set_count(requests);
                true
            }
            None => false,
        });
    }
}

/// A simulator to which a scenario is applied.
struct SetUp<'a> {
    simulator: &'a mut Simulator,
    now: Timestamp,
    /// The clock for operations that take no time.
    instant: VirtualClock,
}

impl SetUp<'_> {
    fn account(&mut self, id: AccountId) -> &mut Account {
        self.simulator.account(id).0
    }
}

impl ScenarioCloud for SetUp<'_> {
    fn catalog(&self) -> Catalog {
        self.simulator.catalog()
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn open_account(&mut self, account: AccountId, quotas: &ScenarioQuotas) {
        quotas.apply_to(&mut self.account(account).state.quotas);
    }

    fn add_role(&mut self, role: Role) {
        self.simulator.directory.add_role(role);
    }

    fn choose_id(&mut self, account: AccountId, id: &str) -> bool {
        self.account(account).state.ids.choose(id)
    }

    fn request(&mut self, request: ScenarioRequest) -> Result<Value, ApiError> {
        let ScenarioRequest { account: id, region, action, parameters, time, fault } = request;
        let body = serde_json::to_vec(&parameters)
            .map_err(|error| ApiError::new("InternalError", error.to_string()))?;
        let request = Request::parse(action, region, &Parameters::Json(&body))?;
        let request = fault.into_iter().fold(request, Request::with_fault);
        let account = self.account(id);
        // The handler works on the state alone: a copy would be copied again by each launch.
        let mut state = std::mem::replace(&mut account.state, State::new(0));
        let request_id = account.scenario_ids.next();
        let simulator = &*self.simulator;
        let (clock, time) = match time {
            RequestTime::Done(time) => (&self.instant, time),
            RequestTime::Begun => (&simulator.clock, self.now),
        };
        state.apply_due_everywhere(region.name, clock, time);
        let settings = Settings {
            catalog: simulator.catalog(),
            is_network_strict: simulator.is_network_strict,
            directory: &simulator.directory,
            accounts: &simulator.accounts,
        };
        let reply = request.handle(id, settings, &mut state, clock, time, &request_id);
        if matches!(reply, Ok(Reply::Response(_))) {
            state.apply_due_everywhere(region.name, clock, time);
        }
        self.account(id).state = state;
        match reply? {
            Reply::Response(response) => Ok(json::to_value(&*response)),
            Reply::Error(error) => Err(error),
            Reply::DryRun => Ok(Value::Null),
        }
    }

    fn add_chc_host(&mut self, server: &ChcServer) -> Option<String> {
        let (now, catalog) = (self.now, self.catalog());
        let (account, clock) = self.simulator.account(server.account);
        operator::add_chc_host(server, catalog, &mut account.state, clock, now)
    }

    fn schedule_repair(&mut self, repair: &Repair) -> Option<String> {
        let (now, catalog) = (self.now, self.catalog());
        let (account, clock) = self.simulator.account(repair.account);
        operator::schedule_repair(repair, catalog, &mut account.state, clock, now)
    }
}
