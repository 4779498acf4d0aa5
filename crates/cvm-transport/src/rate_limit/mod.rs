//! Limits calls per second to what the service documents, and to less after it throttles.

pub(crate) mod documented;
pub(crate) mod limiter;
pub(crate) mod rate_limiter;
