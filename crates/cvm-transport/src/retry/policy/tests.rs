//! The policy case by case, and compared with a second, simpler model over random histories.

use super::*;

const CLASSES: [RetryClass; 5] = [
    RetryClass::Read,
    RetryClass::Token,
    RetryClass::Convergent,
    RetryClass::Guarded,
    RetryClass::Hazard,
];

fn info(outcome: Outcome) -> AttemptInfo {
    AttemptInfo {
        outcome,
        retry_after: None,
        left: Duration::from_secs(60),
        token_left: None,
        breaker_open: false,
        random: 0,
        recoverable: true,
        is_final: false,
        forbids_retry: false,
    }
}

fn run(class: RetryClass, outcomes: &[Outcome]) -> (usize, Option<Verdict>) {
    let mut retry = Retry::new(class, None);
    for (index, outcome) in outcomes.iter().enumerate() {
        if let Decision::Stop(verdict, _) = retry.next(&info(*outcome), |_| true) {
            return (index + 1, Some(verdict));
        }
    }
    (outcomes.len(), None)
}

/// What an outcome is called in the table of `ARCHITECTURE.md`.
fn attempts_named(name: &str) -> Vec<AttemptInfo> {
    use Outcome::*;
    let plain = |outcomes: &[Outcome]| outcomes.iter().copied().map(info).collect();
    match name {
        "not sent" => plain(&[NotSent]),
        "not sent, final" => vec![AttemptInfo { is_final: true, ..info(NotSent) }],
        "throttled" => plain(&[Throttled]),
        "clock or token refused" => plain(&[ClockRefused, TokenRefused]),
        "ambiguous" => plain(&[Ambiguous]),
        "ambiguous, not to be retried" => {
            vec![AttemptInfo { forbids_retry: true, ..info(Ambiguous) }]
        }
        "ambiguous, undecodable" => vec![AttemptInfo { is_final: true, ..info(Ambiguous) }],
        "misrouted" => plain(&[Misrouted]),
        "refused, untrusted" => plain(&[Refused, Untrusted]),
        other => panic!("no outcome `{other}`"),
    }
}

#[test]
fn documented_table_matches_the_policy() {
    let document = include_str!("../../../../../ARCHITECTURE.md");
    let (_, table) = document.split_once("| --- | --- | --- | --- | --- | --- | --- |\n").unwrap();
    let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 9);
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (name, by_class) = (cells[0], &cells[2..]);
        assert_eq!(by_class.len(), CLASSES.len(), "{row}");
        for attempt in attempts_named(name) {
            for (class, cell) in CLASSES.into_iter().zip(by_class) {
                let mut retry = Retry::new(class, None);
                let first = retry.next(&attempt, |_| true);
                let second = retry.next(&attempt, |_| true);
                let actual = match (first, second) {
                    (Decision::Retry { .. }, Decision::Retry { .. }) => "retry",
                    (Decision::Retry { .. }, Decision::Stop(..)) => "once",
                    (Decision::Stop(Verdict::Unknown, _), _) => "unknown",
                    (Decision::Stop(..), _) => "stop",
                };
                let documented = cell.strip_suffix(", same token").unwrap_or(cell);
                assert_eq!(actual, documented, "{class}: {row}");
            }
        }
    }
}

