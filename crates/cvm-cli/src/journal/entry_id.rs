//! Ids of journal entries: they sort by time, and each is used once.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{CliError, Result};

/// Digits in the order of their character codes, without letters that look like others.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Digits for the time.
const TIME_DIGITS: usize = 9;

/// Random digits, which make the id unique.
const RANDOM_DIGITS: usize = 4;

/// The id of an entry that begins now.
pub fn new(now: SystemTime) -> Result<String> {
    let mut bytes = [0; RANDOM_DIGITS];
    getrandom::fill(&mut bytes).map_err(|_| {
        CliError::local(
            "the operating system returned no random bytes for the id of a journal entry",
        )
    })?;
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let digit = |value: u128| {
        let index = usize::try_from(value % 32).unwrap_or_default();
        DIGITS.get(index).map_or('0', |digit| char::from(*digit))
    };
    let time = (0..TIME_DIGITS).rev().map(|position| digit(since >> (5 * position)));
    Ok(time.chain(bytes.iter().map(|byte| digit(u128::from(*byte)))).collect())
}

/// Whether a name has the form of an id. No other name leads to a file.
pub fn is_valid(name: &str) -> bool {
    name.len() == TIME_DIGITS + RANDOM_DIGITS && name.bytes().all(|byte| DIGITS.contains(&byte))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ids_sort_by_time_and_are_unique() {
        let at = |milliseconds| new(UNIX_EPOCH + Duration::from_millis(milliseconds)).unwrap();
        let mut ids: Vec<String> = (0..200).map(|step| at(1_795_247_313_123 + step * 7)).collect();
        let sorted = {
            let mut sorted = ids.clone();
            sorted.sort_unstable();
            sorted
        };
        assert_eq!(ids, sorted);
        ids.extend((0..20).map(|_| at(1_795_247_313_123)));
        assert!(ids.iter().all(|id| is_valid(id)), "{ids:?}");
        ids.sort_unstable();
        ids.dedup();
        assert!(ids.len() > 215, "{}", ids.len());
    }
}
