//! One member of a request, a response or a type, with all its constraints.

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
    /// Name in Rust, if the derived name is not good.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// A request must contain it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    /// When a request must contain it: a condition or a few words.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required_if: Option<String>,
    /// A response always contains it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output_required: bool,
    /// The service does not document whether a response contains it, although it does so for other members.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output_undeclared: bool,
    /// It may be null in a response.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nullable: bool,
    /// The service's documentation says that it may be null, although its model does not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nullable_in_text: bool,
    /// When it is null, in a few words.
    #[serde(default, skip_serializing_if = "is_default")]
    pub null_if: Option<String>,
    /// When the response to a change may have an empty list: a condition on the request. Otherwise, an empty list means
    /// that the response does not name the created resources.
    #[serde(default, skip_serializing_if = "is_default")]
    pub empty_if: Option<String>,
    /// When it is present, in a few words. With `output_required`: a response may lack it nevertheless.
    #[serde(default, skip_serializing_if = "is_default")]
    pub present_if: Option<String>,
    /// `in` or `out`: in a type of requests and responses, the only side that has this member.
    #[serde(default, skip_serializing_if = "is_default")]
    pub direction: Option<Direction>,
    /// Members that cannot be combined with it. The default value and `false` exclude nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub exclusive_with: Vec<String>,
    /// Exactly one of these must be given.
    #[serde(default, skip_serializing_if = "is_default")]
    pub exactly_one_of: Vec<String>,
    /// One or more of these must be given.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at_least_one_of: Vec<String>,
    /// Minimum value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min: Option<i64>,
    /// Maximum value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max: Option<i64>,
    /// Member whose value is the maximum.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_ref: Option<String>,
    /// Values must be multiples of it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub step: Option<i64>,
    /// Unit of the number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unit: Option<String>,
    /// Minimum number of characters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min_length: Option<u32>,
    /// Maximum number of characters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_length: Option<u32>,
    /// Maximum number of bytes, before any base64 encoding.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_bytes: Option<u32>,
    /// Maximum number of list items.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_items: Option<u32>,
    /// Format of an identifier (`ins-xxxxxxxx`) or a time (`YYYY-MM-DD`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: Option<String>,
    /// Regular expression that the whole string must match.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pattern: Option<String>,
    /// Allowed characters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub charset: Option<String>,
    /// How bytes are encoded as a string.
    #[serde(default, skip_serializing_if = "is_default")]
    pub encoding: Option<String>,
    /// No two resources may share a value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unique: bool,
    /// Allowed values of a scalar without a named enum.
    #[serde(rename = "enum", default, skip_serializing_if = "is_default")]
    pub enum_: Option<Vec<Value>>,
    /// Narrows or reorders the named enum for this member.
    #[serde(default, skip_serializing_if = "is_default")]
    pub values: Option<Vec<String>>,
    /// The named enum has the known values, but the service does not document the set for this member.
    #[serde(default, skip_serializing_if = "is_default")]
    pub open: bool,
    /// Some values of an open set.
    #[serde(default, skip_serializing_if = "is_default")]
    pub known_values: Vec<String>,
    /// Where the service documents the set of values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub enum_ref: Option<String>,
    /// Values with a special meaning. They are valid whatever the limits and the format are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub special_values: Pairs,
    /// Values that a response may contain and a request must not set.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_settable: Vec<String>,
    /// Value that the service uses if it is absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub default: Option<Value>,
    /// The only actions that use it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub used_by: Vec<String>,
    /// When it is used: a condition or a few words.
    #[serde(default, skip_serializing_if = "is_default")]
    pub used_if: Option<String>,
    /// A rule that no other key can express, in a few words.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rule: Option<String>,
    /// The service advises against using it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deprecated: bool,
    /// Member to use instead.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replaced_by: Option<String>,
    /// Version of the service that added it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub since: Option<String>,
    /// It must not appear in logs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub secret: bool,
    /// It must not appear in logs, although the service does not mark it as a secret.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sensitive: bool,
    /// Kept for an older gateway; `export` omits it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub legacy: bool,
    /// A contradiction in the service's documentation and how we resolve it. Generated docs show it after
    /// "Documentation conflict:", so plain facts belong in `doc`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quirk: Option<String>,
    /// What it is, in our own words.
    pub doc: String,
}

/// The only side that has a member of a shared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Only in requests.
    In,
    /// Only in responses.
    Out,
}

/// An object whose keys are data. Keeps their order and rejects duplicate keys.
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
