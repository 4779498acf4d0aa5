//! The effects of faults as data.

use cvm_simulator::CloudFault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a fault does to a request.
///
/// In a file, an effect without fields is a text, and one with fields an object: `"lose_response"`,
/// `{ "delay": { "ms": 500 } }`. Where `applied` is a field, it says whether the request takes effect before it fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FaultEffect {
    /// The request is applied later. [`Cloud::handle`](crate::Cloud::handle) does not wait.
    Delay {
        /// Milliseconds.
        ms: u64,
        /// With it, a random delay from `ms` to this many milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        up_to_ms: Option<u64>,
    },
    /// The request is applied at once, and the response comes later. [`Cloud::handle`](crate::Cloud::handle) does not wait.
    DelayResponse {
        /// Milliseconds.
        ms: u64,
        /// With it, a random delay from `ms` to this many milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        up_to_ms: Option<u64>,
    },
    /// The connection is reset. The request is not applied.
    ResetBeforeCommit,
    /// The request is applied, and then the connection is reset without a response.
    ResetAfterCommit,
    /// The request is applied, and then the connection is closed without a response.
    LoseResponse,
    /// `RequestLimitExceeded` for each request above a rate, for one account, region and action. It is not applied.
    Throttle {
        /// Requests per second that pass. Default: the documented rate of the action. Without one, all pass.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_second: Option<u32>,
    },
    /// An error of the service.
    Error {
        /// The code, such as `InternalError`.
        code: String,
        /// The message. Default: a text that says that the error is injected.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Whether the request is applied. Default: no.
        #[serde(default)]
        applied: bool,
    },
    /// A response without a body and with a status from 500 to 599.
    HttpStatus {
        /// The status.
        status: u16,
        /// Whether the request is applied. Default: no.
        #[serde(default)]
        applied: bool,
    },
    /// An HTML page, as an unhealthy proxy sends.
    HtmlPage {
        /// The status. Default: 502.
        #[serde(default = "bad_gateway")]
        status: u16,
        /// Whether the request is applied. Default: no.
        #[serde(default)]
        applied: bool,
    },
    /// The request is applied, and its response is no valid JSON: its last bracket is wrong.
    DamagedJson,
    /// The request is applied, and its response has only the first half of the JSON, in a complete HTTP response.
    TruncatedJson,
    /// Instance types are sold out in zones, in launches, changes of types, prices and lists.
    ///
    /// Each different combination of types and zones takes memory until the process ends.
    SoldOut {
        /// Names of types, in which one `*` stands for any text.
        types: Vec<String>,
        /// Names of zones, in which one `*` stands for any text. Default: all zones.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        zones: Vec<String>,
    },
    /// A request that would create something ends with the quota error of its action. It is not applied.
    QuotaReached,
    /// A launch succeeds, and its instances end in `LAUNCH_FAILED`.
    LaunchFailed,
    /// The operations on instances that the request starts never end.
    StuckOperation,
    /// A read shows the account as it was before the last request that changed it, as long as the rule has existed.
    StaleRead,
}

const fn bad_gateway() -> u16 {
    502
}

impl FaultEffect {
    /// Its name in a file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::DelayResponse { .. } => "delay_response",
            Self::ResetBeforeCommit => "reset_before_commit",
            Self::ResetAfterCommit => "reset_after_commit",
            Self::LoseResponse => "lose_response",
            Self::Throttle { .. } => "throttle",
            Self::Error { .. } => "error",
            Self::HttpStatus { .. } => "http_status",
            Self::HtmlPage { .. } => "html_page",
            Self::DamagedJson => "damaged_json",
            Self::TruncatedJson => "truncated_json",
            Self::SoldOut { .. } => "sold_out",
            Self::QuotaReached => "quota_reached",
            Self::LaunchFailed => "launch_failed",
            Self::StuckOperation => "stuck_operation",
            Self::StaleRead => "stale_read",
        }
    }

    /// Whether the request reaches the state of the account.
    #[must_use]
    pub const fn is_applied(&self) -> bool {
        match self {
            Self::ResetBeforeCommit | Self::Throttle { .. } | Self::QuotaReached => false,
            Self::Error { applied, .. }
            | Self::HttpStatus { applied, .. }
            | Self::HtmlPage { applied, .. } => *applied,
            Self::Delay { .. }
            | Self::DelayResponse { .. }
            | Self::ResetAfterCommit
            | Self::LoseResponse
            | Self::DamagedJson
            | Self::TruncatedJson
            | Self::SoldOut { .. }
            | Self::LaunchFailed
            | Self::StuckOperation
            | Self::StaleRead => true,
        }
    }

    /// The fault of the simulated cloud, if it is one.
    pub(super) fn cloud_fault(&self) -> Option<CloudFault> {
        Some(match self {
            Self::SoldOut { types, zones } => {
                CloudFault::SoldOut { types: types.clone(), zones: zones.clone() }
            }
            Self::QuotaReached => CloudFault::QuotaReached,
            Self::LaunchFailed => CloudFault::LaunchFailed,
            Self::StuckOperation => CloudFault::StuckOperation,
            Self::StaleRead => CloudFault::StaleRead,
            _ => return None,
        })
    }
}
