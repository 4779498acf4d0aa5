//! The retry policy: whether to retry, when, and how a call ends. A pure state machine without IO and without a clock.
//!
//! After each attempt, the machine gets the outcome and the time left, takes the cost of a retry from the retry
//! budget, and returns the next [`Decision`]. All its memory is in its fields: the verdict follows from the latest
//! attempt and from whether an earlier one may have taken effect.
//!
//! The table under "Outcomes and retries" in `ARCHITECTURE.md` says what follows each outcome, by retry class; a test compares
//! it with this code. A retry costs [`TRANSIENT_COST`] of the budget, or [`THROTTLE_COST`] after a throttle, with a pause
//! of that kind. After a corrected clock or a renewed token, it costs nothing and follows at once.
//!
//! **Ambiguity is sticky.** After an ambiguous attempt of a write, a later error proves nothing about that attempt:
//! the call ends with [`Verdict::Unknown`].
//!
//! An attempt is sent only if enough of the call's time is left for its response ([`min_time`]), and only while the
//! service knows the client token ([`CLIENT_TOKEN_WINDOW`](crate::retry::CLIENT_TOKEN_WINDOW)).

use std::time::Duration;

use cvm_protocol::RetryClass;
use tokio::time::Instant;

use crate::retry::Outcome;
use crate::retry::backoff::{
    BackoffKind, {self},
};

/// The budget tokens for a retry after a failure of the network or the service. See [`budget`](super::budget) for the
/// source of both costs.
pub(crate) const TRANSIENT_COST: u32 = 14;
/// The budget tokens for a retry after a throttle.
pub(crate) const THROTTLE_COST: u32 = 5;
/// The default maximum number of attempts of a call.
pub(crate) const DEFAULT_MAX_ATTEMPTS: u32 = 4;
/// The default for convergent requests, which are retried only once after an ambiguous attempt.
pub(crate) const DEFAULT_MAX_ATTEMPTS_CONVERGENT: u32 = 3;
/// No attempt is sent with less time left: it could only end in another unknown outcome.
pub(crate) const MIN_TIME: Duration = Duration::from_secs(1);

/// The minimum time of an attempt in a call with this timeout: [`MIN_TIME`], or half of a timeout below two seconds.
pub(crate) fn min_time(timeout: Duration) -> Duration {
    MIN_TIME.min(timeout / 2)
}

/// The latest time at which an attempt may be sent: early enough for a response before the call's deadline, and while
/// the service knows the client token. `token_left` is the rest of the token's window.
pub(crate) fn latest_send(
    now: Instant,
    deadline: Instant,
    timeout: Duration,
    token_left: Option<Duration>,
) -> Instant {
    let latest = deadline.checked_sub(min_time(timeout)).unwrap_or(now);
    token_left.map_or(latest, |left| latest.min(now + left))
}

/// Whether a request of this class may have changed something in an attempt with this outcome.
pub(crate) fn may_have_changed(outcome: Outcome, class: RetryClass) -> bool {
    outcome.may_have_acted() && class != RetryClass::Read
}

/// The retry state of one call.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    class: RetryClass,
    max_attempts: u32,
    attempts: u32,
    ambiguous: u32,
    maybe_applied: bool,
    clock_corrected: bool,
    token_refreshed: bool,
}

/// What the policy needs to know about an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttemptInfo {
    pub(crate) outcome: Outcome,
    /// The server's `Retry-After`.
    pub(crate) retry_after: Option<Duration>,
    /// The time left until the call's deadline.
    pub(crate) left: Duration,
    /// How long another attempt with the client token may still be sent; `None` without a token.
    pub(crate) token_left: Option<Duration>,
    /// 64 random bits for the jitter.
    pub(crate) random: u64,
    /// Whether a measured clock or a new credential is available.
    pub(crate) recoverable: bool,
    /// Whether another attempt would fail the same way: a complete response that cannot be decoded, a proxy that
    /// wants a password, or a credential source that has made its own retries.
    pub(crate) is_final: bool,
    /// The error code says that a retry may do harm, even with the same client token.
    pub(crate) forbids_retry: bool,
    /// The circuit breakers of all hosts are open, so there is no host to send to.
    pub(crate) breaker_open: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Sign and send again after a pause. The cost was taken from the budget.
    Retry { pause: Duration },
    /// Stop.
    Stop(Verdict, StopReason),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Success,
    /// The request did not take effect.
    Failed,
    /// The request may have taken effect.
    Unknown,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// For this class, the outcome of the attempt is final.
    Final,
    /// All attempts were used.
    Attempts,
    /// The retry budget is exhausted.
    Budget,
    /// The retry would be too late for the call's deadline.
    Deadline,
    /// The retry would be too late for the window in which the service knows the client token.
    TokenWindow,
}

