//! Error codes: an open set, grouped in families by dots.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::ser::{Serialize, Serializer};

/// An error code as the service gave it, such as `InvalidInstanceId.NotFound`.
///
/// New codes appear without notice, so this is a text with predicates instead of an enum. Match known codes against the
/// generated constants through [`as_str`](Self::as_str), and use the predicates for the rest. A predicate looks at
/// the family, the part before the first dot, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(Cow<'static, str>);

/// The kind of failure that a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Credentials, signature or permission.
    Auth,
    /// The request is wrong.
    Client,
    /// A resource that the request names does not exist.
    NotFound,
    /// A resource is not in the state that the action needs.
    State,
    /// A quota or stock is used up.
    Quota,
    /// Too many calls.
    Throttle,
    /// The service failed.
    Server,
}

impl ErrorKind {
    /// The kind in a few words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "credentials, signature or permission",
            Self::Client => "invalid request",
            Self::NotFound => "resource not found",
            Self::State => "wrong resource state",
            Self::Quota => "quota or stock exhausted",
            Self::Throttle => "too many requests",
            Self::Server => "service failure",
        }
    }
}

/// The description of a code in the specification.
#[derive(Debug)]
pub struct ErrorInfo {
    /// The code.
    pub code: &'static str,
    /// The kind of failure.
    pub kind: ErrorKind,
    /// Whether the same request may succeed later. The retry class of the action takes precedence.
    pub retryable: bool,
    /// Whether a request that changes something may have been carried out in part although it ended with this
    /// code: its outcome is unknown.
    pub partial: bool,
    /// What is wrong.
    pub doc: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

impl ErrorCode {
    /// The code as the service gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first dot.
    #[must_use]
    pub fn family(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(family, _)| family)
    }

    /// The code and its ancestors, from the most specific: `A.B.C`, `A.B`, `A`.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.as_str()), |code| {
            code.rsplit_once('.').map(|(parent, _)| parent)
        })
    }

    /// Whether this is `code` or one below it.
    #[must_use]
    pub fn is_under(&self, code: &str) -> bool {
        self.ancestors().any(|ancestor| ancestor == code)
    }

    /// Too many calls in a second: `RequestLimitExceeded` and everything below it.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.family() == "RequestLimitExceeded"
    }

    /// The service failed internally: the outcome of a change is unknown.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.family().starts_with("Internal") || self.family() == "ServiceUnavailable"
    }

    /// The same request must not be retried, not even with its client token: an order may exist, or the response
    /// would be too large again.
    #[must_use]
    pub fn forbids_retry(&self) -> bool {
        let member = self.as_str().split_once('.').map_or("", |(_, member)| member);
        self.family() == "ResponseSizeLimitExceeded"
            || self.is_internal() && member.starts_with("TradeUnknown")
    }

    /// The service rejected the request before it did anything. Only the family decides, so this also holds for codes
    /// that no specification lists, such as `InvalidParameterValue.SomethingNew`. It does not hold for timeouts, internal
    /// errors, failed operations, unknown families and the numbers of the old gateway, nor for a code of a rejecting
    /// family that mentions a timeout or something internal or unknown.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        const BEGINNINGS: [&str; 4] = ["Missing", "NoSuch", "Unauthorized", "Unsupported"];
        const FAMILIES: [&str; 19] = [
            "AccountQualificationRestrictions",
            "ActionOffline",
            "AuthFailure",
            "DryRunOperation",
            "IpInBlacklist",
            "IpNotInWhitelist",
            "LimitExceeded",
            "MutexOperation",
            "OperationDenied",
            "OverQuota",
            "RegionAbilityLimit",
            "RequestLimitExceeded",
            "RequestSizeLimitExceeded",
            "ResourceInUse",
            "ResourceInsufficient",
            "ResourceNotFound",
            "ResourceUnavailable",
            "ResourcesSoldOut",
            "UnknownParameter",
        ];
        // These take precedence over the family. An invalid value may have any name.
        const DOUBTS: [&str; 4] = ["timeout", "timedout", "internalerror", "unknownerror"];
        let family = self.family();
        if family.starts_with("Invalid") {
            return true;
        }
        let whole = self.0.to_ascii_lowercase();
        let is_refusing = FAMILIES.contains(&family)
            || family.ends_with("QuotaLimitExceeded")
            || BEGINNINGS.iter().any(|beginning| family.starts_with(beginning));
        is_refusing && !DOUBTS.iter().any(|doubt| whole.contains(doubt))
    }

    /// The credential or signature was rejected, or a permission is missing. The numbers are those of the old gateway.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        matches!(self.family(), "AuthFailure" | "UnauthorizedOperation" | "InvalidPermission")
            || matches!(
                self.as_str(),
                "4100" | "4101" | "4102" | "4103" | "4104" | "4105" | "4106" | "4110" | "4200"
            )
    }

    /// No stock for the request: another zone or instance type may have some.
    #[must_use]
    pub fn is_capacity(&self) -> bool {
        matches!(self.family(), "ResourceInsufficient" | "ResourcesSoldOut")
            || self.is_under("ResourceUnavailable.InstanceType")
            || self.is_under("InvalidParameterValue.InsufficientOffering")
    }

    /// A quota of the account is used up.
    #[must_use]
    pub fn is_quota(&self) -> bool {
        matches!(self.family(), "LimitExceeded" | "InstancesQuotaLimitExceeded")
            || self.family().ends_with("QuotaLimitExceeded")
            || self.is_under("InvalidParameterValue.ExternalIpQuotaLimited")
    }

    /// A resource that the request names does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        let last = self.0.rsplit('.').next().unwrap_or_default();
        self.family() == "ResourceNotFound"
            || last.ends_with("NotFound")
            || last.ends_with("NotExist")
            || last.ends_with("NotExisted")
    }

    /// Another operation is still running on the resource.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_under("MutexOperation.TaskRunning")
            || self.is_under("OperationDenied.InstanceOperationInProgress")
            || self.family() == "ResourceInUse"
    }

    /// A dry run passed: the request would have succeeded.
    #[must_use]
    pub fn is_dry_run_success(&self) -> bool {
        self.as_str() == "DryRunOperation"
    }
}

impl From<String> for ErrorCode {
    fn from(code: String) -> Self {
        Self(Cow::Owned(code))
    }
}

impl From<&'static str> for ErrorCode {
    fn from(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }
}

impl FromStr for ErrorCode {
    type Err = Infallible;

    fn from_str(code: &str) -> Result<Self, Infallible> {
        Ok(Self(Cow::Owned(code.to_owned())))
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for ErrorCode {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
