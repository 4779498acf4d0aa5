//! Tracks what one connection is doing, and its deadline: the head, the response and the pause between two requests
//! have separate time limits.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::Limits;

/// Order in which connections are closed to make room for new ones. Variants are ordered by what closing loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EvictionClass {
    /// The client is not authenticated.
    Unauthenticated,
    /// The client is authenticated, and no request is in progress.
    Idle,
    /// The head of an incoming request names a known key, so the request is probably signed.
    KnownKey,
}

/// The activity of a connection, updated by its stream and its service.
#[derive(Debug)]
pub(super) struct Activity {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Whether a request on this connection was authenticated.
    is_authenticated: bool,
    /// When the connection started, or when its last authenticated request was answered.
    since: Instant,
    /// Since when the peer does not read, although there is data to write.
    blocked: Option<Instant>,
    /// How long the peer may still not read. Reading refills it, at the minimum read rate.
    write_budget: Duration,
    /// Whether the connection ends with a reset.
    is_reset: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The head of a request is arriving, or a new connection has sent nothing yet.
    Head { until: Instant },
    /// The request is being read and handled. It has its own limits.
    Request {
        /// Whether the head names a known key.
        has_known_key: bool,
    },
    /// The response is being written.
    Response,
    /// The response is a stream of events, which has no end.
    Stream,
    /// No byte has arrived since the last response.
    Idle { until: Instant },
}

impl Activity {
    /// The activity of a connection that starts now.
    pub(super) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        let state = State {
            phase: Phase::Head { until: now + limits.head_timeout },
            is_authenticated: false,
            since: now,
            blocked: None,
            write_budget: limits.write_timeout,
            is_reset: false,
        };
        Self { limits, state: Mutex::new(state) }
    }

    /// Bytes arrived.
    pub(super) fn received(&self) {
        let mut state = self.lock();
        if matches!(state.phase, Phase::Idle { .. }) {
            state.phase = Phase::Head { until: Instant::now() + self.limits.head_timeout };
        }
    }

    /// The head of a request is complete.
    pub(super) fn request_started(&self) {
        self.lock().phase = Phase::Request { has_known_key: false };
    }

    /// The head names a known key. The signature is checked when the body is complete.
    pub(super) fn known_key_found(&self) {
        self.lock().phase = Phase::Request { has_known_key: true };
    }

    /// A response is ready to be written.
    pub(super) fn responded(&self, is_authenticated: bool) {
        let mut state = self.lock();
        state.phase = Phase::Response;
        state.is_authenticated |= is_authenticated;
    }

    /// The response that is ready is a stream of events.
    pub(super) fn streams(&self) {
        self.lock().phase = Phase::Stream;
    }

    /// The peer does not read the data to write.
    pub(super) fn write_blocked(&self) {
        self.lock().blocked.get_or_insert_with(Instant::now);
    }

    /// The peer read this many bytes.
    pub(super) fn wrote(&self, bytes: usize) {
        let max = self.limits.write_timeout;
        let mut state = self.lock();
        if let Some(since) = state.blocked.take() {
            state.write_budget = state.write_budget.saturating_sub(since.elapsed());
        }
        if state.write_budget < max {
            let seconds = bytes as f64 / f64::from(self.limits.min_read_rate.max(1));
            let earned = Duration::try_from_secs_f64(seconds).unwrap_or(max);
            state.write_budget = state.write_budget.saturating_add(earned).min(max);
        }
    }

    /// All data is written.
    pub(super) fn flushed(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Response {
            let now = Instant::now();
            state.phase = Phase::Idle { until: now + self.limits.idle_timeout };
            if state.is_authenticated {
                state.since = now;
            }
        }
    }

    /// When the connection must be closed if nothing happens; `None` while other limits apply.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let state = self.lock();
        match (state.blocked, state.phase) {
            (Some(since), _) => Some(since + state.write_budget),
            (None, Phase::Head { until } | Phase::Idle { until }) => Some(until),
            (None, Phase::Request { .. } | Phase::Response | Phase::Stream) => None,
        }
    }

    /// The connection ends with a reset.
    pub(super) fn reset(&self) {
        self.lock().is_reset = true;
    }

    pub(super) fn is_reset(&self) -> bool {
        self.lock().is_reset
    }

    /// Whether the peer does not read the data to write.
    pub(super) fn is_write_blocked(&self) -> bool {
        self.lock().blocked.is_some()
    }

    /// Whether a request is being read or handled.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.lock().phase, Phase::Request { .. } | Phase::Response | Phase::Stream)
    }

    /// The eviction class, and since when the connection has it; `None` if it must stay open, because its client is
    /// authenticated and a request is in progress.
    pub(super) fn eviction_class(&self) -> Option<(EvictionClass, Instant)> {
        let state = self.lock();
        let eviction_class = match (state.is_authenticated, state.phase) {
            (true, Phase::Request { .. } | Phase::Response | Phase::Stream) => return None,
            (true, Phase::Head { .. } | Phase::Idle { .. }) => EvictionClass::Idle,
            (false, Phase::Request { has_known_key: true }) => EvictionClass::KnownKey,
            (false, _) => EvictionClass::Unauthenticated,
        };
        Some((eviction_class, state.since))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn stream_has_no_deadline_unless_its_client_does_not_read() {
        let activity = Activity::new(Limits::DEFAULT);
        activity.request_started();
        activity.responded(true);
        activity.streams();
        activity.flushed();
        assert_eq!(activity.deadline(), None);
        assert!(activity.is_busy() && activity.eviction_class().is_none());
        activity.write_blocked();
        assert_eq!(activity.deadline(), Some(Instant::now() + Limits::DEFAULT.write_timeout));
    }
}
