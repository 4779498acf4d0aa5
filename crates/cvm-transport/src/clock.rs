//! The time of day, as something that tests can fix.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time of day for timestamps and signatures.
///
/// Deadlines and pauses do not ask it: they run on tokio's clock, which tests can pause.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Now.
    fn now(&self) -> SystemTime;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still, so that a prepared request is the same in every run.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(SystemTime);

impl FixedClock {
    /// Stands at this many seconds after 1970.
    #[must_use]
    pub fn at(unix_seconds: u64) -> Self {
        // Later than the system can say is as late as it matters: the year 9999.
        let latest = Duration::from_secs(253_402_300_799);
        Self(UNIX_EPOCH + Duration::from_secs(unix_seconds).min(latest))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> SystemTime {
        self.0
    }
}

/// Seconds since 1970; 0 for a clock before that.
pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
