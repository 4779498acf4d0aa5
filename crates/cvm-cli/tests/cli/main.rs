//! The built binary from the outside: what it prints, how it exits, and what it never shows.
#![cfg(unix)]
#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "helpers of tests are tests"
)]

mod actions;
mod arguments;
mod blocked_output;
mod cloud;
mod contradictory;
mod counts;
mod damaged_entries;
mod emulator;
mod exit_codes;
mod harness;
mod journal;
mod kill;
mod limits;
mod network;
mod nonblocking;
mod not_shown;
mod odd_lists;
mod odd_responses;
mod offline;
mod profiles;
mod quickstart;
mod resume;
mod resume_age;
mod resume_proof;
mod resume_verdicts;
mod secrets;
mod settle;
mod signals;
mod terminal;
mod tokens;
