//! The machine, case by case, and beside a second, simpler model over random histories.

use super::*;

const CLASSES: [RetryClass; 5] = [
    RetryClass::Read,
    RetryClass::Token,
    RetryClass::Convergent,
    RetryClass::Guarded,
    RetryClass::Hazard,
];

fn seen(outcome: Outcome) -> AttemptInfo {
    AttemptInfo {
        outcome,
        retry_after: None,
        left: Duration::from_secs(60),
        random: 0,
        recoverable: true,
        is_final: false,
        forbids_retry: false,
    }
}

fn run(class: RetryClass, outcomes: &[Outcome]) -> (usize, Option<Verdict>) {
    let mut retry = Retry::new(class, None);
    for (index, outcome) in outcomes.iter().enumerate() {
        if let Decision::Stop(verdict, _) = retry.next(&seen(*outcome), |_| true) {
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
        assert_eq!(run(class, &[ClockRefused, TokenRefused, Success]), (3, Some(Verdict::Success)));
    }
    let mut retry = Retry::new(RetryClass::Read, None);
    let incurable = AttemptInfo { recoverable: false, ..seen(ClockRefused) };
    assert_eq!(
        retry.next(&incurable, |_| true),
        Decision::Stop(Verdict::Failed, StopReason::Final)
    );
}

#[test]
fn nothing_is_taken_from_the_budget_for_a_retry_that_is_not_made() {
    let untouched = |_| -> bool { panic!("the budget was asked") };
    let short = AttemptInfo { left: Duration::from_millis(999), ..seen(Outcome::NotSent) };
    assert_eq!(
        Retry::new(RetryClass::Read, None).next(&short, untouched),
        Decision::Stop(Verdict::Failed, StopReason::Deadline)
    );
    let last = Retry::new(RetryClass::Read, Some(1)).next(&seen(Outcome::NotSent), untouched);
    assert_eq!(last, Decision::Stop(Verdict::Failed, StopReason::Attempts));
    for outcome in [Outcome::Success, Outcome::Refused, Outcome::Misrouted] {
        let ended = Retry::new(RetryClass::Read, None).next(&seen(outcome), untouched);
        assert!(matches!(ended, Decision::Stop(..)), "{outcome}");
    }
    // A clock that was measured costs nothing.
    let free = Retry::new(RetryClass::Read, None).next(&seen(Outcome::ClockRefused), untouched);
    assert_eq!(free, Decision::Retry { pause: Duration::ZERO });
}

#[test]
fn the_least_time_is_a_second_or_half_of_a_shorter_call() {
    assert_eq!(min_time(Duration::from_secs(90)), MIN_TIME);
    assert_eq!(min_time(Duration::from_secs(2)), MIN_TIME);
    assert_eq!(min_time(Duration::from_millis(500)), Duration::from_millis(250));
    assert_eq!(min_time(Duration::ZERO), Duration::ZERO);
}

#[test]
fn time_quota_and_attempts_bound_the_loop() {
    let with = |seen: AttemptInfo, limit, budget: u32| {
        Retry::new(RetryClass::Read, limit).next(&seen, |cost| cost <= budget)
    };
    let first = |seen: AttemptInfo, limit| with(seen, limit, 500);
    let short = AttemptInfo { left: Duration::from_millis(999), ..seen(Outcome::NotSent) };
    assert_eq!(first(short, None), Decision::Stop(Verdict::Failed, StopReason::Deadline));
    assert_eq!(
        with(seen(Outcome::NotSent), None, 13),
        Decision::Stop(Verdict::Failed, StopReason::Budget)
    );
    assert!(matches!(with(seen(Outcome::NotSent), None, 14), Decision::Retry { .. }));
    assert_eq!(
        with(seen(Outcome::Throttled), None, 4),
        Decision::Stop(Verdict::Failed, StopReason::Budget)
    );
    assert!(matches!(with(seen(Outcome::Throttled), None, 5), Decision::Retry { .. }));
    assert_eq!(
        first(seen(Outcome::NotSent), Some(1)),
        Decision::Stop(Verdict::Failed, StopReason::Attempts)
    );
    let asked = AttemptInfo {
        retry_after: Some(Duration::from_secs(90)),
        left: Duration::from_secs(20),
        ..seen(Outcome::Throttled)
    };
    assert_eq!(first(asked, None), Decision::Stop(Verdict::Failed, StopReason::Deadline));
}

/// The policy a second time, read from the table above and computed from the whole history: no
/// state, nothing shared with the machine but the length of a pause.
fn by_the_table(
    class: RetryClass,
    limit: Option<u32>,
    history: &[AttemptInfo],
    budget: u32,
) -> (Decision, u32) {
    use Outcome::{Ambiguous, ClockRefused, Misrouted, NotSent, Success, Throttled, TokenRefused};
    let (now, earlier) = history.split_last().unwrap();
    if now.outcome == Success {
        return (Decision::Stop(Verdict::Success, StopReason::Final), 0);
    }
    let doubtful = |seen: &AttemptInfo| matches!(seen.outcome, Ambiguous | Misrouted);
    let verdict = if class != RetryClass::Read && history.iter().any(doubtful) {
        Verdict::Unknown
    } else {
        Verdict::Failed
    };
    let mended = |index: usize| {
        let seen = &history[index];
        matches!(seen.outcome, ClockRefused | TokenRefused)
            && seen.recoverable
            && !history[..index]
                .iter()
                .any(|before| before.outcome == seen.outcome && before.recoverable)
    };
    if mended(earlier.len()) {
        return if now.left >= Duration::from_secs(1) {
            (Decision::Retry { pause: Duration::ZERO }, 0)
        } else {
            (Decision::Stop(verdict, StopReason::Deadline), 0)
        };
    }
    let attempts = (0..history.len()).filter(|index| !mended(*index)).count() as u32;
    let doubts = earlier.iter().filter(|seen| seen.outcome == Ambiguous).count();
    let row = match (now.outcome, class) {
        (NotSent, _) if now.is_final => None,
        (NotSent, _) => Some((BackoffKind::Transient, 14)),
        (Throttled, _) => Some((BackoffKind::Throttle, 5)),
        (Ambiguous, _) if now.forbids_retry => None,
        (Ambiguous, RetryClass::Token) => Some((BackoffKind::Transient, 14)),
        (Ambiguous, _) if now.is_final => None,
        (Ambiguous, RetryClass::Read) => Some((BackoffKind::Transient, 14)),
        (Ambiguous, RetryClass::Convergent) if doubts == 0 => Some((BackoffKind::Transient, 14)),
        _ => None,
    };
    let end = |why| (Decision::Stop(verdict, why), 0);
    let Some((kind, cost)) = row else { return end(StopReason::Final) };
    let most = limit.map_or(if class == RetryClass::Convergent { 3 } else { 4 }, |n| n.max(1));
    if attempts >= most {
        return end(StopReason::Attempts);
    }
    let pause = backoff::pause(kind, attempts, now.random, now.retry_after);
    if now.left < pause.max(now.retry_after.unwrap_or_default()) + Duration::from_secs(1) {
        return end(StopReason::Deadline);
    }
    if budget < cost {
        return end(StopReason::Budget);
    }
    (Decision::Retry { pause }, cost)
}

#[test]
fn a_hundred_thousand_histories_go_by_the_table() {
    let random = crate::SeededEntropy::new(20_170_312);
    let roll = |sides: u64| random.below(sides);
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
            let outcome = Outcome::ALL
                [if roll(3) > 0 { roll(4) + 2 * roll(2) * roll(2) } else { roll(9) } as usize];
            history.push(AttemptInfo {
                outcome,
                retry_after: (roll(5) == 0).then(|| Duration::from_millis(roll(60_000))),
                left,
                random: random.next(),
                recoverable: roll(4) > 0,
                is_final: matches!(outcome, Outcome::Ambiguous | Outcome::NotSent) && roll(4) == 0,
                forbids_retry: outcome == Outcome::Ambiguous && roll(8) == 0,
            });
            let mut taken = 0;
            let step = retry.next(history.last().unwrap(), |cost| {
                taken = if cost <= quota { cost } else { 0 };
                cost <= quota
            });
            let expected = by_the_table(class, limit, &history, quota);
            assert_eq!((step, taken), expected, "{class} {limit:?} {history:?}");
            match step {
                Decision::Retry { pause } => {
                    let harmful = matches!(class, RetryClass::Guarded | RetryClass::Hazard);
                    assert!(!(harmful && outcome.may_have_acted()), "{history:?}");
                    assert!(left >= pause + MIN_TIME);
                    quota -= taken;
                    left = left.saturating_sub(pause + Duration::from_millis(roll(5_000)));
                }
                Decision::Stop(verdict, why) => {
                    let most = limit.map_or(4, |limit| limit.max(1)) as usize;
                    assert!(history.len() <= most + 2, "two mends at most: {history:?}");
                    let doubtful = history.iter().any(|seen| seen.outcome.may_have_acted());
                    let honest = class == RetryClass::Read || !doubtful;
                    assert!(verdict != Verdict::Failed || honest, "{history:?}");
                    *ends.entry((verdict as u8, why as u8, history.len() > 2)).or_insert(0) += 1;
                    break;
                }
            }
        }
    }
    // The histories reached every kind of end.
    assert!(ends.len() >= 14, "{ends:?}");
    assert!(ends.values().filter(|count| **count > 100).count() >= 12, "{ends:?}");
}
