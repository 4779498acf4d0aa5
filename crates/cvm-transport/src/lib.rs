//! The client of a Tencent Cloud API 3.0 service: everything between a typed request and an honest answer.
//!
//! [`Client::send`] signs a request, paces it, sends it within deadlines, reads the answer, and sends
//! again only what is safe to send again. What cannot be known is said: an [`Error`] whose
//! [`outcome_unknown`](Error::outcome_unknown) is set may hide a change that was made.
//!
//! | to | use |
//! |---|---|
//! | make a client | [`Client::builder`], [`Client::from_env`], [`Client::in_region`] |
//! | call an action | [`Client::send`], or [`Client::call`] for one that is known as data only |
//! | see the signed request | [`Client::prepare`], [`WireObserver`] |
//! | read a long list | [`Client::items`], [`Client::pages`] |
//! | wait for a state | [`Client::wait`] |
//! | settle an unknown outcome | [`Client::reconcile`], [`Client::reconcile_creation`] |
//! | survive the loss of a host | [`ClientBuilder::backup_endpoints`], [`ClientBuilder::breaker`] |
//!
//! The crate knows no action and no model: those come from a crate of generated ones, whose traits and
//! tables are `cvm-protocol`'s.

mod ahead;
mod answer;
mod attempt;
mod backoff;
#[cfg(feature = "blocking")]
pub mod blocking;
mod breaker;
mod client;
mod client_token;
mod clock;
mod config;
mod connections;
mod creation;
mod credentials;
mod cursor;
mod dialect;
mod endpoint;
mod entropy;
mod environment;
mod error;
mod fill;
mod http;
mod http_date;
mod interceptor;
mod mask;
mod metrics;
mod observer;
mod pace;
mod pacing;
mod paginator;
mod pipeline;
mod prepared;
mod proxy;
mod quota;
mod reading;
mod reconcile;
mod recovery;
mod region;
mod report;
mod reqwest_http;
mod retry;
mod route;
mod schedule;
mod sightings;
mod sign;
mod skew;
mod timeouts;
mod tls;
mod tokens_in_doubt;
mod trace;
mod trace_id;
mod transfer;
mod wait;
mod wait_report;
mod waiting;
mod within;

pub use answer::Answer;
pub use attempt::{Attempt, Outcome};
pub use client::Client;
pub use client_token::{CLIENT_TOKEN_WINDOW, fingerprint};
pub use clock::{Clock, FixedClock, SystemClock};
pub use config::ClientBuilder;
pub use creation::{Creation, ReconcileCreation};
pub use credentials::{
    AssumeRoleCredentials, CachedCredentials, ChainReport, CredentialChain, CredentialProvider,
    CredentialProviderError, CredentialSnapshot, EnvironmentCredentials, ProcessCredentials,
    ProfileCredentials, RoleCredentials, StaticCredentials, TccliCredentials, Tried,
    WebIdentityCredentials,
};
// What a program that only names this crate needs of the two below it.
pub use cvm_protocol::{Action, ActionInfo, ErrorCode, Paginate, ServiceError, Waiter};
pub use cvm_signer::{Credential, CredentialError};
pub use dialect::{Dialect, UnknownDialect};
pub use endpoint::{Endpoint, EndpointError};
pub use entropy::{Entropy, EntropyError, SeededEntropy, SystemEntropy};
pub use error::{Error, OutcomeUnknown};
pub use http::{
    BoxFuture, HttpFailure, HttpFailureKind, HttpResponse, HttpSend, ResponseBody, Sending,
};
pub use interceptor::{AddedHeaders, EndedAttempt, Interceptor};
pub use metrics::{AttemptMetrics, CallMetrics, Metrics};
pub use observer::{Exchange, MaskedResponse, WireObserver};
pub use pacing::{DocumentedRates, PacedCall, RateLimiter, RateLimiterError, Unlimited};
pub use paginator::{Items, Page, Pages, Position};
pub use prepared::{MaskedRequest, PreparedRequest};
pub use reconcile::{Reconcile, Reconciliation};
pub use region::{Region, RegionError};
pub use report::CallReport;
pub use timeouts::Timeouts;
pub use wait::{Wait, WaitSteps};
pub use wait_report::{WaitProgress, WaitReport, WaitVerdict, WaitedResource};
