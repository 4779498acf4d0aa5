//! Calls a second, kept below what the service documents, and lower still after it complained.
//!
//! Each (credential, region, action) has a [`Pace`]: at most as many calls in any second as the
//! specification names, the first ones without delay. After a throttle it also follows a rate that
//! drops to 70 % of what was measured and then grows back along a cubic curve, as TCP does.

use std::collections::{HashMap, VecDeque};
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::http::BoxFuture;

/// Decides when a call may be sent.
///
/// The client's own limiter knows the calls of its clones only. A fleet of processes that shares one
/// account can share one budget by implementing this over a store that all of them reach.
pub trait RateLimiter: fmt::Debug + Send + Sync + 'static {
    /// Returns when the call may be sent.
    fn acquire<'a>(
        &'a self,
        call: &'a PacedCall<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>>;

    /// The service turned such a call away because there were too many.
    fn throttled(&self, call: &PacedCall<'_>) {
        let _ = call;
    }

    /// The service took such a call.
    fn accepted(&self, call: &PacedCall<'_>) {
        let _ = call;
    }
}

/// What a [`RateLimiter`] knows of a call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PacedCall<'a> {
    /// Stands for the credential: the same for the same secret id, and no secret.
    pub credential: u64,
    /// The region, or nothing.
    pub region: &'a str,
    /// The action.
    pub action: &'static str,
    /// Calls a second that the service documents.
    pub per_second: Option<u32>,
}

/// A limiter that could not decide, for example because its store is down. The call is not sent.
#[derive(Debug)]
pub struct RateLimiterError {
    source: Box<dyn StdError + Send + Sync>,
}

impl RateLimiterError {
    /// Keeps the cause.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}

impl fmt::Display for RateLimiterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate limiter failed: {}", self.source)
    }
}

impl StdError for RateLimiterError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// Imposes nothing: every call is sent at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlimited;

impl RateLimiter for Unlimited {
    fn acquire<'a>(&'a self, _: &'a PacedCall<'a>) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        Box::pin(async { Ok(()) })
    }
}

