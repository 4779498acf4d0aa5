//! The simulator behind its lock, the system clock that gives each command its time, and the log that makes commands
//! durable.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use cvm_signer::Credential;
use cvm_simulator::{
    AccountId, Command, Reply, Request, Response, Simulator, StoredCommand, TimeMode, Timestamp,
    Upcoming,
};

use crate::durability::{Failure, Log};
use crate::events::{self, Events};

/// A simulator that several threads use; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Simulation(Arc<Inner>);

/// A simulator that ends with the last [`Simulation`], so that its data directory is free.
#[derive(Clone, Debug)]
pub(crate) struct WeakSimulation(Weak<Inner>);

impl WeakSimulation {
    /// The simulator, if it still exists.
    pub(crate) fn upgrade(&self) -> Option<Simulation> {
        self.0.upgrade().map(Simulation)
    }
}

#[derive(Debug)]
struct Inner {
    started: Instant,
    /// The real time since the start of the simulator when this process started it.
    elapsed: Duration,
    state: Mutex<State>,
    events: Events,
    /// `None` if nothing is durable.
    log: Option<Log>,
}

#[derive(Debug)]
struct State {
    simulator: Simulator,
    /// The position in the log of the latest change of the simulator.
    position: u64,
}

impl Simulation {
    pub(crate) fn new(simulator: Simulator) -> Self {
        Self::start(simulator, None, Duration::ZERO)
    }

    /// With a log that has all commands of the simulator, which started this long ago.
    pub(crate) fn with_log(simulator: Simulator, log: Log, elapsed: Duration) -> Self {
        Self::start(simulator, Some(log), elapsed)
    }

    fn start(simulator: Simulator, log: Option<Log>, elapsed: Duration) -> Self {
        let state = Mutex::new(State { simulator, position: 0 });
        let (started, events) = (Instant::now(), Events::default());
        Self(Arc::new(Inner { started, elapsed, state, events, log }))
    }

    /// Applies a command now. Blocks the thread until everything that the response shows is durable.
    pub(crate) fn apply(&self, command: Command) -> Result<Response, Failure> {
        let Some(log) = &self.0.log else { return Ok(self.apply_in_memory(command)) };
        let (response, position) = self.apply_and_append(log, command)?;
        log.wait(position)?;
        Ok(response)
    }

    /// Like [`Self::apply`], for a caller that cannot report a failure of the log. Every request reports it.
    pub(crate) fn try_apply(&self, command: Command) {
        let _ = self.apply(command);
    }

    /// Like [`Self::apply`], without blocking the thread for long.
    pub(crate) async fn apply_in_task(&self, command: Command) -> Result<Response, Failure> {
        let Some(log) = &self.0.log else { return Ok(self.apply_in_memory(command)) };
        let (response, position) = self.apply_and_append(log, command)?;
        log.durable(position).await?;
        Ok(response)
    }

    /// Makes a credential of an account durable. Blocks the thread.
    pub(crate) fn keep_credential(
        &self,
        account: AccountId,
        credential: &Credential,
    ) -> Result<(), Failure> {
        let Some(log) = &self.0.log else { return Ok(()) };
        log.check()?;
        log.wait(log.append_credential(account, credential))
    }

    fn apply_in_memory(&self, command: Command) -> Response {
        let (mut state, elapsed) = self.lock();
        self.apply_and_publish(&mut state, elapsed, command)
    }

    /// Applies a command, and tells the listeners under the lock, so that events have the order of the changes. An event can
    /// come before its change is durable: nobody waits for the end of an event.
    fn apply_and_publish(
        &self,
        state: &mut State,
        elapsed: Duration,
        command: Command,
    ) -> Response {
        let cause = events::cause(&command);
        let response = state.simulator.apply(elapsed, command);
        if self.0.events.has_listeners() {
            let simulator = &state.simulator;
            let clock = || events::clock_json(simulator.now(elapsed), simulator.mode());
            self.0.events.publish_command(cause, &simulator.transitions(), clock);
        }
        response
    }

