//! Finds out, by reading alone, whether a request whose outcome is unknown took effect.

pub mod candidates;
pub mod compare;
pub mod conditions;
pub mod list_query;
pub mod past_time;
pub mod prior_state;
pub mod query;
pub mod tags;
pub mod verdict;

#[cfg(test)]
mod tests;
