//! What one attempt proves about the request: delivery certainty, read from the phase and not from texts.

use std::fmt;
use std::time::Duration;

use cvm_protocol::{ActionInfo, ErrorCode};

/// What is known after one attempt. The next step follows from this and the action's retry class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// No byte of the request left: name lookup, connection, TLS, credentials, local limits.
    NotSent,
    /// The service turned the call away because there were too many.
    Throttled,
    /// The service refused the timestamp: one of the two clocks is wrong.
    ClockRefused,
    /// The service refused the token of a temporary credential.
    TokenRefused,
    /// The service refused the request, for a reason that a repeat does not change.
    Refused,
    /// Bytes left, and no valid answer came back: the service may have acted.
    Ambiguous,
    /// Something other than the service answered after bytes had left: a redirect, a foreign page.
    Misrouted,
    /// The peer could not prove who it is; nothing was sent to it.
    Untrusted,
    /// The service did it.
    Success,
}

impl Outcome {
    /// All of them, in the order of their declaration.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 9] = [
        Self::NotSent,
        Self::Throttled,
        Self::ClockRefused,
        Self::TokenRefused,
        Self::Refused,
        Self::Ambiguous,
        Self::Misrouted,
        Self::Untrusted,
        Self::Success,
    ];

    /// The word for it in messages and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not sent",
            Self::Throttled => "throttled",
            Self::ClockRefused => "clock refused",
            Self::TokenRefused => "token refused",
            Self::Refused => "refused",
            Self::Ambiguous => "ambiguous",
            Self::Misrouted => "misrouted",
            Self::Untrusted => "untrusted",
            Self::Success => "success",
        }
    }

    /// Whether the service may have acted without saying so.
    pub(crate) const fn may_have_acted(self) -> bool {
        matches!(self, Self::Ambiguous | Self::Misrouted)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One attempt, as it is remembered in a report or an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// What it proved.
    pub outcome: Outcome,
    /// When it began, counted from the beginning of the call.
    pub began: Duration,
    /// How long it took.
    pub took: Duration,
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// Error code, if the service gave one.
    pub code: Option<ErrorCode>,
    /// Request id, if the service gave one.
    pub request_id: Option<String>,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {} ms", self.outcome, self.took.as_millis())?;
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        } else if let Some(status) = self.status {
            write!(f, ", HTTP {status}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request id {id}")?;
        }
        Ok(())
    }
}

/// What an error of the service proves, by its code and the HTTP status that it came with.
///
/// A refusal is a code that the action documents, or one of a family that says so whatever follows it, unless the
/// specification says that a part of the request may have been carried out. Every other code (a timeout, an
/// internal error, a failed operation, an unknown name) proves nothing, and with a status of 500 or more no
/// code does: something failed, perhaps after the action.
///
/// Codes are names that begin with a capital letter. An error without one (`"Error":{}`,
/// `"Code":null`, `"Code":""`, `"Code":500`) proves nothing: what writes such a thing failed halfway, and
/// perhaps after the action.
pub(crate) fn outcome_of_code(code: &ErrorCode, status: u16, info: &ActionInfo) -> Outcome {
    match code.as_str() {
        text if !is_code(text) => Outcome::Ambiguous,
        _ if status >= 500 => Outcome::Ambiguous,
        "AuthFailure.SignatureExpire" => Outcome::ClockRefused,
        "AuthFailure.TokenFailure" => Outcome::TokenRefused,
        _ if code.is_throttled() => Outcome::Throttled,
        _ if code.is_internal() => Outcome::Ambiguous,
        text if info.service.is_partial(text) => Outcome::Ambiguous,
        text if code.is_refusal() || info.documents(text) => Outcome::Refused,
        _ => Outcome::Ambiguous,
    }
}

/// Whether a text may be an error code: not empty, no number, no sentence.
pub(crate) fn is_code(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && !text.contains(char::is_whitespace)
}

/// The old gateway counts a request as a replay from this difference of the clocks on.
pub(crate) const REPLAY_WINDOW: i64 = 2 * 60 * 60;

