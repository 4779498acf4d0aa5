//! Points of virtual time, and their layouts in the API.

use std::fmt;
use std::time::Duration;

use cvm_signer::Date;
use serde::{Deserialize, Serialize};

const DAY: u64 = 86_400;

/// The last millisecond of the year 9999.
const END: u64 = 253_402_300_799_999;

/// A point of virtual time, in milliseconds since 1970. The latest one is the end of the year 9999, where time stops.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Later than all others.
    pub(crate) const LAST: Self = Self(u64::MAX);

    /// The time of a Unix timestamp in seconds.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self::of_milliseconds(seconds.saturating_mul(1000))
    }

    const fn of_milliseconds(milliseconds: u64) -> Self {
        Self(if milliseconds < END { milliseconds } else { END })
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0 / 1000
    }

    /// The time this much later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self::of_milliseconds(self.0.saturating_add(span))
    }

    /// The time this much earlier; `None` before 1970.
    pub(crate) fn before(self, span: Duration) -> Option<Self> {
        let span = u64::try_from(span.as_millis()).ok()?;
        self.0.checked_sub(span).map(Self)
    }

    /// The time since an earlier one.
    pub(crate) const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// `YYYY-MM-DD hh:mm:ss`, the layout of other services than CVM.
    pub(crate) fn with_space(self) -> String {
        self.to_string().replace('T', " ").trim_end_matches('Z').to_owned()
    }

    /// The same time of day this many months later; in a shorter month, on its last day.
    pub(crate) fn months_later(self, months: u32) -> Self {
        let text = self.to_string();
        let Some((year, month, day)) = civil(&text) else { return self };
        let count = year * 12 + (month - 1) + u64::from(months);
        let (year, month) = (count / 12, count % 12 + 1);
        let date = (0..4).filter_map(|back| days_from_civil(year, month, day.checked_sub(back)?));
        let Some(days) = date.into_iter().next() else { return self };
        Self::from_unix(days * DAY + self.unix() % DAY)
    }

    /// A month later, for monthly renewals; `None` at the end of the year 9999.
    pub(crate) fn next_month(self) -> Option<Self> {
        Some(self.months_later(1)).filter(|later| *later > self)
    }

    /// Parses every layout of a time in the API: `2017-03-12T08:00:00Z`, the same with `+00:00`, with a space and no
    /// zone (as UTC), and only the day.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
        let (year, month, day) = civil(date)?;
        let days = days_from_civil(year, month, day)?;
        let time = time.strip_suffix('Z').or_else(|| time.strip_suffix("+00:00")).unwrap_or(time);
        let mut parts = time.split(':').map(number);
        let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
        if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(Self::from_unix(days * DAY + hour * 3600 + minute * 60 + second))
    }
}

impl fmt::Display for Timestamp {
    /// `YYYY-MM-DDThh:mm:ssZ`, the documented default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.unix() % DAY;
        match Date::from_timestamp(self.unix()) {
            Some(date) => write!(f, "{date}")?,
            None => f.write_str("9999-12-31")?,
        }
        write!(f, "T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
    }
}

/// A number of exactly two digits.
fn number(text: &str) -> Option<u64> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Year, month and day of a text that starts with `YYYY-MM-DD`. A date alone must be valid.
fn civil(text: &str) -> Option<(u64, u64, u64)> {
    let date = text.get(..10)?;
    if text.len() > 10 && !text.get(10..)?.starts_with('T') {
        return None;
    }
    Date::parse(date)?;
    let mut parts = date.split('-').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// Days since 1970 of a civil date, after Howard Hinnant's `days_from_civil`; `None` for an invalid date.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    Date::parse(&format!("{year:04}-{month:02}-{day:02}"))?;
    let year = year - u64::from(month <= 2);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_formatted_like_the_api() {
        assert_eq!(Timestamp::from_unix(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_unix(1_551_113_065).to_string(), "2019-02-25T16:44:25Z");
        assert_eq!(Timestamp::from_unix(u64::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::from_unix(1_551_113_065).with_space(), "2019-02-25 16:44:25");
    }

    #[test]
    fn every_time_layout_of_the_api_is_parsed() {
        let expected = Some(Timestamp::from_unix(1_551_113_065));
        for text in ["2019-02-25T16:44:25Z", "2019-02-25T16:44:25+00:00", "2019-02-25 16:44:25"] {
            assert_eq!(Timestamp::parse(text), expected, "{text}");
        }
        assert_eq!(Timestamp::parse("2019-02-25"), Some(Timestamp::from_unix(1_551_052_800)));
        for text in
            ["", "2019-02-30", "2019-02-25T24:00:00Z", "2019-02-25 16:44", "2019-02-25T1:2:3Z", "x"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn month_arithmetic_stops_at_the_last_day_of_the_month() {
        let later =
            |from: &str, months| Timestamp::parse(from).unwrap().months_later(months).to_string();
        assert_eq!(later("2020-01-31T10:00:00Z", 1), "2020-02-29T10:00:00Z");
        assert_eq!(later("2019-12-15T00:00:01Z", 1), "2020-01-15T00:00:01Z");
        assert_eq!(later("2019-03-31T00:00:00Z", 60), "2024-03-31T00:00:00Z");
    }

    #[test]
    fn time_stops_at_the_end_of_the_year_9999() {
        let next = |text: &str| Timestamp::parse(text).unwrap().next_month();
        assert_eq!(next("9999-11-30T10:00:00Z"), Timestamp::parse("9999-12-30T10:00:00Z"));
        assert_eq!(next("9999-12-01T00:00:00Z"), None);
        assert_eq!(Timestamp::default().after(Duration::MAX).next_month(), None);
    }

    #[test]
    fn durations_are_added_to_timestamps() {
        let time = Timestamp::from_unix(10).after(Duration::from_millis(1500));
        assert_eq!(time.unix(), 11);
        let end = Timestamp::parse("9999-12-31T23:59:59Z").unwrap();
        assert_eq!(time.after(Duration::MAX).unix(), end.unix());
        assert_eq!(end.after(Duration::from_secs(1)), time.after(Duration::MAX));
    }
}
