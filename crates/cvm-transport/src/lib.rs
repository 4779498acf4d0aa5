//! The client of a Tencent Cloud API 3.0 service.
//!
//! [`Client::send`] signs a request, waits for a rate-limit slot, sends the request within deadlines, decodes the
//! response, and retries only what is safe to retry. An [`Error`] whose
//! [`outcome_unknown`](Error::outcome_unknown) is set means that the request may have taken effect.
//!
//! ```
//! use cvm_transport::config::Timeouts;
//! use cvm_transport::rate_limit::NoRateLimit;
//! use cvm_transport::{Client, Credential};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Without these settings, region and credential come from the environment, see `CredentialChain`.
//! let client = Client::builder()
//!     .region("ap-guangzhou")
//!     .credential(Credential::new("AKIDEXAMPLE", "secret key")?)
//!     .timeouts(Timeouts::default())
//!     .rate_limiter(NoRateLimit)
//!     .build()?;
//! assert_eq!(client.region(), Some("ap-guangzhou"));
//! # Ok(())
//! # }
//! ```
//!
//! | to | use |
//! |---|---|
//! | build a client | [`Client::builder`], [`Client::from_env`], [`Client::in_region`] |
//! | call an action | [`Client::send`], or [`Client::call`] for an action without a Rust type |
//! | use an API newer than this crate | [`Client::send_with`], [`Client::call_action`], [`CallReport::unknown_members`](observe::CallReport::unknown_members) |
//! | see the signed request | [`Client::prepare`], [`WireObserver`](observe::WireObserver) |
//! | read a long list | [`Client::items`], [`Client::pages`], which are also streams |
//! | wait for a state | [`Client::wait`], or [`Client::wait_until`] for a condition of your own |
//! | see and change requests | [`Interceptor`](observe::Interceptor); for HTTP middleware, wrap an [`HttpClient`](http::HttpClient) |
//! | watch calls | [spans and events](#tracing), [`Metrics`](observe::Metrics), [`Client::config`] |
//! | test without a service | `Client::mock` and the module `testing`, with feature `test-util` |
//! | settle an unknown outcome | [`Client::reconcile`], [`Client::reconcile_creation`] |
//! | sign with a role | [`AssumeRoleCredentials`](credentials::AssumeRoleCredentials), [`RoleCredentials`](credentials::RoleCredentials), [`WebIdentityCredentials`](credentials::WebIdentityCredentials) |
//! | add to the HTTP client | [`HttpClient`](http::HttpClient) around a [`DefaultHttpClient`](http::DefaultHttpClient) |
//! | survive the loss of a host | [`ClientBuilder::backup_endpoints`], [`ClientBuilder::breaker`] |
//!
//! The crate contains no action and no model. They come from a generated crate, which implements the traits of
//! `cvm-protocol`.
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `tracing` | yes | spans and events for each call, without secrets |
//! | `blocking` | no | `blocking::Client`, for programs without async; it has its own runtime |
//! | `test-util` | no | `Client::mock` and the module `testing`: mocked clients, and errors and responses made by hand |
//!
//! # Tracing
//!
#![doc = include_str!("../docs/tracing.md")]

#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
pub mod config;
pub mod credentials;
pub mod entropy;
mod error;
pub mod http;
pub mod observe;
pub mod pagination;
mod pipeline;
mod pointers;
pub mod rate_limit;
pub mod retry;
mod signing;
#[cfg(feature = "test-util")]
pub mod testing;
pub mod time;
pub mod waiting;

pub use client::Client;
pub use client::untyped::UntypedResponse;
pub use client::untyped_action::UntypedAction;
pub use config::ClientBuilder;
pub use config::region::Region;
// Items of the two lower crates that a program needs if it depends on this crate only.
pub use cvm_protocol as protocol;
pub use cvm_protocol::{Action, ErrorCode};
pub use cvm_signer::Credential;
pub use error::{Error, OutcomeUnknown};
