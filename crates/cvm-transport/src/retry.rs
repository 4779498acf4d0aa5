//! Whether to send again: the retry policy as a pure state machine, without IO and without a clock.
//!
//! The machine is told the outcome of each attempt and what is left of time and quota; it answers with
//! the next [`Step`]. Everything it remembers is in its fields, and nothing in it can be stale: the
//! verdict follows from the attempt that was just made and from what the earlier ones left in doubt.
//!
//! | outcome | read | token | convergent | guarded | hazard | cost | pause |
//! |---|---|---|---|---|---|---|---|
//! | not sent | again | again | again | again | again | 14 | transient |
//! | throttled | again | again | again | again | again | 5 | throttle |
//! | clock refused | again, once, with the measured time | ← | ← | ← | ← | 0 | none |
//! | token refused | again, once, with a fresh credential | ← | ← | ← | ← | 0 | none |
//! | ambiguous | again | again, same token | again, once | unknown | unknown | 14 | transient |
//! | refused, misrouted, untrusted | stop | stop | stop | stop | stop | – | – |
//!
//! **Ambiguity is sticky.** Once an attempt of a request that changes something was ambiguous, a later
//! refusal proves nothing about that attempt: the end is [`Verdict::Unknown`].

use std::time::Duration;

use cvm_protocol::RetryClass;

use crate::Outcome;
use crate::backoff::{self, Pause};

/// What a resend after a failure of the network or the service costs.
pub(crate) const TRANSIENT_COST: u32 = 14;
/// What a resend after a throttle costs.
pub(crate) const THROTTLE_COST: u32 = 5;
/// No attempt begins with less time than this: it could only end in another unknown outcome.
pub(crate) const LEAST_TIME: Duration = Duration::from_secs(1);

/// The machine of one call.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    class: RetryClass,
    max_attempts: u32,
    attempts: u32,
    ambiguous: u32,
    in_doubt: bool,
    clock_corrected: bool,
    token_refreshed: bool,
}

