//! The simulated accounts: one entry for everything that happens to them.

mod idle;
mod inspect;
mod set_up;
#[cfg(test)]
mod tests;
mod transitions;

use std::collections::BTreeMap;
use std::time::Duration;

use cvm_protocol::Sensitive;

use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::catalog::Catalog;
use crate::chc_host::ChcServer;
use crate::clock::{TimeMode, VirtualClock};
use crate::cloud_fault::{CloudFault, quota_code};
use crate::credential_issuer::CredentialIssuer;
use crate::handler::Reply;
use crate::ids::RequestIds;
use crate::metadata::{self, MetadataContent, MetadataQuery};
use crate::operator;
use crate::repair::Repair;
use crate::request::{Request, Settings};
use crate::role::Role;
use crate::scenario::{CreatedResource, Scenario, ScenarioError};
use crate::state::{Accounts, Directory, Shared, State, StateChange};
use crate::timestamp::Timestamp;

pub use inspect::InstanceKey;
pub use transitions::{Transition, Upcoming};

/// CVM accounts with their virtual clock. An account exists from its first command on.
///
/// Two simulators with the same seed and the same start, which are given the same commands at the same
/// times, have the same state and return the same responses.
#[derive(Debug)]
pub struct Simulator {
    seed: u64,
    /// `None` for the built-in one, which is loaded when it is needed first.
    catalog: Option<Catalog>,
    is_network_strict: bool,
    directory: Shared<Directory>,
    keeps_previous: bool,
    accounts: BTreeMap<AccountId, Account>,
    clock: VirtualClock,
    /// The latest time that a command had. Time never goes back.
    elapsed: Duration,
    /// The index of the first request id of a new account.
    first_request_id: u64,
    /// Whether commands change the state in place. A command that fails then leaves nothing of its account.
    is_in_place: bool,
    /// The changes that the last command made.
    changes: Vec<(AccountId, StateChange)>,
}

#[derive(Debug)]
struct Account {
    state: State,
    /// The state before the last request that changed it, while the simulator keeps it.
    previous: Option<State>,
    /// Requests that may change the state have ids of their own stream, because instances show the id of the request
    /// that changed them last: however often a client reads, the state is the same.
    change_ids: RequestIds,
    read_ids: RequestIds,
    /// The requests of applied scenarios have ids of their own: the log of commands need not store them.
    scenario_ids: RequestIds,
}

impl Account {
    /// An empty account.
    fn new(seed: u64, first_request_id: u64) -> Self {
        let account = Self {
            state: State::new(seed),
            previous: None,
            change_ids: RequestIds::of_changes(seed),
            read_ids: RequestIds::of_reads(seed),
            scenario_ids: RequestIds::of_scenarios(seed),
        };
        account.skip_request_ids_to(first_request_id);
        account
    }

    fn skip_request_ids_to(&self, index: u64) {
        self.change_ids.skip_to(index);
        self.read_ids.skip_to(index);
    }
}

impl Accounts for BTreeMap<AccountId, Account> {
    fn states(&self) -> Box<dyn Iterator<Item = &State> + '_> {
        Box::new(self.values().map(|account| &account.state))
    }
}

/// Something that happens to the clock or to an account.
#[derive(Debug)]
#[non_exhaustive]
pub enum Command {
    /// A client of the account sends a request.
    Request(AccountId, Request),
    /// The virtual clock is moved forward.
    AdvanceClock(Duration),
    /// The virtual clock jumps from one due event to the next, until nothing happens within the rest of this time. Terms,
    /// timers and deadlines are events as well.
    RunUntilIdle(Duration),
    /// Everything that is due now is applied, as each read does it.
    ApplyDue,
    /// From now on, virtual time passes like this.
    SetTimeMode(TimeMode),
    /// Every account loses everything that it has, and the clock shows what it would show without any command. The same
    /// commands then have the same effects again. Accounts, roles and accepted tokens stay.
    Reset,
    /// The operator of the cloud installs a server that an account owns.
    AddChcHost(ChcServer),
    /// From now on, each account keeps its state before the last request that changed it, for [`CloudFault::StaleRead`],
    /// or no longer.
    KeepPreviousState(bool),
    /// The operator of the cloud announces maintenance of an instance.
    ScheduleRepair(Repair),
    /// An account is opened, so that others can assume its roles.
    OpenAccount(AccountId),
    /// An account gets a role. Then its other roles can only be assumed if it was given them, too.
    AddRole(Role),
    /// `AssumeRoleWithWebIdentity` accepts this token of an identity provider.
    AcceptWebIdentityToken(Sensitive),
    /// Accounts get everything that a scenario has. If that is not possible, nothing changes.
    ApplyScenario(Box<Scenario>),
    /// An instance reads its metadata.
    ReadMetadata(MetadataQuery),
}

