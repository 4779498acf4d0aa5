//! The details of an error whose request may have taken effect.

use cvm_protocol::{ActionInfo, Model, json};
use cvm_signer::HexDigest;

use crate::client::extra::ExtraMembers;
use crate::observe::mask;
use crate::retry::outcome::Attempt;

/// Details of a request that may have taken effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeUnknown {
    pub(crate) client_token: Option<String>,
    pub(crate) fingerprint: String,
    pub(crate) recovery: String,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) forbids_retry: bool,
}

impl OutcomeUnknown {
    /// The client token of the request, if it has one.
    ///
    /// If the action is of class [`RetryClass::Token`](cvm_protocol::RetryClass::Token), the same request may be sent again with
    /// this token while the service knows it. The service does not document how long that is, so this client refuses to do so
    /// after three minutes. A request with other parameters must never use this token: this client refuses to send one, even
    /// after the first request has ended. Do not send the request again if [`Self::forbids_retry`].
    #[must_use]
    pub fn client_token(&self) -> Option<&str> {
        self.client_token.as_deref()
    }

    /// Whether the service said that an order may exist, or that its response is too large: the same request must not
    /// be sent again, not even with its client token.
    #[must_use]
    pub const fn forbids_retry(&self) -> bool {
        self.forbids_retry
    }

    /// A hash of the action and its parameters without secrets. Two requests with the same fingerprint are the same
    /// request.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Computes the [`fingerprint`](Self::fingerprint) of a request, for a caller that stores it before sending the
    /// request.
    #[must_use]
    pub fn fingerprint_of(info: &ActionInfo, request: &dyn Model) -> String {
        Self::fingerprint_with(info, request, None)
    }

    /// As [`Self::fingerprint_of`], with the names of members that the type of the request does not have.
    pub(crate) fn fingerprint_with(
        info: &ActionInfo,
        request: &dyn Model,
        extra: Option<&ExtraMembers>,
    ) -> String {
        let mut value = json::to_value(request);
        if let Some(extra) = extra {
            extra.add_to_value(&mut value);
            // Members of JSON objects have no order. Those of a type have the order of its model info.
            value.sort_all_objects();
        }
        mask::mask_json(&mut value, info.request);
        HexDigest::sha256(format!("{}\n{value}", info.name).as_bytes()).to_string()
    }

    /// What to do next, as text: where to look for the effect of the request, by which names, and what is lost with
    /// the response.
    #[must_use]
    pub fn recovery(&self) -> &str {
        &self.recovery
    }

    /// Every attempt, in order.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }
}