/// The client's own limiter: the documented rates, shared by all clones of the client.
#[derive(Debug, Default)]
pub struct DocumentedRates(Mutex<HashMap<(u64, &'static str), PacesByRegion>>);

type PacesByRegion = HashMap<Box<str>, Arc<Mutex<Pace>>>;

/// From this number on those that rest are let go: temporary credentials come and go, and each has its own.
const MANY: usize = 512;
/// How long one has to rest before nothing of it matters any more.
const REST: Duration = Duration::from_secs(600);

impl DocumentedRates {
    fn pace(&self, call: &PacedCall<'_>) -> Arc<Mutex<Pace>> {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (call.credential, call.action);
        if paces.len() >= MANY && !paces.contains_key(&key) {
            let now = Instant::now();
            paces.retain(|_, regions| {
                regions.retain(|_, pace| {
                    !pace.lock().unwrap_or_else(PoisonError::into_inner).rests(now)
                });
                !regions.is_empty()
            });
        }
        let regions = paces.entry(key).or_default();
        if let Some(pace) = regions.get(call.region) {
            return Arc::clone(pace);
        }
        let pace = Arc::new(Mutex::new(Pace::new(call.per_second)));
        regions.insert(call.region.into(), Arc::clone(&pace));
        pace
    }

    fn with<T>(&self, call: &PacedCall<'_>, act: impl FnOnce(&mut Pace) -> T) -> T {
        act(&mut self.pace(call).lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RateLimiter for DocumentedRates {
    fn acquire<'a>(
        &'a self,
        call: &'a PacedCall<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        Box::pin(async move {
            let now = Instant::now();
            let turn = self.with(call, |pace| pace.reserve(now));
            if turn > now {
                tokio::time::sleep_until(turn).await;
            }
            Ok(())
        })
    }

    fn throttled(&self, call: &PacedCall<'_>) {
        self.with(call, |pace| pace.throttled(Instant::now()));
    }

    fn accepted(&self, call: &PacedCall<'_>) {
        self.with(call, |pace| pace.accepted(Instant::now()));
    }
}

/// The window in which the service counts, and a little more: calls do not arrive as evenly as they
/// are sent.
const WINDOW: Duration = Duration::from_millis(1_050);
/// What is left of the rate after a throttle.
const DROP: f64 = 0.7;
/// How steeply the rate grows back.
const GROWTH: f64 = 0.4;
/// How much a new measurement counts.
const SMOOTH: f64 = 0.8;
/// The lowest rate, in calls a second.
const LOWEST: f64 = 0.5;

/// When the calls of one key may go; pure, told the time.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: Option<usize>,
    /// The turns of the latest calls, as many as one window may hold.
    turns: VecDeque<Instant>,
    measured: f64,
    measuring_since: Option<Instant>,
    counted: u32,
    adaptive: Option<Adaptive>,
    /// The latest turn or answer.
    used: Option<Instant>,
}

/// The rate after a throttle.
#[derive(Debug)]
struct Adaptive {
    rate: f64,
    rate_before: f64,
    since: Instant,
    next: Instant,
}

impl Pace {
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        Self {
            per_second: per_second
                .and_then(|rate| usize::try_from(rate).ok())
                .filter(|rate| *rate > 0),
            turns: VecDeque::new(),
            measured: 0.0,
            measuring_since: None,
            counted: 0,
            adaptive: None,
            used: None,
        }
    }

    /// Whether it was not used for so long that a new one would decide the same.
    fn rests(&self, now: Instant) -> bool {
        self.used.is_none_or(|used| now.saturating_duration_since(used) > REST)
    }

    /// Takes the next turn and tells when it is.
    pub(crate) fn reserve(&mut self, now: Instant) -> Instant {
        let mut turn = now;
        if let Some(limit) = self.per_second {
            if self.turns.len() >= limit
                && let Some(earliest) = self.turns.pop_front()
            {
                turn = turn.max(earliest + WINDOW);
            }
            if let Some(last) = self.turns.back() {
                turn = turn.max(*last);
            }
        }
        if let Some(adaptive) = &mut self.adaptive {
            turn = turn.max(adaptive.next);
            adaptive.next = turn + Duration::from_secs_f64(1.0 / adaptive.rate.max(LOWEST));
        }
        if self.per_second.is_some() {
            self.turns.push_back(turn);
        }
        self.used = Some(turn);
        turn
    }

    pub(crate) fn throttled(&mut self, now: Instant) {
        self.measure(now);
        let current = self.adaptive.as_ref().map_or(f64::INFINITY, |adaptive| adaptive.rate);
        let before = self.measured.min(current).max(LOWEST);
        let rate = (before * DROP).max(LOWEST);
        let next = now + Duration::from_secs_f64(1.0 / rate);
        self.adaptive = Some(Adaptive { rate, rate_before: before, since: now, next });
    }

    pub(crate) fn accepted(&mut self, now: Instant) {
        self.measure(now);
        let Some(adaptive) = &mut self.adaptive else { return };
        let seconds = now.saturating_duration_since(adaptive.since).as_secs_f64();
        let plateau = (adaptive.rate_before * (1.0 - DROP) / GROWTH).cbrt();
        let grown = GROWTH * (seconds - plateau).powi(3) + adaptive.rate_before;
        // Never more than twice what really goes through: an idle client must not grow its right.
        adaptive.rate = grown.min(2.0 * self.measured.max(LOWEST)).max(LOWEST);
        let documented = self.per_second.map_or(f64::INFINITY, |limit| limit as f64);
        if grown > 2.0 * adaptive.rate_before && grown >= documented.min(2.0 * adaptive.rate_before)
        {
            // Far above where it hurt: the complaint is history.
            self.adaptive = None;
        }
    }

    /// Calls a second, smoothed over half-second steps.
    fn measure(&mut self, now: Instant) {
        self.counted += 1;
        self.used = self.used.max(Some(now));
        let since = *self.measuring_since.get_or_insert(now);
        let elapsed = now.saturating_duration_since(since).as_secs_f64();
        if elapsed >= 0.5 {
            let rate = f64::from(self.counted) / elapsed;
            self.measured = rate * SMOOTH + self.measured * (1.0 - SMOOTH);
            self.counted = 0;
            self.measuring_since = Some(now);
        } else if self.measured == 0.0 {
            self.measured = f64::from(self.counted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(action: &'static str, region: &'static str) -> PacedCall<'static> {
        PacedCall { credential: 1, region, action, per_second: Some(10) }
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_calls_than_documented() {
        let rates = DocumentedRates::default();
        let start = Instant::now();
        let mut sent = Vec::new();
        for _ in 0..300 {
            rates.acquire(&call("RunIt", "ap-guangzhou")).await.unwrap();
            sent.push(Instant::now());
        }
        assert_eq!(*sent.first().unwrap(), start, "the first is never delayed");
        assert_eq!(sent[9], start, "nor are those that fit");
        for window in sent.windows(11) {
            assert!(window[10] - window[0] > Duration::from_secs(1));
        }
        assert!(start.elapsed() < Duration::from_secs(32), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn keys_do_not_wait_for_each_other() {
        let rates = DocumentedRates::default();
        let start = Instant::now();
        for _ in 0..10 {
            for (action, region) in [("A", "x"), ("A", "y"), ("B", "x")] {
                rates.acquire(&call(action, region)).await.unwrap();
            }
        }
        assert_eq!(Instant::now(), start);
        rates.acquire(&call("A", "x")).await.unwrap();
        assert_eq!(Instant::now() - start, WINDOW);
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_that_come_and_go_leave_nothing_behind() {
        let rates = DocumentedRates::default();
        for hour in 0..2_000 {
            for action in ["A", "B"] {
                let call = PacedCall { credential: hour, ..call(action, "ap-guangzhou") };
                rates.acquire(&call).await.unwrap();
                rates.accepted(&call);
            }
            assert!(rates.0.lock().unwrap().len() <= MANY);
            tokio::time::advance(Duration::from_secs(3_600)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn those_in_use_are_kept_however_many_there_are() {
        let rates = DocumentedRates::default();
        let busy = |credential| PacedCall { credential, per_second: Some(1), ..call("A", "x") };
        let start = Instant::now();
        for credential in 0..2 * MANY as u64 {
            rates.acquire(&busy(credential)).await.unwrap();
        }
        assert_eq!(Instant::now(), start);
        rates.acquire(&busy(0)).await.unwrap();
        assert_eq!(Instant::now() - start, WINDOW, "the first is still remembered");
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_slows_down_and_success_speeds_up_again() {
        let mut pace = Pace::new(None);
        let mut now = Instant::now();
        for _ in 0..20 {
            assert_eq!(pace.reserve(now), now, "undocumented rates are not paced");
            pace.accepted(now);
            now += Duration::from_millis(100);
        }
        pace.throttled(now);
        let slowed = pace.reserve(now);
        assert!(slowed > now);
        let first_gap = pace.reserve(slowed) - slowed;
        assert!(first_gap >= Duration::from_millis(100), "{first_gap:?}");
        let mut turn = slowed;
        for _ in 0..400 {
            turn = pace.reserve(turn);
            pace.accepted(turn);
        }
        let later = pace.reserve(turn);
        let gap = pace.reserve(later) - later;
        assert!(gap < first_gap, "{gap:?} after {first_gap:?}");
    }
}
