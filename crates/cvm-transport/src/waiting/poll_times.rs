//! The times of the polls of a wait: pauses with jitter, and a last poll at the deadline.

use std::time::Duration;

use tokio::time::Instant;

use crate::entropy::{self, Entropy};
use crate::time::deadline::after;

/// How long a poll may take beyond the end of a wait, so that a state that is reached in the last moment still counts.
const LAST_POLL: Duration = Duration::from_secs(10);

/// The pause before the poll that confirms that a resource is gone.
const CONFIRMATION: Duration = Duration::from_secs(1);

/// The times of the polls.
#[derive(Debug)]
pub(crate) struct PollTimes {
    interval: Duration,
    began: Instant,
    deadline: Instant,
    polls: u32,
    /// Time is up: this is the last poll.
    is_last: bool,
}

impl PollTimes {
    pub(crate) fn new(timeout: Duration, interval: Duration) -> Self {
        let began = Instant::now();
        Self { interval, began, deadline: after(began, timeout), polls: 0, is_last: false }
    }

    /// The time since the wait began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Sleeps for about the interval, unless this is the first poll, or until the deadline, at which there is one more
    /// poll. Returns when the poll must have ended; `None` if there was a last one. A poll that confirms an absence comes
    /// soon.
    pub(crate) async fn next(&mut self, entropy: &dyn Entropy, confirms: bool) -> Option<Instant> {
        if self.polls > 0 {
            if self.is_last || Instant::now() >= self.deadline {
                return None;
            }
            self.pause(entropy, confirms).await;
        }
        self.polls = self.polls.saturating_add(1);
        Some(self.deadline.max(Instant::now() + LAST_POLL))
    }

    async fn pause(&mut self, entropy: &dyn Entropy, confirms: bool) {
        let random = entropy::random(entropy).unwrap_or(u64::MAX / 2);
        // Between 80 % and 120 %, so that clients that start together do not poll together.
        let share = 0.8 + 0.4 * (random >> 11) as f64 / (1u64 << 53) as f64;
        let interval = if confirms { self.interval.min(CONFIRMATION) } else { self.interval };
        let pause = Duration::try_from_secs_f64(interval.as_secs_f64() * share);
        let wake = after(Instant::now(), pause.unwrap_or(Duration::MAX));
        let wake = Some(wake).filter(|wake| *wake < self.deadline);
        self.is_last = wake.is_none();
        tokio::time::sleep_until(wake.unwrap_or(self.deadline)).await;
    }
}
