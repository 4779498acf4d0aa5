//! Finds out, by reading alone, whether a request whose outcome is unknown took effect.

pub mod compare;
pub mod list_query;
pub mod matching;
pub mod past_time;
pub mod prior_state;
pub mod tags;