/// What an error of the old gateway proves, by its number. `ahead` is by how many seconds its clock was
/// measured to be ahead of the time that the request was signed with.
///
/// The numbers and what they mean: <https://cloud.tencent.com/document/product/236/1718>. A number that is not
/// there proves nothing.
pub(crate) fn outcome_of_gateway_number(code: &ErrorCode, ahead: Option<i64>) -> Outcome {
    match code.as_str() {
        // Request expired.
        "4200" => Outcome::ClockRefused,
        // "Replay attack": the nonce came before, or the clocks differ by more than two hours. Every attempt
        // has a nonce of its own, so a nonce that came before is a second copy of this very attempt, and the
        // first copy may have been carried out.
        "4500" if ahead.is_some_and(|ahead| ahead.abs() > REPLAY_WINDOW) => Outcome::ClockRefused,
        "4500" => Outcome::Ambiguous,
        // Token of a temporary credential.
        "4105" => Outcome::TokenRefused,
        // More requests than the quota.
        "4400" => Outcome::Throttled,
        // Parameters, signature and permissions, account, protocol.
        "4000" | "4100" | "4101" | "4102" | "4103" | "4104" | "4106" | "4110" | "4300" | "4600" => {
            Outcome::Refused
        }
        // No such resource, no stock, no money, no qualification, no such version.
        "5000" | "5200" | "5300" | "5500" | "6100" => Outcome::Refused,
        // Operation failed (5100), carried out in part (5400), server fault (6000), maintenance (6200).
        _ => Outcome::Ambiguous,
    }
}

