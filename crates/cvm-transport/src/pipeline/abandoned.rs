//! Reports a call whose future is dropped before it ends, for example by `tokio::time::timeout` or `select!`.
//!
//! The caller gets no error in this case, although a write may be in progress.

use std::sync::atomic::Ordering::Relaxed;

use cvm_protocol::RetryClass;
use tokio::time::Instant;

use super::call::{Call, CallProgress};
use crate::Region;
use crate::http::client::SendProgress;
use crate::observe::metrics::CallMetrics;
use crate::observe::trace::{CallSpan, call_abandoned};
use crate::rate_limit::rate_limiter::HeldSlot;

/// Records how far a request got when its exchange ends or is dropped. Declared before the exchange, so that it is
/// dropped after it.
pub(super) struct SendGuard<'a, 'b> {
    pub(super) call: &'a CallProgress,
    pub(super) request: &'a SendProgress,
    pub(super) slot: &'a mut HeldSlot<'b>,
}

impl Drop for SendGuard<'_, '_> {
    fn drop(&mut self) {
        if self.request.may_have_sent() {
            self.slot.is_used = true;
            self.call.sent.store(true, Relaxed);
            self.call.maybe_applied.store(true, Relaxed);
        }
    }
}

/// Reports the call if it is dropped before [`disarm`](Self::disarm).
pub(super) struct DropGuard<'a> {
    call: Option<&'a Call<'a>>,
    span: &'a CallSpan,
    began: Instant,
}

impl<'a> DropGuard<'a> {
    pub(super) const fn new(call: &'a Call<'a>, span: &'a CallSpan, began: Instant) -> Self {
        Self { call: Some(call), span, began }
    }

    pub(super) fn disarm(mut self) {
        self.call = None;
    }
}

impl Drop for DropGuard<'_> {
    fn drop(&mut self) {
        let Some(call) = self.call else { return };
        let CallProgress { attempts, sent, maybe_applied } = &call.progress;
        let (attempts, is_sent) = (attempts.load(Relaxed), sent.load(Relaxed));
        // A read changes nothing.
        let outcome_unknown = maybe_applied.load(Relaxed) && call.class != RetryClass::Read;
        let abandoned = CallMetrics {
            service: call.info.service.name,
            action: call.info.name,
            region: call.region.map(Region::as_str),
            attempts,
            succeeded: false,
            outcome_unknown,
            abandoned: true,
            code: None,
            request_id: None,
            client_token: call.token.as_deref(),
            took: self.began.elapsed(),
        };
        if let Some(metrics) = &call.shared.metrics {
            metrics.call(&abandoned);
        }
        call_abandoned(self.span, &abandoned, is_sent);
    }
}
