//! `service.json`: the service itself, its addresses and its groups of actions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;

/// `service.json`: the service itself.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceFile {
    /// Path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "is_default")]
    pub schema: String,
    /// Name in signatures and host names.
    pub service: String,
    /// Version date.
    pub version: String,
    /// What the service is, in one sentence.
    pub summary: String,
    /// Host that answers for all regions.
    pub endpoint: String,
    /// Host of one region, with `{region}` for its name.
    pub endpoint_regional: String,
    /// Host of the international site.
    pub endpoint_intl: String,
    /// Host inside the provider's private network.
    pub endpoint_internal: String,
    /// Where the older gateway listens.
    #[serde(default, skip_serializing_if = "is_default")]
    pub old_gateway: Option<OldGateway>,
    /// HTTP method that clients prefer.
    pub method: String,
    /// Content type of a request.
    pub content_type: String,
    /// Header that names the action.
    pub action_header: String,
    /// Names in an answer around its members.
    pub envelope: Envelope,
    /// How several filters and several values combine.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filter_semantics: Option<FilterSemantics>,
    /// Words that count as one where a name is split, such as `IPv6`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub words: Vec<String>,
    /// What actions act on, in the order of the index.
    pub groups: Vec<Group>,
}

/// Where the older gateway listens.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OldGateway {
    /// Host name.
    pub host: String,
    /// Path.
    pub path: String,
}

/// Names in an answer around its members.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The outermost member.
    pub root: String,
    /// The member that holds an error.
    pub error: String,
    /// Its code.
    pub error_code: String,
    /// Its message.
    pub error_message: String,
    /// The id of the request.
    pub request_id: String,
}

/// How several filters and several values combine.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterSemantics {
    /// Between filters.
    pub between_filters: String,
    /// Between the values of one filter.
    pub between_values: String,
}

/// A group of actions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The word in action files.
    pub group: String,
    /// Its heading.
    pub title: String,
    /// What one can do there, in one sentence.
    pub summary: String,
}
