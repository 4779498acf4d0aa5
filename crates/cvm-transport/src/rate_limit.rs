//! Calls a second, kept below what the service documents, and lower still after it complained.
//!
//! Each (credential, region, action) has a [`Limiter`]: at most as many calls in any second as the
//! specification names, the first ones without delay, and the newest first when more calls wait than can be
//! served. After a throttle it also follows a rate that
//! drops to 70 % of what was measured and then grows back along a cubic curve, as TCP does.

pub(crate) mod limiter;

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::http::client::BoxFuture;
use crate::rate_limit::limiter::{Limiter, Place};

/// Decides when a call may be sent.
///
/// The client's own limiter knows the calls of its clones only. A fleet of processes that shares one
/// account can share one budget by implementing this over a store that all of them reach.
pub trait RateLimiter: fmt::Debug + Send + Sync + 'static {
    /// Returns when the call may be sent. Dropped before, the call is not sent, and what it waited for is
    /// free for others.
    fn acquire<'a>(
        &'a self,
        call: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>>;

    /// A call that may have been sent was not: it was stopped, or had no connection. What it took is free for
    /// others.
    fn give_back(&self, call: &RateLimitKey<'_>) {
        let _ = call;
    }

    /// The service turned such a call away because there were too many.
    fn throttled(&self, call: &RateLimitKey<'_>) {
        let _ = call;
    }

    /// The service took such a call.
    fn accepted(&self, call: &RateLimitKey<'_>) {
        let _ = call;
    }
}

/// What a [`RateLimiter`] knows of a call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RateLimitKey<'a> {
    /// Stands for the credential: the same for the same secret id, and no secret.
    pub credential: u64,
    /// The region, or nothing.
    pub region: &'a str,
    /// The action.
    pub action: &'static str,
    /// Calls a second that the service documents.
    pub per_second: Option<u32>,
    /// Whether an earlier attempt of the same call was sent already. It has queued before, so it goes before
    /// calls that are new.
    pub is_retry: bool,
    /// Tells this attempt from all other attempts of this process.
    pub number: u64,
}

impl RateLimitKey<'_> {
    /// A number for an attempt.
    pub(crate) fn next_number() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}

/// A slot that a call has. Dropped unused, it is given back.
pub(crate) struct HeldSlot<'a> {
    limiter: &'a dyn RateLimiter,
    call: RateLimitKey<'a>,
    /// Bytes of the request may have left.
    pub(crate) is_used: bool,
}

impl<'a> HeldSlot<'a> {
    pub(crate) fn new(limiter: &'a dyn RateLimiter, call: RateLimitKey<'a>) -> Self {
        Self { limiter, call, is_used: false }
    }
}

impl Drop for HeldSlot<'_> {
    fn drop(&mut self) {
        if !self.is_used {
            self.limiter.give_back(&self.call);
        }
    }
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
pub struct NoRateLimit;

impl RateLimiter for NoRateLimit {
    fn acquire<'a>(
        &'a self,
        _: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        Box::pin(async { Ok(()) })
    }
}

