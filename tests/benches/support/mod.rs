//! Shared parts of the benchmarks of whole calls: a very cheap server, and clients to compare.
// Every benchmark is a program of its own and uses its own part of this.
#![allow(dead_code)]

#[path = "../../../crates/cvm-models/benches/support/answers.rs"]
pub mod answers;
pub mod callers;
#[path = "../../../crates/cvm-models/benches/support/derived.rs"]
pub mod derived;
#[path = "../../../crates/cvm-models/benches/support/launch.rs"]
pub mod launch;
pub mod server;
