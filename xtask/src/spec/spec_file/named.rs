//! `types/Name.json` and `enums/Name.json`: types and value sets that several actions share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Member, is_default};

/// `types/Name.json`: a type that several actions share.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypeFile {
    /// Path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "is_default")]
    pub schema: String,
    /// Name of the type; the file is called after it.
    #[serde(rename = "type")]
    pub type_: String,
    /// Whether it is part of requests, of responses or of both.
    pub usage: Usage,
    /// What it is, in one sentence.
    pub summary: String,
    /// Further notes, one paragraph each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notes: Vec<String>,
    /// Name in Rust, if the derived name is not good.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// Its members, in wire order.
    pub members: Vec<Member>,
}

/// Whether a type is part of requests, of responses or of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// Only in requests.
    In,
    /// Only in responses.
    Out,
    /// In both.
    Both,
}

/// `enums/Name.json`: a named set of values.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnumFile {
    /// Path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "is_default")]
    pub schema: String,
    /// Name of the set; the file is called after it.
    #[serde(rename = "enum")]
    pub enum_: String,
    /// What the values describe, in one sentence.
    pub summary: String,
    /// Further notes, one paragraph each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notes: Vec<String>,
    /// Name in Rust, if the derived name is not good.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// Its values, in the service's order.
    pub values: Vec<EnumValue>,
}

/// One value of a named set.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnumValue {
    /// Value on the wire.
    pub value: String,
    /// Variant in Rust, if the derived name is not good.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// The service advises against using it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deprecated: bool,
    /// What it means.
    pub doc: String,
}
