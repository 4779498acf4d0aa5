//! A circuit breaker for each host: stops calling a host that keeps failing. A pure state machine: the time is an
//! argument.
//!
//! | state | lets through | until |
//! |---|---|---|
//! | closed | everything | 5 failures in a row, or 75 % failures of at least 10 results within 60 s |
//! | open | nothing | 30 s have passed |
//! | half-open | one read at a time, the *probe* | 3 probes succeed (closed), or one fails (open) |
//!
//! Only transport failures count as failures, and only a plain success counts against them: a service error or a
//! throttle says something about the request, not about the host. A result counts only in the state that let its
//! request through. Each change of state starts a new *generation*, so late results are ignored. A half-open breaker
//! without a probe for 30 s closes: its evidence is then a minute old, and a program that never reads must not be
//! blocked forever.
//!
//! The pattern is from M. Nygard, *Release It!* (2007). Both thresholds (a row of failures, a share of a window) and
//! the limited number of half-open probes are as in resilience4j and in Envoy's outlier detection, whose defaults are
//! 5 failures in a row and 30 s as well.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::observe::trace;

/// The number of consecutive failures that opens it; Envoy's `consecutive_5xx` has the same default.
const MAX_FAILURES: u32 = 5;
/// The minimum number of results in the window from which a failure rate is computed.
const MIN_RESULTS: u32 = 10;
/// The length of the window, in seconds.
const WINDOW: u64 = 60;
/// How long it stays open, and how long it waits half-open for a probe; Envoy's `base_ejection_time` is 30 s too.
const OPEN_DURATION: Duration = Duration::from_secs(30);
/// The number of successful probes that closes it.
const MIN_PROBES: u32 = 3;

/// What the result of a request says about its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Success,
    Failure,
    /// Nothing: a service error, a throttle, or a canceled request.
    Ignored,
}

/// Permission to send one request, valid for one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Generation(u64);

/// The breaker of one host.
#[derive(Debug, Default)]
struct Breaker {
    generation: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32, window: Window },
    Open { until: Duration },
    HalfOpen { since: Duration, probing: bool, successes: u32 },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0, window: Window::default() }
    }
}

impl State {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half-open",
        }
    }
}

impl Breaker {
    /// Lets a request through, or not.
    fn admit(&mut self, now: Duration, is_read: bool) -> Option<Generation> {
        if let State::Open { until } = self.state
            && now >= until
        {
            self.enter(State::HalfOpen { since: until, probing: false, successes: 0 });
        }
        if let State::HalfOpen { since, probing: false, .. } = self.state
            && now >= since.saturating_add(OPEN_DURATION)
        {
            self.enter(State::default());
        }
        let admitted = match &mut self.state {
            State::Closed { .. } => true,
            State::Open { .. } => false,
            State::HalfOpen { probing, .. } => is_read && !std::mem::replace(probing, true),
        };
        admitted.then_some(Generation(self.generation))
    }

    /// Records the result of a request that was let through.
    fn record(&mut self, now: Duration, generation: Generation, health: Health) {
        if generation.0 != self.generation {
            return;
        }
        let next = match &mut self.state {
            State::Closed { failures, window } => match health {
                Health::Ignored => None,
                Health::Success => {
                    *failures = 0;
                    window.add(now.as_secs(), health);
                    None
                }
                Health::Failure => {
                    *failures = failures.saturating_add(1);
                    window.add(now.as_secs(), health);
                    (*failures >= MAX_FAILURES || window.has_high_failure_rate(now.as_secs()))
                        .then(|| State::Open { until: now.saturating_add(OPEN_DURATION) })
                }
            },
            State::Open { .. } => None,
            State::HalfOpen { probing, successes, .. } => {
                *probing = false;
                match health {
                    Health::Ignored => None,
                    Health::Success => {
                        *successes += 1;
                        (*successes >= MIN_PROBES).then(State::default)
                    }
                    Health::Failure => {
                        Some(State::Open { until: now.saturating_add(OPEN_DURATION) })
                    }
                }
            }
        };
        if let Some(state) = next {
            self.enter(state);
        }
    }

    fn enter(&mut self, state: State) {
        self.generation = self.generation.wrapping_add(1);
        self.state = state;
    }
}

/// The results of the last minute, one bucket per second.
#[derive(Debug)]
struct Window(Box<[Bucket; WINDOW as usize]>);

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    second: u64,
    successes: u32,
    failures: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self(Box::new([Bucket::default(); WINDOW as usize]))
    }
}

impl Window {
    fn add(&mut self, second: u64, health: Health) {
        let at = usize::try_from(second % WINDOW).unwrap_or_default();
        let Some(bucket) = self.0.get_mut(at) else { return };
        if bucket.second != second {
            *bucket = Bucket { second, ..Bucket::default() };
        }
        let count =
            if health == Health::Failure { &mut bucket.failures } else { &mut bucket.successes };
        *count = count.saturating_add(1);
    }

    fn has_high_failure_rate(&self, second: u64) -> bool {
        let (mut total, mut failures) = (0_u32, 0_u32);
        for bucket in self.0.iter().filter(|bucket| bucket.second + WINDOW > second) {
            total = total.saturating_add(bucket.successes).saturating_add(bucket.failures);
            failures = failures.saturating_add(bucket.failures);
        }
        total >= MIN_RESULTS && u64::from(failures) * 4 >= u64::from(total) * 3
    }
}

/// The breakers of all hosts that a client and its clones call.
#[derive(Debug)]
pub(crate) struct Breakers {
    began: Instant,
    hosts: Mutex<HashMap<Box<str>, Breaker>>,
}

impl Breakers {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), hosts: Mutex::default() }
    }

    /// Lets a request to this host through, or not.
    pub(crate) fn admit<'a>(&'a self, authority: &'a str, is_read: bool) -> Option<Permit<'a>> {
        let generation = self.with(authority, |breaker, now| breaker.admit(now, is_read))?;
        Some(Permit { breakers: self, authority, generation, health: Health::Ignored })
    }

    fn with<T>(&self, authority: &str, work: impl FnOnce(&mut Breaker, Duration) -> T) -> T {
        let now = self.began.elapsed();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let breaker = hosts.entry(authority.into()).or_default();
        let before = breaker.generation;
        let result = work(breaker, now);
        let changed = (breaker.generation != before).then(|| breaker.state.as_str());
        // The subscriber may be slow, or may call this client.
        drop(hosts);
        if let Some(state) = changed {
            trace::breaker_changed(authority, state);
        }
        result
    }
}

/// One request that was let through. If it is dropped without a result, for example because the call was canceled, it
/// counts for nothing and makes room for the next probe.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    breakers: &'a Breakers,
    authority: &'a str,
    generation: Generation,
    health: Health,
}

impl Permit<'_> {
    pub(crate) fn end(mut self, health: Health) {
        self.health = health;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.breakers
            .with(self.authority, |breaker, now| breaker.record(now, self.generation, self.health));
    }
}

#[cfg(test)]
mod tests;
