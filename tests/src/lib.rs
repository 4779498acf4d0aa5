//! Tests that cross crate boundaries. The library is empty: see `tests/it/main.rs` for the behaviors,
//! `tests/extension.rs` for adding an action, and `examples/` for programs.

/// The Rust code of the README, compiled, and run where it needs no account.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
