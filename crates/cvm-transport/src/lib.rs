//! The client of a Tencent Cloud API 3.0 service.
//!
//! [`Client::send`] signs a request, waits for a rate-limit slot, sends the request within deadlines, decodes the
//! response, and retries only what is safe to retry. An [`Error`] whose
//! [`outcome_unknown`](Error::outcome_unknown) is set means that the request may have taken effect.
//!
//! | to | use |
//! |---|---|
//! | build a client | [`Client::builder`], [`Client::from_env`], [`Client::in_region`] |
//! | call an action | [`Client::send`], or [`Client::call`] for an action without a Rust type |
//! | see the signed request | [`Client::prepare`], [`WireObserver`] |
//! | read a long list | [`Client::items`], [`Client::pages`], which are also streams |
//! | wait for a state | [`Client::wait`] |
//! | see and change requests | [`Interceptor`]; for HTTP middleware, wrap an [`HttpClient`] |
//! | watch calls | [spans and events](#tracing), [`Metrics`], [`Client::config`] |
//! | test without a service | `Client::mock` and the module `testing`, with feature `test-util` |
//! | settle an unknown outcome | [`Client::reconcile`], [`Client::reconcile_creation`] |
//! | sign with a role | [`AssumeRoleCredentials`], [`RoleCredentials`], [`WebIdentityCredentials`] |
//! | add to the HTTP client | [`HttpClient`] around a [`DefaultHttpClient`] |
//! | survive the loss of a host | [`ClientBuilder::backup_endpoints`], [`ClientBuilder::breaker`] |
//!
//! The crate contains no action and no model. They come from a generated crate, which implements the traits of
//! `cvm-protocol`.
//!
//! # Tracing
//!
#![doc = include_str!("../docs/tracing.md")]

#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
mod config;
mod credentials;
mod entropy;
mod error;
mod http;
mod observe;
mod pagination;
mod pipeline;
mod pointers;
mod rate_limit;
mod retry;
mod signing;
#[cfg(feature = "test-util")]
pub mod testing;
mod time;
mod waiting;

pub use client::Client;
pub use client::effective_config::{ClientConfig, ConfiguredParts};
pub use client::untyped::UntypedResponse;
pub use config::ClientBuilder;
pub use config::endpoint::{Endpoint, EndpointError};
pub use config::region::{Region, RegionError};
pub use config::timeouts::Timeouts;
pub use credentials::{
    AssumeRoleCredentials, CachedCredentials, ChainAttempt, ChainReport, ClientTransport,
    CredentialChain, CredentialProvider, CredentialProviderError, CredentialSnapshot,
    EnvironmentCredentials, ProcessCredentials, ProfileCredentials, RoleCredentials,
    StaticCredentials, TccliCredentials, WebIdentityCredentials,
};
// Items of the two lower crates that a program needs if it depends on this crate only.
pub use cvm_protocol::{Action, ActionInfo, ErrorCode, Paginate, ServiceError, Waiter};
pub use cvm_signer::{Credential, CredentialError, Date};
pub use entropy::{Entropy, EntropyError, SeededEntropy, SystemEntropy};
pub use error::{Error, OutcomeUnknown};
pub use http::client::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, ResponseBody, SendProgress,
};
pub use http::default_client::DefaultHttpClientBuilder;
pub use http::prepared::{MaskedRequest, PreparedRequest};
pub use http::reqwest_client::DefaultHttpClient;
pub use observe::interceptor::{AttemptEnd, HeaderMapMut, Interceptor, ReceivedResponse};
pub use observe::metrics::{AttemptMetrics, CallMetrics, Metrics};
pub use observe::observer::{Exchange, MaskedResponse, WireObserver};
pub use observe::report::CallReport;
pub use observe::unsigned_request::UnsignedRequest;
pub use pagination::cursor::Position;
pub use pagination::paginator::{Items, Page, Pages};
pub use rate_limit::documented::DocumentedRateLimiter;
pub use rate_limit::rate_limiter::{NoRateLimit, RateLimitKey, RateLimiter, RateLimiterError};
pub use retry::outcome::{Attempt, Outcome};
pub use signing::client_token::CLIENT_TOKEN_WINDOW;
pub use signing::dialect::{Dialect, UnknownDialect};
pub use time::clock::{Clock, FixedClock, SystemClock};
pub use waiting::find_created::{CreatedResources, FindCreated};
pub use waiting::reconcile::{Reconcile, Reconciliation};
pub use waiting::report::{WaitProgress, WaitReport, WaitVerdict, WaitedResource};
pub use waiting::wait::{Wait, WaitProgressStream};
