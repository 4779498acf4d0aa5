//! Metrics: one report per attempt and one per call.

use std::fmt;
use std::time::Duration;

use crate::pointers::for_pointers;
use crate::retry::Outcome;

/// Counts and measures calls. Both methods run inside the call, so they should be fast.
pub trait Metrics: fmt::Debug + Send + Sync + 'static {
    /// An attempt ended.
    fn attempt(&self, attempt: &AttemptMetrics<'_>) {
        let _ = attempt;
    }

    /// A call ended, or its future was dropped before it could end.
    fn call(&self, call: &CallMetrics<'_>) {
        let _ = call;
    }
}

for_pointers! {
    Metrics {
        fn attempt(&self, attempt: &AttemptMetrics<'_>) {
            (**self).attempt(attempt);
        }

        fn call(&self, call: &CallMetrics<'_>) {
            (**self).call(call);
        }
    }
}

/// One attempt.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptMetrics<'a> {
    /// The service, such as `cvm`.
    pub service: &'static str,
    /// The action.
    pub action: &'static str,
    /// The region, if the client has one.
    pub region: Option<&'a str>,
    /// Host and port of the request: the endpoint's or a backup's. `None` if the attempt ended before that.
    pub host: Option<&'a str>,
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The outcome.
    pub outcome: Outcome,
    /// HTTP status, if a response arrived.
    pub status: Option<u16>,
    /// The service's error code, if it gave one.
    pub code: Option<&'a str>,
    /// The request id, if the service gave one.
    pub request_id: Option<&'a str>,
    /// How long it took, without waiting for a rate-limit slot.
    pub took: Duration,
    /// How long it waited for a rate-limit slot.
    pub rate_limit_wait: Duration,
}

/// One call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallMetrics<'a> {
    /// The service, such as `cvm`.
    pub service: &'static str,
    /// The action.
    pub action: &'static str,
    /// The region, if the client has one.
    pub region: Option<&'a str>,
    /// The number of attempts.
    pub attempts: u32,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Whether the outcome is unknown: the request may have taken effect.
    pub outcome_unknown: bool,
    /// Whether its future was dropped before it ended, so that the caller has neither a response nor an error.
    pub abandoned: bool,
    /// The service's error code, if the call failed with one.
    pub code: Option<&'a str>,
    /// The request id of the attempt that ended the call, if the service gave one.
    pub request_id: Option<&'a str>,
    /// The client token that all attempts carried, for actions that have one.
    pub client_token: Option<&'a str>,
    /// From beginning to end.
    pub took: Duration,
}
