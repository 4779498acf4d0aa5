//! Changes of the states of instances, for those who watch the cloud, and the next events.

use std::time::Duration;

use cvm_models::enums::InstanceState;

use super::Simulator;
use crate::account::AccountId;
use crate::state::StateChange;
use crate::timestamp::Timestamp;

/// Memory for this many changes is kept for the next command.
const KEPT_CHANGES: usize = 1_024;

/// A change of the state of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// The virtual time.
    pub time: Timestamp,
    /// The account of the instance.
    pub account: AccountId,
    /// Its region.
    pub region: String,
    /// Its id.
    pub id: String,
    /// The state before, such as `PENDING`; `None` for a new instance.
    pub from: Option<String>,
    /// The state after; `None` for a removed instance.
    pub to: Option<String>,
}

/// An event of an instance that is due later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upcoming {
    /// The virtual time.
    pub time: Timestamp,
    /// The account of the instance.
    pub account: AccountId,
    /// Its region.
    pub region: &'static str,
    /// Its id.
    pub id: String,
    /// Its present state.
    pub state: String,
    /// What happens: `operation` (a phase of an operation ends), `term_end`, `destruction` or `bandwidth`.
    pub event: &'static str,
}

impl Simulator {
    /// The changes that the last command made, in the order of their times within an account and region. Everything
    /// that was due before the command is included: its changes have earlier times.
    #[must_use]
    pub fn transitions(&self) -> Vec<Transition> {
        self.changes.iter().map(|(account, change)| transition(*account, change)).collect()
    }

    /// Forgets the changes of the last command. One command can change a million instances.
    pub(super) fn forget_transitions(&mut self) {
        self.changes.clear();
        self.changes.shrink_to(KEPT_CHANGES);
    }

    /// Whether something is due that no command has applied yet.
    #[must_use]
    pub fn is_due(&self, elapsed: Duration) -> bool {
        let now = self.now(elapsed);
        let mut next = self.accounts.values().filter_map(|account| account.state.next_due(now));
        next.any(|due| due <= now)
    }

    /// The next events of instances, the earliest first, and at most this many.
    #[must_use]
    pub fn upcoming(&self, limit: usize) -> Vec<Upcoming> {
        let mut found = Vec::new();
        for (account, of_account) in &self.accounts {
            for (region, instances) in &of_account.state.instances {
                found.extend(instances.upcoming().take(limit).map(|(time, instance, event)| {
                    let (id, state) = (instance.id.to_string(), instance.state.as_str().to_owned());
                    Upcoming { time, account: *account, region, id, state, event }
                }));
            }
        }
        // A stable sort: events of one time keep the order of accounts and regions.
        found.sort_by_key(|one| one.time);
        found.truncate(limit);
        found
    }

    /// Moves the changes of an account from its state to the result of the command.
    pub(super) fn collect_transitions(&mut self, id: AccountId) {
        let Some(account) = self.accounts.get_mut(&id) else { return };
        for instances in account.state.instances.values_mut().filter(|it| it.has_changes()) {
            self.changes.extend(instances.take_changes().into_iter().map(|change| (id, change)));
        }
    }
}

fn transition(account: AccountId, change: &StateChange) -> Transition {
    let StateChange { time, id, zone, from, to } = change;
    // A zone is named after its region: `ap-guangzhou-3`.
    let region = zone.rsplit_once('-').map_or(&**zone, |(region, _)| region).to_owned();
    let text = |state: &Option<InstanceState>| state.as_ref().map(|it| it.as_str().to_owned());
    let (from, to) = (text(from), text(to));
    Transition { time: *time, account, region, id: id.to_string(), from, to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, Parameters, Request, TimeMode, find_region};

    fn simulator() -> Simulator {
        Simulator::new(1, Timestamp::from_unix(1_700_000_000), TimeMode::Manual)
    }

    fn request(simulator: &Simulator, action: &str, body: &str) -> Command {
        let info = cvm_models::action(action).unwrap();
        let region = find_region(simulator.catalog(), info, Some("ap-guangzhou"), false).unwrap();
        let body = Parameters::Json(body.as_bytes());
        Command::Request(AccountId::FIRST, Request::parse(info, region, &body).unwrap())
    }

    fn launch(simulator: &mut Simulator) {
        let body = r#"{"Placement":{"Zone":"ap-guangzhou-3"},"ImageId":"img-pmqg1cw7"}"#;
        let command = request(simulator, "RunInstances", body);
        simulator.apply(Duration::ZERO, command);
    }

    fn states(simulator: &Simulator) -> Vec<(u64, String, String)> {
        let transitions = simulator.transitions().into_iter();
        transitions
            .map(|it| {
                let seconds = it.time.unix() - 1_700_000_000;
                (seconds, it.from.unwrap_or_default(), it.to.unwrap_or_default())
            })
            .collect()
    }

    fn state(seconds: u64, from: &str, to: &str) -> (u64, String, String) {
        (seconds, from.to_owned(), to.to_owned())
    }

    #[test]
    fn each_state_of_an_instance_is_reported_once_with_its_time() {
        let mut simulator = simulator();
        launch(&mut simulator);
        assert_eq!(states(&simulator), [state(0, "", "PENDING")]);
        let first = simulator.transitions()[0].clone();
        assert_eq!((first.account, first.region.as_str()), (AccountId::FIRST, "ap-guangzhou"));
        simulator.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(60)));
        assert!(simulator.transitions().is_empty());
        assert!(simulator.is_due(Duration::ZERO));
        simulator.apply(Duration::ZERO, Command::ApplyDue);
        assert_eq!(states(&simulator), [state(20, "PENDING", "RUNNING")]);
        assert!(!simulator.is_due(Duration::ZERO));
        let body = format!(r#"{{"InstanceIds":["{}"]}}"#, first.id);
        let terminate = request(&simulator, "TerminateInstances", &body);
        simulator.apply(Duration::ZERO, terminate);
        simulator.apply(Duration::ZERO, Command::RunUntilIdle(Duration::from_secs(600)));
        assert_eq!(states(&simulator).last().unwrap().2, "");
    }

    #[test]
    fn refused_request_and_inspection_report_no_change() {
        let mut simulator = simulator();
        launch(&mut simulator);
        simulator.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(60)));
        let Command::Request(account, read) = request(&simulator, "DescribeInstances", "{}") else {
            unreachable!("a request was built")
        };
        let _ = simulator.inspect(Duration::ZERO, account, read);
        let unknown = r#"{"InstanceIds":["ins-00000000"]}"#;
        let stop = request(&simulator, "StopInstances", unknown);
        simulator.apply(Duration::ZERO, stop);
        // What was due before the refused request is reported, and nothing else.
        assert_eq!(states(&simulator), [state(20, "PENDING", "RUNNING")]);
    }

    #[test]
    fn upcoming_events_are_sorted_and_limited() {
        let mut simulator = simulator();
        launch(&mut simulator);
        launch(&mut simulator);
        let upcoming = simulator.upcoming(10);
        assert_eq!(upcoming.len(), 2);
        assert_eq!(upcoming[0].time.unix(), 1_700_000_020);
        assert_eq!((upcoming[0].state.as_str(), upcoming[0].event), ("PENDING", "operation"));
        assert_eq!(simulator.upcoming(1), upcoming[..1]);
    }
}
