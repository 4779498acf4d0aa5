//! Whether to send again: the retry policy as a pure state machine, without IO and without a clock.
//!
//! The machine is told the outcome of each attempt and what is left of time, and takes what a retry costs
//! from the retry budget; it answers with the next [`Decision`]. Everything it remembers is in its fields, and
//! nothing in it can be stale: the verdict follows from the attempt that was just made and from what the
//! earlier ones left in doubt.
//!
//! | outcome | read | token | convergent | guarded | hazard | cost | pause |
//! |---|---|---|---|---|---|---|---|
//! | not sent | again | again | again | again | again | 14 | transient |
//! | not sent, as the proxy wants a password (407) or STS gave no credential | stop | stop | stop | stop | stop | – | – |
//! | throttled | again | again | again | again | again | 5 | throttle |
//! | clock refused | again, once, with the measured time | ← | ← | ← | ← | 0 | none |
//! | token refused | again, once, with a fresh credential | ← | ← | ← | ← | 0 | none |
//! | ambiguous | again | again, same token | again, once | unknown | unknown | 14 | transient |
//! | ambiguous, as the response cannot be decoded | stop | again, same token | unknown | unknown | unknown | 14 | transient |
//! | refused, misrouted, untrusted | stop | stop | stop | stop | stop | – | – |
//!
//! **Ambiguity is sticky.** Once an attempt of a request that changes something was ambiguous, a later
//! refusal proves nothing about that attempt: the end is [`Verdict::Unknown`].

use std::time::Duration;

use cvm_protocol::RetryClass;

use crate::Outcome;
use crate::retry::backoff::{
    BackoffKind, {self},
};

/// What a resend after a failure of the network or the service costs.
pub(crate) const TRANSIENT_COST: u32 = 14;
/// What a resend after a throttle costs.
pub(crate) const THROTTLE_COST: u32 = 5;
/// No attempt begins with less time than this: it could only end in another unknown outcome.
pub(crate) const MIN_TIME: Duration = Duration::from_secs(1);

/// How much time an attempt needs at least in a call that may take `whole`: [`MIN_TIME`], or half of a
/// call that is given less than two seconds.
pub(crate) fn min_time(whole: Duration) -> Duration {
    MIN_TIME.min(whole / 2)
}

/// The machine of one call.
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

/// What the machine is told after an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttemptInfo {
    pub(crate) outcome: Outcome,
    /// How long the server asks to wait.
    pub(crate) retry_after: Option<Duration>,
    /// Time left of the whole call.
    pub(crate) left: Duration,
    /// Sixty-four random bits for the jitter.
    pub(crate) random: u64,
    /// Whether a measured clock or a fresh credential is to be had.
    pub(crate) recoverable: bool,
    /// Whether another attempt would bring the same: a whole response that cannot be decoded, a proxy that
    /// wants a password, or a credential whose source has repeated its own requests.
    pub(crate) is_final: bool,
    /// The error code says that another attempt may do harm, even with the same client token.
    pub(crate) forbids_retry: bool,
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
    /// It did not happen.
    Failed,
    /// It may have happened.
    Unknown,
}

/// Why a call ended where it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The outcome of the attempt is final for this class.
    Final,
    /// All attempts were made.
    Attempts,
    /// Too many calls to this endpoint failed of late.
    Budget,
    /// The pause would not end in time.
    Deadline,
    /// The pause would not end while the service surely knows the client token.
    Window,
}

impl Retry {
    pub(crate) const fn new(class: RetryClass, limit: Option<u32>) -> Self {
        let own = match class {
            RetryClass::Convergent => 3,
            _ => 4,
        };
        let max_attempts = match limit {
            Some(0) => 1,
            Some(limit) => limit,
            None => own,
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

    /// Whether an attempt that is not the last one may have been carried out.
    pub(crate) const fn maybe_applied(&self) -> bool {
        self.maybe_applied
    }

    /// Decides what follows the attempt that was just made. `take` takes the cost of a retry from the
    /// budget and returns whether there was enough; it is asked last, so nothing is taken in vain.
    pub(crate) fn next(&mut self, seen: &AttemptInfo, take: impl FnOnce(u32) -> bool) -> Decision {
        let outcome = seen.outcome;
        if outcome == Outcome::Success {
            return Decision::Stop(Verdict::Success, StopReason::Final);
        }
        if outcome.may_have_acted() && self.class != RetryClass::Read {
            self.maybe_applied = true;
        }
        match outcome {
            // A clock or a credential that was mended is no failed attempt, and it costs nothing; it
            // can happen once each, so the loop still ends.
            Outcome::ClockRefused if !self.clock_corrected && seen.recoverable => {
                self.clock_corrected = true;
                return self.at_once(seen);
            }
            Outcome::TokenRefused if !self.token_refreshed && seen.recoverable => {
                self.token_refreshed = true;
                return self.at_once(seen);
            }
            _ => {}
        }
        self.attempts += 1;
        let (kind, cost) = match outcome {
            Outcome::NotSent if !seen.is_final => (BackoffKind::Transient, TRANSIENT_COST),
            Outcome::Throttled => (BackoffKind::Throttle, THROTTLE_COST),
            Outcome::Ambiguous if !seen.forbids_retry && self.may_repeat(seen.is_final) => {
                self.ambiguous += 1;
                (BackoffKind::Transient, TRANSIENT_COST)
            }
            _ => return self.end(StopReason::Final),
        };
        if self.attempts >= self.max_attempts {
            return self.end(StopReason::Attempts);
        }
        let pause = backoff::pause(kind, self.attempts, seen.random, seen.retry_after);
        // A wish is followed within bounds, but an attempt before it is up, in a call that ends before
        // that, would be in vain.
        let wish = seen.retry_after.unwrap_or_default().max(pause);
        if wish.saturating_add(MIN_TIME) > seen.left {
            return self.end(StopReason::Deadline);
        }
        if !take(cost) {
            return self.end(StopReason::Budget);
        }
        Decision::Retry { pause }
    }

    /// Stops here, because there is no host to send to.
    pub(crate) const fn give_up(&self) -> Decision {
        self.end(StopReason::Final)
    }

    /// Whether a request of this class may be sent again although it may have been carried out.
    const fn may_repeat(&self, is_final: bool) -> bool {
        match self.class {
            RetryClass::Token => true,
            RetryClass::Read => !is_final,
            RetryClass::Convergent => self.ambiguous == 0 && !is_final,
            RetryClass::Guarded | RetryClass::Hazard => false,
        }
    }

    fn at_once(&self, seen: &AttemptInfo) -> Decision {
        if seen.left < MIN_TIME {
            return self.end(StopReason::Deadline);
        }
        Decision::Retry { pause: Duration::ZERO }
    }

    /// How a call ends that sends nothing more.
    pub(crate) const fn verdict(&self) -> Verdict {
        if self.maybe_applied { Verdict::Unknown } else { Verdict::Failed }
    }

    const fn end(&self, why: StopReason) -> Decision {
        Decision::Stop(self.verdict(), why)
    }
}

#[cfg(test)]
mod tests;
