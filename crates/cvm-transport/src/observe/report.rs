//! The report of a successful call.

use std::time::Duration;

use cvm_protocol::Gaps;

use crate::retry::Attempt;

/// The report of a successful call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallReport {
    /// The action.
    pub action: &'static str,
    /// The request id; empty only for gateways that return none.
    pub request_id: String,
    /// The client token of all attempts, given or generated.
    pub client_token: Option<String>,
    /// Every attempt; the last one succeeded.
    pub attempts: Vec<Attempt>,
    /// From the beginning of the call to its response, including pauses.
    pub took: Duration,
    /// How the response differs from the specification, for monitoring.
    pub drift: Vec<String>,
    /// Members that are always present but missing in this response.
    pub gaps: Gaps,
}
