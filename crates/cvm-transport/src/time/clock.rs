//! The wall clock, replaceable in tests.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::pointers::for_pointers;

/// Provides the wall-clock time for timestamps and signatures.
///
/// Deadlines and pauses do not use it: they use tokio's clock, which tests can pause.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> SystemTime;
}

for_pointers! {
    Clock {
        fn now(&self) -> SystemTime {
            (**self).now()
        }
    }
}

/// The system clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock with a fixed time, so that a prepared request is the same in every run.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(SystemTime);

impl FixedClock {
    /// A clock fixed at this Unix time.
    #[must_use]
    pub fn at(unix_seconds: u64) -> Self {
        // The end of the year 9999; `SystemTime` need not support later times.
        let latest = Duration::from_secs(253_402_300_799);
        Self(UNIX_EPOCH + Duration::from_secs(unix_seconds).min(latest))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> SystemTime {
        self.0
    }
}

/// The Unix time in seconds; 0 for times before 1970.
pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
