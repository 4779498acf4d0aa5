//! The result of one attempt: its outcome, and what the call, the retry policy and the reports need besides.

use std::time::Duration;

use bytes::Bytes;
use cvm_protocol::{ErrorCode, Gaps};
use http::HeaderMap;

use crate::Error;
use crate::credentials::provider::CredentialProviderError;
use crate::error::ErrorKind;
use crate::retry::Outcome;
use crate::retry::breaker::Health;

/// The result of one attempt.
pub(crate) struct AttemptResult {
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<Error>,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) recoverable: bool,
    /// The same request would get the same response again.
    pub(crate) is_final: bool,
    /// The error code says that a retry may do harm, even with the same client token.
    pub(crate) forbids_retry: bool,
    /// The response contains both an error and a result.
    pub(crate) is_contradictory: bool,
    /// A usage error or a missing credential: no request was made.
    pub(crate) is_local: bool,
    /// The circuit breakers of all possible hosts are open.
    pub(crate) breaker_open: bool,
    /// The request was passed to the HTTP client, so the result says something about the host.
    pub(crate) is_exchanged: bool,
    pub(crate) credential: Option<u64>,
    pub(crate) rate_limit_wait: Duration,
    /// The headers of the response, if a complete one arrived.
    pub(crate) headers: Option<HeaderMap>,
    pub(crate) body: Bytes,
    pub(crate) drift: Vec<String>,
    /// The response has members that the specification does not know.
    pub(crate) has_unknown_members: bool,
    pub(crate) gaps: Gaps,
    /// How many seconds the endpoint's clock is ahead of this machine's, if the response shows it.
    pub(crate) clock_difference: Option<i64>,
}

impl AttemptResult {
    pub(crate) fn new(outcome: Outcome, error: Option<Error>) -> Self {
        Self {
            outcome,
            error,
            status: None,
            code: None,
            request_id: None,
            retry_after: None,
            recoverable: false,
            is_final: false,
            forbids_retry: false,
            is_contradictory: false,
            is_local: false,
            breaker_open: false,
            is_exchanged: false,
            credential: None,
            rate_limit_wait: Duration::ZERO,
            headers: None,
            body: Bytes::new(),
            drift: Vec::new(),
            has_unknown_members: false,
            gaps: Gaps::default(),
            clock_difference: None,
        }
    }

    /// An attempt that ended before anything was sent. Usage errors are not retried.
    pub(crate) fn early(error: Error) -> Self {
        let is_local =
            matches!(error.kind(), ErrorKind::Usage | ErrorKind::Settings | ErrorKind::Credentials);
        let outcome = if is_local { Outcome::Refused } else { Outcome::NotSent };
        // The credential source may already have made its own retries.
        let is_final = std::error::Error::source(&error)
            .and_then(|source| source.downcast_ref::<CredentialProviderError>())
            .is_some_and(CredentialProviderError::is_final);
        Self { is_local, is_final, ..Self::new(outcome, Some(error)) }
    }

    /// Whether time ran out before there was a request to send: while waiting for a rate-limit slot or a credential.
    pub(crate) fn is_late(&self) -> bool {
        !self.is_exchanged && self.error.as_ref().is_some_and(Error::is_timeout)
    }

    /// An attempt that found no host to send to.
    pub(crate) fn breaker_open_result() -> Self {
        let text =
            "circuit breaker open after repeated failures; the endpoint is not called for 30 s";
        Self { breaker_open: true, ..Self::early(Error::new(ErrorKind::NotSent, text)) }
    }

    /// Whether a complete response of the service arrived that leaves no doubt about the outcome.
    pub(crate) fn is_clean(&self) -> bool {
        let is_from_service = self.request_id.is_some() || self.code.is_some();
        is_from_service && !self.outcome.may_have_acted()
    }

    /// What an exchange says about the host. A response of the service is never a failure of the host, whatever it
    /// contains.
    pub(crate) fn health(&self) -> Health {
        match self.outcome {
            Outcome::Success => Health::Success,
            // A proxy that asks for a password says nothing about the host.
            Outcome::NotSent if self.is_final => Health::Ignored,
            Outcome::NotSent | Outcome::Ambiguous
                if self.request_id.is_none() && self.code.is_none() =>
            {
                Health::Failure
            }
            _ => Health::Ignored,
        }
    }
}
