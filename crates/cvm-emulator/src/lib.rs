//! A local emulator of the CVM service over HTTP, driven by the same specification as the client.
//!
//! It authenticates all three dialects, validates requests with the generated tables, and keeps its state on a
//! virtual clock. Features that it does not support return `UnsupportedOperation`; [`coverage`] lists the
//! supported actions.
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
//! | to | use |
//! |---|---|
//! | test with a real client | [`Emulator::start`] |
//! | test raw requests | [`Builder::build`] and [`Cloud::handle`], or [`router`] |
//! | run the emulator as a program | [`Builder::serve`] |
//! | serve HTTPS, alone or beside HTTP | [`Builder::tls`] |
//! | add an account with its own credential | [`Builder::account`] or [`Cloud::add_account`] |
//! | restrict the roles that can be assumed | [`Cloud::add_role`] |
//! | serve the metadata of an instance, its role's credentials included | [`Builder::metadata`] |
//! | read and change a running emulator over HTTP | the admin API below `/_emulator/`, with [`Cloud::admin_token`] |
//! | start again from an empty cloud | [`Cloud::reset`] |
//! | start with accounts that have resources | [`Builder::scenario`], [`Cloud::apply_scenario`] |
//! | change the instance types, zones, images, stock or prices | [`Builder::catalog`] |
//! | keep everything in a directory | [`Builder::data_dir`] |
//! | refuse networks that were not created | [`Builder::strict_network`] |
//! | inject faults: lost responses, throttling, failed launches | [`Cloud::faults`], [`Builder::fault`] |
//! | add a server that a customer owns (CHC host) | [`Cloud::add_chc_host`] |
//!
//! A client keeps to the documented rates when it calls the emulator, too: 60 `DescribeZones` take 2 s. With the client of
//! `cvm-models`, `.rate_limiter(NoRateLimit)` on its builder turns that off. The crate has no features.
//!
#![doc = include_str!("../docs/admin-api.md")]

mod admin;
mod admin_access;
mod auth;
mod body_memory;
mod clock;
mod cloud;
mod decisions;
mod dialect;
mod durability;
mod emulator;
mod events;
mod explain;
mod faults;
mod handled;
mod http_service;
mod key_pairs;
mod limits;
mod listen;
mod metadata;
mod redact;
mod request_log;
mod response;
mod routing;
mod scenario;
mod server;
mod simulation;
mod start_error;
#[cfg(test)]
mod test_requests;
mod tls;

pub use clock::VirtualClock;
pub use cloud::Cloud;
pub use cvm_simulator::{
    AccountId, ActionCoverage, Basis, Catalog, CatalogError, ChcServer, CreatedResource, Decision,
    RefusedParameter, Repair, RepairMethod, RepairReason, Role, ScenarioError, TimeMode, Timestamp,
    coverage,
};
pub use decisions::decisions;
pub use durability::DataDirectoryError;
pub use emulator::{Builder, Emulator};
pub use faults::{
    FaultBuilder, FaultEffect, FaultError, FaultId, FaultRule, FaultStatus, Faults, Firing, Preset,
};
pub use http_service::router;
pub use listen::{HttpsAddress, ListenAddress};
pub use scenario::Scenario;
pub use start_error::StartError;
pub use tls::Tls;
