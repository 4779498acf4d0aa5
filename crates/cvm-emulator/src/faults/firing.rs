//! What is recorded of faults: the rules with their counters, and each firing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::rule::FaultRule;

/// The id of a fault rule in one cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(pub(super) u64);

impl FaultId {
    /// The rule with this number, counted from 1 since the start of the cloud.
    #[must_use]
    pub const fn nth(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A rule, and how often it has matched and fired.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FaultStatus {
    /// The id of the rule.
    pub id: FaultId,
    /// The number of requests that matched it.
    pub matched: u64,
    /// The number of requests that it affected.
    pub fired: u64,
    /// The rule.
    pub rule: FaultRule,
}

/// One effect of a rule on one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Firing {
    /// Its number, counted from 1.
    pub number: u64,
    /// The rule.
    pub rule: FaultId,
    /// The name of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The effect, such as `lose_response`.
    pub effect: &'static str,
    /// The service of the request.
    pub service: &'static str,
    /// The action of the request.
    pub action: &'static str,
    /// The region of the request.
    pub region: &'static str,
    /// The account number (UIN) of the request.
    pub account: u64,
    /// The secret id that signed the request.
    pub credential: String,
    /// Whether the request was applied to the simulated cloud, which may have returned an error of its own. If not, the
    /// request changed nothing.
    pub applied: bool,
}
