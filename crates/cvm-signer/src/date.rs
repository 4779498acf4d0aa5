//! Computes the UTC day of a timestamp, so that the date in the scope and the sent timestamp agree.

use core::fmt;

/// Seconds per day. Unix time has no leap seconds.
const DAY: u64 = 86_400;

/// Days from 0000-03-01, where the computation begins, to the Unix epoch.
const EPOCH: u64 = 719_468;

/// 9999-12-31, the last day whose year has four digits.
const LAST_DAY: u64 = 2_932_896;

/// A UTC calendar day, printed as `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    days_since_epoch: u64,
}

impl Date {
    /// Returns the UTC day of a Unix timestamp in seconds.
    ///
    /// `None` after the year 9999, as for a timestamp in milliseconds.
    pub const fn from_timestamp(timestamp: u64) -> Option<Self> {
        let days_since_epoch = timestamp / DAY;
        if days_since_epoch > LAST_DAY { None } else { Some(Self { days_since_epoch }) }
    }

    /// Parses `YYYY-MM-DD`. `None` if the text has another form or is not a day since 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
            return None;
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0u64, |sum, digit| {
                digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0'))
            })
        };
        let civil = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
        let date = Self::from_civil(civil)?;
        // A day such as 30 February is counted into the next month, so it converts back to another date.
        (date.civil() == civil).then_some(date)
    }

    /// Returns year, month and day, by Howard Hinnant's `civil_from_days`
    /// (<https://howardhinnant.github.io/date_algorithms.html>). Years begin in March, so that the leap day
    /// is the last one of a year. Each era of 400 years has 146 097 days.
    const fn civil(self) -> (u64, u64, u64) {
        let days = self.days_since_epoch + EPOCH;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        (era * 400 + year_of_era + (month <= 2) as u64, month, day)
    }

    /// The inverse of [`Date::civil`]. `None` if month or day are out of range, and before 1970.
    fn from_civil((year, month, day): (u64, u64, u64)) -> Option<Self> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let year = year.checked_sub(u64::from(month <= 2))?;
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let (era, year_of_era) = (year / 400, year % 400);
        let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (era * 146_097 + day_of_era)
            .checked_sub(EPOCH)
            .map(|days_since_epoch| Self { days_since_epoch })
    }

    /// The ten bytes of `YYYY-MM-DD`.
    pub(crate) const fn to_ascii(self) -> [u8; 10] {
        const fn digit(number: u64) -> u8 {
            b'0' + (number % 10) as u8
        }
        let (y, m, d) = self.civil();
        [
            digit(y / 1000),
            digit(y / 100),
            digit(y / 10),
            digit(y),
            b'-',
            digit(m / 10),
            digit(m),
            b'-',
            digit(d / 10),
            digit(d),
        ]
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.to_ascii()).unwrap_or(""))
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Date({self})")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_days_are_named() {
        for (timestamp, date) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_551_113_065, "2019-02-25"),
            (1_709_164_799, "2024-02-28"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            // 2100 is no leap year.
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
        ] {
            assert_eq!(Date::from_timestamp(timestamp).unwrap().to_string(), date);
        }
    }

    #[test]
    fn years_with_five_digits_are_rejected() {
        assert_eq!(Date::from_timestamp(253_402_300_800), None);
        assert_eq!(Date::from_timestamp(1_551_113_065_000), None, "milliseconds");
        assert_eq!(Date::from_timestamp(u64::MAX), None);
    }

    #[test]
    fn every_day_follows_the_previous_one() {
        // An independent calendar: counts the days from the epoch.
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..=LAST_DAY {
            let date = Date::from_timestamp(days * DAY).unwrap();
            assert_eq!(date.civil(), (year, month, day), "day {days}");
            assert_eq!(Date::from_civil((year, month, day)), Some(date));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                4 | 6 | 9 | 11 => 30,
                2 => 28 + u64::from(leap),
                _ => 31,
            };
            (year, month, day) = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                _ if day == last => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
        assert_eq!((year, month, day), (10_000, 1, 1));
    }

    #[test]
    fn texts_that_are_not_dates_are_rejected() {
        for text in [
            "",
            "2019-2-25",
            "2019-02-25 ",
            "2019/02/25",
            "2019-02-30",
            "2023-02-29",
            "2100-02-29",
            "1969-12-31",
            "0000-01-01",
            "2019-13-01",
            "2019-00-01",
            "2019-01-00",
            "2019-04-31",
            "+019-01-01",
            "２019-01-01",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn date_changes_only_at_midnight(days in 1..=LAST_DAY, second in 0..DAY) {
            let midnight = days * DAY;
            let today = Date::from_timestamp(midnight).unwrap();
            prop_assert!(Date::from_timestamp(midnight - 1).unwrap() < today);
            prop_assert_eq!(Date::from_timestamp(midnight + second).unwrap(), today);
        }

        #[test]
        fn date_text_round_trips(timestamp in 0..(LAST_DAY + 1) * DAY) {
            let date = Date::from_timestamp(timestamp).unwrap();
            prop_assert_eq!(Date::parse(&date.to_string()), Some(date));
        }
    }
}
