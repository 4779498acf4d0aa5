//! The report of a successful call.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use cvm_protocol::{Gaps, ModelInfo, UnknownMember, envelope};

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
    /// The response, if it has unknown members.
    pub(crate) unknown: Option<ResponseWithUnknown>,
}

impl CallReport {
    /// The members of the response that its type does not have, with their values. A response of a service newer than
    /// this crate may have some. If there are any, the report keeps the whole response.
    #[must_use]
    pub fn unknown_members(&self) -> Vec<UnknownMember> {
        self.unknown.as_ref().map_or_else(Vec::new, |response| {
            UnknownMember::all_in(&envelope::response(&response.body), response.table)
        })
    }
}

/// A response with members that its model info does not know.
#[derive(Clone)]
pub(crate) struct ResponseWithUnknown {
    pub(crate) body: Bytes,
    pub(crate) table: &'static ModelInfo,
}

impl PartialEq for ResponseWithUnknown {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

impl Eq for ResponseWithUnknown {}

impl fmt::Debug for ResponseWithUnknown {
    /// Without the body, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.body.len())
    }
}
