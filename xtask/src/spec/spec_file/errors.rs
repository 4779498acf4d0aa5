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
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// The same request may succeed later, unchanged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retryable: bool,
    /// A request that ended with this code may have been carried out in part. Each code of the kind `server` must say so.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partial: Option<bool>,
    /// `true` if the gateway returns it for any action, `"both"` if actions document it as well.
    #[serde(default, skip_serializing_if = "is_default")]
    pub common: Common,
    /// Only an older gateway returns it; `export` omits it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub legacy: bool,
    /// Members of listed items, such as `InstanceId`: the code means that no resource has the requested id there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub absent: Vec<String>,
    /// Name of the constant, if the derived name is not good.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// What it means.
    pub doc: String,
    /// What to do about it.
    pub fix: String,
}

/// Who returns an error code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Common {
    /// Actions document it.
    #[default]
    No,
    /// The gateway, for any action.
    Yes,
    /// The gateway, and actions document it as well.
    Both,
}

/// What kind of failure an error code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    /// Credentials or permission.
    Auth,
    /// The request is invalid.
    Client,
    /// A resource in the request does not exist.
    NotFound,
    /// A quota or the stock is exhausted.
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
            other => Err(de::Error::custom(format_args!(
                "`common` must be true or \"both\", not {other}"
            ))),
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
