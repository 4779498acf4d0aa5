//! Decides whether and when to retry: outcome, policy, backoff, budget, circuit breaker and failover.

pub(crate) mod advice;
pub(crate) mod backoff;
pub(crate) mod breaker;
pub(crate) mod budget;
pub(crate) mod failover;
pub(crate) mod outcome;
pub(crate) mod policy;
pub(crate) mod sent_tokens;

pub use crate::signing::client_token::CLIENT_TOKEN_WINDOW;
pub use outcome::{Attempt, Outcome};
