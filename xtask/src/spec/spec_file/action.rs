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
    /// What it acts on: a group of `service.json`.
    pub group: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// What else to know, a paragraph each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notes: Vec<String>,
    /// Name in Rust, where the rule does not give a good one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rust: Option<String>,
    /// How safe a second sending is.
    pub retry: Retry,
    /// Calls a second, where published.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rate_limit_per_second: Option<u32>,
    /// False if the answer does not depend on a region; absent means true.
    #[serde(default, skip_serializing_if = "is_default")]
    pub regional: Option<bool>,
    /// The service asks not to use it any more.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deprecated: bool,
    /// What to use in its place, and why.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deprecated_why: Option<String>,
    /// Request member by which the service recognises a repeated request.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idempotency_token: Option<String>,
    /// The request has a `DryRun` member. A response to `DryRun=true` need carry nothing but the request id.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dry_run: bool,
    /// The effect comes after the answer.
    #[serde(rename = "async", default, skip_serializing_if = "is_default")]
    pub asynchronous: Option<Async>,
    /// How a long answer is read page by page.
    #[serde(default, skip_serializing_if = "is_default")]
    pub paginate: Option<Paginate>,
    /// Names that the `Filters` member knows.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filters: Vec<Filter>,
    /// Most filters in one request.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filters_max: Option<u32>,
    /// Most values in one filter.
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
    /// Why, where it is not obvious.
    #[serde(default, skip_serializing_if = "is_default")]
    pub why: Option<String>,
    /// How to find out what happened when the outcome is unknown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reconcile: Option<Reconcile>,
    /// Members that change the class.
    #[serde(default, skip_serializing_if = "is_default")]
    pub members: Vec<Reclass>,
}

/// How to find out by reading what became of a request whose outcome is unknown.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// The action whose list tells; absent where no list of this service does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub list: Option<String>,
    /// Member of this request that names what it acts on or makes: each of them gets a verdict. Without
    /// it every entry of the list that fits is a candidate.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ids: Option<String>,
    /// Where those go in the request of `list`: a member or `Filters.name`; absent means a member of the
    /// same name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub by: Option<String>,
    /// Member of an entry that holds such an id; absent means the one that paging names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id: Option<String>,
    /// What else the list is asked for: a member or `Filters.name` of its request, and the member of
    /// this request that gives the value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub narrow: Pairs,
    /// Member of an entry that tells when it was made. Older ones than the request do not count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub created: Option<String>,
    /// Member of this request that says how many are made; absent means one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub count: Option<String>,
    /// Members of an entry that then equal the request's (a list: the same items in the same order), each
    /// with the member of the request. A request that gives a member which neither this nor another key
    /// here names is never settled without a person. Where `count` is given, a text may be the request's
    /// up to a `{`, or the request's followed by digits.
    #[serde(default, skip_serializing_if = "is_default")]
    pub same: Pairs,
    /// Lists of an entry that then contain what the request has, each with the member of the request.
    /// Pairs that lead into one list of objects are compared object by object.
    #[serde(default, skip_serializing_if = "is_default")]
    pub includes: Pairs,
    /// Public keys of an entry that are then the request's, each with the member of the request. Type and key
    /// are compared, not the comment, which the service replaces.
    #[serde(default, skip_serializing_if = "is_default")]
    pub same_key: Pairs,
    /// Conditions on an entry: if all of them hold, beside all of `same` and `includes`, it is done. They may
    /// not hold before the operation begins.
    #[serde(default, skip_serializing_if = "is_default")]
    pub done: Vec<String>,
    /// As `done`, for conditions that an earlier call of the same action may have fulfilled: they count
    /// only if all of `from` held before the call.
    #[serde(default, skip_serializing_if = "is_default")]
    pub became: Vec<String>,
    /// Conditions that held before the call, so that `became`, or the absence of what `expires`, proves something.
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: Vec<String>,
    /// Conditions on the request, each with one on an entry: where the first holds, the second stands beside
    /// `done`. It names the operation that this very request begins.
    #[serde(default, skip_serializing_if = "is_default")]
    pub done_when: Pairs,
    /// Conditions on an entry: if one of them holds, another operation has undone it since, or the entry contradicts
    /// itself, and a person decides, whatever `done` says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub undone_by: Vec<String>,
    /// Member of an entry with the time, in UTC as `YYYY-MM-DDThh:mm:ssZ`, at which it ends by itself. From then on
    /// it may be absent whatever became of the request. Goes with `missing: success` and `from`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub expires: Option<String>,
    /// Conditions on an entry: if one of them holds, it may have run and failed, and a person decides.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed: Vec<String>,
    /// What it means that an id is not listed; absent means `pending`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub missing: Option<Missing>,
    /// Members of an entry that a person needs to see, as paths.
    #[serde(default, skip_serializing_if = "is_default")]
    pub show: Vec<String>,
    /// What counts as done, as not done, and as neither; for people.
    pub text: String,
}

