//! `service.json`: the service, its endpoints and its groups of actions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;

/// `service.json`: the service.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceFile {
    /// Path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "is_default")]
    pub schema: String,
    /// Name in signatures and in host names.
    pub service: String,
    /// Version date.
    pub version: String,
    /// Its full name, such as `Cloud Virtual Machine`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub title: Option<String>,
    /// What the service is, in one sentence.
    pub summary: String,
    /// Which actions the specs describe, if not all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scope: Option<String>,
    /// Host for all regions.
    pub endpoint: String,
    /// Host of one region, with `{region}` in place of its name.
    pub endpoint_regional: String,
    /// Host of the international site.
    pub endpoint_intl: String,
    /// Host inside the provider's private network.
    pub endpoint_internal: String,
    /// Address of the older gateway.
    #[serde(default, skip_serializing_if = "is_default")]
    pub old_gateway: Option<OldGateway>,
    /// Preferred HTTP method.
    pub method: String,
    /// Content type of a request.
    pub content_type: String,
    /// Header with the name of the action.
    pub action_header: String,
    /// Names of the response envelope.
    pub envelope: Envelope,
    /// How several filters and several values are combined.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filter_semantics: Option<FilterSemantics>,
    /// Words that must not be split in Rust names, such as `IPv6`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub words: Vec<String>,
    /// Groups of actions, in the order of the index.
    pub groups: Vec<Group>,
}

/// Address of the older gateway.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OldGateway {
    /// Host name.
    pub host: String,
    /// Path.
    pub path: String,
}

/// Names of the response envelope.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The outermost member.
    pub root: String,
    /// The member with the error.
    pub error: String,
    /// Its code.
    pub error_code: String,
    /// Its message.
    pub error_message: String,
    /// The id of the request.
    pub request_id: String,
}

/// How several filters and several values are combined.
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
    /// Its name in action files.
    pub group: String,
    /// Its title.
    pub title: String,
    /// What its actions do, in one sentence.
    pub summary: String,
}
