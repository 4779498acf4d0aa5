//! What the client tells `tracing`: action, region, host, attempt, outcome, code and time, and what becomes
//! of a host that fails. Of members only the client token of a call that was abandoned.

use std::time::Duration;

/// A call whose future was dropped before it ended.
#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "nobody listens"))]
pub(crate) struct Abandoned<'a> {
    pub(crate) action: &'static str,
    pub(crate) region: Option<&'a str>,
    pub(crate) attempts: u32,
    pub(crate) client_token: Option<&'a str>,
    pub(crate) is_sent: bool,
    pub(crate) outcome_unknown: bool,
    pub(crate) took: Duration,
}

#[cfg(feature = "tracing")]
mod enabled {
    use std::time::Duration;

    use super::Abandoned;
    use crate::{Error, Outcome};

    pub(crate) fn attempt_ended(
        action: &'static str,
        region: Option<&str>,
        host: Option<&str>,
        number: u32,
        outcome: Outcome,
        code: Option<&str>,
        took: Duration,
    ) {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(
            target: "cvm_transport::attempt",
            action,
            region,
            host,
            attempt = number,
            outcome = outcome.as_str(),
            code,
            took_ms,
        );
    }

    /// An attempt goes to a backup.
    pub(crate) fn backup_taken(host: &str, instead_of: &str) {
        tracing::info!(target: "cvm_transport::route", host, instead_of, "backup host is taken");
    }

    /// The breaker of a host is in another state than before.
    pub(crate) fn breaker_turned(host: &str, state: &'static str) {
        tracing::warn!(target: "cvm_transport::breaker", host, state, "breaker turned");
    }

    /// A credential was taken from a file that others can read.
    pub(crate) fn credential_file_is_open(warning: &str) {
        tracing::warn!(target: "cvm_transport::credentials", "{warning}");
    }

    pub(crate) fn call_ended(
        action: &'static str,
        region: Option<&str>,
        attempts: u32,
        took: Duration,
        error: Option<&Error>,
    ) {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let code = error.and_then(Error::code).map(cvm_protocol::ErrorCode::as_str);
        let request_id = error.and_then(Error::request_id);
        let outcome_unknown = error.is_some_and(|error| error.outcome_unknown().is_some());
        match error {
            None => tracing::debug!(
                target: "cvm_transport::call", action, region, attempts, took_ms, "succeeded"
            ),
            Some(_) => tracing::warn!(
                target: "cvm_transport::call",
                action, region, attempts, took_ms, code, request_id, outcome_unknown, "failed"
            ),
        }
    }

    pub(crate) fn call_abandoned(call: &Abandoned<'_>) {
        let Abandoned { action, region, attempts, client_token, .. } = *call;
        let took_ms = u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX);
        if call.outcome_unknown {
            tracing::warn!(
                target: "cvm_transport::call",
                action, region, attempts, took_ms, client_token, outcome_unknown = true,
                "abandoned, outcome unknown"
            );
            return;
        }
        let message = if call.is_sent { "abandoned" } else { "abandoned, not sent" };
        tracing::debug!(
            target: "cvm_transport::call",
            action, region, attempts, took_ms, client_token, outcome_unknown = false, "{message}"
        );
    }
}

#[cfg(not(feature = "tracing"))]
mod enabled {
    use std::time::Duration;

    use super::Abandoned;
    use crate::{Error, Outcome};

    pub(crate) const fn backup_taken(_: &str, _: &str) {}

    pub(crate) const fn breaker_turned(_: &str, _: &'static str) {}

    pub(crate) const fn credential_file_is_open(_: &str) {}

    pub(crate) const fn attempt_ended(
        _: &'static str,
        _: Option<&str>,
        _: Option<&str>,
        _: u32,
        _: Outcome,
        _: Option<&str>,
        _: Duration,
    ) {
    }

    pub(crate) const fn call_ended(
        _: &'static str,
        _: Option<&str>,
        _: u32,
        _: Duration,
        _: Option<&Error>,
    ) {
    }

    pub(crate) const fn call_abandoned(_: &Abandoned<'_>) {}
}

pub(crate) use enabled::{
    attempt_ended, backup_taken, breaker_turned, call_abandoned, call_ended,
    credential_file_is_open,
};
