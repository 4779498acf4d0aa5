//! Error codes: an open set, ordered in families by dots.

use std::borrow::Cow;
use std::fmt;

/// An error code as the service gave it, such as `InvalidInstanceId.NotFound`.
///
/// New codes appear without notice, so this is text with questions rather than an enum. Match known
/// ones against the generated constants through [`as_str`](Self::as_str); ask the predicates about
/// the rest. A predicate looks at the family (the part before the first dot) unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(Cow<'static, str>);

/// What a code says about who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Credentials, signature or permission.
    Auth,
    /// The request is wrong.
    Client,
    /// Something that the request names is not there.
    NotFound,
    /// Something is not in the state that the action needs.
    State,
    /// A quota or a stock is used up.
    Quota,
    /// Too many calls.
    Throttle,
    /// The service failed.
    Server,
}

/// What the specification knows of a code.
#[derive(Debug)]
pub struct ErrorInfo {
    /// The code.
    pub code: &'static str,
    /// Who has to act.
    pub kind: ErrorKind,
    /// Whether the same request may pass later, unchanged. The retry class of the action stands above.
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

    /// The code and its ancestors, from the most particular: `A.B.C`, `A.B`, `A`.
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

    /// The service failed within: the outcome of a change is unknown.
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

    /// The service turned the request away before it did anything. Decided by the family alone, so also for a
    /// code that no specification lists: `InvalidParameterValue.SomethingNew` is one. Timeouts, internal errors,
    /// failed operations and unknown families are none, and neither is a member of a refusing family
    /// that speaks of a timeout or of something internal or unknown. The numbers of the old gateway are none.
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
        // These stand above the family. What is invalid may have any name.
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

    /// Credentials or signature were refused, or a permission is missing. The numbers are the old
    /// gateway's.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        matches!(self.family(), "AuthFailure" | "UnauthorizedOperation" | "InvalidPermission")
            || matches!(
                self.as_str(),
                "4100" | "4101" | "4102" | "4103" | "4104" | "4105" | "4106" | "4110" | "4200"
            )
    }

    /// No stock for what was asked: another zone or model may do.
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

    /// Something that the request names does not exist.
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
