//! Formats times as the service writes them.

use cvm_models::time::Date;

/// The UTC time of a Unix timestamp in seconds: `YYYY-MM-DDThh:mm:ss`. Times after the year 9999 give its end.
pub fn format(seconds: u64) -> String {
    let Some(date) = Date::from_timestamp(seconds) else {
        return "9999-12-31T23:59:59".to_owned();
    };
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{date}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_formatted_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_868_799, "2000-02-29T23:59:59"),
            (1_795_247_313, "2026-11-21T07:48:33"),
            (u64::MAX, "9999-12-31T23:59:59"),
        ] {
            assert_eq!(format(seconds), text);
        }
    }
}
