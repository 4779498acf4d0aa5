//! Faults of the cloud while it handles one request: sold-out types, quotas, failed launches, stuck operations, stale
//! reads.
//!
//! A fault belongs to a request, so it is a part of the command: the same commands lead to the same state.

use cvm_protocol::{ActionInfo, RetryClass};
use serde::{Deserialize, Serialize};

/// Something that goes wrong in the cloud while it handles a request, see [`Request::with_fault`](crate::Request::with_fault).
///
/// None of them is a false answer: what the response says is what the state of the account shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CloudFault {
    /// Instance types are sold out in zones, for the request and in what it lists. Names can contain one `*`. Without
    /// zones, all zones are meant.
    SoldOut {
        /// The instance types, such as `S5.*`.
        types: Vec<String>,
        /// The zones, such as `ap-guangzhou-3`.
        zones: Vec<String>,
    },
    /// A quota is used up: a request that would succeed ends with the [`quota_code`] of its action, and changes nothing.
    QuotaReached,
    /// Launches that the request starts end in `LAUNCH_FAILED`.
    LaunchFailed,
    /// Operations on instances that the request starts never end.
    StuckOperation,
    /// A read shows the account as it was before the last request that changed it. The simulator must keep that state,
    /// see [`Command::KeepPreviousState`](crate::Command::KeepPreviousState).
    StaleRead,
}

/// The actions of CVM that depend on the stock.
const STOCK_ACTIONS: &[&str] = &[
    "CreateLaunchTemplate",
    "CreateLaunchTemplateVersion",
    "DescribeInstancesModification",
    "DescribeZoneInstanceConfigInfos",
    "InquiryPriceRunInstances",
    "ResetInstancesType",
    "RunInstances",
];

impl CloudFault {
    /// Whether it can change what the action does.
    #[must_use]
    pub fn concerns(&self, info: &ActionInfo) -> bool {
        let is_cvm = info.service.name == cvm_models::SERVICE.name;
        let is_read = matches!(info.retry, RetryClass::Read);
        match self {
            Self::SoldOut { .. } => is_cvm && STOCK_ACTIONS.contains(&info.name),
            Self::QuotaReached => quota_code(info).is_some(),
            Self::LaunchFailed => is_cvm && info.name == "RunInstances",
            Self::StuckOperation => is_cvm && !is_read && info.asynchronous,
            Self::StaleRead => is_read,
        }
    }
}

/// The faults of one request that handlers see.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OperationFaults {
    pub(crate) launches_fail: bool,
    pub(crate) operations_are_stuck: bool,
}

impl OperationFaults {
    pub(crate) fn of(faults: &[CloudFault]) -> Self {
        Self {
            launches_fail: faults.contains(&CloudFault::LaunchFailed),
            operations_are_stuck: faults.contains(&CloudFault::StuckOperation),
        }
    }
}

/// Codes for a quota that is used up, the most specific first.
const QUOTA_CODES: &[&str] = &[
    "LimitExceeded.InstanceQuota",
    "LimitExceeded.LaunchTemplateQuota",
    "LimitExceeded.LaunchTemplateVersionQuota",
    "LimitExceeded.HpcClusterQuota",
    "ImageQuotaLimitExceeded",
    "ResourceInsufficient.InsufficientGroupQuota",
    "InvalidKeyPair.LimitExceeded",
    "AddressQuotaLimitExceeded",
    "InsufficientSnapshotQuota",
    "LimitExceeded.Quota",
    "ResourceInsufficient.OverQuota",
    "OverQuota",
    "LimitExceeded",
];

/// The code with which an action refuses to create more, if it documents one. A read has none.
#[must_use]
pub fn quota_code(info: &ActionInfo) -> Option<&'static str> {
    if matches!(info.retry, RetryClass::Read) {
        return None;
    }
    QUOTA_CODES.iter().copied().find(|code| info.errors().any(|documented| documented == *code))
}
