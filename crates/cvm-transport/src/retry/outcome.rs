//! The outcome of one attempt: what it proves about the request. It follows from how far the request got and from the
//! response, never from an error message.

use std::fmt;
use std::time::Duration;

use cvm_protocol::{ActionInfo, ErrorCode};

/// What one attempt proved. This and the action's retry class determine the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// No byte of the request was sent: name lookup, connection, TLS, credentials, local limits.
    NotSent,
    /// The service rejected the call because there were too many.
    Throttled,
    /// The service rejected the timestamp: one of the two clocks is wrong.
    ClockRefused,
    /// The service rejected the token of a temporary credential.
    TokenRefused,
    /// The service returned an error that a retry does not change.
    Refused,
    /// Bytes were sent, and no valid response came back: the request may have taken effect.
    Ambiguous,
    /// Something other than the service responded after bytes were sent: a redirect, a page of another server.
    Misrouted,
    /// The peer's certificate is not trusted; nothing was sent to it.
    Untrusted,
    /// The service executed the request.
    Success,
}

impl Outcome {
    /// All outcomes, in the order of their declaration.
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

    /// The name in messages and metrics.
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

    /// Whether the request may have taken effect without a confirmation.
    pub(crate) const fn may_have_acted(self) -> bool {
        matches!(self, Self::Ambiguous | Self::Misrouted)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One attempt, as listed in a report or an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// What it proved.
    pub outcome: Outcome,
    /// When it began, since the beginning of the call.
    pub began: Duration,
    /// How long it took.
    pub took: Duration,
    /// HTTP status, if a response arrived.
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
/// An error is final if the action documents its code, or if its family means a rejection whatever follows it; unless
/// the specification says that the request may have taken effect in part. Every other code (a timeout, an internal
/// error, a failed operation, an unknown name) proves nothing. With a status of 500 or more no code proves anything:
/// something failed, perhaps after the request took effect.
///
/// Codes are names that begin with a capital letter. An error without one (`"Error":{}`, `"Code":null`, `"Code":""`,
/// `"Code":500`) proves nothing: a server that writes this failed halfway, perhaps after the request took effect.
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

/// Whether a text may be an error code: not empty, not a number, not a sentence.
pub(crate) fn is_code(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && !text.contains(char::is_whitespace)
}

/// Whether a code has the form of a code and a family that means something to this client or to the service of an action. Such a
/// code comes from a fixed set, so it does not repeat the request, even if a text of the request is a word of it.
pub(crate) fn is_known_code(code: &ErrorCode, info: &ActionInfo) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
    let text = code.as_str();
    is_code(text)
        && text.bytes().all(is_part)
        && (code.is_refusal()
            || code.is_internal()
            || code.is_not_found()
            || code.is_capacity()
            || code.is_quota()
            || code.is_busy()
            || code.forbids_retry()
            || info.service.is_partial(text)
            || info.documents(text))
}

/// If the clocks differ by more than this, the old gateway treats a request as a replay.
pub(crate) const REPLAY_WINDOW: i64 = 2 * 60 * 60;

/// What an error of the old gateway proves, by its number. `ahead` is how many seconds the gateway's clock was ahead
/// of the time that the request was signed with.
///
/// The numbers and their meanings: <https://cloud.tencent.com/document/product/236/1718>. An unlisted number proves
/// nothing.
pub(crate) fn outcome_of_gateway_number(code: &ErrorCode, ahead: Option<i64>) -> Outcome {
    match code.as_str() {
        // Request expired.
        "4200" => Outcome::ClockRefused,
        // "Replay attack": the nonce was used before, or the clocks differ by more than two hours. Every attempt has
        // its own nonce, so a used nonce means a second copy of this attempt, and the first copy may have taken
        // effect.
        "4500" if ahead.is_some_and(|ahead| ahead.abs() > REPLAY_WINDOW) => Outcome::ClockRefused,
        "4500" => Outcome::Ambiguous,
        // Invalid token of a temporary credential.
        "4105" => Outcome::TokenRefused,
        // More requests than the quota.
        "4400" => Outcome::Throttled,
        // Parameters, signature and permissions, account, protocol.
        "4000" | "4100" | "4101" | "4102" | "4103" | "4104" | "4106" | "4110" | "4300" | "4600" => {
            Outcome::Refused
        }
        // No such resource, no stock, insufficient balance, not qualified, no such version.
        "5000" | "5200" | "5300" | "5500" | "6100" => Outcome::Refused,
        // Operation failed (5100), partially executed (5400), internal error (6000), maintenance (6200).
        _ => Outcome::Ambiguous,
    }
}

/// What a response that is no envelope proves, by its HTTP status alone.
///
/// `trust_429` is whether a 429 from an unknown sender is trusted: not for an action that a retry would harm.
pub(crate) const fn outcome_of_status(status: u16, trust_429: bool) -> Outcome {
    match status {
        429 if trust_429 => Outcome::Throttled,
        300..=399 => Outcome::Misrouted,
        408 | 429 => Outcome::Ambiguous,
        400..=499 => Outcome::Misrouted,
        // Also a 200 without an envelope: a captive portal, or a truncated response of the service.
        _ => Outcome::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_protocol::{ModelInfo, NameIndex, ServiceInfo};

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

    static INFO: ActionInfo = ActionInfo::new("KillThings", &SERVICE, &TABLE, &TABLE).error_codes(
        "FailedOperation.Unreturnable InternalError.TradeUnknownError SecGroupActionFailure",
    );

    fn of_code(code: &str, status: u16) -> Outcome {
        outcome_of_code(&ErrorCode::from(code.to_owned()), status, &INFO)
    }

    #[test]
    fn unlisted_code_is_final_only_if_its_family_is() {
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
    fn no_code_proves_anything_with_status_500_or_more() {
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
    fn codes_map_to_outcomes() {
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
    fn error_without_code_proves_nothing() {
        for code in
            ["", " ", "\t", "500", "4400", "-1", "0", " LimitExceeded", "Limit exceeded", "<h1>"]
        {
            assert_eq!(of_code(code, 200), Outcome::Ambiguous, "{code:?}");
        }
    }

    #[test]
    fn old_gateway_numbers_map_to_outcomes() {
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
        // The clock explains a replay error only if it was measured, and only beyond two hours.
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
    fn status_without_envelope_never_proves_a_rejection() {
        for status in 100..600 {
            for trust_429 in [false, true] {
                let outcome = outcome_of_status(status, trust_429);
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
