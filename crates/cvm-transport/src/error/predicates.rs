//! The questions that tell what kind of failure it was, each with what to do next.

use cvm_protocol::{DecodeError, ErrorCode};

use super::{Error, Kind};
use crate::{Attempt, Outcome};

impl Error {
    /// The request could not be sent as it was asked for: a wrong region or endpoint, a member that
    /// the action does not have, a secret that would stand in a URL, a request that is too large.
    ///
    /// **What next:** change the program or its configuration; nothing was sent, and a repeat fails
    /// the same way.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self.0.kind, Kind::Usage | Kind::Settings)
    }

    /// The settings of this machine allow no sending: a proxy variable that names no proxy, or a file of
    /// certificate authorities that cannot be read. Such an error [is one of usage](Self::is_usage), too.
    ///
    /// **What next:** correct the setting that the message names. The request is not at fault, and nothing
    /// was sent.
    #[must_use]
    pub fn is_settings(&self) -> bool {
        self.0.kind == Kind::Settings
    }

    /// No credential was found, or none could be fetched: its source failed, or did not answer in time.
    ///
    /// **What next:** the message lists what was tried. Set `TENCENTCLOUD_SECRET_ID` and
    /// `TENCENTCLOUD_SECRET_KEY`, or give the builder a credential. Nothing was sent.
    #[must_use]
    pub fn is_credentials(&self) -> bool {
        matches!(self.0.kind, Kind::Credentials | Kind::NoCredentialYet)
    }

    /// Surely nothing was done, because no request left this machine.
    ///
    /// **What next:** look at the network (name, proxy, firewall), or at the limits set on the client;
    /// sending the request again is safe.
    #[must_use]
    pub fn is_not_sent(&self) -> bool {
        let never_left =
            |attempt: &Attempt| matches!(attempt.outcome, Outcome::NotSent | Outcome::Untrusted);
        let is_of_this_machine = match self.0.kind {
            Kind::Usage | Kind::Settings | Kind::NotSent | Kind::Untrusted => true,
            _ => self.is_credentials(),
        };
        is_of_this_machine && self.0.attempts.iter().all(never_left)
    }

    /// Time ran out: for a connection, an answer, or the whole call.
    ///
    /// **What next:** ask [`outcome_unknown`](Self::outcome_unknown) first. If the outcome is known,
    /// call again, with more time if this happens often.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.timed_out
    }

    /// Something answered that is no valid answer of the service: cut short, not JSON, too large.
    ///
    /// **What next:** for a read, call again; if it persists, look for what stands between this
    /// machine and the service. For a change, see [`outcome_unknown`](Self::outcome_unknown).
    #[must_use]
    pub fn is_unreadable_response(&self) -> bool {
        self.0.kind == Kind::Response
    }

    /// A whole response of the service holds a value of another kind than the specification says. The message
    /// and [`source`](std::error::Error::source), a [`DecodeError`], name the member and both kinds,
    /// and never the value.
    ///
    /// **What next:** update this crate or report the member: the same request would bring the same
    /// response, so a read was not sent again. For a change, see
    /// [`outcome_unknown`](Self::outcome_unknown).
    #[must_use]
    pub fn is_undecodable_response(&self) -> bool {
        let decode =
            self.0.source.as_deref().and_then(|source| source.downcast_ref::<DecodeError>());
        self.0.kind == Kind::Response && decode.is_some_and(|decode| decode.expected.is_some())
    }

    /// Something other than the service answered: a redirect, a login page, a foreign gateway.
    ///
    /// **What next:** check the endpoint, the proxy and the network's own login page. Redirects are
    /// never followed, because a signed request would go to a stranger.
    #[must_use]
    pub fn is_misrouted(&self) -> bool {
        self.0.kind == Kind::Misrouted
    }

    /// The peer's certificate did not prove that it is the service; nothing was sent to it.
    ///
    /// **What next:** check the clock, the endpoint's name, and whether a proxy opens TLS; give the
    /// builder the proxy's own CA file if that is what you want. Verification cannot be turned off.
    #[must_use]
    pub fn is_untrusted(&self) -> bool {
        self.0.kind == Kind::Untrusted
    }

    /// The service refused; [`service`](Self::service) tells with what.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.0.kind == Kind::Service
    }

    /// The response holds an error and a result, so it contradicts itself, and neither of them proves anything.
    ///
    /// **What next:** do not act on the code. Read again; for a change, see
    /// [`outcome_unknown`](Self::outcome_unknown).
    #[must_use]
    pub fn is_contradictory_response(&self) -> bool {
        self.0.contradictory
    }

    /// Too many calls in a second, even after pausing.
    ///
    /// **What next:** call less often, or share one budget between processes through a
    /// [`RateLimiter`](crate::RateLimiter). The request was not carried out.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.has_code(ErrorCode::is_throttled)
            || self.0.attempts.last().is_some_and(|last| last.outcome == Outcome::Throttled)
    }

    /// Credentials, signature or permission were refused.
    ///
    /// **What next:** for `AuthFailure.SignatureExpire` set the clock; for `AuthFailure.TokenFailure`
    /// renew the temporary credential; for `UnauthorizedOperation` grant the permission. Everything
    /// that can be mended by measuring the time or fetching a fresh credential was tried once.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.has_code(ErrorCode::is_auth)
    }

    /// Something that the request names does not exist.
    ///
    /// **What next:** check the id and the region; something created a moment ago may take a few
    /// seconds to appear in other actions.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.has_code(ErrorCode::is_not_found)
    }

    /// No stock for what was asked.
    ///
    /// **What next:** ask for another zone, model or charge type, with a new client token.
    #[must_use]
    pub fn is_capacity(&self) -> bool {
        self.has_code(ErrorCode::is_capacity)
    }

    /// A quota of the account is used up.
    ///
    /// **What next:** release something, or have the quota raised.
    #[must_use]
    pub fn is_quota(&self) -> bool {
        self.has_code(ErrorCode::is_quota)
    }

    /// Another operation is still running on the resource.
    ///
    /// **What next:** wait for it with a waiter, then decide anew: for an action that destroys, the
    /// operation in progress may be your own first request.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.has_code(ErrorCode::is_busy)
    }

    /// A waiter ended without reaching its goal; [`wait_report`](Self::wait_report) tells about each id.
    #[must_use]
    pub fn is_wait(&self) -> bool {
        self.0.kind == Kind::Wait
    }

    fn has_code(&self, predicate: impl Fn(&ErrorCode) -> bool) -> bool {
        self.code().is_some_and(predicate)
    }
}
