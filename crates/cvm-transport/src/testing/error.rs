//! Builds errors by hand, for tests of code that handles them.

use std::time::Duration;

use cvm_protocol::{
    ActionInfo, ErrorCode, Record, RetryClass, ServiceError, ServiceInfo, Value, member_named,
};

use crate::client::untyped_tables::{PARTIAL_ERRORS, REQUEST, RESPONSE};
use crate::error::{ErrorKind, OutcomeUnknown};
use crate::retry::advice::advice;
use crate::retry::outcome::{is_code, outcome_of_code, outcome_of_gateway_number};
use crate::retry::policy::may_have_changed;
use crate::retry::{Attempt, Outcome};
use crate::{Action, Error};

/// Builds an [`Error`] as a call would return it.
///
/// Whether the [outcome is unknown](Error::outcome_unknown) follows from the same rules as in a call: from the error code, the HTTP
/// status, and the retry class of the [`request`](Self::request). Without a request, nothing is known about the action, as for an
/// [`UntypedAction`](crate::UntypedAction): it may change something, and documents no error codes.
///
/// ```
/// use cvm_transport::testing::ErrorBuilder;
/// use cvm_transport::Action;
///
/// let error = ErrorBuilder::service("InvalidInstanceId.NotFound", "no such instance")
///     .action("StopInstances")
///     .request_id("r-1")
///     .build();
/// assert!(error.is_not_found() && error.outcome_unknown().is_none());
///
/// // An internal error proves nothing, so the instances may be gone.
/// let error = ErrorBuilder::service("InternalError", "try later").action("TerminateInstances").build();
/// assert!(error.outcome_unknown().is_some());
///
/// // A read changes nothing, whatever its error.
/// fn failed_read<DescribeInstances: Action>() {
///     let error = ErrorBuilder::service("InternalError", "try later")
///         .request(&DescribeInstances::default())
///         .build();
///     assert!(error.outcome_unknown().is_none());
/// }
///
/// let error = ErrorBuilder::unreadable_response("connection closed")
///     .action("RunInstances")
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
    /// `None` for an error of the service, whose code decides, and for a call that made no attempt.
    outcome: Option<Outcome>,
    action: Option<&'static str>,
    call: FailedCall,
    request_id: Option<String>,
    status: Option<u16>,
    client_token: Option<String>,
    retry_after: Option<Duration>,
    timed_out: bool,
    attempts: u32,
    recovery: Option<String>,
}

/// What is known about the call that failed.
#[derive(Debug)]
struct FailedCall {
    info: &'static ActionInfo,
    class: RetryClass,
    fingerprint: String,
    recovery: String,
}

impl FailedCall {
    /// A call of an action about which nothing is known.
    fn unknown() -> Self {
        static SERVICE: ServiceInfo = ServiceInfo {
            name: "",
            version: "",
            endpoint: "",
            endpoint_regional: "",
            endpoint_intl: "",
            endpoint_internal: "",
            old_gateway: None,
            partial_errors: PARTIAL_ERRORS,
        };
        static ACTION: ActionInfo = ActionInfo::new("", &SERVICE, &REQUEST, &RESPONSE);
        let recovery = advice(&ACTION, &Record::new(&REQUEST));
        Self { info: &ACTION, class: ACTION.retry, fingerprint: String::new(), recovery }
    }

    fn of<A: Action>(request: &A) -> Self {
        Self {
            info: A::INFO,
            class: A::INFO.retry_class(request),
            fingerprint: OutcomeUnknown::fingerprint_of(A::INFO, request),
            recovery: advice(A::INFO, request),
        }
    }
}

impl ErrorBuilder {
    fn new(kind: ErrorKind, outcome: Option<Outcome>, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            service: None,
            outcome,
            action: None,
            call: FailedCall::unknown(),
            request_id: None,
            status: None,
            client_token: None,
            retry_after: None,
            timed_out: false,
            attempts: 1,
            recovery: None,
        }
    }

    /// An error of the service: [`Error::is_service`]. The code decides whether the outcome is unknown. A number is a code of the
    /// old gateway, which writes the name of the error in front of the message.
    pub fn service(code: impl Into<String>, message: impl Into<String>) -> Self {
        let error = ServiceError::new(ErrorCode::from(code.into()), message, "");
        let this = Self::new(ErrorKind::Service, None, "");
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

    /// A request without a valid response: [`Error::is_unreadable_response`]. The outcome is unknown, unless the
    /// [`request`](Self::request) is a read.
    pub fn unreadable_response(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Response, Some(Outcome::Ambiguous), message)
    }

    /// A response of something other than the service: [`Error::is_misrouted`]. The outcome is unknown, unless the
    /// [`request`](Self::request) is a read.
    pub fn misrouted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misrouted, Some(Outcome::Misrouted), message)
    }

    /// A certificate that is not trusted: [`Error::is_untrusted`].
    pub fn untrusted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Untrusted, Some(Outcome::Untrusted), message)
    }

    /// The action that was called, if only its name matters. Nothing else is known about it then, so it may change something. For
    /// an action that reads, give the [`request`](Self::request) instead.
    pub fn action(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self
    }

    /// The request that failed. It sets the action, the retry class, the error codes that the action documents, the client token,
    /// and what to do about an unknown outcome.
    pub fn request<A: Action>(mut self, request: &A) -> Self {
        self.action = Some(A::INFO.name);
        self.call = FailedCall::of(request);
        let token = A::INFO.idempotency_token.map(|name| member_named(request, name));
        let token = token.as_ref().and_then(Value::as_str);
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            self.client_token = Some(token.to_owned());
        }
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

    /// The request may have taken effect whatever the code says, for example in an earlier attempt:
    /// [`Error::outcome_unknown`]. `recovery` is the text of what to do next.
    pub fn outcome_unknown(mut self, recovery: impl Into<String>) -> Self {
        self.recovery = Some(recovery.into());
        self
    }

    /// Builds the error.
    #[must_use]
    pub fn build(self) -> Error {
        let call = self.call;
        let code = self.service.as_ref().map(|error| error.code.clone());
        let is_number = |code: &ErrorCode| {
            !code.as_str().is_empty() && code.as_str().bytes().all(|byte| byte.is_ascii_digit())
        };
        let outcome = code.as_ref().map_or(self.outcome, |code| {
            Some(match is_number(code) {
                true => outcome_of_gateway_number(code, None),
                false => outcome_of_code(code, self.status.unwrap_or_default(), call.info),
            })
        });
        let code = code.filter(|code| is_number(code) || is_code(code.as_str()));
        let attempt = |outcome| Attempt {
            outcome,
            began: Duration::ZERO,
            took: Duration::ZERO,
            status: self.status,
            code: code.clone(),
            request_id: self.request_id.clone(),
        };
        let attempts: Vec<Attempt> = match outcome {
            None => Vec::new(),
            Some(outcome) => (0..self.attempts).map(|_| attempt(outcome)).collect(),
        };
        let forbids_retry = self.service.as_ref().is_some_and(ServiceError::forbids_retry);
        let mut error = match self.service {
            Some(mut service) => {
                service.request_id = self.request_id.clone().unwrap_or_default();
                Error::in_response(service, code.is_some())
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
        let may_have_changed = outcome.is_some_and(|outcome| may_have_changed(outcome, call.class));
        if self.recovery.is_none() && !may_have_changed {
            return error;
        }
        error.with_unknown(OutcomeUnknown {
            client_token: self.client_token,
            fingerprint: call.fingerprint,
            recovery: self.recovery.unwrap_or(call.recovery),
            attempts,
            forbids_retry,
        })
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
