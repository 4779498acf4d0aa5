//! `errors.json`: every error code, what it means and what to do about it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_default;

/// `errors.json`: every error code.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorsFile {
    /// Path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "is_default")]
    pub schema: String,
    /// The codes, sorted.
    pub errors: Vec<ErrorRow>,
}

/// One error code.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorRow {
    /// The code.
    pub code: String,
    /// What sort of failure it is.
    pub kind: ErrorKind,
    /// The same request may succeed later, unchanged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retryable: bool,
    /// A request that changes something may have been carried out in part although it ended with this code.
    /// Every code of the kind `server` says whether that is so.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partial: Option<bool>,
    /// `true` if the whole gateway uses it, `"both"` if actions document it besides.
    #[serde(default, skip_serializing_if = "is_default")]
    pub common: Common,
    /// Only an older gateway answers with it; `export` leaves it out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub legacy: bool,
    /// It says that no resource has the id in this member of a listed item, such as `InstanceId`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub absent: Vec<String>,
    /// Name of the constant, where the rule does not give a good one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// What it means.
    pub doc: String,
    /// What to do about it.
    pub fix: String,
}

/// Who uses an error code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Common {
    /// Actions document it.
    #[default]
    No,
    /// The whole gateway.
    Yes,
    /// The gateway, and actions document it besides.
    Both,
}

/// What sort of failure an error code tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    /// Who is calling, or what they may do.
    Auth,
    /// The request is wrong.
    Client,
    /// Something that the request names does not exist.
    NotFound,
    /// A quota is used up or stock is short.
    Quota,
    /// The service failed.
    Server,
    /// A resource is in the wrong state.
    State,
    /// Too many calls.
    Throttle,
}

impl<'de> Deserialize<'de> for Common {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(true) => Ok(Self::Yes),
            Value::Bool(false) => Ok(Self::No),
            Value::String(text) if text == "both" => Ok(Self::Both),
            other => {
                Err(de::Error::custom(format_args!("`common` is true or \"both\", not {other}")))
            }
        }
    }
}

impl Serialize for Common {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::No => serializer.serialize_bool(false),
            Self::Yes => serializer.serialize_bool(true),
            Self::Both => serializer.serialize_str("both"),
        }
    }
}

impl JsonSchema for Common {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Common".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [true, "both"] })
    }
}