/// How safe it is to send a request again whose outcome is unknown.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RetryClass {
    /// Changes nothing.
    Read,
    /// A repeated token is recognised.
    Token,
    /// A repeat sets the same state again.
    Convergent,
    /// A repeat is refused, or could undo a later change.
    Guarded,
    /// A repeat costs money or destroys.
    Hazard,
}

/// Members that give a request another class.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reclass {
    /// Conditions that all must hold: `M`, `no M`, `M=v1|v2` or `M!=v1|v2`.
    pub when: Vec<String>,
    /// The class then.
    pub class: RetryClass,
}

/// An effect that comes after the answer.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Async {
    /// Whether the service says so, or we infer it.
    pub basis: Basis,
    /// Where to see that it is done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub poll: Option<Poll>,
}

/// Where a statement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The service says so.
    Stated,
    /// We conclude it.
    Inferred,
}

/// Where to see that an asynchronous action is done.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// The action to ask.
    pub action: String,
    /// The member that tells, as a path below its response: `InstanceSet.InstanceState`.
    pub member: String,
    /// Values that mean: not yet.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pending: Option<Vec<String>>,
    /// Values that mean: done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub success: Option<Vec<String>>,
    /// Values that mean: failed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failure: Option<Vec<String>>,
    /// We conclude it from the names of the values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub inferred: bool,
}

/// How a long answer is read page by page.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paginate {
    /// By position or by token.
    pub style: PageStyle,
    /// Request member for the position of the first entry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub offset: Option<String>,
    /// Request member that takes the token of the previous page.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token_in: Option<String>,
    /// Response member that gives the token of the next page.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token_out: Option<String>,
    /// Request member for the length of a page.
    pub limit: String,
    /// Response member for the number of entries in all pages.
    #[serde(default, skip_serializing_if = "is_default")]
    pub total: Option<String>,
    /// False if the total may count something else than what matches the request, such as all entries of the account;
    /// absent means true. Then a list ends at a page that is not full, and not by its total.
    #[serde(default, skip_serializing_if = "is_default")]
    pub total_exact: Option<bool>,
    /// Response member that holds the entries.
    pub items: String,
    /// Member of an entry that tells it from all others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id: Option<String>,
    /// Entries in a page when the request does not say.
    #[serde(default, skip_serializing_if = "is_default")]
    pub default_limit: Option<u64>,
    /// Fewest entries that a request may ask for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min_limit: Option<u64>,
    /// Most entries that a request may ask for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_limit: Option<u64>,
}

/// By position or by token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PageStyle {
    /// A position and a length.
    Offset,
    /// A token that the previous page gave.
    Token,
}

/// A name that the `Filters` member knows.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The name; `tag:tag-key` stands for `tag:` and any key.
    pub name: String,
    /// A request must carry it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    /// Its values, where the set is closed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub values: Vec<String>,
    /// Layout of its values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: Option<String>,
    /// What it selects by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub doc: Option<String>,
}