#[test]
fn default_attempts_are_documented() {
    let (most, convergent) = (DEFAULT_MAX_ATTEMPTS, DEFAULT_MAX_ATTEMPTS_CONVERGENT);
    for (document, sentence) in [
        (
            include_str!("../../../../../ARCHITECTURE.md"),
            format!("{most} attempts, or {convergent} for convergent requests"),
        ),
        (
            include_str!("../../config/builder.rs"),
            format!("Default: {most}, or {convergent} for the retry class"),
        ),
    ] {
        assert!(document.contains(&sentence), "{sentence}");
    }
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
fn ambiguous_attempt_is_retried_only_where_safe() {
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
fn error_after_ambiguity_stays_unknown() {
    use Outcome::{Ambiguous, Refused};
    assert_eq!(run(RetryClass::Token, &[Ambiguous, Refused]), (2, Some(Verdict::Unknown)));
    assert_eq!(run(RetryClass::Convergent, &[Ambiguous, Refused]), (2, Some(Verdict::Unknown)));
    assert_eq!(run(RetryClass::Read, &[Ambiguous, Refused]), (2, Some(Verdict::Failed)));
    assert_eq!(run(RetryClass::Token, &[Refused]), (1, Some(Verdict::Failed)));
}

#[test]
fn clock_and_token_recover_once() {
    use Outcome::{ClockRefused, Success, TokenRefused};
    for class in CLASSES {
        assert_eq!(run(class, &[ClockRefused, ClockRefused]), (2, Some(Verdict::Failed)));
        assert_eq!(run(class, &[TokenRefused, TokenRefused]), (2, Some(Verdict::Failed)));
        assert_eq!(run(class, &[ClockRefused, TokenRefused, Success]), (3, Some(Verdict::Success)));
    }
    let mut retry = Retry::new(RetryClass::Read, None);
    let unrecoverable = AttemptInfo { recoverable: false, ..info(ClockRefused) };
    assert_eq!(
        retry.next(&unrecoverable, |_| true),
        Decision::Stop(Verdict::Failed, StopReason::Final)
    );
}

#[test]
fn stopped_call_takes_nothing_from_the_budget() {
    let untouched = |_| -> bool { panic!("the budget was asked") };
    let short = AttemptInfo { left: Duration::from_millis(999), ..info(Outcome::NotSent) };
    assert_eq!(
        Retry::new(RetryClass::Read, None).next(&short, untouched),
        Decision::Stop(Verdict::Failed, StopReason::Deadline)
    );
    let last = Retry::new(RetryClass::Read, Some(1)).next(&info(Outcome::NotSent), untouched);
    assert_eq!(last, Decision::Stop(Verdict::Failed, StopReason::Attempts));
    for outcome in [Outcome::Success, Outcome::Refused, Outcome::Misrouted] {
        let ended = Retry::new(RetryClass::Read, None).next(&info(outcome), untouched);
        assert!(matches!(ended, Decision::Stop(..)), "{outcome}");
    }
    // A measured clock costs nothing.
    let free = Retry::new(RetryClass::Read, None).next(&info(Outcome::ClockRefused), untouched);
    assert_eq!(free, Decision::Retry { pause: Duration::ZERO });
}

#[test]
fn min_time_is_one_second_or_half_of_a_shorter_timeout() {
    assert_eq!(min_time(Duration::from_secs(90)), MIN_TIME);
    assert_eq!(min_time(Duration::from_secs(2)), MIN_TIME);
    assert_eq!(min_time(Duration::from_millis(500)), Duration::from_millis(250));
    assert_eq!(min_time(Duration::ZERO), Duration::ZERO);
}

#[test]
fn time_budget_and_attempts_limit_retries() {
    let with = |info: AttemptInfo, limit, budget: u32| {
        Retry::new(RetryClass::Read, limit).next(&info, |cost| cost <= budget)
    };
    let first = |info: AttemptInfo, limit| with(info, limit, 500);
    let short = AttemptInfo { left: Duration::from_millis(999), ..info(Outcome::NotSent) };
    assert_eq!(first(short, None), Decision::Stop(Verdict::Failed, StopReason::Deadline));
    assert_eq!(
        with(info(Outcome::NotSent), None, 13),
        Decision::Stop(Verdict::Failed, StopReason::Budget)
    );
    assert!(matches!(with(info(Outcome::NotSent), None, 14), Decision::Retry { .. }));
    assert_eq!(
        with(info(Outcome::Throttled), None, 4),
        Decision::Stop(Verdict::Failed, StopReason::Budget)
    );
    assert!(matches!(with(info(Outcome::Throttled), None, 5), Decision::Retry { .. }));
    assert_eq!(
        first(info(Outcome::NotSent), Some(1)),
        Decision::Stop(Verdict::Failed, StopReason::Attempts)
    );
    let asked = AttemptInfo {
        retry_after: Some(Duration::from_secs(90)),
        left: Duration::from_secs(20),
        ..info(Outcome::Throttled)
    };
    assert_eq!(first(asked, None), Decision::Stop(Verdict::Failed, StopReason::Deadline));
}

/// The policy a second time, read from the table above and computed from the whole history: no state, and nothing in
/// common with the policy except the length of a pause.
fn decision_by_table(
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
    let maybe_applied = |info: &AttemptInfo| matches!(info.outcome, Ambiguous | Misrouted);
    let verdict = if class != RetryClass::Read && history.iter().any(maybe_applied) {
        Verdict::Unknown
    } else {
        Verdict::Failed
    };
    if now.breaker_open {
        return (Decision::Stop(verdict, StopReason::Final), 0);
    }
    let (left, late) = match now.token_left.map(|left| match left.as_nanos() {
        0 => left,
        _ => left + Duration::from_secs(1),
    }) {
        Some(window) if window < now.left => (window, StopReason::TokenWindow),
        _ => (now.left, StopReason::Deadline),
    };
    let recovered = |index: usize| {
        let info = &history[index];
        matches!(info.outcome, ClockRefused | TokenRefused)
            && info.recoverable
            && !history[..index]
                .iter()
                .any(|before| before.outcome == info.outcome && before.recoverable)
    };
    if recovered(earlier.len()) {
        return if left >= Duration::from_secs(1) {
            (Decision::Retry { pause: Duration::ZERO }, 0)
        } else {
            (Decision::Stop(verdict, late), 0)
        };
    }
    let attempts = (0..history.len()).filter(|index| !recovered(*index)).count() as u32;
    let ambiguous = earlier.iter().filter(|info| info.outcome == Ambiguous).count();
    let row = match (now.outcome, class) {
        (NotSent, _) if now.is_final => None,
        (NotSent, _) => Some((BackoffKind::Transient, 14)),
        (Throttled, _) => Some((BackoffKind::Throttle, 5)),
        (Ambiguous, _) if now.forbids_retry => None,
        (Ambiguous, RetryClass::Token) => Some((BackoffKind::Transient, 14)),
        (Ambiguous, _) if now.is_final => None,
        (Ambiguous, RetryClass::Read) => Some((BackoffKind::Transient, 14)),
        (Ambiguous, RetryClass::Convergent) if ambiguous == 0 => Some((BackoffKind::Transient, 14)),
        _ => None,
    };
    let end = |reason| (Decision::Stop(verdict, reason), 0);
    let Some((kind, cost)) = row else { return end(StopReason::Final) };
    let max = limit.map_or(if class == RetryClass::Convergent { 3 } else { 4 }, |n| n.max(1));
    if attempts >= max {
        return end(StopReason::Attempts);
    }
    let pause = backoff::pause(kind, attempts, now.random, now.retry_after);
    if left < pause.max(now.retry_after.unwrap_or_default()) + Duration::from_secs(1) {
        return end(late);
    }
    if budget < cost {
        return end(StopReason::Budget);
    }
    (Decision::Retry { pause }, cost)
}

#[test]
fn random_histories_match_the_table() {
    let random = crate::entropy::SeededEntropy::new(20_170_312);
    let roll = |sides: u64| random.below(sides);
    let mut ends = std::collections::HashMap::new();
    for _ in 0..100_000 {
        let class = CLASSES[roll(5) as usize];
        let limit = (roll(4) == 0).then(|| roll(7) as u32);
        let mut retry = Retry::new(class, limit);
        let mut history = Vec::new();
        let mut left = Duration::from_millis(roll(200_000));
        let mut budget = roll(120) as u32;
        loop {
            // Outcomes that allow a retry are more likely, or few histories would be long.
            let outcome = Outcome::ALL
                [if roll(3) > 0 { roll(4) + 2 * roll(2) * roll(2) } else { roll(9) } as usize];
            history.push(AttemptInfo {
                outcome,
                retry_after: (roll(5) == 0).then(|| Duration::from_millis(roll(60_000))),
                left,
                token_left: (roll(4) == 0)
                    .then(|| Duration::from_millis(roll(180_000).saturating_sub(20_000))),
                random: random.next(),
                recoverable: roll(4) > 0,
                is_final: matches!(outcome, Outcome::Ambiguous | Outcome::NotSent) && roll(4) == 0,
                forbids_retry: outcome == Outcome::Ambiguous && roll(8) == 0,
                breaker_open: outcome == Outcome::NotSent && roll(20) == 0,
            });
            let mut taken = 0;
            let decision = retry.next(history.last().unwrap(), |cost| {
                taken = if cost <= budget { cost } else { 0 };
                cost <= budget
            });
            let expected = decision_by_table(class, limit, &history, budget);
            assert_eq!((decision, taken), expected, "{class} {limit:?} {history:?}");
            match decision {
                Decision::Retry { pause } => {
                    let is_unsafe = matches!(class, RetryClass::Guarded | RetryClass::Hazard);
                    assert!(!(is_unsafe && outcome.may_have_acted()), "{history:?}");
                    assert!(left >= pause + MIN_TIME);
                    budget -= taken;
                    left = left.saturating_sub(pause + Duration::from_millis(roll(5_000)));
                }
                Decision::Stop(verdict, reason) => {
                    let max = limit.map_or(4, |limit| limit.max(1)) as usize;
                    assert!(history.len() <= max + 2, "two recoveries at most: {history:?}");
                    let maybe_applied = history.iter().any(|info| info.outcome.may_have_acted());
                    let is_known = class == RetryClass::Read || !maybe_applied;
                    assert!(verdict != Verdict::Failed || is_known, "{history:?}");
                    *ends.entry((verdict as u8, reason as u8, history.len() > 2)).or_insert(0) += 1;
                    break;
                }
            }
        }
    }
    // The histories reached every kind of end.
    assert!(ends.len() >= 14, "{ends:?}");
    assert!(ends.values().filter(|count| **count > 100).count() >= 12, "{ends:?}");
}
