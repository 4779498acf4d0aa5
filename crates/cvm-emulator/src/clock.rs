//! The handle on the virtual clock: when a transition is due depends on it and on nothing else.
//!
//! Signatures are checked against real time instead, see [`crate::Builder::wall_clock`].

use std::time::{Duration, SystemTime};

use cvm_simulator::{Command, TimeMode, Timestamp};

use crate::simulation::Simulation;

/// A handle on the virtual clock of one emulator; clones share it.
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

    /// Moves the clock forward at once. With [`TimeMode::Manual`] time passes in no other way; in the other modes
    /// this comes on top.
    pub fn advance(&self, span: Duration) {
        self.0.apply(Command::AdvanceClock(span));
    }

    /// How virtual time passes.
    #[must_use]
    pub fn mode(&self) -> TimeMode {
        self.0.mode()
    }
}

/// Real time, as the system knows it.
pub(crate) fn system_time() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