/// What an answer that is no envelope proves, by its HTTP status alone.
///
/// `turned_away` is whether a 429 of an unknown sender may be believed: not for an action that a
/// second sending would harm.
pub(crate) const fn outcome_of_status(status: u16, turned_away: bool) -> Outcome {
    match status {
        429 if turned_away => Outcome::Throttled,
        300..=399 => Outcome::Misrouted,
        408 | 429 => Outcome::Ambiguous,
        400..=499 => Outcome::Misrouted,
        // Also a 200 without an envelope: a captive portal, or a truncated answer of the service.
        _ => Outcome::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_protocol::{ModelInfo, NameIndex, RetryClass, ServiceInfo};

    static TABLE: ModelInfo = ModelInfo {
        name: "Empty",
        members: &[],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[255] },
    };

    static SERVICE: ServiceInfo = ServiceInfo {
        name: "cvm",
        version: "2017-03-12",
        endpoint: "host",
        endpoint_regional: "host",
        endpoint_intl: "host",
        endpoint_internal: "host",
        old_gateway: None,
        partial_errors: "FailedOperation SecGroupActionFailure InvalidThing.PartlyDone",
    };

    static INFO: ActionInfo = ActionInfo {
        name: "KillThings",
        service: &SERVICE,
        group: "thing",
        request: &TABLE,
        response: &TABLE,
        retry: RetryClass::Hazard,
        retry_overrides: &[],
        reconcile: None,
        idempotency_token: None,
        rate_limit_per_second: None,
        regional: true,
        dry_run: false,
        asynchronous: false,
        deprecated: false,
        paginate: None,
        filters: &[],
        filters_max: None,
        filter_values_max: None,
        errors: "FailedOperation.Unreturnable InternalError.TradeUnknownError SecGroupActionFailure",
    };

    fn of_code(code: &str, status: u16) -> Outcome {
        outcome_of_code(&ErrorCode::from(code.to_owned()), status, &INFO)
    }

    #[test]
    fn unlisted_code_is_a_refusal_only_if_its_family_says_so() {
        for code in [
            "InvalidParameterValue.SomethingNew",
            "InvalidParameterValue.TimeoutTooLong",
            "InvalidSomething",
            "AuthFailure.SomethingNew",
            "UnauthorizedOperation.SomethingNew",
            "LimitExceeded.SomethingNew",
            "SomethingQuotaLimitExceeded",
            "ResourceNotFound.SomethingNew",
            "ResourceInsufficient.SomethingNew",
            "UnsupportedOperation.InstanceStateNew",
            "UnsupportedOperation.InternationalUser",
            "MissingParameter.SomethingNew",
            "MutexOperation.TaskRunning",
            "OperationDenied.SomethingNew",
            "FailedOperation.Unreturnable",
        ] {
            assert_eq!(of_code(code, 200), Outcome::Refused, "{code}");
        }
        for code in [
            "GatewayTimeout",
            "ServerTimeout",
            "RequestTimeout",
            "UnknownError",
            "UnknownFailure",
            "InternalFailure",
            "InternalErrorX",
            "InternalError.TradeUnknownError",
            "FailedOperation",
            "FailedOperation.Timeout",
            "FailedOperation.SomethingNew",
            "SecGroupActionFailure",
            "InvalidThing.PartlyDone",
            "ResourceUnavailable.Timeout",
            "OperationDenied.InternalError",
            "ResourceOperationFailed",
            "ResponseSizeLimitExceeded",
            "Busy",
        ] {
            assert_eq!(of_code(code, 200), Outcome::Ambiguous, "{code}");
        }
    }

    #[test]
    fn no_code_proves_anything_with_a_status_of_500_or_more() {
        for code in [
            "InvalidParameter",
            "FailedOperation.Unreturnable",
            "RequestLimitExceeded",
            "AuthFailure.SignatureExpire",
            "AuthFailure.TokenFailure",
            "DryRunOperation",
            "GatewayTimeout",
        ] {
            for status in [500, 502, 503, 504, 599] {
                assert_eq!(of_code(code, status), Outcome::Ambiguous, "{code} {status}");
            }
            for status in [200, 400, 403, 499] {
                let is_known = code != "GatewayTimeout";
                assert_eq!(
                    of_code(code, status) != Outcome::Ambiguous,
                    is_known,
                    "{code} {status}"
                );
            }
        }
    }

    #[test]
    fn codes_prove_what_the_specification_says() {
        for (code, outcome) in [
            ("RequestLimitExceeded", Outcome::Throttled),
            ("RequestLimitExceeded.UinLimitExceeded", Outcome::Throttled),
            ("RequestLimitExceeded.SomethingNew", Outcome::Throttled),
            ("RequestLimitExceededX", Outcome::Ambiguous),
            ("AuthFailure.SignatureExpire", Outcome::ClockRefused),
            ("AuthFailure.TokenFailure", Outcome::TokenRefused),
            ("AuthFailure.SignatureFailure", Outcome::Refused),
            ("InternalError", Outcome::Ambiguous),
            ("InternalError.TradeUnknownError", Outcome::Ambiguous),
            ("InternalServerError", Outcome::Ambiguous),
            ("ServiceUnavailable", Outcome::Ambiguous),
            ("LimitExceeded", Outcome::Refused),
            ("InvalidInstanceId.NotFound", Outcome::Refused),
        ] {
            assert_eq!(of_code(code, 200), outcome, "{code}");
        }
    }

    #[test]
    fn an_error_without_a_code_proves_nothing() {
        for code in
            ["", " ", "\t", "500", "4400", "-1", "0", " LimitExceeded", "Limit exceeded", "<h1>"]
        {
            assert_eq!(of_code(code, 200), Outcome::Ambiguous, "{code:?}");
        }
    }

    #[test]
    fn numbers_of_the_old_gateway_prove_what_its_table_says() {
        let outcome = |code, ahead| outcome_of_gateway_number(&ErrorCode::from(code), ahead);
        for (code, expected) in [
            ("4000", Outcome::Refused),
            ("4100", Outcome::Refused),
            ("4105", Outcome::TokenRefused),
            ("4200", Outcome::ClockRefused),
            ("4400", Outcome::Throttled),
            ("5000", Outcome::Refused),
            ("5100", Outcome::Ambiguous),
            ("5400", Outcome::Ambiguous),
            ("6000", Outcome::Ambiguous),
            ("6200", Outcome::Ambiguous),
            ("504", Outcome::Ambiguous),
            ("9999", Outcome::Ambiguous),
        ] {
            assert_eq!(outcome(code, Some(0)), expected, "{code}");
        }
        // The clock explains a replay only when it was measured, and only beyond two hours.
        for (ahead, expected) in [
            (None, Outcome::Ambiguous),
            (Some(0), Outcome::Ambiguous),
            (Some(7_200), Outcome::Ambiguous),
            (Some(-7_200), Outcome::Ambiguous),
            (Some(7_201), Outcome::ClockRefused),
            (Some(-7_201), Outcome::ClockRefused),
        ] {
            assert_eq!(outcome("4500", ahead), expected, "{ahead:?}");
        }
    }

    #[test]
    fn statuses_without_an_envelope_never_prove_a_refusal() {
        for status in 100..600 {
            for turned_away in [false, true] {
                let outcome = outcome_of_status(status, turned_away);
                assert_ne!(outcome, Outcome::Refused, "{status}");
                assert_ne!(outcome, Outcome::Success, "{status}");
            }
        }
        assert_eq!(outcome_of_status(429, true), Outcome::Throttled);
        assert_eq!(outcome_of_status(429, false), Outcome::Ambiguous);
        assert_eq!(outcome_of_status(307, true), Outcome::Misrouted);
        assert_eq!(outcome_of_status(403, true), Outcome::Misrouted);
        assert_eq!(outcome_of_status(503, true), Outcome::Ambiguous);
        assert_eq!(outcome_of_status(408, true), Outcome::Ambiguous);
        assert_eq!(outcome_of_status(200, true), Outcome::Ambiguous);
    }
}
