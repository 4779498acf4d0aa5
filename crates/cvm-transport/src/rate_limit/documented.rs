//! The client's own rate limiter: the documented rates, with a queue for each key.
//!
//! Each combination of credential, region and action has a [`Limiter`]. It allows at most as many calls in any second
//! as the specification states. The first calls are not delayed, and under overload the newest call goes first. After
//! a throttle, the limiter also follows a rate that drops to 70 % of the measured one and then grows back along a
//! cubic curve (CUBIC, RFC 9438).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::http::client::BoxFuture;
use crate::rate_limit::limiter::{Limiter, QueuePosition};
use crate::rate_limit::rate_limiter::{RateLimitKey, RateLimiter, RateLimiterError};

/// The client's own limiter: the documented rates, shared by all clones of the client.
#[derive(Debug, Default)]
pub struct DocumentedRateLimiter(Mutex<HashMap<(u64, &'static str), LimitersByRegion>>);

type LimitersByRegion = HashMap<Box<str>, Arc<Mutex<Limiter>>>;

/// Above this number, idle limiters are dropped: each temporary credential has its own.
const MAX_KEYS: usize = 512;

impl DocumentedRateLimiter {
    fn limiter(&self, key: &RateLimitKey<'_>) -> Arc<Mutex<Limiter>> {
        let mut limiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let group = (key.credential, key.action);
        if limiters.len() >= MAX_KEYS && !limiters.contains_key(&group) {
            let now = Instant::now();
            limiters.retain(|_, regions| {
                regions.retain(|_, limiter| {
                    !limiter.lock().unwrap_or_else(PoisonError::into_inner).is_idle(now)
                });
                !regions.is_empty()
            });
        }
        let regions = limiters.entry(group).or_default();
        if let Some(limiter) = regions.get(key.region) {
            return Arc::clone(limiter);
        }
        let limiter = Arc::new(Mutex::new(Limiter::new(key.per_second)));
        regions.insert(key.region.into(), Arc::clone(&limiter));
        limiter
    }

    fn with<T>(
        &self,
        key: &RateLimitKey<'_>,
        action_on_limiter: impl FnOnce(&mut Limiter) -> T,
    ) -> T {
        action_on_limiter(&mut self.limiter(key).lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RateLimiter for DocumentedRateLimiter {
    fn acquire<'a>(
        &'a self,
        key: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        Box::pin(async move {
            let now = Instant::now();
            let limiter = self.limiter(key);
            if let Some(queued) = QueuedCall::unless_free(limiter, key, now) {
                queued.wait_for_slot().await;
            }
            Ok(())
        })
    }

    fn release_slot(&self, key: &RateLimitKey<'_>) {
        self.with(key, |limiter| limiter.release(key.attempt_id, Instant::now()));
    }

    fn record_throttled(&self, key: &RateLimitKey<'_>) {
        self.with(key, |limiter| limiter.throttled(Instant::now()));
    }

    fn record_accepted(&self, key: &RateLimitKey<'_>) {
        self.with(key, |limiter| limiter.accepted(Instant::now()));
    }
}

/// A call in the queue. Dropping it leaves the queue.
struct QueuedCall {
    limiter: Arc<Mutex<Limiter>>,
    position: QueuePosition,
    wake: Arc<Notify>,
    is_done: bool,
}

impl QueuedCall {
    /// Takes a slot, or joins the queue.
    fn unless_free(
        limiter: Arc<Mutex<Limiter>>,
        key: &RateLimitKey<'_>,
        now: Instant,
    ) -> Option<Self> {
        let (position, wake) = {
            let mut limiter = limiter.lock().unwrap_or_else(PoisonError::into_inner);
            if limiter.try_take(key.attempt_id, now) {
                return None;
            }
            limiter.join(key.attempt_id, key.is_retry, now)
        };
        Some(Self { limiter, position, wake, is_done: false })
    }

    async fn wait_for_slot(mut self) {
        while let Some(next_check) = self.check() {
            // It checks again both after a wake-up and at the given time.
            let _ = timeout_at(next_check, self.wake.notified()).await;
        }
        self.is_done = true;
    }

    /// When to check again; `None` if the call has a slot.
    fn check(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        limiter.serve(now);
        limiter.next_check(self.position, now)
    }
}

impl Drop for QueuedCall {
    fn drop(&mut self) {
        if !self.is_done {
            let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
            limiter.leave(self.position, Instant::now());
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
        let attempt_id = RateLimitKey::next_attempt_id();
        RateLimitKey {
            credential: 1,
            region,
            action,
            per_second: Some(10),
            is_retry: false,
            attempt_id,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_calls_than_documented() {
        let rates = DocumentedRateLimiter::default();
        let start = Instant::now();
        let mut sent = Vec::new();
        for _ in 0..300 {
            rates.acquire(&call("RunIt", "ap-guangzhou")).await.unwrap();
            sent.push(Instant::now());
        }
        assert_eq!(*sent.first().unwrap(), start, "the first call is not delayed");
        assert_eq!(sent[9], start, "calls within the limit are not delayed");
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
    async fn slot_of_unsent_call_is_free_again() {
        let rates = DocumentedRateLimiter::default();
        let start = Instant::now();
        for _ in 0..1_000 {
            let call = call("A", "x");
            rates.acquire(&call).await.unwrap();
            rates.release_slot(&call);
        }
        assert_eq!(Instant::now(), start);
        for _ in 0..11 {
            rates.acquire(&call("A", "x")).await.unwrap();
        }
        assert_eq!(Instant::now() - start, WINDOW, "no more slots than were released");
    }

    #[tokio::test(start_paused = true)]
    async fn idle_limiters_are_dropped() {
        let rates = DocumentedRateLimiter::default();
        for hour in 0..2_000 {
            for action in ["A", "B"] {
                let call = RateLimitKey { credential: hour, ..call(action, "ap-guangzhou") };
                rates.acquire(&call).await.unwrap();
                rates.record_accepted(&call);
            }
            assert!(rates.0.lock().unwrap().len() <= MAX_KEYS);
            tokio::time::advance(Duration::from_secs(3_600)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn limiters_in_use_are_kept() {
        let rates = DocumentedRateLimiter::default();
        let busy = |credential| RateLimitKey { credential, per_second: Some(1), ..call("A", "x") };
        let start = Instant::now();
        for credential in 0..2 * MAX_KEYS as u64 {
            rates.acquire(&busy(credential)).await.unwrap();
        }
        assert_eq!(Instant::now(), start);
        rates.acquire(&busy(0)).await.unwrap();
        assert_eq!(Instant::now() - start, WINDOW, "the first limiter is kept");
    }
}