/// What the machine is told after an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) outcome: Outcome,
    /// How long the server asks to wait.
    pub(crate) retry_after: Option<Duration>,
    /// Time left of the whole call.
    pub(crate) left: Duration,
    /// Tokens left in the quota.
    pub(crate) quota: u32,
    /// Sixty-four random bits for the jitter.
    pub(crate) random: u64,
    /// Whether a measured clock or a fresh credential is to be had.
    pub(crate) curable: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Sign and send again after a pause.
    Again { pause: Duration, cost: u32 },
    /// Stop.
    End(Verdict, Why),
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
pub(crate) enum Why {
    /// The outcome of the attempt is final for this class.
    Final,
    /// All attempts were made.
    Attempts,
    /// Too many calls to this endpoint failed of late.
    Quota,
    /// The pause would not end in time.
    Deadline,
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
            in_doubt: false,
            clock_corrected: false,
            token_refreshed: false,
        }
    }

    /// Whether an attempt that is not the last one may have been carried out.
    pub(crate) const fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    pub(crate) fn next(&mut self, seen: &Seen) -> Step {
        let outcome = seen.outcome;
        if outcome == Outcome::Success {
            return Step::End(Verdict::Success, Why::Final);
        }
        if outcome.may_have_acted() && self.class != RetryClass::Read {
            self.in_doubt = true;
        }
        match outcome {
            // A clock or a credential that was mended is no failed attempt, and it costs nothing; it
            // can happen once each, so the loop still ends.
            Outcome::ClockRefused if !self.clock_corrected && seen.curable => {
                self.clock_corrected = true;
                return self.at_once(seen);
            }
            Outcome::TokenRefused if !self.token_refreshed && seen.curable => {
                self.token_refreshed = true;
                return self.at_once(seen);
            }
            _ => {}
        }
        self.attempts += 1;
        let (kind, cost) = match outcome {
            Outcome::NotSent => (Pause::Transient, TRANSIENT_COST),
            Outcome::Throttled => (Pause::Throttle, THROTTLE_COST),
            Outcome::Ambiguous if self.may_repeat() => {
                self.ambiguous += 1;
                (Pause::Transient, TRANSIENT_COST)
            }
            _ => return self.end(Why::Final),
        };
        if self.attempts >= self.max_attempts {
            return self.end(Why::Attempts);
        }
        if seen.quota < cost {
            return self.end(Why::Quota);
        }
        let pause = backoff::pause(kind, self.attempts, seen.random, seen.retry_after);
        if pause.saturating_add(LEAST_TIME) > seen.left {
            return self.end(Why::Deadline);
        }
        Step::Again { pause, cost }
    }

    /// Stops here, because there is no host to send to.
    pub(crate) const fn give_up(&self) -> Step {
        self.end(Why::Final)
    }

    /// Whether a request of this class may be sent again although it may have been carried out.
    const fn may_repeat(&self) -> bool {
        match self.class {
            RetryClass::Read | RetryClass::Token => true,
            RetryClass::Convergent => self.ambiguous == 0,
            RetryClass::Guarded | RetryClass::Hazard => false,
        }
    }

    fn at_once(&self, seen: &Seen) -> Step {
        if seen.left < LEAST_TIME {
            return self.end(Why::Deadline);
        }
        Step::Again { pause: Duration::ZERO, cost: 0 }
    }

    const fn end(&self, why: Why) -> Step {
        let verdict = if self.in_doubt { Verdict::Unknown } else { Verdict::Failed };
        Step::End(verdict, why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSES: [RetryClass; 5] = [
        RetryClass::Read,
        RetryClass::Token,
        RetryClass::Convergent,
        RetryClass::Guarded,
        RetryClass::Hazard,
    ];

    fn seen(outcome: Outcome) -> Seen {
        Seen {
            outcome,
            retry_after: None,
            left: Duration::from_secs(60),
            quota: 500,
            random: 0,
            curable: true,
        }
    }

    fn run(class: RetryClass, outcomes: &[Outcome]) -> (usize, Option<Verdict>) {
        let mut retry = Retry::new(class, None);
        for (index, outcome) in outcomes.iter().enumerate() {
            if let Step::End(verdict, _) = retry.next(&seen(*outcome)) {
                return (index + 1, Some(verdict));
            }
        }
        (outcomes.len(), None)
    }

    #[test]
    fn success_after_a_failure_is_success() {
        for class in CLASSES {
            for failure in [Outcome::NotSent, Outcome::Throttled, Outcome::ClockRefused] {
                assert_eq!(
                    run(class, &[failure, Outcome::Success]),
                    (2, Some(Verdict::Success)),
                    "{class} {failure}"
                );
            }
        }
    }

    #[test]
    fn what_may_have_happened_is_never_sent_again_where_that_harms() {
        use Outcome::{Ambiguous, Success};
        for class in [RetryClass::Guarded, RetryClass::Hazard] {
            assert_eq!(run(class, &[Ambiguous, Success]), (1, Some(Verdict::Unknown)));
        }
        assert_eq!(run(RetryClass::Token, &[Ambiguous, Success]), (2, Some(Verdict::Success)));
        assert_eq!(run(RetryClass::Convergent, &[Ambiguous; 3]), (2, Some(Verdict::Unknown)));
        assert_eq!(run(RetryClass::Read, &[Ambiguous; 5]), (4, Some(Verdict::Failed)));
        assert_eq!(run(RetryClass::Token, &[Ambiguous; 5]), (4, Some(Verdict::Unknown)));
    }

    #[test]
    fn a_refusal_after_doubt_is_still_doubt() {
        use Outcome::{Ambiguous, Refused};
        assert_eq!(run(RetryClass::Token, &[Ambiguous, Refused]), (2, Some(Verdict::Unknown)));
        assert_eq!(run(RetryClass::Convergent, &[Ambiguous, Refused]), (2, Some(Verdict::Unknown)));
        assert_eq!(run(RetryClass::Read, &[Ambiguous, Refused]), (2, Some(Verdict::Failed)));
        assert_eq!(run(RetryClass::Token, &[Refused]), (1, Some(Verdict::Failed)));
    }

    #[test]
    fn clock_and_token_are_mended_once() {
        use Outcome::{ClockRefused, Success, TokenRefused};
        for class in CLASSES {
            assert_eq!(run(class, &[ClockRefused, ClockRefused]), (2, Some(Verdict::Failed)));
            assert_eq!(run(class, &[TokenRefused, TokenRefused]), (2, Some(Verdict::Failed)));
            assert_eq!(
                run(class, &[ClockRefused, TokenRefused, Success]),
                (3, Some(Verdict::Success))
            );
        }
        let mut retry = Retry::new(RetryClass::Read, None);
        let incurable = Seen { curable: false, ..seen(ClockRefused) };
        assert_eq!(retry.next(&incurable), Step::End(Verdict::Failed, Why::Final));
    }

    #[test]
    fn time_quota_and_attempts_bound_the_loop() {
        let first = |seen: Seen, limit| Retry::new(RetryClass::Read, limit).next(&seen);
        let short = Seen { left: Duration::from_millis(999), ..seen(Outcome::NotSent) };
        assert_eq!(first(short, None), Step::End(Verdict::Failed, Why::Deadline));
        let dry = Seen { quota: 13, ..seen(Outcome::NotSent) };
        assert_eq!(first(dry, None), Step::End(Verdict::Failed, Why::Quota));
        let throttled = Seen { quota: 5, ..seen(Outcome::Throttled) };
        assert!(matches!(first(throttled, None), Step::Again { cost: 5, .. }));
        assert_eq!(
            first(seen(Outcome::NotSent), Some(1)),
            Step::End(Verdict::Failed, Why::Attempts)
        );
        let asked = Seen {
            retry_after: Some(Duration::from_secs(90)),
            left: Duration::from_secs(20),
            ..seen(Outcome::Throttled)
        };
        assert_eq!(first(asked, None), Step::End(Verdict::Failed, Why::Deadline));
    }

    /// The policy a second time, read from the table above and computed from the whole history: no
    /// state, nothing shared with the machine but the length of a pause.
    fn by_the_table(class: RetryClass, limit: Option<u32>, history: &[Seen]) -> Step {
        use Outcome::{
            Ambiguous, ClockRefused, Misrouted, NotSent, Success, Throttled, TokenRefused,
        };
        let (now, earlier) = history.split_last().unwrap();
        if now.outcome == Success {
            return Step::End(Verdict::Success, Why::Final);
        }
        let doubtful = |seen: &Seen| matches!(seen.outcome, Ambiguous | Misrouted);
        let verdict = if class != RetryClass::Read && history.iter().any(doubtful) {
            Verdict::Unknown
        } else {
            Verdict::Failed
        };
        let mended = |index: usize| {
            let seen = &history[index];
            matches!(seen.outcome, ClockRefused | TokenRefused)
                && seen.curable
                && !history[..index]
                    .iter()
                    .any(|before| before.outcome == seen.outcome && before.curable)
        };
        if mended(earlier.len()) {
            return if now.left >= Duration::from_secs(1) {
                Step::Again { pause: Duration::ZERO, cost: 0 }
            } else {
                Step::End(verdict, Why::Deadline)
            };
        }
        let attempts = (0..history.len()).filter(|index| !mended(*index)).count() as u32;
        let doubts = earlier.iter().filter(|seen| seen.outcome == Ambiguous).count();
        let row = match (now.outcome, class) {
            (NotSent, _) => Some((Pause::Transient, 14)),
            (Throttled, _) => Some((Pause::Throttle, 5)),
            (Ambiguous, RetryClass::Read | RetryClass::Token) => Some((Pause::Transient, 14)),
            (Ambiguous, RetryClass::Convergent) if doubts == 0 => Some((Pause::Transient, 14)),
            _ => None,
        };
        let Some((kind, cost)) = row else { return Step::End(verdict, Why::Final) };
        let most = limit.map_or(if class == RetryClass::Convergent { 3 } else { 4 }, |n| n.max(1));
        if attempts >= most {
            return Step::End(verdict, Why::Attempts);
        }
        if now.quota < cost {
            return Step::End(verdict, Why::Quota);
        }
        let pause = backoff::pause(kind, attempts, now.random, now.retry_after);
        if now.left < pause + Duration::from_secs(1) {
            return Step::End(verdict, Why::Deadline);
        }
        Step::Again { pause, cost }
    }

    const OUTCOMES: [Outcome; 9] = [
        Outcome::NotSent,
        Outcome::Throttled,
        Outcome::ClockRefused,
        Outcome::TokenRefused,
        Outcome::Refused,
        Outcome::Ambiguous,
        Outcome::Misrouted,
        Outcome::Untrusted,
        Outcome::Success,
    ];

    #[test]
    fn a_hundred_thousand_histories_go_by_the_table() {
        let dice = crate::SeededEntropy::new(20_170_312);
        let roll = |sides: u64| crate::entropy::random(&dice).unwrap() % sides;
        let mut ends = std::collections::HashMap::new();
        for _ in 0..100_000 {
            let class = CLASSES[roll(5) as usize];
            let limit = (roll(4) == 0).then(|| roll(7) as u32);
            let mut retry = Retry::new(class, limit);
            let mut history = Vec::new();
            let mut left = Duration::from_millis(roll(200_000));
            let mut quota = roll(120) as u32;
            loop {
                // Failures that allow another attempt come more often, or few histories were long.
                let outcome = OUTCOMES
                    [if roll(3) > 0 { roll(4) + 2 * roll(2) * roll(2) } else { roll(9) } as usize];
                history.push(Seen {
                    outcome,
                    retry_after: (roll(5) == 0).then(|| Duration::from_millis(roll(60_000))),
                    left,
                    quota,
                    random: crate::entropy::random(&dice).unwrap(),
                    curable: roll(4) > 0,
                });
                let step = retry.next(history.last().unwrap());
                assert_eq!(
                    step,
                    by_the_table(class, limit, &history),
                    "{class} {limit:?} {history:?}"
                );
                match step {
                    Step::Again { pause, cost } => {
                        let harmful = matches!(class, RetryClass::Guarded | RetryClass::Hazard);
                        assert!(!(harmful && outcome.may_have_acted()), "{history:?}");
                        assert!(quota >= cost && left >= pause + LEAST_TIME);
                        quota -= cost;
                        left = left.saturating_sub(pause + Duration::from_millis(roll(5_000)));
                    }
                    Step::End(verdict, why) => {
                        let most = limit.map_or(4, |limit| limit.max(1)) as usize;
                        assert!(history.len() <= most + 2, "two mends at most: {history:?}");
                        let doubtful = history.iter().any(|seen| seen.outcome.may_have_acted());
                        let honest = class == RetryClass::Read || !doubtful;
                        assert!(verdict != Verdict::Failed || honest, "{history:?}");
                        *ends.entry((verdict as u8, why as u8, history.len() > 2)).or_insert(0) +=
                            1;
                        break;
                    }
                }
            }
        }
        // The dice reached every corner.
        assert!(ends.len() >= 14, "{ends:?}");
        assert!(ends.values().filter(|count| **count > 100).count() >= 12, "{ends:?}");
    }
}
