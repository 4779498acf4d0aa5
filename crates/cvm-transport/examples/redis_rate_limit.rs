//! Shares one rate limit between processes, through a Redis that all of them reach.
//!
//! Each action and region has a token bucket. A Lua script takes a token atomically, by the clock of the Redis server,
//! so the clocks of the processes do not matter. A bucket holds a quarter of a second's calls: after a pause, at most
//! 125 % of the documented rate is sent within a second. If the service throttles a call all the same, because
//! something else uses the account, the bucket is emptied for all processes.
//!
//! **If Redis fails**, no call fails: each process follows the documented rate on its own, and tries Redis again after
//! a second. Together the processes may then exceed the rate. The service throttles the excess, and the client retries
//! it later.
//!
//! ```text
//! cargo run -p cvm-transport --example redis_rate_limit -- redis://127.0.0.1:6379
//! ```

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cvm_transport::Client;
use cvm_transport::http::BoxFuture;
use cvm_transport::rate_limit::{
    DocumentedRateLimiter, RateLimitKey, RateLimiter, RateLimiterError,
};
use redis::Script;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::time::Instant;

/// `KEYS[1]`: the bucket. `ARGV[1]`: calls per second. `ARGV[2]`: `take` or `return` a token, or `empty` the bucket.
///
/// Returns how many milliseconds to wait for the token. Tokens below zero are promised to calls that wait.
const BUCKET: &str = "
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local rate = tonumber(ARGV[1])
local capacity = math.max(1, rate / 4)
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'time')
local elapsed = math.max(0, now - (tonumber(stored[2]) or now))
local tokens = math.min(capacity, (tonumber(stored[1]) or capacity) + elapsed * rate)
if ARGV[2] == 'take' then
    tokens = tokens - 1
elseif ARGV[2] == 'return' then
    tokens = math.min(capacity, tokens + 1)
else
    tokens = math.min(tokens, 0)
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'time', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / rate * 1000) + 1000)
return math.max(0, math.ceil(-tokens / rate * 1000))
";

/// How long Redis is not asked after it failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Limits the calls of all processes that use the same account name. Clones share one connection.
#[derive(Clone)]
pub struct RedisRateLimiter {
    redis: ConnectionManager,
    script: Arc<Script>,
    account: Arc<str>,
    fallback: Arc<DocumentedRateLimiter>,
    failed_at: Arc<Mutex<Option<Instant>>>,
}

impl RedisRateLimiter {
    /// `account` names the cloud account in the keys of the buckets, because the rates are limited per account. Without
    /// a response within `timeout`, Redis has failed.
    ///
    /// It must be called inside a tokio runtime. One connection is opened at the first call, and again after a failure.
    pub fn new(url: &str, account: &str, timeout: Duration) -> redis::RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(timeout))
            .set_response_timeout(Some(timeout));
        Ok(Self {
            redis: redis::Client::open(url)?.get_connection_manager_lazy(config)?,
            script: Arc::new(Script::new(BUCKET)),
            account: account.into(),
            fallback: Arc::default(),
            failed_at: Arc::default(),
        })
    }

    fn bucket(&self, key: &RateLimitKey<'_>) -> String {
        format!("cvm:{}:{}:{}", self.account, key.region, key.action)
    }

    fn is_down(&self) -> bool {
        let failed_at = *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        failed_at.is_some_and(|failed_at| failed_at.elapsed() < PAUSE_AFTER_FAILURE)
    }

    /// Runs the script. `None` if Redis failed, now or within the last second.
    async fn run(&self, bucket: &str, rate: u32, command: &str) -> Option<Duration> {
        if self.is_down() {
            return None;
        }
        let mut redis = self.redis.clone();
        let mut call = self.script.key(bucket);
        match call.arg(rate).arg(command).invoke_async::<u64>(&mut redis).await {
            Ok(wait) => Some(Duration::from_millis(wait)),
            Err(_) => {
                *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Instant::now());
                None
            }
        }
    }

    /// Runs the script in the background, for the methods that cannot wait.
    fn run_later(&self, bucket: String, rate: u32, command: &'static str) {
        let this = self.clone();
        tokio::spawn(async move { this.run(&bucket, rate, command).await });
    }
}

impl fmt::Debug for RedisRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address of the connection may contain a password.
        f.debug_struct("RedisRateLimiter").field("account", &self.account).finish_non_exhaustive()
    }
}

impl RateLimiter for RedisRateLimiter {
    fn acquire<'a>(
        &'a self,
        key: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        Box::pin(async move {
            let Some(rate) = key.per_second else { return Ok(()) };
            let bucket = self.bucket(key);
            let Some(wait) = self.run(&bucket, rate, "take").await else {
                return self.fallback.acquire(key).await;
            };
            if !wait.is_zero() {
                let mut promised = PromisedToken { limiter: self, bucket, rate, is_used: false };
                tokio::time::sleep(wait).await;
                promised.is_used = true;
            }
            Ok(())
        })
    }

    fn release_slot(&self, key: &RateLimitKey<'_>) {
        self.fallback.release_slot(key);
        if let Some(rate) = key.per_second {
            self.run_later(self.bucket(key), rate, "return");
        }
    }

    fn record_throttled(&self, key: &RateLimitKey<'_>) {
        self.fallback.record_throttled(key);
        if let Some(rate) = key.per_second {
            self.run_later(self.bucket(key), rate, "empty");
        }
    }

    fn record_accepted(&self, key: &RateLimitKey<'_>) {
        self.fallback.record_accepted(key);
    }
}

/// The token of a call that waits for it. If the call is dropped, the token goes back.
struct PromisedToken<'a> {
    limiter: &'a RedisRateLimiter,
    bucket: String,
    rate: u32,
    is_used: bool,
}

impl Drop for PromisedToken<'_> {
    fn drop(&mut self) {
        if !self.is_used {
            self.limiter.run_later(std::mem::take(&mut self.bucket), self.rate, "return");
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("usage: redis_rate_limit redis://HOST:PORT")?;
    let limiter = RedisRateLimiter::new(&url, "production", Duration::from_millis(500))?;
    let client = Client::builder().rate_limiter(limiter).build()?;
    // Use the client as usual; its clones share the limiter.
    drop(client);
    Ok(())
}
