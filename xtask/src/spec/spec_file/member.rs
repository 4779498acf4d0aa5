//! One member of a request, a response or a type, with every constraint that a spec can state.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_default;

/// One member of a request, a response or a type.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Name on the wire.
    pub name: String,
    /// `string`, `int64`, `uint64`, `bool`, `float`, `datetime`, `datetime_iso`, a type, an enum, or
    /// `list<…>` of one of these.
    #[serde(rename = "type")]
    pub type_: String,
    /// Name in Rust, where the rule does not give a good one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// A request must carry it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    /// When a request must carry it: a condition or a few words.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required_if: Option<String>,
    /// An answer carries it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output_required: bool,
    /// The service does not say whether an answer carries it, though it says so of other members.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output_undeclared: bool,
    /// An answer may carry it as null.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nullable: bool,
    /// The text of the service says that it may be null, although its model does not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nullable_in_text: bool,
    /// When it is null, in a few words.
    #[serde(default, skip_serializing_if = "is_default")]
    pub null_if: Option<String>,
    /// When the answer to a change leaves the list empty, in a few words; otherwise an empty list means that the
    /// answer does not name what was made.
    #[serde(default, skip_serializing_if = "is_default")]
    pub empty_if: Option<String>,
    /// When it is there, in a few words. Beside `output_required`: a response may lack it in spite of that.
    #[serde(default, skip_serializing_if = "is_default")]
    pub present_if: Option<String>,
    /// `in` or `out`: in a type that travels both ways, the only way this member goes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub direction: Option<Direction>,
    /// Members that may not be given beside it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub exclusive_with: Vec<String>,
    /// Exactly one of these must be given.
    #[serde(default, skip_serializing_if = "is_default")]
    pub exactly_one_of: Vec<String>,
    /// One or more of these must be given.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at_least_one_of: Vec<String>,
    /// Smallest value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min: Option<i64>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max: Option<i64>,
    /// Member whose value is the largest.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_ref: Option<String>,
    /// Values are multiples of it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub step: Option<i64>,
    /// Unit of the number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unit: Option<String>,
    /// Fewest characters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min_length: Option<u32>,
    /// Most characters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_length: Option<u32>,
    /// Most bytes, before base64 where that is the encoding.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_bytes: Option<u32>,
    /// Most items of a list.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_items: Option<u32>,
    /// Layout of an identifier (`ins-xxxxxxxx`) or a time (`YYYY-MM-DD`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: Option<String>,
    /// Regular expression that the whole text matches.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pattern: Option<String>,
    /// Characters that may occur.
    #[serde(default, skip_serializing_if = "is_default")]
    pub charset: Option<String>,
    /// How bytes are written as text.
    #[serde(default, skip_serializing_if = "is_default")]
    pub encoding: Option<String>,
    /// No two resources may share a value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unique: bool,
    /// Values of a scalar that has no named enum.
    #[serde(rename = "enum", default, skip_serializing_if = "is_default")]
    pub enum_: Option<Vec<Value>>,
    /// Narrows or reorders the named enum for this member.
    #[serde(default, skip_serializing_if = "is_default")]
    pub values: Option<Vec<String>>,
    /// The named enum holds what is known, but the service does not state the set for this member.
    #[serde(default, skip_serializing_if = "is_default")]
    pub open: bool,
    /// Some values of an open set.
    #[serde(default, skip_serializing_if = "is_default")]
    pub known_values: Vec<String>,
    /// Where the service states the set of values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub enum_ref: Option<String>,
    /// Values with a meaning of their own. They pass the check, whatever the limits and the format are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub special_values: Pairs,
    /// Values that an answer may show and a request may not set.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_settable: Vec<String>,
    /// What the service takes when it is absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub default: Option<Value>,
    /// The only actions that read it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub used_by: Vec<String>,
    /// When it is read: a condition or a few words.
    #[serde(default, skip_serializing_if = "is_default")]
    pub used_if: Option<String>,
    /// A few words for what no other key says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rule: Option<String>,
    /// The service asks not to use it any more.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deprecated: bool,
    /// Member to use in its place.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replaced_by: Option<String>,
    /// Version of the service that brought it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub since: Option<String>,
    /// No log may show it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub secret: bool,
    /// No log may show it, although the service does not call it a secret.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sensitive: bool,
    /// Kept for an older gateway; `export` leaves it out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub legacy: bool,
    /// A contradiction of the service and how we settle it, told to the reader.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quirk: Option<String>,
    /// What it is, in our own words.
    pub doc: String,
}

/// The only way a member of a shared type goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Only in requests.
    In,
    /// Only in answers.
    Out,
}

/// An object whose keys are data; keeps their order and refuses a key that is given twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs: Vec<(String, String)> = Vec::new();
                while let Some((key, value)) = map.next_entry()? {
                    if pairs.iter().any(|(known, _)| *known == key) {
                        return Err(de::Error::custom(format_args!("duplicate key `{key}`")));
                    }
                    pairs.push((key, value));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl JsonSchema for Pairs {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pairs".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}
