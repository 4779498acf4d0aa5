//! What a call that succeeded has to tell beside its answer.

use std::time::Duration;

use cvm_protocol::Gaps;

use crate::Attempt;

/// How a call went.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallReport {
    /// The action.
    pub action: &'static str,
    /// The id under which the service knows the call; empty only from gateways that give none.
    pub request_id: String,
    /// The client token that all attempts carried, given or minted.
    pub client_token: Option<String>,
    /// Every attempt, the last of them the one that succeeded.
    pub attempts: Vec<Attempt>,
    /// From the beginning of the call to its answer, pauses included.
    pub took: Duration,
    /// Where the answer deviated from the specification, in words; for monitoring.
    pub drift: Vec<String>,
    /// What the response lacks although the service always gives it.
    pub gaps: Gaps,
}
