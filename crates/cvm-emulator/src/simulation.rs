//! The simulator behind its lock, and the system clock that gives each command its time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cvm_simulator::{AccountId, Command, Reply, Request, Response, Simulator, TimeMode, Timestamp};

/// A simulator that several threads use; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Simulation(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Instant,
    simulator: Mutex<Simulator>,
}

impl Simulation {
    pub(crate) fn new(simulator: Simulator) -> Self {
        Self(Arc::new(Inner { started: Instant::now(), simulator: Mutex::new(simulator) }))
    }

    /// Applies a command now.
    pub(crate) fn apply(&self, command: Command) -> Response {
        let (mut simulator, elapsed) = self.lock();
        simulator.apply(elapsed, command)
    }

    /// The virtual time.
    pub(crate) fn now(&self) -> Timestamp {
        let (simulator, elapsed) = self.lock();
        simulator.now(elapsed)
    }

    /// How virtual time passes.
    pub(crate) fn mode(&self) -> TimeMode {
        self.lock().0.mode()
    }

    /// The accounts that have been used, each with the regions in which it has been used.
    pub(crate) fn used_regions(&self) -> Vec<(AccountId, Vec<&'static str>)> {
        self.lock().0.used_regions()
    }

    /// The reply to a request that only reads. It leaves no trace.
    pub(crate) fn inspect(&self, account: AccountId, request: Request) -> Reply {
        let (simulator, elapsed) = self.lock();
        simulator.inspect(elapsed, account, request)
    }

    /// The number of instances by region and state.
    pub(crate) fn instance_counts(&self) -> BTreeMap<(&'static str, String), u64> {
        self.lock().0.instance_counts()
    }

    /// The simulator, and the real time since its start. The time is read under the lock, so that commands are
    /// applied in the order of their times.
    fn lock(&self) -> (MutexGuard<'_, Simulator>, Duration) {
        let simulator = self.0.simulator.lock().unwrap_or_else(PoisonError::into_inner);
        (simulator, self.0.started.elapsed())
    }
}
