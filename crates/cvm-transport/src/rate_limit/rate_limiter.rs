//! The interface of rate limiters: the trait, the key of a call, and a held slot.

use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::http::client::BoxFuture;
use crate::pointers::for_pointers;

/// Decides when a call may be sent.
///
/// The client's own limiter knows only the calls of its clones. To share one rate limit between processes, implement
/// this trait over a store that all of them can reach. The example `redis_rate_limit` of this crate does so over Redis.
pub trait RateLimiter: fmt::Debug + Send + Sync + 'static {
    /// Returns when the call may be sent. If the future is dropped first, the call is not sent, and its place in the
    /// queue must become free for others.
    fn acquire<'a>(
        &'a self,
        key: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>>;

    /// The call got a slot but was not sent: it was canceled, or there was no connection. Its slot is free again.
    fn release_slot(&self, key: &RateLimitKey<'_>) {
        let _ = key;
    }

    /// The service throttled this call.
    fn record_throttled(&self, key: &RateLimitKey<'_>) {
        let _ = key;
    }

    /// The service accepted this call.
    fn record_accepted(&self, key: &RateLimitKey<'_>) {
        let _ = key;
    }
}

for_pointers! {
    RateLimiter {
        fn acquire<'a>(
            &'a self,
            key: &'a RateLimitKey<'a>,
        ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
            (**self).acquire(key)
        }

        fn release_slot(&self, key: &RateLimitKey<'_>) {
            (**self).release_slot(key);
        }

        fn record_throttled(&self, key: &RateLimitKey<'_>) {
            (**self).record_throttled(key);
        }

        fn record_accepted(&self, key: &RateLimitKey<'_>) {
            (**self).record_accepted(key);
        }
    }
}

/// What a [`RateLimiter`] knows about a call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RateLimitKey<'a> {
    /// Identifies the credential: a hash of the secret id.
    pub credential: u64,
    /// The region, or an empty string.
    pub region: &'a str,
    /// The action.
    pub action: &'static str,
    /// The documented limit, in calls per second.
    pub per_second: Option<u32>,
    /// Whether this is a retry. It has already waited, so it goes before new calls.
    pub is_retry: bool,
    /// Identifies this attempt among all attempts of this process.
    pub attempt_id: u64,
}

impl RateLimitKey<'_> {
    /// A new attempt id.
    pub(crate) fn next_attempt_id() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}

/// A slot that a call holds. Dropping it unused releases it.
pub(crate) struct HeldSlot<'a> {
    limiter: &'a dyn RateLimiter,
    key: RateLimitKey<'a>,
    /// Bytes of the request may have been sent.
    pub(crate) is_used: bool,
}

impl<'a> HeldSlot<'a> {
    pub(crate) fn new(limiter: &'a dyn RateLimiter, key: RateLimitKey<'a>) -> Self {
        Self { limiter, key, is_used: false }
    }
}

impl Drop for HeldSlot<'_> {
    fn drop(&mut self) {
        if !self.is_used {
            self.limiter.release_slot(&self.key);
        }
    }
}

/// A limiter that could not decide, for example because its store is down. The call is not sent.
#[derive(Debug)]
pub struct RateLimiterError {
    source: Box<dyn StdError + Send + Sync>,
}

impl RateLimiterError {
    /// Wraps the cause.
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

/// Applies no limit: every call is sent at once.
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