/// The client's own limiter: the documented rates, shared by all clones of the client.
#[derive(Debug, Default)]
pub struct DocumentedRateLimiter(Mutex<HashMap<(u64, &'static str), LimitersByRegion>>);

type LimitersByRegion = HashMap<Box<str>, Arc<Mutex<Limiter>>>;

/// From this number on those that rest are let go: temporary credentials come and go, and each has its own.
const MAX_KEYS: usize = 512;

impl DocumentedRateLimiter {
    fn limiter(&self, call: &RateLimitKey<'_>) -> Arc<Mutex<Limiter>> {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (call.credential, call.action);
        if paces.len() >= MAX_KEYS && !paces.contains_key(&key) {
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
        let pace = Arc::new(Mutex::new(Limiter::new(call.per_second)));
        regions.insert(call.region.into(), Arc::clone(&pace));
        pace
    }

    fn with<T>(&self, call: &RateLimitKey<'_>, act: impl FnOnce(&mut Limiter) -> T) -> T {
        act(&mut self.limiter(call).lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RateLimiter for DocumentedRateLimiter {
    fn acquire<'a>(
        &'a self,
        call: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        Box::pin(async move {
            let now = Instant::now();
            let pace = self.limiter(call);
            if let Some(waiter) = Waiter::unless_free(pace, call, now) {
                waiter.served().await;
            }
            Ok(())
        })
    }

    fn give_back(&self, call: &RateLimitKey<'_>) {
        self.with(call, |pace| pace.give_back(call.number, Instant::now()));
    }

    fn throttled(&self, call: &RateLimitKey<'_>) {
        self.with(call, |pace| pace.throttled(Instant::now()));
    }

    fn accepted(&self, call: &RateLimitKey<'_>) {
        self.with(call, |pace| pace.accepted(Instant::now()));
    }
}

/// A call in the queue. Dropped, it leaves the queue.
struct Waiter {
    pace: Arc<Mutex<Limiter>>,
    place: Place,
    wake: Arc<Notify>,
    is_served: bool,
}

impl Waiter {
    /// Takes a slot, or stands in the queue for one.
    fn unless_free(
        pace: Arc<Mutex<Limiter>>,
        call: &RateLimitKey<'_>,
        now: Instant,
    ) -> Option<Self> {
        let (place, wake) = {
            let mut pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
            if pace.try_take(call.number, now) {
                return None;
            }
            pace.enter(call.number, call.is_retry, now)
        };
        Some(Self { pace, place, wake, is_served: false })
    }

    async fn served(mut self) {
        while let Some(look_again) = self.look() {
            // Whether it was woken or time has come, it looks.
            let _ = timeout_at(look_again, self.wake.notified()).await;
        }
        self.is_served = true;
    }

    /// When to look again; `None` with a slot.
    fn look(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.serve(now);
        pace.look_again(self.place, now)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if !self.is_served {
            let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            pace.leave(self.place, Instant::now());
        }
    }
}

#[cfg(test)]
mod load;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rate_limit::limiter::WINDOW;

    fn call(action: &'static str, region: &'static str) -> RateLimitKey<'static> {
        let number = RateLimitKey::next_number();
        RateLimitKey {
            credential: 1,
            region,
            action,
            per_second: Some(10),
            is_retry: false,
            number,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_calls_than_documented() {
        let rates = DocumentedRateLimiter::default();
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
        let rates = DocumentedRateLimiter::default();
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
    async fn slot_of_a_call_that_was_not_sent_is_free_again() {
        let rates = DocumentedRateLimiter::default();
        let start = Instant::now();
        for _ in 0..1_000 {
            let call = call("A", "x");
            rates.acquire(&call).await.unwrap();
            rates.give_back(&call);
        }
        assert_eq!(Instant::now(), start);
        for _ in 0..11 {
            rates.acquire(&call("A", "x")).await.unwrap();
        }
        assert_eq!(Instant::now() - start, WINDOW, "and no more than were given back");
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_that_come_and_go_leave_nothing_behind() {
        let rates = DocumentedRateLimiter::default();
        for hour in 0..2_000 {
            for action in ["A", "B"] {
                let call = RateLimitKey { credential: hour, ..call(action, "ap-guangzhou") };
                rates.acquire(&call).await.unwrap();
                rates.accepted(&call);
            }
            assert!(rates.0.lock().unwrap().len() <= MAX_KEYS);
            tokio::time::advance(Duration::from_secs(3_600)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn those_in_use_are_kept_however_many_there_are() {
        let rates = DocumentedRateLimiter::default();
        let busy = |credential| RateLimitKey { credential, per_second: Some(1), ..call("A", "x") };
        let start = Instant::now();
        for credential in 0..2 * MAX_KEYS as u64 {
            rates.acquire(&busy(credential)).await.unwrap();
        }
        assert_eq!(Instant::now(), start);
        rates.acquire(&busy(0)).await.unwrap();
        assert_eq!(Instant::now() - start, WINDOW, "the first is still remembered");
    }
}
