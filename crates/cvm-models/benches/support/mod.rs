//! Data for the benchmarks: responses as the service sends them, a full launch, and hand-written structs to
//! compare with.
// Each benchmark is its own program and uses only a part of this.
#![allow(dead_code)]

pub mod answers;
pub mod derived;
pub mod launch;
