//! Numbers for monitoring: one report for each attempt and one for each call.

use std::fmt;
use std::time::Duration;

use crate::Outcome;

/// Counts and times what the client does. Both methods run inside the call, so they should be quick.
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

/// One attempt.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptMetrics<'a> {
    /// The action.
    pub action: &'static str,
    /// The region, if the client has one.
    pub region: Option<&'a str>,
    /// Host and port that it went to: the endpoint's or a backup's. None when it ended before that.
    pub host: Option<&'a str>,
    /// Its number, from 1.
    pub number: u32,
    /// What it proved.
    pub outcome: Outcome,
    /// The service's error code, if it gave one.
    pub code: Option<&'a str>,
    /// How long it took, waiting for its turn excluded.
    pub took: Duration,
    /// How long it waited for its turn.
    pub paced: Duration,
}

/// One call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallMetrics<'a> {
    /// The action.
    pub action: &'static str,
    /// The region, if the client has one.
    pub region: Option<&'a str>,
    /// How many attempts it took.
    pub attempts: u32,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Whether it ended in doubt: it may have been carried out.
    pub outcome_unknown: bool,
    /// Whether its future was dropped before it ended, so that its caller has neither response nor error.
    pub abandoned: bool,
    /// The client token that all attempts carried, for actions that have one.
    pub client_token: Option<&'a str>,
    /// From beginning to end.
    pub took: Duration,
}