/// The result of a [`Command`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Response {
    /// The reply to [`Command::Request`].
    Reply {
        /// The id of the request.
        request_id: String,
        /// The reply.
        reply: Reply,
    },
    /// The new time, after [`Command::AdvanceClock`].
    ClockAdvanced(Timestamp),
    /// The result of [`Command::RunUntilIdle`].
    Idle {
        /// The new time.
        now: Timestamp,
        /// When something happens next, if anything does.
        next: Option<Timestamp>,
    },
    /// The id of the new host; `None` if its zone does not exist.
    ChcHostAdded(Option<String>),
    /// The id of the new task; `None` if the region, or the instance of the account, does not exist.
    RepairScheduled(Option<String>),
    /// What [`Command::ApplyScenario`] created, or why it cannot be applied.
    ScenarioApplied(Result<Vec<CreatedResource>, ScenarioError>),
    /// The change of an account, of a role, of a token, of the clock or of everything was made.
    Done,
    /// The content of the path; `None` if there is none.
    Metadata(Option<MetadataContent>),
}

impl Simulator {
    /// A simulator without accounts. All random values come from the seed.
    #[must_use]
    pub fn new(seed: u64, start: Timestamp, mode: TimeMode) -> Self {
        Self {
            seed,
            catalog: None,
            is_network_strict: false,
            directory: Shared::new(Directory::new(CredentialIssuer::new(seed, ""))),
            keeps_previous: false,
            accounts: BTreeMap::new(),
            clock: VirtualClock::new(mode, start),
            elapsed: Duration::ZERO,
            first_request_id: 0,
            is_in_place: false,
            changes: Vec::new(),
        }
    }

    /// Sets what the cloud offers, before the first command. Default: [`Catalog::builtin`].
    #[must_use]
    pub const fn with_catalog(mut self, catalog: Catalog) -> Self {
        self.catalog = Some(catalog);
        self
    }

    /// Sets whether CVM refuses the ids of VPCs, subnets and security groups that were not created. Default: `false`,
    /// so that every well-formed id can be used.
    #[must_use]
    pub const fn with_strict_network(mut self, is_strict: bool) -> Self {
        self.is_network_strict = is_strict;
        self
    }

    /// Sets who issues temporary credentials, before the first command. Default: an issuer whose credentials follow from
    /// the seed alone.
    #[must_use]
    pub fn with_credential_issuer(mut self, issuer: CredentialIssuer) -> Self {
        self.directory.issuer = issuer;
        self
    }

    /// What the cloud offers.
    #[must_use]
    pub fn catalog(&self) -> Catalog {
        self.catalog.unwrap_or_default()
    }

    /// Applies a command. `elapsed` is the real time since the start of the simulator.
    pub fn apply(&mut self, elapsed: Duration, command: Command) -> Response {
        self.elapsed = self.elapsed.max(elapsed);
        self.forget_transitions();
        let (now, catalog) = (self.now(elapsed), self.catalog());
        match command {
            Command::Request(account, request) => self.handle(account, request, now),
            Command::AdvanceClock(span) => {
                self.clock.advance(span);
                Response::ClockAdvanced(self.now(elapsed))
            }
            Command::RunUntilIdle(within) => self.run_until_idle(within, elapsed),
            Command::ApplyDue => {
                self.apply_due(now);
                Response::Done
            }
            Command::SetTimeMode(mode) => {
                self.clock.set_mode(mode, self.elapsed);
                Response::Done
            }
            Command::Reset => {
                self.accounts.clear();
                self.clock.reset();
                Response::Done
            }
            Command::AddChcHost(server) => {
                let (account, clock) = self.account(server.account);
                let mut state = account.state.clone();
                let id = operator::add_chc_host(&server, catalog, &mut state, clock, now);
                account.state = state;
                Response::ChcHostAdded(id)
            }
            Command::KeepPreviousState(keeps) => {
                self.keeps_previous = keeps;
                if !keeps {
                    self.accounts.values_mut().for_each(|account| account.previous = None);
                }
                Response::Done
            }
            Command::ScheduleRepair(repair) => {
                let (account, clock) = self.account(repair.account);
                let mut state = account.state.clone();
                let id = operator::schedule_repair(&repair, catalog, &mut state, clock, now);
                account.state = state;
                self.collect_transitions(repair.account);
                Response::RepairScheduled(id)
            }
            Command::OpenAccount(id) => {
                self.account(id);
                Response::Done
            }
            Command::AddRole(role) => {
                self.account(role.account);
                self.directory.add_role(role);
                Response::Done
            }
            Command::AcceptWebIdentityToken(token) => {
                self.directory.add_web_identity_token(token);
                Response::Done
            }
            Command::ApplyScenario(scenario) => {
                let applied = self.apply_scenario(&scenario, now);
                for id in self.accounts.keys().copied().collect::<Vec<_>>() {
                    self.collect_transitions(id);
                }
                Response::ScenarioApplied(applied)
            }
            Command::ReadMetadata(query) => Response::Metadata(self.metadata(&query, now)),
        }
    }

