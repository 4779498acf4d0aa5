//! `actions/Name.json`: one action with its request, its response and its retry class.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Member, Missing, Pairs, is_default};

/// `actions/Name.json`: one action, its request and its response.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionFile {
    /// Path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "is_default")]
    pub schema: String,
    /// Name on the wire; the file is called after it.
    pub action: String,
    /// The group of `service.json` that it belongs to.
    pub group: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// Further notes, one paragraph each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notes: Vec<String>,
    /// Name in Rust, if the derived name is not good.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// How safe a retry is.
    pub retry: Retry,
    /// Documented limit of calls per second.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rate_limit_per_second: Option<u32>,
    /// False if the response does not depend on the region; absent means true.
    #[serde(default, skip_serializing_if = "is_default")]
    pub regional: Option<bool>,
    /// The service advises against using it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deprecated: bool,
    /// What to use instead, and why.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deprecated_why: Option<String>,
    /// Request member by which the service recognizes a repeated request.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idempotency_token: Option<String>,
    /// The request has a `DryRun` member. The response to `DryRun=true` may contain only the request id.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dry_run: bool,
    /// The request takes effect after the response.
    #[serde(rename = "async", default, skip_serializing_if = "is_default")]
    pub asynchronous: Option<Async>,
    /// How to read a long list page by page.
    #[serde(default, skip_serializing_if = "is_default")]
    pub paginate: Option<Paginate>,
    /// Filters that the `Filters` member supports.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filters: Vec<Filter>,
    /// Maximum number of filters in one request.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filters_max: Option<u32>,
    /// Maximum number of values in one filter.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filter_values_max: Option<u32>,
    /// Members of the request, in wire order.
    pub request: Vec<Member>,
    /// Members of the response in wire order, without `RequestId`.
    pub response: Vec<Member>,
    /// Error codes that the action documents, sorted.
    pub errors: Vec<String>,
}

/// The retry class of an action, and the members that change it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// The class of a request that sets none of `members`.
    pub class: RetryClass,
    /// Why, if it is not obvious.
    #[serde(default, skip_serializing_if = "is_default")]
    pub why: Option<String>,
    /// How to find out whether a request with an unknown outcome took effect.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reconcile: Option<Reconcile>,
    /// Members that change the class.
    #[serde(default, skip_serializing_if = "is_default")]
    pub members: Vec<RetryClassOverride>,
}

/// How to find out, with a Describe action, whether a request with an unknown outcome took effect.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// The Describe action to call; absent if no list of this service shows the effect.
    #[serde(default, skip_serializing_if = "is_default")]
    pub list: Option<String>,
    /// Member of this request with the ids or names of the affected resources; each of them gets a result. Without it,
    /// every entry of the list that matches is a candidate.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ids: Option<String>,
    /// Parameter of `list` that takes those ids: a member or `Filters.name`; absent means the member of the same name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id_param: Option<String>,
    /// Member of an entry with such an id; absent means the `id` of `paginate`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id: Option<String>,
    /// Further parameters of `list`, as a member or `Filters.name`, each with the member of this request that has its value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filters: Pairs,
    /// Member of an entry with its creation time. Entries that are older than the request do not count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub created: Option<String>,
    /// Member of this request with the number of resources to create; absent means one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub count: Option<String>,
    /// Members of an entry that equal a member of the request if it took effect (for a list: the same items in the same
    /// order). If a request has a member that neither this nor another key names, a person decides. With `count`, a
    /// string also matches if it equals the request's up to a `{`, or the request's followed by digits.
    #[serde(default, skip_serializing_if = "is_default")]
    pub matching: Pairs,
    /// Lists of an entry that contain the request's values if it took effect, each with the member of the request.
    /// Pairs within one list of objects are compared object by object.
    #[serde(default, skip_serializing_if = "is_default")]
    pub includes: Pairs,
    /// Public keys of an entry that equal the request's if it took effect, each with the member of the request. Type and
    /// key are compared, but not the comment, which the service replaces.
    #[serde(default, skip_serializing_if = "is_default")]
    pub same_key: Pairs,
    /// Conditions on an entry. The request took effect if all of them hold, and all of `matching` and `includes`. They must
    /// not all hold before the operation begins.
    #[serde(default, skip_serializing_if = "is_default")]
    pub done: Vec<String>,
    /// Like `done`, for conditions that an earlier call of the same action may have fulfilled: they count only if all of
    /// `from` held before the call.
    #[serde(default, skip_serializing_if = "is_default")]
    pub became: Vec<String>,
    /// Conditions that must have held before the call for `became`, or for the absence of an entry that `expires`, to prove anything.
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: Vec<String>,
    /// Conditions on the request, each with a condition on an entry: if the first holds, the second is added to `done`. It
    /// identifies the operation that this request starts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub done_when: Pairs,
    /// Conditions on an entry: if one of them holds, another operation has undone the effect since, or the entry
    /// contradicts itself. A person then decides, whatever `done` says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub undone_by: Vec<String>,
    /// Member of an entry with the time, in UTC as `YYYY-MM-DDThh:mm:ssZ`, at which it expires. From then on, its absence
    /// proves nothing. Requires `if_absent: success` and `from`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub expires: Option<String>,
    /// Conditions on an entry: if one of them holds, the request may have run and failed, and a person decides.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed: Vec<String>,
    /// What it means if an id is not listed; absent means `pending`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub if_absent: Option<Missing>,
    /// Members of an entry to display for a decision, as paths.
    #[serde(default, skip_serializing_if = "is_default")]
    pub display: Vec<String>,
    /// Which states mean done, not done, and neither; for people.
    pub text: String,
}

