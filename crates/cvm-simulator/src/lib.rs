//! CVM accounts as a deterministic state machine.
//!
//! A [`Simulator`] is a function of its seed, its start time and the commands that it was given: it does no IO,
//! starts no thread and reads no clock. The caller passes the time with each [`Command`]. The crate
//! `cvm-emulator` is a server around it.
//!
//! ```
//! use std::time::Duration;
//!
//! use cvm_simulator::{
//!     AccountId, Command, Parameters, Request, Response, Simulator, TimeMode, Timestamp,
//! };
//!
//! # fn f() -> Result<(), cvm_simulator::ApiError> {
//! let mut simulator = Simulator::new(1, Timestamp::from_unix(1_700_000_000), TimeMode::Manual);
//! let action = cvm_models::action("DescribeZones").unwrap();
//! let region = cvm_simulator::find_region(simulator.catalog(), action, Some("ap-guangzhou"), false)?;
//! let request = Request::parse(action, region, &Parameters::Json(b"{}"))?;
//! let response = simulator.apply(Duration::ZERO, Command::Request(AccountId::FIRST, request));
//! assert!(matches!(response, Response::Reply { .. }));
//! # Ok(())
//! # }
//! # f().unwrap();
//! ```
//!
//! | to | use |
//! |---|---|
//! | send a request | [`Request::parse`], [`Command::Request`] |
//! | create a key pair | [`KeyPairGenerator`], [`Request::with_key_pair`] |
//! | move the virtual clock | [`Command`], [`TimeMode`] |
//! | read the state without a trace | [`Simulator::inspect`] |
//! | watch instances change their states | [`Simulator::transitions`] |
//! | let the cloud fail while it handles a request | [`CloudFault`], [`Request::with_fault`] |
//! | store commands, and apply them again | [`StoredCommand`], [`Simulator::replay`] |
//! | act as the cloud's operator | [`Command`], [`Repair`], [`ChcServer`], [`Role`] |
//! | start with accounts that have resources | [`Scenario`], [`Command::ApplyScenario`] |
//! | recognize temporary credentials | [`CredentialIssuer`], [`Caller`] |
//! | read the metadata of an instance | [`MetadataQuery`] |
//! | change what the cloud offers | [`Catalog`], [`Simulator::with_catalog`] |
//! | find the action of a request | [`services`] |
//! | list what is supported and what is assumed | [`coverage`], [`decisions`] |
//!
//! The crate has no features.

mod account;
mod actions;
mod api_error;
mod caller;
mod catalog;
mod chc_host;
mod cidr;
mod clock;
mod cloud_fault;
mod coverage;
mod credential_issuer;
mod decision;
mod error_codes;
mod filter;
mod handler;
mod ids;
mod key_pair_generator;
mod launch;
mod limits;
mod metadata;
mod operator;
mod page;
mod parameters;
mod public_key;
mod repair;
mod request;
mod role;
mod scenario;
mod services;
mod simulator;
mod state;
mod stored_command;
mod timestamp;
mod unsupported;
mod visits;

pub use account::AccountId;
pub use api_error::ApiError;
pub use caller::{Caller, RoleSession};
pub use catalog::{Catalog, CatalogError, Region};
pub use chc_host::ChcServer;
pub use clock::TimeMode;
pub use cloud_fault::{CloudFault, quota_code};
pub use coverage::{ActionCoverage, coverage, decisions};
pub use credential_issuer::{CredentialIssuer, Session};
pub use decision::{Basis, Decision, assumed, documented};
pub use handler::Reply;
pub use ids::RequestIds;
pub use key_pair_generator::{KeyPairGenerator, NewKeyPair};
pub use metadata::{MetadataContent, MetadataQuery};
pub use parameters::Parameters;
pub use repair::{Repair, RepairMethod, RepairReason};
pub use request::{Request, find_region};
pub use role::Role;
pub use scenario::{
    Age, CreatedResource, Scenario, ScenarioAccount, ScenarioChcHost, ScenarioCredential,
    ScenarioDataDisk, ScenarioDisk, ScenarioElasticIp, ScenarioError, ScenarioImage,
    ScenarioInstances, ScenarioKeyPair, ScenarioQuotas, ScenarioRegion, ScenarioRepair,
    ScenarioRole, ScenarioRule, ScenarioSecurityGroup, ScenarioState, ScenarioSubnet,
    ScenarioSystemDisk, ScenarioVpc,
};
pub use services::{Service, services};
pub use simulator::{Command, InstanceKey, Response, Simulator, Transition, Upcoming};
pub use stored_command::{ReplayError, StoredCommand};
pub use timestamp::Timestamp;
pub use unsupported::RefusedParameter;