    /// What an instance reads, after everything that is due in any account.
    fn metadata(&mut self, query: &MetadataQuery, now: Timestamp) -> Option<MetadataContent> {
        self.apply_due(now);
        let states = self.accounts.iter().map(|(id, account)| (*id, &account.state));
        metadata::read(query, states, &self.directory.issuer, now)
    }

    /// Applies a command that must succeed, without a copy of the state: with many instances, the copies take most of the
    /// time.
    pub(crate) fn apply_in_place(&mut self, elapsed: Duration, command: Command) -> Response {
        self.is_in_place = true;
        let response = self.apply(elapsed, command);
        self.is_in_place = false;
        response
    }

    /// The next request of an account that is to change something gets the id at this index.
    pub(crate) fn set_request_id(&mut self, account: AccountId, index: u64) {
        self.account(account).0.change_ids.set_count(index);
    }

    /// Leaves out the request ids before this index in every account. After a replay, they may have been used by
    /// requests that are not stored.
    pub fn skip_request_ids_to(&mut self, index: u64) {
        self.first_request_id = index;
        self.accounts.values().for_each(|account| account.skip_request_ids_to(index));
    }

    /// The index of the id of the latest request of an account that was to change something.
    pub(crate) fn latest_request_id(&self, account: AccountId) -> u64 {
        self.accounts.get(&account).map_or(0, |it| it.change_ids.count().saturating_sub(1))
    }

    /// The latest time that a command had.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The account with this id, and the clock.
    fn account(&mut self, id: AccountId) -> (&mut Account, &VirtualClock) {
        if !self.directory.has(id) {
            self.directory.add_account(id);
        }
        let (seed, first) = (id.seed(self.seed), self.first_request_id);
        let account = self.accounts.entry(id).or_insert_with(|| Account::new(seed, first));
        (account, &self.clock)
    }

    /// Handles a request on a copy of the state. The copy takes the place of the state only if the request was to
    /// change something and succeeded: after a read, an error or a panic, nothing has changed.
    fn handle(&mut self, id: AccountId, mut request: Request, now: Timestamp) -> Response {
        let catalog = with_faults(self.catalog(), request.faults());
        let is_network_strict = self.is_network_strict;
        let keeps_previous = self.keeps_previous;
        let region = request.use_named_region(catalog);
        self.account(id);
        let directory = self.directory.clone();
        let is_in_place = self.is_in_place;
        let (account, clock) = self.account(id);
        let mut state = if is_in_place {
            std::mem::replace(&mut account.state, State::new(0))
        } else {
            account.state.clone()
        };
        state.apply_due_everywhere(request.region().name, clock, now);
        if !is_in_place {
            account.state = state.clone();
        }
        let is_read = request.is_read();
        if is_read
            && request.faults().contains(&CloudFault::StaleRead)
            && let Some(previous) = &account.previous
        {
            state = previous.clone();
            state.apply_due_everywhere(request.region().name, clock, now);
        }
        let is_full = request.faults().contains(&CloudFault::QuotaReached);
        let quota_code = quota_code(request.action()).filter(|_| is_full);
        let ids = if is_read { &account.read_ids } else { &account.change_ids };
        let request_id = ids.next();
        let settings = Settings {
            catalog,
            is_network_strict,
            directory: &directory,
            accounts: &self.accounts,
        };
        let reply = region
            .and_then(|()| request.handle(id, settings, &mut state, &self.clock, now, &request_id));
        let reply = match (reply, quota_code) {
            (Ok(_), Some(code)) => {
                Err(ApiError::new(code, "The account already has the maximum (injected fault)."))
            }
            (reply, _) => reply,
        };
        if !is_read && matches!(reply, Ok(Reply::Response(_))) {
            let account = self.account(id).0;
            let previous = std::mem::replace(&mut account.state, state);
            account.previous = keeps_previous.then_some(previous);
        }
        self.collect_transitions(id);
        Response::Reply { request_id, reply: reply.unwrap_or_else(Reply::Error) }
    }

    /// The virtual time, this much real time after the start.
    #[must_use]
    pub fn now(&self, elapsed: Duration) -> Timestamp {
        self.clock.now(self.elapsed.max(elapsed))
    }

    /// How virtual time passes.
    #[must_use]
    pub const fn mode(&self) -> TimeMode {
        self.clock.mode()
    }
}

/// The catalog without what a fault makes sold out.
fn with_faults(catalog: Catalog, faults: &[CloudFault]) -> Catalog {
    faults.iter().fold(catalog, |catalog, fault| match fault {
        // Unknown names make nothing sold out: whoever adds the fault checks them with `Catalog::with_sold_out`.
        CloudFault::SoldOut { types, zones } => {
            catalog.with_sold_out(types, zones).unwrap_or(catalog)
        }
        _ => catalog,
    })
}
