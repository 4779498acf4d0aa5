//! The virtual clock. When a transition is due depends only on it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// How virtual time passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum TimeMode {
    /// Like real time.
    #[default]
    Real,
    /// This many times as fast as real time.
    Scaled(f64),
    /// Like real time, but operations take no time: the response shows the transitional state, and the next request
    /// finds the final one.
    Instant,
    /// Only by [`Command::AdvanceClock`](crate::Command::AdvanceClock).
    Manual,
}

/// The virtual clock: it turns real time into virtual time.
#[derive(Clone, Debug)]
pub(crate) struct VirtualClock {
    /// The mode and the time at the start.
    initial: (TimeMode, Timestamp),
    mode: TimeMode,
    /// The virtual time when the mode was set.
    start: Timestamp,
    /// The real time when the mode was set, since the start of the simulator.
    since: Duration,
    /// How far commands have advanced it.
    advanced: Duration,
}

impl VirtualClock {
    pub(crate) const fn new(mode: TimeMode, start: Timestamp) -> Self {
        let initial = (mode, start);
        Self { initial, mode, start, since: Duration::ZERO, advanced: Duration::ZERO }
    }

    /// The virtual time, this much real time after the start.
    pub(crate) fn now(&self, elapsed: Duration) -> Timestamp {
        let elapsed = elapsed.saturating_sub(self.since);
        let passed = match self.mode {
            TimeMode::Real | TimeMode::Instant => elapsed,
            TimeMode::Scaled(scale) => scaled(elapsed, scale),
            TimeMode::Manual => Duration::ZERO,
        };
        self.start.after(passed).after(self.advanced)
    }

    /// Moves the clock forward at once. With [`TimeMode::Manual`] time passes in no other way; in the other modes
    /// this comes on top.
    pub(crate) fn advance(&mut self, span: Duration) {
        self.advanced = self.advanced.saturating_add(span);
    }

    /// Sets how time passes from now on.
    pub(crate) fn set_mode(&mut self, mode: TimeMode, elapsed: Duration) {
        let start = self.now(elapsed);
        *self = Self { mode, start, since: elapsed, advanced: Duration::ZERO, ..*self };
    }

    /// Takes back every advance and every change of the mode.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.initial.0, self.initial.1);
    }

    /// The same clock, for operations that take no time.
    pub(crate) fn instant(&self) -> Self {
        Self { mode: TimeMode::Instant, ..self.clone() }
    }

    pub(crate) const fn mode(&self) -> TimeMode {
        self.mode
    }

    /// The duration of an operation that typically takes this long.
    pub(crate) fn delay(&self, typical: Duration) -> Duration {
        if self.mode == TimeMode::Instant { Duration::ZERO } else { typical }
    }
}

/// A factor that is negative or not a number counts as 1, and a span that is too long becomes the longest one: the
/// clock never panics and never goes back.
fn scaled(elapsed: Duration, scale: f64) -> Duration {
    let seconds = elapsed.as_secs_f64() * scale;
    let too_long = if seconds > 0.0 { Duration::MAX } else { elapsed };
    Duration::try_from_secs_f64(seconds).unwrap_or(too_long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manual_clock_moves_only_by_commands() {
        let mut clock = VirtualClock::new(TimeMode::Manual, Timestamp::from_unix(100));
        assert_eq!(clock.now(Duration::from_secs(9)), Timestamp::from_unix(100));
        clock.advance(Duration::from_secs(7));
        assert_eq!(clock.now(Duration::from_secs(9)), Timestamp::from_unix(107));
    }

    #[test]
    fn mode_changes_from_now_on() {
        let mut clock = VirtualClock::new(TimeMode::Real, Timestamp::from_unix(100));
        clock.advance(Duration::from_secs(5));
        clock.set_mode(TimeMode::Scaled(10.0), Duration::from_secs(20));
        assert_eq!(clock.now(Duration::from_secs(20)), Timestamp::from_unix(125));
        assert_eq!(clock.now(Duration::from_secs(22)), Timestamp::from_unix(145));
        clock.set_mode(TimeMode::Manual, Duration::from_secs(22));
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now(Duration::from_secs(99)), Timestamp::from_unix(146));
        clock.reset();
        assert_eq!(
            (clock.mode(), clock.now(Duration::from_secs(3))),
            (TimeMode::Real, Timestamp::from_unix(103))
        );
    }

    #[test]
    fn time_never_runs_backwards_or_overflows() {
        for scale in [f64::NAN, -3.0, f64::INFINITY, 1e300] {
            let clock = VirtualClock::new(TimeMode::Scaled(scale), Timestamp::from_unix(5));
            assert!(clock.now(Duration::from_secs(1)) >= Timestamp::from_unix(5), "{scale}");
        }
        let mut clock = VirtualClock::new(TimeMode::Real, Timestamp::from_unix(5));
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now(Duration::ZERO) > Timestamp::from_unix(5));
    }

    #[test]
    fn scaled_time_never_goes_back() {
        for scale in [1e-300, 1.0, 1e9, 1e18, 1e19, 1e300, f64::MAX, f64::INFINITY, f64::NAN, -1.0]
        {
            let elapsed = [1, 10, 1000, 20_000, 1_000_000].map(Duration::from_millis);
            let times =
                elapsed.map(|elapsed| Timestamp::from_unix(5).after(scaled(elapsed, scale)));
            assert!(times.is_sorted(), "{scale}: {times:?}");
        }
        assert_eq!(scaled(Duration::from_secs(20), 1e18), Duration::MAX);
    }

    #[test]
    fn scaled_time_runs_faster() {
        assert_eq!(scaled(Duration::from_secs(2), 60.0), Duration::from_secs(120));
    }

    #[test]
    fn only_instant_mode_has_no_delay() {
        let typical = Duration::from_secs(9);
        let delay = |mode| VirtualClock::new(mode, Timestamp::default()).delay(typical);
        assert_eq!(delay(TimeMode::Instant), Duration::ZERO);
        assert_eq!(delay(TimeMode::Manual), typical);
        assert_eq!(delay(TimeMode::Scaled(60.0)), typical);
    }
}