/// How safe it is to retry a request with an unknown outcome.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RetryClass {
    /// Changes nothing.
    Read,
    /// The service recognizes a repeated token.
    Token,
    /// A retry sets the same state again.
    Convergent,
    /// A retry is rejected, or could undo a later change.
    Guarded,
    /// A retry can cost money or destroy something.
    Hazard,
}

/// Conditions that change the class of a request.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryClassOverride {
    /// Conditions, all of which must hold: `M`, `no M`, `M=v1|v2` or `M!=v1|v2`.
    pub when: Vec<String>,
    /// The class in that case.
    pub class: RetryClass,
}

/// An effect after the response.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Async {
    /// Whether the service documents it, or we infer it.
    pub basis: Basis,
    /// How to see that it is done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub poll: Option<Poll>,
}

/// Where a statement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The service says so.
    Stated,
    /// We infer it.
    Inferred,
}

/// How to see that an asynchronous action is done.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// The Describe action to poll.
    pub action: String,
    /// The member with the state, as a path in its response: `InstanceSet.InstanceState`.
    pub member: String,
    /// Values that mean pending.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pending: Option<Vec<String>>,
    /// Values that mean success.
    #[serde(default, skip_serializing_if = "is_default")]
    pub success: Option<Vec<String>>,
    /// Values that mean failure.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failure: Option<Vec<String>>,
    /// We infer their meaning from their names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub inferred: bool,
}

/// How to read a long list page by page.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paginate {
    /// By offset, by page number or by token.
    pub style: PageStyle,
    /// Request member with the index of the first entry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub offset: Option<String>,
    /// Request member with the number of the page.
    #[serde(default, skip_serializing_if = "is_default")]
    pub number: Option<String>,
    /// Number of the first page, if it is 0; absent means 1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub first: Option<u64>,
    /// Request member for the token from the previous page.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token_in: Option<String>,
    /// Response member with the token for the next page.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token_out: Option<String>,
    /// Request member with the page size. Only a list with page tokens may lack it; then the service decides the size.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limit: Option<String>,
    /// Response member with the number of entries on all pages, or the path to it through an object: `Data.TotalCount`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub total: Option<String>,
    /// False if the total may count other entries than those that match, such as all entries of the account; absent means
    /// true. If false, a list ends at the first page that is not full.
    #[serde(default, skip_serializing_if = "is_default")]
    pub total_exact: Option<bool>,
    /// Response member with the entries, or the path to it through an object: `Data.Items`.
    pub items: String,
    /// Member that identifies an entry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id: Option<String>,
    /// Default page size.
    #[serde(default, skip_serializing_if = "is_default")]
    pub default_limit: Option<u64>,
    /// Minimum page size.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min_limit: Option<u64>,
    /// Maximum page size.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_limit: Option<u64>,
}

/// By offset, by page number or by token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PageStyle {
    /// An offset and a page size.
    Offset,
    /// A page number and a page size.
    Number,
    /// A token from the previous page.
    Token,
}

/// A filter that the `Filters` member supports.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The name; `tag:tag-key` stands for `tag:` and any key.
    pub name: String,
    /// A request must contain it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    /// Its values, if the set is closed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub values: Vec<String>,
    /// Format of its values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: Option<String>,
    /// What it filters by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub doc: Option<String>,
}
