//! Measures the difference between this machine's clock and an endpoint's, and remembers it per endpoint.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;

/// From this difference on, signatures use the endpoint's time. The service rejects timestamps that differ by more than
/// 5 min with `AuthFailure.SignatureExpire` ("common parameters", <https://cloud.tencent.com/document/api/213/15692>).
pub(crate) const CORRECTION_THRESHOLD: i64 = 240;

/// A longer round trip says too little about when the service wrote its date.
const MAX_ROUND_TRIP: Duration = Duration::from_secs(15 * 60);

/// How many seconds each endpoint's clock is ahead, where that is corrected.
#[derive(Debug, Default)]
pub(crate) struct Skews {
    by_authority: Mutex<HashMap<String, i64>>,
    /// Whether any clock is corrected. Usually none is, which avoids the lock.
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

    /// The largest correction of all endpoints, by absolute value; 0 if there is none.
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

    /// Records a measurement from an ordinary response. A large difference is applied if the date is `trusted`. Any
    /// smaller one ends a correction, because the clocks agree well enough without it.
    pub(crate) fn observe(&self, authority: &str, seconds: i64, trusted: bool) {
        if seconds.abs() < CORRECTION_THRESHOLD {
            if self.of(authority) != 0 {
                self.set(authority, 0);
            }
        } else if trusted {
            self.set(authority, seconds);
        }
    }
}

/// The endpoint's `Date` minus the midpoint between sending and receiving.
///
/// `None` if the response may come from a cache (`Age`), the round trip took too long, or there is no date.
pub(crate) fn measure(headers: &HeaderMap, sent: SystemTime, received: SystemTime) -> Option<i64> {
    if headers.contains_key(http::header::AGE) {
        return None;
    }
    let mut dates = headers.get_all(http::header::DATE).iter();
    let date = httpdate::parse_http_date(dates.next()?.to_str().ok()?).ok()?;
    if dates.next().is_some() {
        return None;
    }
    let trip = received.duration_since(sent).ok().filter(|trip| *trip <= MAX_ROUND_TRIP)?;
    let middle = sent.checked_add(trip / 2)?;
    // Plus half a second, because a date is truncated to whole seconds.
    let date = date.checked_add(Duration::from_millis(500))?;
    Some(match date.duration_since(middle) {
        Ok(ahead) => i64::try_from(ahead.as_secs()).unwrap_or(i64::MAX),
        Err(behind) => -i64::try_from(behind.duration().as_secs()).unwrap_or(i64::MAX),
    })
}

/// Converts a time of this machine to the endpoint's clock.
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
    fn skew_uses_round_trip_midpoint() {
        let date = headers(&[("date", "Sun, 06 Nov 1994 08:49:37 GMT")]);
        assert_eq!(measure(&date, at(DATE), at(DATE)), Some(0));
        assert_eq!(measure(&date, at(DATE - 10), at(DATE + 10)), Some(0));
        assert_eq!(measure(&date, at(DATE - 1_000), at(DATE - 1_000)), Some(1_000));
        assert_eq!(measure(&date, at(DATE + 1_000), at(DATE + 1_000)), Some(-999));
    }

    /// A recipient has to accept three formats (RFC 9110, section 5.6.7).
    #[test]
    fn all_formats_of_http_dates_are_accepted() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", DATE),
            ("Sunday, 06-Nov-94 08:49:37 GMT", DATE),
            ("Sun Nov  6 08:49:37 1994", DATE),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
            ("Mon, 25 Feb 2019 16:44:25 GMT", 1_551_113_065),
        ] {
            let date = headers(&[("date", text)]);
            assert_eq!(measure(&date, at(seconds), at(seconds)), Some(0), "{text}");
        }
        for text in [
            "",
            "GMT",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Thu, 06 Nov 1969 08:49:37 GMT",
        ] {
            let date = headers(&[("date", text)]);
            assert_eq!(measure(&date, at(DATE), at(DATE)), None, "{text}");
        }
    }

    #[test]
    fn unusable_dates_are_ignored() {
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
    fn correction_is_updated_and_ends_when_clocks_agree() {
        let skews = Skews::default();
        let after = |seconds, believed| {
            skews.observe("host", seconds, believed);
            skews.of("host")
        };
        assert_eq!(after(239, true), 0);
        assert_eq!(after(300, false), 0, "the date is not trusted");
        assert_eq!(after(-260, true), -260);
        assert_eq!(after(-280, true), -280);
        assert_eq!(skews.of("other"), 0);
        skews.set("other", 250);
        assert_eq!(after(-239, true), 0);
        assert_eq!(skews.of("other"), 250, "another host's correction does not change");
        skews.observe("other", 3, false);
        assert_eq!(skews.of("other"), 0, "any date may end a correction");
    }

    #[test]
    fn largest_correction_is_by_absolute_value() {
        let skews = Skews::default();
        assert_eq!(skews.largest(), 0);
        skews.set("a", 250);
        skews.set("b", -600);
        assert_eq!(skews.largest(), -600);
        skews.set("b", 0);
        assert_eq!(skews.largest(), 250);
    }

    #[test]
    fn corrections_work_in_both_directions() {
        assert_eq!(correct(at(1_000), 300), at(1_300));
        assert_eq!(correct(at(1_000), -300), at(700));
        assert_eq!(correct(at(1_000), i64::MIN), at(1_000), "not before 1970");
    }
}
