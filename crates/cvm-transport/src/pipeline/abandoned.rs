//! Reports a call whose future is dropped before it ended, by `tokio::time::timeout` or `select!` for example.
//!
//! Nobody else can: the caller of the call has no error to look at, and a change may be on its way.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32};

use cvm_protocol::RetryClass;
use tokio::time::Instant;

use super::Call;
use crate::Region;
use crate::http::client::SendProgress;
use crate::observe::metrics::CallMetrics;
use crate::observe::trace;
use crate::rate_limit::HeldSlot;

/// How far a call got. Written by one task; atomic because a future may move between threads.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// How many attempts have begun.
    attempts: AtomicU32,
    /// Bytes of a request may have left.
    sent: AtomicBool,
    /// One of the requests that may have left may have been carried out.
    maybe_applied: AtomicBool,
}

impl Progress {
    pub(super) fn begin_attempt(&self, number: u32) {
        self.attempts.store(number, Relaxed);
    }

    /// An attempt has ended, and this is what all of them together leave open.
    pub(super) fn end_attempt(&self, in_doubt: bool) {
        self.maybe_applied.store(in_doubt, Relaxed);
    }
}

/// Notes how far a request got when its exchange ends or is dropped. Declared before the exchange, so that it
/// is dropped after it.
pub(super) struct Departure<'a, 'b> {
    pub(super) progress: &'a Progress,
    pub(super) sending: &'a SendProgress,
    pub(super) slot: &'a mut HeldSlot<'b>,
}

impl Drop for Departure<'_, '_> {
    fn drop(&mut self) {
        if self.sending.may_have_sent() {
            self.slot.is_used = true;
            self.progress.sent.store(true, Relaxed);
            self.progress.maybe_applied.store(true, Relaxed);
        }
    }
}

/// Reports the call when it is dropped before [`ended`](Self::ended).
pub(super) struct DropGuard<'a> {
    call: Option<&'a Call<'a>>,
    began: Instant,
}

impl<'a> DropGuard<'a> {
    pub(super) const fn new(call: &'a Call<'a>, began: Instant) -> Self {
        Self { call: Some(call), began }
    }

    pub(super) fn ended(mut self) {
        self.call = None;
    }
}

impl Drop for DropGuard<'_> {
    fn drop(&mut self) {
        let Some(call) = self.call else { return };
        let Progress { attempts, sent, maybe_applied: in_doubt } = &call.progress;
        let (attempts, is_sent) = (attempts.load(Relaxed), sent.load(Relaxed));
        // A read changes nothing, whatever became of it.
        let outcome_unknown = in_doubt.load(Relaxed) && call.class != RetryClass::Read;
        let (action, region) = (call.info.name, call.region.map(Region::as_str));
        let (client_token, took) = (call.token.as_deref(), self.began.elapsed());
        if let Some(metrics) = &call.shared.metrics {
            metrics.call(&CallMetrics {
                action,
                region,
                attempts,
                succeeded: false,
                outcome_unknown,
                abandoned: true,
                client_token,
                took,
            });
        }
        trace::call_abandoned(&trace::Abandoned {
            action,
            region,
            attempts,
            client_token,
            is_sent,
            outcome_unknown,
            took,
        });
    }
}