impl Retry {
    /// Starts a call. Without a limit, it has [`DEFAULT_MAX_ATTEMPTS`], or [`DEFAULT_MAX_ATTEMPTS_CONVERGENT`].
    pub(crate) const fn new(class: RetryClass, limit: Option<u32>) -> Self {
        let default = match class {
            RetryClass::Convergent => DEFAULT_MAX_ATTEMPTS_CONVERGENT,
            _ => DEFAULT_MAX_ATTEMPTS,
        };
        let max_attempts = match limit {
            Some(0) => 1,
            Some(limit) => limit,
            None => default,
        };
        Self {
            class,
            max_attempts,
            attempts: 0,
            ambiguous: 0,
            maybe_applied: false,
            clock_corrected: false,
            token_refreshed: false,
        }
    }

    /// Whether an attempt before the latest one may have taken effect.
    pub(crate) const fn maybe_applied(&self) -> bool {
        self.maybe_applied
    }

    /// Decides what follows the attempt that was just made. `take` takes the cost of a retry from the budget and
    /// returns whether there was enough. It is called last, so nothing is taken in vain.
    pub(crate) fn next(&mut self, info: &AttemptInfo, take: impl FnOnce(u32) -> bool) -> Decision {
        let outcome = info.outcome;
        if outcome == Outcome::Success {
            return Decision::Stop(Verdict::Success, StopReason::Final);
        }
        if info.breaker_open {
            return self.stop(StopReason::Final);
        }
        self.maybe_applied |= may_have_changed(outcome, self.class);
        match outcome {
            // Correcting the clock or renewing the credential is no failed attempt and costs nothing. It happens at
            // most once each, so the loop ends.
            Outcome::ClockRefused if !self.clock_corrected && info.recoverable => {
                self.clock_corrected = true;
                return self.retry_at_once(info);
            }
            Outcome::TokenRefused if !self.token_refreshed && info.recoverable => {
                self.token_refreshed = true;
                return self.retry_at_once(info);
            }
            _ => {}
        }
        self.attempts += 1;
        let (kind, cost) = match outcome {
            Outcome::NotSent if !info.is_final => (BackoffKind::Transient, TRANSIENT_COST),
            Outcome::Throttled => (BackoffKind::Throttle, THROTTLE_COST),
            Outcome::Ambiguous if !info.forbids_retry && self.may_repeat(info.is_final) => {
                self.ambiguous += 1;
                (BackoffKind::Transient, TRANSIENT_COST)
            }
            _ => return self.stop(StopReason::Final),
        };
        if self.attempts >= self.max_attempts {
            return self.stop(StopReason::Attempts);
        }
        let pause = backoff::pause(kind, self.attempts, info.random, info.retry_after);
        // A `Retry-After` is respected within bounds, but if the call ends before that time, a retry is pointless.
        let wait = info.retry_after.unwrap_or_default().max(pause);
        let (left, reason) = time_for_retry(info);
        if wait.saturating_add(MIN_TIME) > left {
            return self.stop(reason);
        }
        if !take(cost) {
            return self.stop(StopReason::Budget);
        }
        Decision::Retry { pause }
    }

    /// Whether a request of this class may be retried although it may have taken effect.
    const fn may_repeat(&self, is_final: bool) -> bool {
        match self.class {
            RetryClass::Token => true,
            RetryClass::Read => !is_final,
            RetryClass::Convergent => self.ambiguous == 0 && !is_final,
            RetryClass::Guarded | RetryClass::Hazard => false,
        }
    }

    fn retry_at_once(&self, info: &AttemptInfo) -> Decision {
        let (left, reason) = time_for_retry(info);
        if left < MIN_TIME {
            return self.stop(reason);
        }
        Decision::Retry { pause: Duration::ZERO }
    }

    /// The verdict of a call that sends nothing more.
    pub(crate) const fn verdict(&self) -> Verdict {
        if self.maybe_applied { Verdict::Unknown } else { Verdict::Failed }
    }

    const fn stop(&self, reason: StopReason) -> Decision {
        Decision::Stop(self.verdict(), reason)
    }
}

/// The time left for a retry, and the reason to stop if it is too short.
fn time_for_retry(info: &AttemptInfo) -> (Duration, StopReason) {
    // An attempt has to be sent within the token's window; its response may arrive later.
    let window = match info.token_left {
        None => Duration::MAX,
        Some(Duration::ZERO) => Duration::ZERO,
        Some(left) => left + MIN_TIME,
    };
    if window < info.left {
        (window, StopReason::TokenWindow)
    } else {
        (info.left, StopReason::Deadline)
    }
}

#[cfg(test)]
mod tests;
