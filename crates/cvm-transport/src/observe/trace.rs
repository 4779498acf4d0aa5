//! The `tracing` events of the client: attempts and calls with action, region, host, outcome, code and time, and
//! changes of circuit breakers. The only parameter in an event is the client token of an abandoned call.

use std::time::Duration;

/// A call whose future was dropped before it ended.
#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only `tracing` reads the fields"))]
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

    /// An attempt uses a backup host.
    pub(crate) fn backup_used(host: &str, instead_of: &str) {
        tracing::info!(target: "cvm_transport::failover", host, instead_of, "using a backup host");
    }

    /// The circuit breaker of a host has changed its state.
    pub(crate) fn breaker_changed(host: &str, state: &'static str) {
        tracing::warn!(target: "cvm_transport::breaker", host, state, "circuit breaker changed its state");
    }

    /// A credential came from a file that other users can read.
    pub(crate) fn credential_file_is_readable(warning: &str) {
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

    pub(crate) const fn backup_used(_: &str, _: &str) {}

    pub(crate) const fn breaker_changed(_: &str, _: &'static str) {}

    pub(crate) const fn credential_file_is_readable(_: &str) {}

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
    attempt_ended, backup_used, breaker_changed, call_abandoned, call_ended,
    credential_file_is_readable,
};
