//! `waiters.json`: the target states that a caller can wait for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Pairs, is_default};

/// `waiters.json`: the target states that a caller can wait for.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitersFile {
    /// Path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "is_default")]
    pub schema: String,
    /// The waiters, sorted by name.
    pub waiters: Vec<Waiter>,
}

/// A target state of resources, and how to poll for it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiter {
    /// Its name.
    pub waiter: String,
    /// What it waits for, in one sentence.
    pub summary: String,
    /// Further notes, one paragraph each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notes: Vec<String>,
    /// The Describe action to poll.
    pub action: String,
    /// Request member for the ids, or `Filters.name` if only a filter takes them.
    pub ids: String,
    /// Further request members of every poll, with their values as strings.
    #[serde(default, skip_serializing_if = "is_default")]
    pub with: Pairs,
    /// Response member that lists the resources.
    pub items: String,
    /// Member of a resource with its id.
    pub id: String,
    /// Member of a resource with its state.
    pub state: String,
    /// Target states, unless an operation is running.
    #[serde(default)]
    pub success: Vec<String>,
    /// Conditions on a resource, `M=v1|v2` or `M!=v1|v2`, all of which must hold in a target state.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when: Vec<String>,
    /// States that mean failure.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failure: Vec<String>,
    /// States from which the target state can no longer be reached.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unreachable: Vec<String>,
    /// States that a resource may have before the operation begins, and that only another request can end. The wait ends
    /// if a resource enters one of them during the wait and no operation is running.
    #[serde(default, skip_serializing_if = "is_default")]
    pub elsewhere: Vec<String>,
    /// Other states that only a new request can end. Only in these states, and if no operation is running, reconciliation
    /// may report *not done*.
    #[serde(default, skip_serializing_if = "is_default")]
    pub settled: Vec<String>,
    /// States that change without a new request. Each known state must be in exactly one of the lists.
    #[serde(default, skip_serializing_if = "is_default")]
    pub moving: Vec<String>,
    /// How a resource shows its latest operation, which may run while the state stays the same. If its state is the
    /// waiter's `state`, the target is the end of the operation, which counts only after a poll has seen the operation begin.
    #[serde(default, skip_serializing_if = "is_default")]
    pub operation: Option<Operation>,
    /// What it means if a response does not list an id.
    pub missing: Missing,
    /// Member of a resource with the reason of a failure.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reason: Option<String>,
    /// Member of a resource with the id of the request that caused its state.
    #[serde(default, skip_serializing_if = "is_default")]
    pub request_id: Option<String>,
    /// Member of a resource with the progress in percent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub progress: Option<String>,
    /// Seconds between two polls.
    pub interval: u64,
    /// Timeout of the wait in seconds.
    pub timeout: u64,
    /// The asynchronous actions whose docs name this waiter.
    #[serde(default, skip_serializing_if = "is_default")]
    pub after: Vec<String>,
}

/// How a resource shows its latest operation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Member of a resource with the state of the operation.
    pub state: String,
    /// States of a finished operation.
    pub ended: Vec<String>,
    /// Those of `ended` that mean failure: the wait ends if the operation began during the wait.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed: Vec<String>,
    /// Conditions on a resource; an operation also counts as failed if one of them holds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed_when: Vec<String>,
    /// States of `moving` at which a failed operation ends the wait, because only a successful one changes them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed_at: Vec<String>,
    /// Conditions on a resource; while one of them holds, an operation is running and no target state counts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub running: Vec<String>,
    /// Members of a resource that identify an operation.
    #[serde(default, skip_serializing_if = "is_default")]
    pub names: Vec<String>,
}

/// What it means if a response does not list an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// It is not listed yet.
    Pending,
    /// It is gone, which is the target.
    Success,
    /// It is gone, which is not the target.
    Failure,
}
