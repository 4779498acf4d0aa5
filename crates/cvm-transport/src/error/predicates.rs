//! Predicates for the kinds of errors, each with what to do next.

use cvm_protocol::{DecodeError, ErrorCode};

use super::{Error, ErrorKind};
use crate::retry::{Attempt, Outcome};

impl Error {
    /// The request cannot be sent: an invalid region or endpoint, an unknown parameter, a secret that would be in a
    /// URL, a request that is too large.
    ///
    /// **What next:** change the program or its configuration. Nothing was sent, and a retry fails the same way.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Usage | ErrorKind::Settings)
    }

    /// The settings of this machine prevent sending: an invalid proxy variable, a file of certificate authorities that
    /// cannot be read, or a clock after the year 9999. Such an error [is also a usage error](Self::is_usage).
    ///
    /// **What next:** correct the setting in the message. The request is not the problem, and nothing was sent.
    #[must_use]
    pub fn is_settings(&self) -> bool {
        self.0.kind == ErrorKind::Settings
    }

    /// There is no credential, or none could be fetched: its source failed or did not respond in time.
    ///
    /// **What next:** the message lists the sources that were tried. Set `TENCENTCLOUD_SECRET_ID` and
    /// `TENCENTCLOUD_SECRET_KEY`, or pass a credential to the builder. Nothing was sent.
    #[must_use]
    pub fn is_credentials(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Credentials | ErrorKind::NoCredentialYet)
    }

    /// The request certainly had no effect, because it was never sent.
    ///
    /// **What next:** check the network (name, proxy, firewall), or the limits set on the client. Sending the request
    /// again is safe.
    #[must_use]
    pub fn is_not_sent(&self) -> bool {
        let never_left =
            |attempt: &Attempt| matches!(attempt.outcome, Outcome::NotSent | Outcome::Untrusted);
        let is_of_this_machine = match self.0.kind {
            ErrorKind::Usage | ErrorKind::Settings | ErrorKind::NotSent | ErrorKind::Untrusted => {
                true
            }
            _ => self.is_credentials(),
        };
        is_of_this_machine && self.0.attempts.iter().all(never_left)
    }

    /// A timeout: for a connection, a response, or the whole call.
    ///
    /// **What next:** check [`outcome_unknown`](Self::outcome_unknown) first. If the outcome is known, call again; if
    /// this happens often, use longer timeouts.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.timed_out
    }

    /// The response is invalid: incomplete, not JSON, or too large.
    ///
    /// **What next:** for a read, call again; if the problem persists, check what is between this machine and the
    /// service. For a write, see [`outcome_unknown`](Self::outcome_unknown).
    #[must_use]
    pub fn is_unreadable_response(&self) -> bool {
        self.0.kind == ErrorKind::Response
    }

    /// A complete response of the service has a value of another type than the specification says. The message and
    /// [`source`](std::error::Error::source), a [`DecodeError`], name the member and both types, but not the value.
    ///
    /// **What next:** update this crate, or report the member. The same request would get the same response, so a read
    /// was not retried. For a write, see [`outcome_unknown`](Self::outcome_unknown).
    #[must_use]
    pub fn is_undecodable_response(&self) -> bool {
        let decode =
            self.0.source.as_deref().and_then(|source| source.downcast_ref::<DecodeError>());
        self.0.kind == ErrorKind::Response && decode.is_some_and(|decode| decode.expected.is_some())
    }

    /// Something other than the service responded: a redirect, a login page, the gateway of another party.
    ///
    /// **What next:** check the endpoint, the proxy, and whether the network has a login page. Redirects are never
    /// followed, because they would send a signed request to another server.
    #[must_use]
    pub fn is_misrouted(&self) -> bool {
        self.0.kind == ErrorKind::Misrouted
    }

    /// The peer's certificate is not trusted; nothing was sent to it.
    ///
    /// **What next:** check the clock, the endpoint's name, and whether a proxy inspects TLS. If you trust that proxy,
    /// pass its CA file to the builder. Verification cannot be disabled.
    #[must_use]
    pub fn is_untrusted(&self) -> bool {
        self.0.kind == ErrorKind::Untrusted
    }

    /// The service returned an error; see [`service`](Self::service).
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.0.kind == ErrorKind::Service
    }

    /// The response contains both an error and a result. It contradicts itself, so neither proves anything.
    ///
    /// **What next:** ignore the code. For a read, call again; for a write, see
    /// [`outcome_unknown`](Self::outcome_unknown).
    #[must_use]
    pub fn is_contradictory_response(&self) -> bool {
        self.0.contradictory
    }

    /// Too many calls per second, even after retries.
    ///
    /// **What next:** call less often, or share one rate limit between processes with a
    /// [`RateLimiter`](crate::rate_limit::RateLimiter). The request did not take effect.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        // Not by the name that the old gateway gives: its number decides whether the request took effect.
        self.received_service().is_some_and(|error| error.code.is_throttled())
            || self.0.attempts.last().is_some_and(|last| last.outcome == Outcome::Throttled)
    }

    /// The service rejected the credential, the signature or the permission.
    ///
    /// **What next:** for `AuthFailure.SignatureExpire`, set the clock; for `AuthFailure.TokenFailure`, renew the
    /// temporary credential; for `UnauthorizedOperation`, grant the permission. The client has already retried once
    /// with the corrected time or a new credential, if that could help.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.has_code(ErrorCode::is_auth)
    }

    /// A resource in the request does not exist.
    ///
    /// **What next:** check the id and the region. A resource that was just created may take a few seconds to appear
    /// in other actions.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.has_code(ErrorCode::is_not_found)
    }

    /// The requested resources are sold out.
    ///
    /// **What next:** request another zone, instance type or charge type, with a new client token.
    #[must_use]
    pub fn is_capacity(&self) -> bool {
        self.has_code(ErrorCode::is_capacity)
    }

    /// A quota of the account is exhausted.
    ///
    /// **What next:** release resources, or request a higher quota.
    #[must_use]
    pub fn is_quota(&self) -> bool {
        self.has_code(ErrorCode::is_quota)
    }

    /// Another operation is still running on the resource.
    ///
    /// **What next:** wait for it with a waiter, then decide again: after an action that destroys something, the
    /// operation in progress may be your own first request.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.has_code(ErrorCode::is_busy)
    }

    /// A waiter ended without reaching its target state; [`wait_report`](Self::wait_report) has the state of each id.
    #[must_use]
    pub fn is_wait(&self) -> bool {
        self.0.kind == ErrorKind::Wait
    }

    /// Whether a later read may succeed where this one failed.
    pub(crate) fn is_transient(&self) -> bool {
        // A response that cannot be decoded would be the same again.
        let kinds = [ErrorKind::NotSent, ErrorKind::NoCredentialYet, ErrorKind::Response];
        // An ambiguous error of the service says nothing about the next read either, unless its code forbids a retry.
        let is_ambiguous = || {
            self.attempts().last().is_some_and(|last| last.outcome == Outcome::Ambiguous)
                && !self.has_code(ErrorCode::forbids_retry)
                && !self.is_contradictory_response()
                && !self.is_undecodable_response()
        };
        kinds.contains(&self.kind()) && !self.is_undecodable_response()
            || self.is_throttled()
            || is_ambiguous()
    }

    fn has_code(&self, predicate: impl Fn(&ErrorCode) -> bool) -> bool {
        self.received_service().is_some_and(|error| error.has_code(predicate))
    }
}
