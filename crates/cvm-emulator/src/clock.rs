//! Virtual time: when a transition is due depends on it and on nothing else.
//!
//! Signatures are not judged by this clock but by real time, see [`crate::Builder::wall_clock`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::Timestamp;

/// How virtual time runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum TimeMode {
    /// As real time does.
    #[default]
    Real,
    /// So many times as fast as real time.
    Scaled(f64),
    /// As real time does, but no operation takes any: the answer shows the passing state, the next
    /// request finds the final one.
    Instant,
    /// Only when [`VirtualClock::advance`] is called.
    Manual,
}

/// A handle on the virtual clock of one emulator; clones share it.
#[derive(Clone, Debug)]
pub struct VirtualClock(Arc<State>);

#[derive(Debug)]
struct State {
    mode: TimeMode,
    began: Timestamp,
    anchor: Instant,
    advanced_ms: AtomicU64,
}

impl VirtualClock {
    pub(crate) fn new(pace: TimeMode, began: Timestamp) -> Self {
        Self(Arc::new(State {
            mode: pace,
            began,
            anchor: Instant::now(),
            advanced_ms: AtomicU64::new(0),
        }))
    }

    /// What time it is in the emulated cloud.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let elapsed = self.0.anchor.elapsed();
        let flown = match self.0.mode {
            TimeMode::Real | TimeMode::Instant => elapsed,
            TimeMode::Scaled(scale) => scaled(elapsed, scale),
            TimeMode::Manual => Duration::ZERO,
        };
        let advanced = Duration::from_millis(self.0.advanced_ms.load(Ordering::SeqCst));
        self.0.began.after(flown).after(advanced)
    }

    /// Lets time pass at once. With [`TimeMode::Manual`] this is the only way in which it passes; with
    /// the others it comes on top.
    pub fn advance(&self, span: Duration) {
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        // The sum saturates, so the closure never refuses.
        let _ = self.0.advanced_ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |advanced| {
            Some(advanced.saturating_add(span))
        });
    }

    /// How virtual time runs.
    #[must_use]
    pub fn mode(&self) -> TimeMode {
        self.0.mode
    }

    /// How long an operation takes that typically takes so long.
    pub(crate) fn delay(&self, typical: Duration) -> Duration {
        if self.0.mode == TimeMode::Instant { Duration::ZERO } else { typical }
    }
}

/// A factor that is no number or negative counts as 1, and a span that is too long is the longest one: the
/// clock never stops the server and never goes back.
fn scaled(elapsed: Duration, scale: f64) -> Duration {
    let seconds = elapsed.as_secs_f64() * scale;
    let too_long = if seconds > 0.0 { Duration::MAX } else { elapsed };
    Duration::try_from_secs_f64(seconds).unwrap_or(too_long)
}

/// Real time, as the system knows it.
pub(crate) fn system_time() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = VirtualClock::new(TimeMode::Manual, Timestamp::from_unix(100));
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(clock.now(), Timestamp::from_unix(100));
        clock.clone().advance(Duration::from_secs(7));
        assert_eq!(clock.now(), Timestamp::from_unix(107));
    }

    #[test]
    fn time_never_runs_backwards_or_overflows() {
        for scale in [f64::NAN, -3.0, f64::INFINITY, 1e300] {
            let clock = VirtualClock::new(TimeMode::Scaled(scale), Timestamp::from_unix(5));
            assert!(clock.now() >= Timestamp::from_unix(5), "{scale}");
        }
        let clock = VirtualClock::new(TimeMode::Real, Timestamp::from_unix(5));
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now() > Timestamp::from_unix(5));
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
    fn only_the_instant_pace_takes_no_time() {
        let typical = Duration::from_secs(9);
        let delay = |pace| VirtualClock::new(pace, Timestamp::default()).delay(typical);
        assert_eq!(delay(TimeMode::Instant), Duration::ZERO);
        assert_eq!(delay(TimeMode::Manual), typical);
        assert_eq!(delay(TimeMode::Scaled(60.0)), typical);
    }
}
