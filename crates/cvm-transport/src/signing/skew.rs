//! The difference between this machine's clock and an endpoint's, measured and remembered per endpoint.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;

use crate::http::date;

/// From this difference on a clock is corrected before the service refuses: it does so at 300 s.
pub(crate) const CORRECTION_THRESHOLD: i64 = 240;

/// A round trip longer than this says nothing about when the service wrote its date.
const MAX_ROUND_TRIP: Duration = Duration::from_secs(15 * 60);

/// Seconds by which each endpoint's clock is ahead, where that is corrected.
#[derive(Debug, Default)]
pub(crate) struct Skews {
    by_authority: Mutex<HashMap<String, i64>>,
    /// Whether any clock is corrected. Mostly none is, and then nobody has to look.
    any: AtomicBool,
}

impl Skews {
    pub(crate) fn of(&self, authority: &str) -> i64 {
        if !self.any.load(Ordering::Acquire) {
            return 0;
        }
        let skews = self.by_authority.lock().unwrap_or_else(PoisonError::into_inner);
        skews.get(authority).copied().unwrap_or_default()
    }

    /// The largest of all endpoints, whatever its sign; 0 when no clock was found wrong.
    pub(crate) fn largest(&self) -> i64 {
        let skews = self.by_authority.lock().unwrap_or_else(PoisonError::into_inner);
        skews.values().copied().max_by_key(|skew| skew.unsigned_abs()).unwrap_or_default()
    }

    pub(crate) fn set(&self, authority: &str, seconds: i64) {
        let mut skews = self.by_authority.lock().unwrap_or_else(PoisonError::into_inner);
        if seconds == 0 {
            skews.remove(authority);
        } else {
            skews.insert(authority.to_owned(), seconds);
        }
        self.any.store(!skews.is_empty(), Ordering::Release);
    }

    /// Takes in a measurement that came with an ordinary response. A notable one is applied if the date may
    /// be `believed`; any smaller one ends a correction, because the clocks agree well enough without it.
    pub(crate) fn observe(&self, authority: &str, seconds: i64, believed: bool) {
        if seconds.abs() < CORRECTION_THRESHOLD {
            if self.of(authority) != 0 {
                self.set(authority, 0);
            }
        } else if believed {
            self.set(authority, seconds);
        }
    }
}

/// The endpoint's `Date` less the middle between sending and receiving.
///
/// `None` when the answer may come from a cache (`Age`), the trip took too long, or there is no date.
pub(crate) fn measure(headers: &HeaderMap, sent: SystemTime, received: SystemTime) -> Option<i64> {
    if headers.contains_key(http::header::AGE) {
        return None;
    }
    let mut dates = headers.get_all(http::header::DATE).iter();
    let date = date::parse(dates.next()?.to_str().ok()?)?;
    if dates.next().is_some() {
        return None;
    }
    let trip = received.duration_since(sent).ok().filter(|trip| *trip <= MAX_ROUND_TRIP)?;
    let middle = sent.checked_add(trip / 2)?;
    // Half a second more, because a date is cut to whole seconds.
    let date = date.checked_add(Duration::from_millis(500))?;
    Some(match date.duration_since(middle) {
        Ok(ahead) => i64::try_from(ahead.as_secs()).unwrap_or(i64::MAX),
        Err(behind) => -i64::try_from(behind.duration().as_secs()).unwrap_or(i64::MAX),
    })
}

/// A time, seen on the endpoint's clock.
pub(crate) fn correct(now: SystemTime, skew: i64) -> SystemTime {
    let distance = Duration::from_secs(skew.unsigned_abs());
    let corrected = if skew < 0 { now.checked_sub(distance) } else { now.checked_add(distance) };
    corrected.filter(|time| *time >= UNIX_EPOCH).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Sun, 06 Nov 1994 08:49:37 GMT
    const DATE: u64 = 784_111_777;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn headers(rows: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in rows {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_middle_of_the_trip_is_compared() {
        let date = headers(&[("date", "Sun, 06 Nov 1994 08:49:37 GMT")]);
        assert_eq!(measure(&date, at(DATE), at(DATE)), Some(0));
        assert_eq!(measure(&date, at(DATE - 10), at(DATE + 10)), Some(0));
        assert_eq!(measure(&date, at(DATE - 1_000), at(DATE - 1_000)), Some(1_000));
        assert_eq!(measure(&date, at(DATE + 1_000), at(DATE + 1_000)), Some(-999));
    }

    #[test]
    fn dates_that_prove_nothing_are_ignored() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let now = at(DATE);
        assert_eq!(measure(&headers(&[date, ("age", "3")]), now, now), None);
        assert_eq!(measure(&headers(&[date, date]), now, now), None);
        assert_eq!(measure(&headers(&[("date", "yesterday")]), now, now), None);
        assert_eq!(measure(&headers(&[]), now, now), None);
        assert_eq!(measure(&headers(&[date]), now, at(DATE + 16 * 60)), None);
        assert_eq!(measure(&headers(&[date]), now, at(DATE - 1)), None, "time ran backwards");
    }

    #[test]
    fn a_correction_is_measured_again_and_ends_when_the_clocks_agree() {
        let skews = Skews::default();
        let after = |seconds, believed| {
            skews.observe("host", seconds, believed);
            skews.of("host")
        };
        assert_eq!(after(239, true), 0);
        assert_eq!(after(300, false), 0, "nobody vouches for that date");
        assert_eq!(after(-260, true), -260);
        assert_eq!(after(-280, true), -280);
        assert_eq!(skews.of("other"), 0);
        skews.set("other", 250);
        assert_eq!(after(-239, true), 0);
        assert_eq!(skews.of("other"), 250, "another host's clock stays as it was");
        skews.observe("other", 3, false);
        assert_eq!(skews.of("other"), 0, "any date may end a correction");
    }

    #[test]
    fn the_largest_correction_is_told_whatever_its_sign() {
        let skews = Skews::default();
        assert_eq!(skews.largest(), 0);
        skews.set("a", 250);
        skews.set("b", -600);
        assert_eq!(skews.largest(), -600);
        skews.set("b", 0);
        assert_eq!(skews.largest(), 250);
    }

    #[test]
    fn corrections_go_both_ways() {
        assert_eq!(correct(at(1_000), 300), at(1_300));
        assert_eq!(correct(at(1_000), -300), at(700));
        assert_eq!(correct(at(1_000), i64::MIN), at(1_000), "not before the beginning of time");
    }
}
