//! The handle to the virtual clock, which alone determines when state changes happen.
//!
//! Signatures are checked against real time instead, see [`crate::Builder::wall_clock`].

use std::time::{Duration, SystemTime};

use cvm_simulator::{Command, Response, TimeMode, Timestamp};

use crate::simulation::Simulation;

/// A handle to the virtual clock of one emulator. Clones share the clock.
#[derive(Clone, Debug)]
pub struct VirtualClock(Simulation);

impl VirtualClock {
    pub(crate) const fn new(simulation: Simulation) -> Self {
        Self(simulation)
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Moves the clock forward. With [`TimeMode::Manual`], this is the only way that time passes; otherwise it adds
    /// to the running time. If the data directory has failed, the clock does not move.
    pub fn advance(&self, span: Duration) {
        self.0.try_apply(Command::AdvanceClock(span));
    }

    /// Jumps from one due event to the next, at most this far in total, until nothing happens any more. Returns the time of
    /// the next event, if there is one. Operations, prepaid terms, timers and deadlines are events.
    pub fn run_until_idle(&self, within: Duration) -> Option<Timestamp> {
        match self.0.apply(Command::RunUntilIdle(within)) {
            Ok(Response::Idle { next, .. }) => next,
            _ => None,
        }
    }

    /// Sets how virtual time passes from now on.
    pub fn set_mode(&self, mode: TimeMode) {
        self.0.try_apply(Command::SetTimeMode(mode));
    }

    /// How virtual time passes.
    #[must_use]
    pub fn mode(&self) -> TimeMode {
        self.0.mode()
    }
}

/// The real time of the system, in Unix seconds.
pub(crate) fn system_time() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
