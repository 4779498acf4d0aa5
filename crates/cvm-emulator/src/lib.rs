//! A local CVM over real HTTP: the second reading of the specification.
//!
//! It authenticates all three dialects, validates requests from the generated tables, keeps instances
//! that live on a virtual clock, and answers as the service does. What it does not model it refuses
//! with `UnsupportedOperation`; [`coverage`] lists what it does.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use cvm_emulator::Emulator;
//!
//! # async fn f() -> Result<(), cvm_emulator::StartError> {
//! let cloud = Emulator::builder().seed(1).manual().start().await?;
//! // … send signed requests to `cloud.url()` with `cloud.credential()` …
//! cloud.clock().advance(Duration::from_secs(60));
//! # Ok(())
//! # }
//! ```
//!
//! | you have | use |
//! |---|---|
//! | a test with a real client | [`Emulator::start`] |
//! | a test of raw requests | [`Builder::build`] and [`Cloud::handle`], or [`app`] |
//! | a program that is the emulator | [`Builder::serve`] |
//! | a server that a customer brings (CHC) | [`Cloud::add_chc_host`] |

mod app;
mod auth;
mod bodies;
mod clock;
mod cloud;
mod decisions;
mod dialect;
mod emulator;
mod listen;
mod redact;
mod response;
mod server;
#[cfg(test)]
mod signed;
mod simulation;

pub use app::app;
pub use clock::VirtualClock;
pub use cloud::Cloud;
pub use cvm_simulator::{
    ActionCoverage, Basis, ChcServer, Decision, Repair, RepairMethod, RepairReason, TimeMode,
    Timestamp, coverage,
};
pub use decisions::decisions;
pub use emulator::{Builder, Emulator, StartError};
pub use listen::ListenAddress;
