//! What one connection is doing, and until when it may go on: the head, the response and the silence
//! between two requests have limits of their own.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Limits;

/// What is lost when a connection is closed for a new one: the less, the sooner it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Its client has proved no credential, whatever it is doing.
    Unproved,
    /// Its client has proved a credential, and nothing is under way.
    Idle,
    /// A request is arriving whose head names a known key: probably a signed one.
    Admitted,
}

/// The activity of a connection, as its stream and its service see it.
#[derive(Debug)]
pub(super) struct Activity {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Whether a request on this connection proved that the client has a credential.
    is_authenticated: bool,
    /// When the connection began, or when its last authenticated request was answered.
    since: Instant,
    /// Since when the peer takes nothing of what is to be written.
    blocked: Option<Instant>,
    /// How long the peer may still take nothing. Reading earns it back, at the least rate.
    patience: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The head of a request is arriving, or it is the first one and nothing has come yet.
    Head { until: Instant },
    /// The request is being read and answered. Its own limits hold.
    Request {
        /// Whether its head names a known key.
        is_admitted: bool,
    },
    /// The response is being written.
    Response,
    /// Nothing has come since the last response.
    Idle { until: Instant },
}

impl Activity {
    /// Of a connection that begins now.
    pub(super) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        let state = State {
            phase: Phase::Head { until: now + limits.head_time },
            is_authenticated: false,
            since: now,
            blocked: None,
            patience: limits.write_time,
        };
        Self { limits, state: Mutex::new(state) }
    }

    /// Bytes came in.
    pub(super) fn received(&self) {
        let mut state = self.lock();
        if matches!(state.phase, Phase::Idle { .. }) {
            state.phase = Phase::Head { until: Instant::now() + self.limits.head_time };
        }
    }

    /// The head of a request is complete.
    pub(super) fn request_began(&self) {
        self.lock().phase = Phase::Request { is_admitted: false };
    }

    /// The head names a known key; the signature is judged when the body is there.
    pub(super) fn request_admitted(&self) {
        self.lock().phase = Phase::Request { is_admitted: true };
    }

    /// A response is ready to be written.
    pub(super) fn responded(&self, is_authenticated: bool) {
        let mut state = self.lock();
        state.phase = Phase::Response;
        state.is_authenticated |= is_authenticated;
    }

    /// The peer does not take what is to be written.
    pub(super) fn write_blocked(&self) {
        self.lock().blocked.get_or_insert_with(Instant::now);
    }

    /// The peer took so many bytes.
    pub(super) fn wrote(&self, bytes: usize) {
        let most = self.limits.write_time;
        let mut state = self.lock();
        if let Some(since) = state.blocked.take() {
            state.patience = state.patience.saturating_sub(since.elapsed());
        }
        if state.patience < most {
            let seconds = bytes as f64 / f64::from(self.limits.write_rate.max(1));
            let earned = Duration::try_from_secs_f64(seconds).unwrap_or(most);
            state.patience = state.patience.saturating_add(earned).min(most);
        }
    }

    /// Everything that was to be written is written.
    pub(super) fn flushed(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Response {
            let now = Instant::now();
            state.phase = Phase::Idle { until: now + self.limits.idle_time };
            if state.is_authenticated {
                state.since = now;
            }
        }
    }

    /// When the connection has to be closed unless something happens; `None` while other limits hold.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let state = self.lock();
        match (state.blocked, state.phase) {
            (Some(since), _) => Some(since + state.patience),
            (None, Phase::Head { until } | Phase::Idle { until }) => Some(until),
            (None, Phase::Request { .. } | Phase::Response) => None,
        }
    }

    /// Whether the peer does not take what is to be written.
    pub(super) fn is_write_blocked(&self) -> bool {
        self.lock().blocked.is_some()
    }

    /// Whether a request is being read or answered.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.lock().phase, Phase::Request { .. } | Phase::Response)
    }

    /// Its standing, and since when it has it; `None` if it is not to be closed, because its client has
    /// proved a credential and a request is under way.
    pub(super) fn standing(&self) -> Option<(Standing, Instant)> {
        let state = self.lock();
        let standing = match (state.is_authenticated, state.phase) {
            (true, Phase::Request { .. } | Phase::Response) => return None,
            (true, Phase::Head { .. } | Phase::Idle { .. }) => Standing::Idle,
            (false, Phase::Request { is_admitted: true }) => Standing::Admitted,
            (false, _) => Standing::Unproved,
        };
        Some((standing, state.since))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
