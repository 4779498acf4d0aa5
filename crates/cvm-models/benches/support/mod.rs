//! What the benches read and write: answers as the service sends them, one full launch, and hand-written structs to
//! compare with.
// Every bench is a program of its own and uses its own part of this.
#![allow(dead_code)]

pub mod answers;
pub mod derived;
pub mod launch;
