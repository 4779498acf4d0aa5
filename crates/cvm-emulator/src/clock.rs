//! The handle to the virtual clock, which alone determines when state changes happen.
//!
//! Signatures are checked against real time instead, see [`crate::Builder::wall_clock`].

use std::time::{Duration, SystemTime};

use cvm_simulator::{Command, TimeMode, Timestamp};

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
    /// to the running time.
    pub fn advance(&self, span: Duration) {
        self.0.apply(Command::AdvanceClock(span));
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
