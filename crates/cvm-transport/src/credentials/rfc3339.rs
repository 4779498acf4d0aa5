//! Parses RFC 3339 times.

/// Parses an RFC 3339 time, such as `2026-11-30T08:00:00.5+08:00`, to a Unix time in seconds. Fractions of a second are
/// dropped.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once(['T', 't', ' '])?;
    let mut date = date.split('-');
    let (year, month, day) =
        (number(date.next()?, 4)?, number(date.next()?, 2)?, number(date.next()?, 2)?);
    let days_of = |month| match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    };
    if date.next().is_some() || !(1..=12).contains(&month) || !(1..=days_of(month)).contains(&day) {
        return None;
    }
    let (clock, zone) = time.split_at_checked(time.find(['Z', 'z', '+', '-'])?)?;
    let (clock, part) = clock.split_once('.').unwrap_or((clock, "0"));
    if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut clock = clock.split(':');
    let hour = number(clock.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = number(clock.next()?, 2).filter(|minute| *minute < 60)?;
    let second = number(clock.next()?, 2).filter(|second| *second <= 60)?;
    if clock.next().is_some() {
        return None;
    }
    let offset = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        (sign @ ("+" | "-"), offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let hours = number(hours, 2).filter(|hours| *hours < 24)?;
            let minutes = number(minutes, 2).filter(|minutes| *minutes < 60)?;
            let offset = i64::try_from(hours * 3_600 + minutes * 60).ok()?;
            if sign == "+" { offset } else { -offset }
        }
        _ => return None,
    };
    let seconds = days_from_civil(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second;
    i64::try_from(seconds).ok()?.checked_sub(offset)
}

fn number(text: &str, digits: usize) -> Option<u64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Days since 1970-01-01. Years begin in March, so that the leap day is the last day of a year (H. Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_times_are_parsed() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T00:00:00+08:00", Some(-28_800)),
            ("2024-02-29T23:59:59Z", Some(1_709_251_199)),
            ("2024-02-29t23:59:59.999-00:30", Some(1_709_253_023 - 24)),
            ("2024-02-29 23:59:59z", Some(1_709_251_199)),
            ("2023-02-29T00:00:00Z", None),
            ("2024-13-01T00:00:00Z", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01T00:00:00", None),
            ("2024-01-01", None),
            ("2024-01-01T00:00:00.Z", None),
            ("2024-01-01T00:00:00+0800", None),
            ("2024-01-01T00:00:00Z ago", None),
            ("1577836800", None),
            ("", None),
        ] {
            assert_eq!(parse(text), seconds, "{text}");
        }
    }
}
