//! Whether a host is worth calling: a circuit breaker as a pure state machine that is told the time.
//!
//! | state | lets through | until |
//! |---|---|---|
//! | closed | everything | 5 failures in a row, or 75 % of at least 10 results within 60 s |
//! | open | nothing | 30 s are over |
//! | half-open | one reading at a time, the *probe* | 3 probes succeed (closed), one fails (open) |
//!
//! Only transport failures count, and only plain success speaks against them: a refusal or a throttle
//! is the service's word about a request and not about the host. A result counts only in the state that
//! let its request through; each change of state begins a new *generation*, so what comes late is
//! ignored. A half-open breaker that nobody probed for 30 s closes: its evidence is a minute old by
//! then, and a program that never reads must not be shut out for good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::observe::trace;

/// Failures in a row that open it.
const IN_A_ROW: u32 = 5;
/// Fewest results within the window from which a share is taken.
const MIN_RESULTS: u32 = 10;
/// Seconds for which a result counts in the share.
const WINDOW: u64 = 60;
/// How long it stays open, and how long it waits half-open for a probe.
const OPEN_DURATION: Duration = Duration::from_secs(30);
/// Successful probes that close it.
const PROBES: u32 = 3;

/// What a request says about the host that it went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Success,
    Failure,
    /// Nothing: refused, throttled, or given up.
    Ignored,
}

/// The right to send one request, good for one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Generation(u64);

/// The machine of one host.
#[derive(Debug, Default)]
struct Breaker {
    generation: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed { in_a_row: u32, window: Window },
    Open { until: Duration },
    HalfOpen { since: Duration, probing: bool, good: u32 },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { in_a_row: 0, window: Window::default() }
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
    fn admit(&mut self, now: Duration, is_reading: bool) -> Option<Generation> {
        if let State::Open { until } = self.state
            && now >= until
        {
            self.enter(State::HalfOpen { since: until, probing: false, good: 0 });
        }
        if let State::HalfOpen { since, probing: false, .. } = self.state
            && now >= since.saturating_add(OPEN_DURATION)
        {
            self.enter(State::default());
        }
        let admitted = match &mut self.state {
            State::Closed { .. } => true,
            State::Open { .. } => false,
            State::HalfOpen { probing, .. } => is_reading && !std::mem::replace(probing, true),
        };
        admitted.then_some(Generation(self.generation))
    }

    /// Takes in what became of a request that was let through.
    fn record(&mut self, now: Duration, pass: Generation, sign: Health) {
        if pass.0 != self.generation {
            return;
        }
        let next = match &mut self.state {
            State::Closed { in_a_row, window } => match sign {
                Health::Ignored => None,
                Health::Success => {
                    *in_a_row = 0;
                    window.add(now.as_secs(), sign);
                    None
                }
                Health::Failure => {
                    *in_a_row = in_a_row.saturating_add(1);
                    window.add(now.as_secs(), sign);
                    (*in_a_row >= IN_A_ROW || window.is_bad(now.as_secs()))
                        .then(|| State::Open { until: now.saturating_add(OPEN_DURATION) })
                }
            },
            State::Open { .. } => None,
            State::HalfOpen { probing, good, .. } => {
                *probing = false;
                match sign {
                    Health::Ignored => None,
                    Health::Success => {
                        *good += 1;
                        (*good >= PROBES).then(State::default)
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

/// The results of the last minute, a bucket for each second.
#[derive(Debug)]
struct Window(Box<[Bucket; WINDOW as usize]>);

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    second: u64,
    good: u32,
    bad: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self(Box::new([Bucket::default(); WINDOW as usize]))
    }
}

impl Window {
    fn add(&mut self, second: u64, sign: Health) {
        let at = usize::try_from(second % WINDOW).unwrap_or_default();
        let Some(bucket) = self.0.get_mut(at) else { return };
        if bucket.second != second {
            *bucket = Bucket { second, ..Bucket::default() };
        }
        let count = if sign == Health::Failure { &mut bucket.bad } else { &mut bucket.good };
        *count = count.saturating_add(1);
    }

    fn is_bad(&self, second: u64) -> bool {
        let (mut all, mut bad) = (0_u32, 0_u32);
        for bucket in self.0.iter().filter(|bucket| bucket.second + WINDOW > second) {
            all = all.saturating_add(bucket.good).saturating_add(bucket.bad);
            bad = bad.saturating_add(bucket.bad);
        }
        all >= MIN_RESULTS && u64::from(bad) * 4 >= u64::from(all) * 3
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
    pub(crate) fn admit<'a>(&'a self, authority: &'a str, is_reading: bool) -> Option<Permit<'a>> {
        let pass = self.with(authority, |breaker, now| breaker.admit(now, is_reading))?;
        Some(Permit { breakers: self, authority, pass, sign: Health::Ignored })
    }

    fn with<T>(&self, authority: &str, work: impl FnOnce(&mut Breaker, Duration) -> T) -> T {
        let now = self.began.elapsed();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let breaker = hosts.entry(authority.into()).or_default();
        let before = breaker.generation;
        let result = work(breaker, now);
        let turned = (breaker.generation != before).then(|| breaker.state.as_str());
        // Whoever listens may be slow, or call this client in turn.
        drop(hosts);
        if let Some(state) = turned {
            trace::breaker_turned(authority, state);
        }
        result
    }
}

/// One request that was let through. Dropped without a word, as when the caller gives up, it counts for
/// nothing and makes room for the next probe.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    breakers: &'a Breakers,
    authority: &'a str,
    pass: Generation,
    sign: Health,
}

impl Permit<'_> {
    pub(crate) fn end(mut self, sign: Health) {
        self.sign = sign;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.breakers
            .with(self.authority, |breaker, now| breaker.record(now, self.pass, self.sign));
    }
}

#[cfg(test)]
mod tests;
