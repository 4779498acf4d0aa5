//! Tests of the built binary: what it prints, how it exits, and what it never shows.
#![cfg(unix)]
#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "helpers of tests are tests"
)]

mod actions;
mod ambiguous_responses;
mod arguments;
mod blocked_output;
mod client_tokens;
mod contradictory_responses;
mod created_counts;
mod damaged_entries;
mod data_dir;
mod emulator;
mod emulator_admin;
mod emulator_pages;
mod exit_codes;
mod harness;
mod journal;
mod kill;
mod network;
mod nonblocking;
mod offline;
mod profiles;
mod quickstart;
mod quickstart_cloud;
mod resume;
mod resume_absence;
mod resume_conclusions;
mod resume_entries;
mod resume_token_age;
mod resume_verdicts;
mod secrets;
mod signals;
mod soak;
mod temporary_credentials;
mod terminal;
mod tools_page;
mod ulimit;
mod unknown_members;
mod unprinted_responses;
