//! The `tracing` spans and events of the client.
//!
//! A call has a span, and so has each of its attempts. Each ends with an event that repeats the fields of its span, for
//! subscribers that show events only. The only parameter in a span or event is the client token of an abandoned call.

#[cfg(feature = "tracing")]
mod enabled {
    use std::future::Future;
    use std::time::Duration;

    use cvm_protocol::ActionInfo;
    use tracing::field::Empty;
    use tracing::{Instrument, Span};

    use crate::observe::{AttemptMetrics, CallMetrics};

    /// The span of a call.
    pub(crate) struct CallSpan(Span);

    impl CallSpan {
        pub(crate) fn new(info: &'static ActionInfo, region: Option<&str>) -> Self {
            Self(tracing::info_span!(
                target: "cvm_transport::call",
                "call",
                otel.name = info.name,
                otel.kind = "client",
                otel.status_code = Empty,
                service = info.service.name,
                action = info.name,
                region,
                attempts = Empty,
                outcome = Empty,
                code = Empty,
                request_id = Empty,
            ))
        }

        /// Runs the future inside the span.
        pub(crate) fn instrument<F: Future>(
            &self,
            future: F,
        ) -> impl Future<Output = F::Output> + use<F> {
            future.instrument(self.0.clone())
        }

        fn end(&self, call: &CallMetrics<'_>, outcome: &str) {
            if self.0.is_disabled() {
                return;
            }
            self.0.record("attempts", call.attempts);
            self.0.record("outcome", outcome);
            self.0.record("code", call.code);
            self.0.record("request_id", call.request_id);
            if !call.succeeded {
                self.0.record("otel.status_code", "ERROR");
            }
        }
    }

    /// The span of an attempt.
    pub(crate) struct AttemptSpan(Span);

    impl AttemptSpan {
        pub(crate) fn new(info: &'static ActionInfo, region: Option<&str>, attempt: u32) -> Self {
            Self(tracing::debug_span!(
                target: "cvm_transport::attempt",
                "attempt",
                service = info.service.name,
                action = info.name,
                region,
                attempt,
                host = Empty,
                outcome = Empty,
                status = Empty,
                code = Empty,
                request_id = Empty,
            ))
        }

        /// Runs the future inside the span.
        pub(crate) fn instrument<F: Future>(
            &self,
            future: F,
        ) -> impl Future<Output = F::Output> + use<F> {
            future.instrument(self.0.clone())
        }
    }

    /// Runs the future inside the span of the caller, also on another thread.
    #[cfg(feature = "blocking")]
    pub(crate) fn in_current_span<F: Future>(
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        future.in_current_span()
    }

    pub(crate) fn attempt_ended(span: &AttemptSpan, attempt: &AttemptMetrics<'_>) {
        let AttemptMetrics { service, action, region, host, number, status, code, .. } = *attempt;
        let (outcome, request_id) = (attempt.outcome.as_str(), attempt.request_id);
        if !span.0.is_disabled() {
            span.0.record("host", host);
            span.0.record("outcome", outcome);
            span.0.record("status", status);
            span.0.record("code", code);
            span.0.record("request_id", request_id);
        }
        span.0.in_scope(|| {
            tracing::debug!(
                target: "cvm_transport::attempt",
                service,
                action,
                region,
                attempt = number,
                host,
                outcome,
                status,
                code,
                request_id,
                took_ms = millis(attempt.took),
                rate_limit_wait_ms = millis(attempt.rate_limit_wait),
            );
        });
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

    pub(crate) fn call_ended(span: &CallSpan, call: &CallMetrics<'_>) {
        let CallMetrics { service, action, region, attempts, code, request_id, .. } = *call;
        let (outcome_unknown, took_ms) = (call.outcome_unknown, millis(call.took));
        let outcome = match (call.succeeded, outcome_unknown) {
            (true, _) => "success",
            (false, true) => "outcome unknown",
            (false, false) => "failed",
        };
        span.end(call, outcome);
        span.0.in_scope(|| {
            if call.succeeded {
                tracing::debug!(
                    target: "cvm_transport::call",
                    service, action, region, attempts, request_id, took_ms, "succeeded"
                );
            } else {
                tracing::warn!(
                    target: "cvm_transport::call",
                    service, action, region, attempts, code, request_id, outcome_unknown, took_ms,
                    "failed"
                );
            }
        });
    }

    /// A call whose future was dropped before it ended.
    pub(crate) fn call_abandoned(span: &CallSpan, call: &CallMetrics<'_>, is_sent: bool) {
        let CallMetrics { service, action, region, attempts, client_token, .. } = *call;
        let took_ms = millis(call.took);
        span.end(call, "abandoned");
        span.0.in_scope(|| {
            if call.outcome_unknown {
                tracing::warn!(
                    target: "cvm_transport::call",
                    service, action, region, attempts, client_token, outcome_unknown = true, took_ms,
                    "abandoned, outcome unknown"
                );
                return;
            }
            let message = if is_sent { "abandoned" } else { "abandoned, not sent" };
            tracing::debug!(
                target: "cvm_transport::call",
                service, action, region, attempts, client_token, outcome_unknown = false, took_ms,
                "{message}"
            );
        });
    }

    fn millis(duration: Duration) -> u64 {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(not(feature = "tracing"))]
mod enabled {
    use std::future::Future;

    use cvm_protocol::ActionInfo;

    use crate::observe::{AttemptMetrics, CallMetrics};

    pub(crate) struct CallSpan;

    impl CallSpan {
        pub(crate) const fn new(_: &'static ActionInfo, _: Option<&str>) -> Self {
            Self
        }

        pub(crate) fn instrument<F: Future>(&self, future: F) -> F {
            future
        }
    }

    pub(crate) struct AttemptSpan;

    impl AttemptSpan {
        pub(crate) const fn new(_: &'static ActionInfo, _: Option<&str>, _: u32) -> Self {
            Self
        }

        pub(crate) fn instrument<F: Future>(&self, future: F) -> F {
            future
        }
    }

    // Without the feature, spans cost nothing.
    const _: () = assert!(size_of::<(CallSpan, AttemptSpan)>() == 0);

    #[cfg(feature = "blocking")]
    pub(crate) fn in_current_span<F: Future>(future: F) -> F {
        future
    }

    pub(crate) const fn backup_used(_: &str, _: &str) {}

    pub(crate) const fn breaker_changed(_: &str, _: &'static str) {}

    pub(crate) const fn credential_file_is_readable(_: &str) {}

    pub(crate) const fn attempt_ended(_: &AttemptSpan, _: &AttemptMetrics<'_>) {}

    pub(crate) const fn call_ended(_: &CallSpan, _: &CallMetrics<'_>) {}

    pub(crate) const fn call_abandoned(_: &CallSpan, _: &CallMetrics<'_>, _: bool) {}
}

#[cfg(feature = "blocking")]
pub(crate) use enabled::in_current_span;
pub(crate) use enabled::{
    AttemptSpan, CallSpan, attempt_ended, backup_used, breaker_changed, call_abandoned, call_ended,
    credential_file_is_readable,
};
