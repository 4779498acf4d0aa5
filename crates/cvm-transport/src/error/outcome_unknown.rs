//! What an error carries when the change may have happened.

use crate::Attempt;

/// What is known of a request that may have been carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeUnknown {
    pub(crate) client_token: Option<String>,
    pub(crate) fingerprint: String,
    pub(crate) recovery: String,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) forbids_retry: bool,
}

impl OutcomeUnknown {
    /// The token by which the service recognises the request, for actions that have one.
    ///
    /// The same request may be sent again with this token while the service remembers it. How long
    /// that is, is not published, so this client refuses to when three minutes have passed. A request with
    /// other parameters must never carry it: this client refuses to send one, whatever became of the first.
    /// Do not send it again if [`Self::forbids_retry`].
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

    /// Hash of action and parameters, secrets left out: two requests with the same fingerprint ask
    /// for the same.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What to do next, in words: where to look for what the request may have done and by which names,
    /// and what of its answer is lost for good.
    #[must_use]
    pub fn recovery(&self) -> &str {
        &self.recovery
    }

    /// Every attempt that was made, in order.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }
}
