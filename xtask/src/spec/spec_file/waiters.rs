//! `waiters.json`: what a caller may wait for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Pairs, is_default};

/// `waiters.json`: what to wait for.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitersFile {
    /// Path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "is_default")]
    pub schema: String,
    /// The waiters, sorted by name.
    pub waiters: Vec<Waiter>,
}

/// A goal for some resources, and how to see that it is reached.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiter {
    /// Its name.
    pub waiter: String,
    /// What it waits for, in one sentence.
    pub summary: String,
    /// What else to know, a paragraph each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notes: Vec<String>,
    /// The action that tells the state.
    pub action: String,
    /// Request member that takes the ids; `Filters.name` where only a filter does.
    pub ids: String,
    /// Members that every poll carries beside the ids, with their values as text.
    #[serde(default, skip_serializing_if = "is_default")]
    pub with: Pairs,
    /// Response member that lists the resources.
    pub items: String,
    /// Member of a resource that holds its id.
    pub id: String,
    /// Member of a resource that holds its state.
    pub state: String,
    /// States in which the goal is reached, unless an operation is running.
    #[serde(default)]
    pub success: Vec<String>,
    /// Conditions on a resource, `M=v1|v2` or `M!=v1|v2`, that all hold as well when the goal is reached.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when: Vec<String>,
    /// States that mean failure.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failure: Vec<String>,
    /// States from which the goal cannot be reached any more.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unreachable: Vec<String>,
    /// States in which a resource may be before the operation begins, and from which only another call leads to the
    /// goal. One ends the wait if the resource came into it during the wait, and no operation is running.
    #[serde(default, skip_serializing_if = "is_default")]
    pub elsewhere: Vec<String>,
    /// States in which nothing moves by itself and the goal is not reached. Only in these, and with no operation
    /// running, a reconciliation may say *not done*.
    #[serde(default, skip_serializing_if = "is_default")]
    pub settled: Vec<String>,
    /// States that lead to another one by themselves. Every known state stands in exactly one of the lists.
    #[serde(default, skip_serializing_if = "is_default")]
    pub moving: Vec<String>,
    /// Where a resource shows its latest operation, which may run while the state stays. If its state is the
    /// waiter's `state`, the goal is the end of the operation: it counts only once the operation is seen to have begun.
    #[serde(default, skip_serializing_if = "is_default")]
    pub operation: Option<Operation>,
    /// What it means when an answer does not list an id.
    pub missing: Missing,
    /// Member of a resource that tells why it failed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reason: Option<String>,
    /// Member of a resource that names the request which its state speaks of.
    #[serde(default, skip_serializing_if = "is_default")]
    pub request_id: Option<String>,
    /// Member of a resource that tells how far it is, in percent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub progress: Option<String>,
    /// Seconds between two polls.
    pub interval: u64,
    /// Seconds after which to give up.
    pub timeout: u64,
}

/// Where a resource shows its latest operation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Member of a resource that holds the state of the operation.
    pub state: String,
    /// States of an operation that is over.
    pub ended: Vec<String>,
    /// Those of them that mean failure: the wait ends, if the operation began during the wait.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed: Vec<String>,
    /// Conditions on a resource, of which one holds as well after an operation that failed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed_when: Vec<String>,
    /// States in `moving` at which a failed operation ends the wait: only a successful one leads on from there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed_at: Vec<String>,
    /// Conditions on a resource, of which one holds while an operation runs: nothing is reached meanwhile.
    #[serde(default, skip_serializing_if = "is_default")]
    pub running: Vec<String>,
    /// Members of a resource that tell one operation from another.
    #[serde(default, skip_serializing_if = "is_default")]
    pub names: Vec<String>,
}

/// What it means when an answer does not list an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// It is not listed yet.
    Pending,
    /// It is gone, which is the goal.
    Success,
    /// It is gone, which is not the goal.
    Failure,
}