    /// The same simulator, without keeping it alive.
    pub(crate) fn downgrade(&self) -> WeakSimulation {
        WeakSimulation(Arc::downgrade(&self.0))
    }

    /// Applies what is due now, as each read does it, if anything is.
    pub(crate) fn apply_due(&self) {
        let _stop = self.0.log.as_ref().map(|_| StopOnPanic);
        let (mut state, elapsed) = self.lock();
        if state.simulator.is_due(elapsed) {
            self.apply_and_publish(&mut state, elapsed, Command::ApplyDue);
        }
    }

    /// What happens to the simulator.
    pub(crate) fn events(&self) -> &Events {
        &self.0.events
    }

    /// The next events of instances.
    pub(crate) fn upcoming(&self, limit: usize) -> Vec<Upcoming> {
        self.lock().0.simulator.upcoming(limit)
    }

    /// Applies a command and appends it to the log if it changed something. Returns the position of the latest change,
    /// which the response may show.
    fn apply_and_append(&self, log: &Log, command: Command) -> Result<(Response, u64), Failure> {
        let prepared = StoredCommand::prepare(&command);
        let _stop = StopOnPanic;
        let (mut state, elapsed) = self.lock();
        // Under the lock, so that nothing changes after a failure.
        log.check()?;
        let response = self.apply_and_publish(&mut state, elapsed, command);
        if let Some(stored) = prepared.and_then(|it| it.accepted(&state.simulator, &response)) {
            state.position = log.append(stored);
        }
        Ok((response, state.position))
    }

    /// The virtual time.
    pub(crate) fn now(&self) -> Timestamp {
        let (state, elapsed) = self.lock();
        state.simulator.now(elapsed)
    }

    /// How virtual time passes.
    pub(crate) fn mode(&self) -> TimeMode {
        self.lock().0.simulator.mode()
    }

    /// The accounts that have been used, each with the regions in which it has been used.
    pub(crate) fn used_regions(&self) -> Vec<(AccountId, Vec<&'static str>)> {
        self.lock().0.simulator.used_regions()
    }

    /// The reply to a request that only reads. It leaves no trace. Blocks the thread until everything that it shows is
    /// durable.
    pub(crate) fn inspect(&self, account: AccountId, request: Request) -> Reply {
        let (state, elapsed) = self.lock();
        let (reply, position) =
            (state.simulator.inspect(elapsed, account, request), state.position);
        drop(state);
        match self.0.log.as_ref().map_or(Ok(()), |log| log.wait(position)) {
            Ok(()) => reply,
            Err(failure) => Reply::Error(failure.into()),
        }
    }

    /// The number of instances by region and state.
    pub(crate) fn instance_counts(&self) -> BTreeMap<(&'static str, String), u64> {
        self.lock().0.simulator.instance_counts()
    }

    /// The simulator, and the real time since its start. The time is read under the lock, so that commands are
    /// applied in the order of their times.
    fn lock(&self) -> (MutexGuard<'_, State>, Duration) {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state, self.0.elapsed.saturating_add(self.0.started.elapsed()))
    }
}

/// Ends the process if a handler panics. Its command is not in the log, so a restart continues with the state before it.
struct StopOnPanic;

impl Drop for StopOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command as Process;

    use super::*;

    const CHILD: &str = "CVM_TEST_PANICS";

    /// The test runs itself in a second process, which must not survive the panic.
    #[test]
    fn panic_with_a_data_directory_ends_the_process() {
        if std::env::var_os(CHILD).is_some() {
            let caught = std::panic::catch_unwind(|| {
                let _stop = StopOnPanic;
                panic!("a handler that panics");
            });
            println!("survived {}", caught.is_err());
            return;
        }
        let test = "simulation::tests::panic_with_a_data_directory_ends_the_process";
        let child = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        assert!(!child.status.success(), "{child:?}");
        assert!(!String::from_utf8_lossy(&child.stdout).contains("survived"), "{child:?}");
    }
}
