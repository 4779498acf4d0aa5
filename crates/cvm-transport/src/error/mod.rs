//! The error of this crate: opaque and boxed, with predicates instead of variants.

mod outcome_unknown;
mod predicates;

use std::error::Error as StdError;
use std::fmt::{
    Write, {self},
};
use std::time::Duration;

use bytes::Bytes;
use cvm_protocol::{ErrorCode, OneLine, ServiceError, cut};

pub use self::outcome_unknown::OutcomeUnknown;
use crate::retry::Attempt;
use crate::waiting::WaitReport;

/// A call, a list or a wait that failed.
///
/// Check two methods first:
///
/// 1. [`outcome_unknown`](Self::outcome_unknown): may the request have taken effect anyway?
/// 2. [`service`](Self::service): did the service return an error, and with which code?
///
/// `Display` is one line with the action, the code and the request id; control characters are escaped. It never
/// contains a secret, and neither does `Debug` or a source.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    action: Option<&'static str>,
    message: String,
    unknown: Option<OutcomeUnknown>,
    service: Option<ServiceError>,
    /// The error of the service as received, if secrets were masked in it. Decisions follow from it, and it is never shown.
    received: Option<ServiceError>,
    status: Option<u16>,
    timed_out: bool,
    retry_after: Option<Duration>,
    attempts: Vec<Attempt>,
    client_token: Option<String>,
    wait: Option<WaitReport>,
    unread_response: Option<Bytes>,
    contradictory: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The request of the caller cannot be sent.
    Usage,
    /// The settings of this machine prevent sending.
    Settings,
    /// No credential is available.
    Credentials,
    /// No credential is available now; there may be one later.
    NoCredentialYet,
    /// Nothing was sent.
    NotSent,
    /// Something was sent, and no valid response came back.
    Response,
    /// Something other than the service responded.
    Misrouted,
    /// The peer's certificate is not trusted.
    Untrusted,
    /// The service returned an error.
    Service,
    /// A waiter ended without reaching its target state.
    Wait,
    /// A list did not end, or changed too much while it was read.
    Paging,
}

