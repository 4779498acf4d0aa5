//! Tests that cross crate boundaries. The library is empty: see `tests/it/main.rs` for the promises,
//! `tests/extension.rs` for a new action from its specification alone, and `examples/` for programs.

/// The Rust of the README, compiled, and run where it needs no account.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
