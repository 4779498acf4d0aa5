//! `types/Name.json` and `enums/Name.json`: what several actions share.

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
    /// Where it travels.
    pub usage: Usage,
    /// What it is, in one sentence.
    pub summary: String,
    /// What else to know, a paragraph each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notes: Vec<String>,
    /// Name in Rust, where the rule does not give a good one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// Its members, in wire order.
    pub members: Vec<Member>,
}

/// Where a type travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// Only in requests.
    In,
    /// Only in answers.
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
    /// What the set is about, in one sentence.
    pub summary: String,
    /// What else to know, a paragraph each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notes: Vec<String>,
    /// Name in Rust, where the rule does not give a good one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// Its values, in the order of the service.
    pub values: Vec<EnumValue>,
}

/// One value of a named set.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnumValue {
    /// Text on the wire.
    pub value: String,
    /// Variant in Rust, where the rule does not give a good one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// The service asks not to use it any more.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deprecated: bool,
    /// What it means.
    pub doc: String,
}