/// The maximum size of a message, in bytes. It may repeat names of the request, which have any length.
const MAX_TEXT: usize = 8 * 1024;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MAX_TEXT {
            message = cut(&message, MAX_TEXT).into_owned();
        }
        Self(Box::new(Inner {
            kind,
            action: None,
            message,
            unknown: None,
            service: None,
            received: None,
            status: None,
            timed_out: false,
            retry_after: None,
            attempts: Vec::new(),
            client_token: None,
            wait: None,
            unread_response: None,
            contradictory: false,
            source: None,
        }))
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    pub(crate) fn from_service(error: ServiceError) -> Self {
        let mut this = Self::new(ErrorKind::Service, String::new());
        this.0.service = Some(error);
        this
    }

    /// The error in a response of the service. Without a code it proves nothing, so it is no error of the service.
    pub(crate) fn in_response(error: ServiceError, has_code: bool) -> Self {
        if has_code {
            return Self::from_service(error);
        }
        let text = "the response contains an error without a code, which proves nothing";
        match error.message.as_str() {
            "" => Self::new(ErrorKind::Response, text),
            message => Self::new(ErrorKind::Response, format!("{text}: {message}")),
        }
    }

    /// Keeps the error of the service as it was before secrets were masked in it.
    pub(crate) fn with_received(mut self, received: ServiceError) -> Self {
        self.0.received = self.0.service.is_some().then_some(received);
        self
    }

    /// The error of the service as received, for decisions. It may repeat a secret of the request, so it is never shown.
    pub(crate) fn received_service(&self) -> Option<&ServiceError> {
        self.0.received.as_ref().or(self.0.service.as_ref())
    }

    pub(crate) fn with_action(mut self, action: &'static str) -> Self {
        self.0.action = Some(action);
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_status(mut self, status: Option<u16>) -> Self {
        self.0.status = status;
        self
    }

    pub(crate) fn with_timed_out(mut self, timed_out: bool) -> Self {
        self.0.timed_out = timed_out;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: Vec<Attempt>) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_client_token(mut self, token: Option<String>) -> Self {
        self.0.client_token = token;
        self
    }

    pub(crate) fn with_unknown(mut self, unknown: OutcomeUnknown) -> Self {
        self.0.unknown = Some(unknown);
        self
    }

    pub(crate) fn with_wait_report(mut self, report: WaitReport) -> Self {
        self.0.wait = Some(report);
        self
    }

    pub(crate) fn with_unread_response(mut self, body: Bytes) -> Self {
        self.0.unread_response = Some(body).filter(|body| !body.is_empty());
        self
    }

    pub(crate) fn with_contradiction(mut self, note: &str) -> Self {
        self.0.contradictory = true;
        self.with_note(note)
    }

    /// Appends to the message, for a failure with more than one reason.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        if !self.0.message.is_empty() {
            self.0.message.push_str("; ");
        }
        self.0.message.push_str(&cut(note, MAX_TEXT));
        self
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Details of a request that may have taken effect; `None` if it certainly did not.
    ///
    /// **What next:** do not send the request again. Check whether it took effect: look for what it would have created
    /// or changed (by a tag or name that you set, or by the state of the ids), more than once within a minute, because
    /// the request may still be on its way. A new request is safe only after the check says that the first one did
    /// not take effect. With a client token, the same request with the same token may be sent again for a short time;
    /// see [`OutcomeUnknown::client_token`].
    #[must_use]
    pub fn outcome_unknown(&self) -> Option<&OutcomeUnknown> {
        self.0.unknown.as_ref()
    }

    /// The error of the service in the attempt that ended the call.
    ///
    /// A secret that its message repeats is masked. So is a text of a member without a type, if it is a whole word of the message,
    /// or of a code of an unknown family. The predicates of this error judge the code and the message as received.
    ///
    /// **What next:** handle the code. Show the message together with the request id, which the support team asks for.
    #[must_use]
    pub fn service(&self) -> Option<&ServiceError> {
        self.0.service.as_ref()
    }

    /// The error code of the service.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.service().map(|error| &error.code)
    }

    /// The body of a response that could not be used, if the [outcome is unknown](Self::outcome_unknown); including
    /// secrets. If the body was incomplete, the received part.
    ///
    /// **What next:** if the action returns something that exists nowhere else, such as the private key of a new key
    /// pair, save it where no log shows it.
    #[must_use]
    pub fn unread_response(&self) -> Option<&[u8]> {
        self.0.unread_response.as_deref()
    }

    /// The request id of the attempt that ended the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        let last = || self.0.attempts.last().and_then(|attempt| attempt.request_id.as_deref());
        self.service()
            .map(|error| error.request_id.as_str())
            .filter(|id| !id.is_empty())
            .or_else(last)
    }

    /// The action that was called.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        self.0.action
    }

    /// HTTP status of the last response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Every attempt, in order.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// The client token that all attempts carried.
    #[must_use]
    pub fn client_token(&self) -> Option<&str> {
        self.0.client_token.as_deref()
    }

    /// The `Retry-After` of the response that ended the call, whatever the reason why there was no retry.
    ///
    /// **What next:** wait this long. Then send the request again, unless the
    /// [outcome is unknown](Self::outcome_unknown): in that case, check first whether it took effect.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// For a waiter that ended without reaching its target state: the state of each id.
    ///
    /// **What next:** continue with the ids that are done, check the reasons of those that failed, and wait again for
    /// those that are pending if only time was missing.
    #[must_use]
    pub fn wait_report(&self) -> Option<&WaitReport> {
        self.0.wait.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Codes, messages, request ids and hosts come from other parties; they must not break the line.
        let f = &mut OneLine(f);
        let inner = &*self.0;
        match (inner.action, &inner.unknown) {
            (Some(action), Some(_)) => write!(f, "{action} may or may not have taken effect: ")?,
            (Some(action), None) => write!(f, "{action} failed: ")?,
            _ => {}
        }
        let mut separator = "";
        if let Some(service) = &inner.service {
            write!(f, "{service}")?;
            separator = "; ";
        }
        if !inner.message.is_empty() {
            write!(f, "{separator}{}", inner.message)?;
        }
        if inner.service.is_none()
            && let Some(id) = self.request_id()
        {
            write!(f, " (request id {id})")?;
        }
        if inner.attempts.len() > 1 {
            write!(f, " after {} attempts", inner.attempts.len())?;
        }
        if inner.unknown.is_some()
            && let Some(token) = &inner.client_token
        {
            write!(f, " (client token {token})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut output = f.debug_struct("Error");
        output.field("kind", &inner.kind).field("message", &self.to_string());
        if let Some(unknown) = &inner.unknown {
            output.field("outcome_unknown", unknown);
        } else if !inner.attempts.is_empty() {
            output.field("attempts", &inner.attempts);
        }
        if let Some(report) = &inner.wait {
            output.field("wait_report", report);
        }
        if let Some(source) = &inner.source {
            output.field("source", source);
        }
        output.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.source {
            Some(source) => Some(&**source),
            None => self.0.service.as_ref().map(|error| error as &(dyn StdError + 'static)),
        }
    }
}

#[cfg(test)]
mod tests;
