//! Decides whether and when an attempt is made again: outcome, policy, backoff, budget, breaker and failover.

pub(crate) mod advice;
pub(crate) mod backoff;
pub(crate) mod breaker;
pub(crate) mod budget;
pub(crate) mod failover;
pub(crate) mod outcome;
pub(crate) mod policy;
pub(crate) mod sent_tokens;
