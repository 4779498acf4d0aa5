//! Fuzz targets: functions that take any bytes, and panic if a property does not hold.
//!
//! `cargo test -p cvm-fuzz` runs each target on its seeds, on the inputs below `regressions`, and on a fixed number of
//! mutated seeds. `cargo xtask fuzz NAME` runs a target with libFuzzer, which looks for inputs that reach new code.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a target reports a violated property with a panic"
)]

mod authentication;
mod cloud;
mod command_log;
mod dialect;
pub mod mutation;
mod parameters;
mod raw_request;
mod responses;
mod samples;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Checks one input.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 5] = [
    Target { name: "dialect", run: dialect::run, seeds: dialect::seeds },
    Target { name: "authentication", run: authentication::run, seeds: authentication::seeds },
    Target { name: "parameters", run: parameters::run, seeds: parameters::seeds },
    Target { name: "responses", run: responses::run, seeds: responses::seeds },
    Target { name: "command-log", run: command_log::run, seeds: command_log::seeds },
];

/// The target with this name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}
