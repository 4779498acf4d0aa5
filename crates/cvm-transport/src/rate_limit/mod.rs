//! Limits calls per second to what the service documents, and to less after it throttles.

pub(crate) mod documented;
pub(crate) mod limiter;
pub(crate) mod rate_limiter;

pub use documented::DocumentedRateLimiter;
pub use rate_limiter::{NoRateLimit, RateLimitKey, RateLimiter, RateLimiterError};
