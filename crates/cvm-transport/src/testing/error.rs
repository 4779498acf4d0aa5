//! Builds errors by hand, for tests of code that handles them.

use std::time::Duration;

use cvm_protocol::{ErrorCode, ServiceError};

use crate::Error;
use crate::error::{ErrorKind, OutcomeUnknown};
use crate::retry::{Attempt, Outcome};

/// Builds an [`Error`] as a call would return it.
///
/// ```
/// use cvm_transport::testing::ErrorBuilder;
///
/// let error = ErrorBuilder::service("InvalidInstanceId.NotFound", "no such instance")
///     .action("StopInstances")
///     .request_id("r-1")
///     .build();
/// assert!(error.is_not_found() && error.outcome_unknown().is_none());
///
/// let error = ErrorBuilder::unreadable_response("connection closed")
///     .action("RunInstances")
///     .outcome_unknown("look for the instance by its name")
///     .client_token("token-1")
///     .build();
/// assert_eq!(error.outcome_unknown().unwrap().client_token(), Some("token-1"));
/// ```
#[derive(Debug)]
#[must_use]
pub struct ErrorBuilder {
    kind: ErrorKind,
    message: String,
    service: Option<ServiceError>,
    outcome: Option<Outcome>,
    action: Option<&'static str>,
    request_id: Option<String>,
    status: Option<u16>,
    client_token: Option<String>,
    retry_after: Option<Duration>,
    timed_out: bool,
    attempts: u32,
    recovery: Option<String>,
}

impl ErrorBuilder {
    fn new(kind: ErrorKind, outcome: Option<Outcome>, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            service: None,
            outcome,
            action: None,
            request_id: None,
            status: None,
            client_token: None,
            retry_after: None,
            timed_out: false,
            attempts: 1,
            recovery: None,
        }
    }

    /// An error of the service: [`Error::is_service`].
    pub fn service(code: impl Into<String>, message: impl Into<String>) -> Self {
        let code = ErrorCode::from(code.into());
        let outcome = if code.is_throttled() { Outcome::Throttled } else { Outcome::Refused };
        let error = ServiceError::new(code, message, "");
        let this = Self::new(ErrorKind::Service, Some(outcome), "");
        Self { service: Some(error), status: Some(200), ..this }
    }

    /// A request that cannot be sent: [`Error::is_usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, None, message)
    }

    /// No credential: [`Error::is_credentials`].
    pub fn credentials(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Credentials, None, message)
    }

    /// A request of which no byte was sent: [`Error::is_not_sent`].
    pub fn not_sent(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotSent, Some(Outcome::NotSent), message)
    }

    /// A request without a valid response: [`Error::is_unreadable_response`]. For a write, add
    /// [`outcome_unknown`](Self::outcome_unknown).
    pub fn unreadable_response(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Response, Some(Outcome::Ambiguous), message)
    }

    /// A response of something other than the service: [`Error::is_misrouted`].
    pub fn misrouted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misrouted, Some(Outcome::Misrouted), message)
    }

    /// A certificate that is not trusted: [`Error::is_untrusted`].
    pub fn untrusted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Untrusted, Some(Outcome::Untrusted), message)
    }

    /// The action that was called.
    pub fn action(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self
    }

    /// The request id of the last attempt.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// HTTP status of the last response. Default: 200 for an error of the service, none for others.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The client token of all attempts.
    pub fn client_token(mut self, token: impl Into<String>) -> Self {
        self.client_token = Some(token.into());
        self
    }

    /// The `Retry-After` of the last response.
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// The call ended because of a timeout: [`Error::is_timeout`].
    pub fn timed_out(mut self) -> Self {
        self.timed_out = true;
        self
    }

    /// How many attempts were made. Default: 1. Errors of usage and credentials have none.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The request may have taken effect: [`Error::outcome_unknown`]. `recovery` is the text of what to do next.
    pub fn outcome_unknown(mut self, recovery: impl Into<String>) -> Self {
        self.recovery = Some(recovery.into());
        self
    }

    /// Builds the error.
    #[must_use]
    pub fn build(self) -> Error {
        let attempt = |outcome| Attempt {
            outcome,
            began: Duration::ZERO,
            took: Duration::ZERO,
            status: self.status,
            code: self.service.as_ref().map(|error| error.code.clone()),
            request_id: self.request_id.clone(),
        };
        let attempts: Vec<Attempt> = match self.outcome {
            None => Vec::new(),
            Some(outcome) => (0..self.attempts).map(|_| attempt(outcome)).collect(),
        };
        let request_id = self.request_id.unwrap_or_default();
        let mut error = match self.service {
            Some(mut service) => {
                service.request_id = request_id;
                Error::from_service(service)
            }
            None => Error::new(self.kind, self.message),
        };
        if let Some(action) = self.action {
            error = error.with_action(action);
        }
        error = error
            .with_status(self.status)
            .with_client_token(self.client_token.clone())
            .with_retry_after(self.retry_after)
            .with_timed_out(self.timed_out)
            .with_attempts(attempts.clone());
        match self.recovery {
            None => error,
            Some(recovery) => error.with_unknown(OutcomeUnknown {
                client_token: self.client_token,
                fingerprint: String::new(),
                recovery,
                attempts,
                forbids_retry: false,
            }),
        }
    }
}

impl From<ErrorBuilder> for Error {
    fn from(builder: ErrorBuilder) -> Self {
        builder.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_errors_have_the_predicates_of_their_kind() {
        let built = |builder: ErrorBuilder| builder.action("StopInstances").build();
        let error = built(ErrorBuilder::service("RequestLimitExceeded", "slow down"));
        assert!(error.is_service() && error.is_throttled(), "{error:?}");
        assert!(built(ErrorBuilder::service("LimitExceeded.X", "")).is_quota());
        assert!(built(ErrorBuilder::usage("no region")).is_usage());
        assert!(built(ErrorBuilder::credentials("none found")).is_credentials());
        let error = built(ErrorBuilder::not_sent("no route").timed_out());
        assert!(error.is_not_sent() && error.is_timeout(), "{error:?}");
        assert!(built(ErrorBuilder::unreadable_response("closed")).is_unreadable_response());
        assert!(built(ErrorBuilder::misrouted("a login page")).is_misrouted());
        assert!(built(ErrorBuilder::untrusted("expired")).is_untrusted());
    }

    #[test]
    fn built_error_shows_its_details() {
        let error = ErrorBuilder::service("InternalError", "try later")
            .action("RunInstances")
            .request_id("r-7")
            .client_token("token-1")
            .retry_after(Duration::from_secs(3))
            .attempts(2)
            .outcome_unknown("look by name")
            .build();
        assert_eq!(
            error.to_string(),
            "RunInstances may or may not have taken effect: InternalError: try later (request id r-7) after 2 \
             attempts (client token token-1)"
        );
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
        assert_eq!(error.outcome_unknown().unwrap().recovery(), "look by name");
        assert_eq!((error.request_id(), error.status()), (Some("r-7"), Some(200)));
    }
}
