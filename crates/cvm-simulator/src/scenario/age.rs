//! Spans of time in scenarios: a number with a unit.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of time: a number with `s`, `m`, `h` or `d`, such as `30d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(pub(crate) Duration);

/// The units, and their lengths in seconds.
const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];

/// Ages are shorter than 100 years: then every virtual time of a scenario exists.
const MAX_SECONDS: u64 = 100 * 365 * 86_400;

impl Age {
    fn parse(text: &str) -> Option<Self> {
        let unit = text.chars().next_back()?;
        let (_, seconds) = UNITS.into_iter().find(|(known, _)| *known == unit)?;
        let number = text.strip_suffix(unit)?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let seconds = number.parse::<u64>().ok()?.checked_mul(seconds)?;
        (seconds <= MAX_SECONDS).then_some(Self(Duration::from_secs(seconds)))
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = &"a number with s, m, h or d of at most 100 years, such as 45s or 30d";
        Self::parse(&text).ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text), expected))
    }
}

impl Serialize for Age {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{}s", self.0.as_secs()))
    }
}

impl JsonSchema for Age {
    fn schema_name() -> Cow<'static, str> {
        "Age".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A number with `s`, `m`, `h` or `d`, such as `30d`.",
            "pattern": "^[0-9]+[smhd]$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_is_a_number_with_a_unit() {
        for (text, seconds) in
            [("0s", 0), ("45s", 45), ("90m", 5_400), ("2h", 7_200), ("1d", 86_400)]
        {
            assert_eq!(Age::parse(text), Some(Age(Duration::from_secs(seconds))), "{text}");
        }
        for text in [
            "",
            "s",
            "5",
            "5 d",
            "-5d",
            "+5d",
            "5w",
            "5D",
            "1.5h",
            "36501d",
            "99999999999999999999s",
        ] {
            assert_eq!(Age::parse(text), None, "{text}");
        }
    }
}
