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
mod exchange;
mod failover;
mod http;
mod http_date;
mod interceptor;
mod limiter;
mod mask;
mod metrics;
mod observer;
mod paginator;
mod pending_timeout;
mod pipeline;
mod poller;
mod prefetch;
mod prepared;
mod proxy;
mod rate_limit;
mod reading;
mod reconcile;
mod recovery_advice;
mod region;
mod report;
mod reqwest_http;
mod retry;
mod retry_budget;
mod row_state;
mod schedule;
mod sent_tokens;
mod set_member;
mod sign;
mod skew;
mod timeouts;
mod tls;
mod trace;
mod trace_id;
mod untyped_response;
mod wait;
mod wait_report;

pub use attempt::{Attempt, Outcome};
pub use client::Client;
pub use client_token::{CLIENT_TOKEN_WINDOW, fingerprint};
pub use clock::{Clock, FixedClock, SystemClock};
pub use config::ClientBuilder;
pub use creation::{CreatedResources, FindCreated};
pub use credentials::{
    AssumeRoleCredentials, CachedCredentials, ChainAttempt, ChainReport, CredentialChain,
    CredentialProvider, CredentialProviderError, CredentialSnapshot, EnvironmentCredentials,
    ProcessCredentials, ProfileCredentials, RoleCredentials, StaticCredentials, TccliCredentials,
    WebIdentityCredentials,
};
pub use untyped_response::UntypedResponse;
// What a program that only names this crate needs of the two below it.
pub use cvm_protocol::{Action, ActionInfo, ErrorCode, Paginate, ServiceError, Waiter};
pub use cvm_signer::{Credential, CredentialError};
pub use dialect::{Dialect, UnknownDialect};
pub use endpoint::{Endpoint, EndpointError};
pub use entropy::{Entropy, EntropyError, SeededEntropy, SystemEntropy};
pub use error::{Error, OutcomeUnknown};
pub use http::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, ResponseBody, SendProgress,
};
pub use interceptor::{AttemptEnd, HeaderMapMut, Interceptor};
pub use metrics::{AttemptMetrics, CallMetrics, Metrics};
pub use observer::{Exchange, MaskedResponse, WireObserver};
pub use paginator::{Items, Page, Pages, Position};
pub use prepared::{MaskedRequest, PreparedRequest};
pub use rate_limit::{
    DocumentedRateLimiter, NoRateLimit, RateLimitKey, RateLimiter, RateLimiterError,
};
pub use reconcile::{Reconcile, Reconciliation};
pub use region::{Region, RegionError};
pub use report::CallReport;
pub use timeouts::Timeouts;
pub use wait::{Wait, WaitProgressStream};
pub use wait_report::{WaitProgress, WaitReport, WaitVerdict, WaitedResource};
