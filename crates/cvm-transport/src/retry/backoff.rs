//! How long to pause before a retry: exponential backoff with full jitter, and the server's `Retry-After` within
//! bounds.
//!
//! Full jitter spreads retries best: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015,
//! <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.

use std::time::{Duration, SystemTime};

/// Why the next attempt has to wait, which determines how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BackoffKind {
    /// A failure that may pass at once.
    Transient,
    /// Too many calls: the service counts per second.
    Throttle,
}

const TRANSIENT_BASE: Duration = Duration::from_millis(100);
const TRANSIENT_CAP: Duration = Duration::from_secs(5);
const THROTTLE_BASE: Duration = Duration::from_secs(1);
const THROTTLE_CAP: Duration = Duration::from_secs(20);
/// The service counts calls in windows of a second, so a shorter pause after a throttle is wasted.
const THROTTLE_FLOOR: Duration = Duration::from_millis(250);
/// How much a `Retry-After` may extend a transient pause.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(5);
/// The longest `Retry-After` that is respected after a throttle.
const THROTTLE_MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// The pause before retry number `retry`, counted from 1: `U(0, min(cap, base · 2^(retry-1)))`.
pub(crate) fn pause(
    kind: BackoffKind,
    retry: u32,
    random: u64,
    retry_after: Option<Duration>,
) -> Duration {
    let (base, cap, floor) = match kind {
        BackoffKind::Transient => (TRANSIENT_BASE, TRANSIENT_CAP, Duration::ZERO),
        BackoffKind::Throttle => (THROTTLE_BASE, THROTTLE_CAP, THROTTLE_FLOOR),
    };
    let factor = 1u32.checked_shl(retry.saturating_sub(1)).unwrap_or(u32::MAX);
    let ceiling = base.saturating_mul(factor).min(cap);
    // The upper 32 bits as a fraction of 2^32: precise enough, and never above the ceiling.
    let fraction = u128::from(random >> 32);
    let nanos = (ceiling.as_nanos() * fraction) >> 32;
    let jittered = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)) + floor;
    match (retry_after, kind) {
        (None, _) => jittered,
        (Some(requested), BackoffKind::Transient) => {
            requested.clamp(jittered, jittered + MAX_RETRY_AFTER)
        }
        (Some(requested), BackoffKind::Throttle) => {
            requested.clamp(jittered, THROTTLE_MAX_RETRY_AFTER.max(jittered))
        }
    }
}

/// Parses a `Retry-After`: seconds or an HTTP date. `None` for anything else.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too large for a Duration still means "very long".
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pauses_stay_within_their_bounds(retry in 1u32..100, random: u64, requested in proptest::option::of(0u64..u64::MAX)) {
            let requested = requested.map(Duration::from_secs);
            let transient = pause(BackoffKind::Transient, retry, random, requested);
            prop_assert!(transient <= TRANSIENT_CAP + MAX_RETRY_AFTER);
            let throttle = pause(BackoffKind::Throttle, retry, random, requested);
            prop_assert!(throttle >= THROTTLE_FLOOR);
            prop_assert!(throttle <= THROTTLE_MAX_RETRY_AFTER);
        }
    }

    #[test]
    fn ceiling_doubles_from_base_to_cap() {
        let max = |kind, retry| pause(kind, retry, u64::MAX, None).as_millis();
        assert_eq!(max(BackoffKind::Transient, 1), 99);
        assert_eq!(max(BackoffKind::Transient, 2), 199);
        assert_eq!(max(BackoffKind::Transient, 40), 4_999);
        assert_eq!(max(BackoffKind::Throttle, 1), 1_249);
        assert_eq!(max(BackoffKind::Throttle, 9), 20_249);
        assert_eq!(pause(BackoffKind::Transient, 3, 0, None), Duration::ZERO);
        assert_eq!(pause(BackoffKind::Throttle, 3, 0, None), THROTTLE_FLOOR);
    }

    #[test]
    fn retry_after_extends_the_pause_within_bounds() {
        let requested =
            |kind, seconds| pause(kind, 1, 0, Some(Duration::from_secs(seconds))).as_secs();
        assert_eq!(requested(BackoffKind::Transient, 2), 2);
        assert_eq!(requested(BackoffKind::Transient, 3_600), 5);
        assert_eq!(requested(BackoffKind::Throttle, 12), 12);
        assert_eq!(requested(BackoffKind::Throttle, 3_600), 30);
        assert_eq!(pause(BackoffKind::Throttle, 1, 0, Some(Duration::ZERO)), THROTTLE_FLOOR);
    }

    #[test]
    fn invalid_retry_after_is_ignored() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let seconds = |text: &str| retry_after(text, now).map(|pause| pause.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0), "in the past");
        assert!(seconds("99999999999999999999999").is_some_and(|pause| pause > 1_000_000));
        for garbage in ["", "-1", "1.5", "soon", "1e9", "+3", "0x10"] {
            assert_eq!(seconds(garbage), None, "{garbage}");
        }
    }
}
