//! What the client tells `tracing`: action, region, attempt, outcome, code and time. Never a member.

#[cfg(feature = "tracing")]
mod enabled {
    use std::time::Duration;

    use crate::{Error, Outcome};

    pub(crate) fn attempt_ended(
        action: &'static str,
        region: Option<&str>,
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
            attempt = number,
            outcome = outcome.as_str(),
            code,
            took_ms,
        );
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
}

#[cfg(not(feature = "tracing"))]
mod enabled {
    use std::time::Duration;

    use crate::{Error, Outcome};

    pub(crate) const fn attempt_ended(
        _: &'static str,
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
}

pub(crate) use enabled::{attempt_ended, call_ended};
