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

#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
mod clock;
mod config;
mod credentials;
mod entropy;
mod error;
mod http;
mod observe;
mod pagination;
mod pending_timeout;
mod pipeline;
mod rate_limit;
mod reading;
mod retry;
mod set_member;
mod signing;
mod untyped_response;
mod waiting;

pub use client::Client;
pub use clock::{Clock, FixedClock, SystemClock};
pub use config::ClientBuilder;
pub use credentials::{
    AssumeRoleCredentials, CachedCredentials, ChainAttempt, ChainReport, CredentialChain,
    CredentialProvider, CredentialProviderError, CredentialSnapshot, EnvironmentCredentials,
    ProcessCredentials, ProfileCredentials, RoleCredentials, StaticCredentials, TccliCredentials,
    WebIdentityCredentials,
};
pub use retry::outcome::{Attempt, Outcome};
pub use signing::client_token::{CLIENT_TOKEN_WINDOW, fingerprint};
pub use untyped_response::UntypedResponse;
pub use waiting::find_created::{CreatedResources, FindCreated};
// What a program that only names this crate needs of the two below it.
pub use config::endpoint::{Endpoint, EndpointError};
pub use config::region::{Region, RegionError};
pub use config::timeouts::Timeouts;
pub use cvm_protocol::{Action, ActionInfo, ErrorCode, Paginate, ServiceError, Waiter};
pub use cvm_signer::{Credential, CredentialError};
pub use entropy::{Entropy, EntropyError, SeededEntropy, SystemEntropy};
pub use error::{Error, OutcomeUnknown};
pub use http::client::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, ResponseBody, SendProgress,
};
pub use http::prepared::{MaskedRequest, PreparedRequest};
pub use observe::interceptor::{AttemptEnd, HeaderMapMut, Interceptor};
pub use observe::metrics::{AttemptMetrics, CallMetrics, Metrics};
pub use observe::observer::{Exchange, MaskedResponse, WireObserver};
pub use observe::report::CallReport;
pub use pagination::paginator::{Items, Page, Pages, Position};
pub use rate_limit::{
    DocumentedRateLimiter, NoRateLimit, RateLimitKey, RateLimiter, RateLimiterError,
};
pub use signing::dialect::{Dialect, UnknownDialect};
pub use waiting::reconcile::{Reconcile, Reconciliation};
pub use waiting::report::{WaitProgress, WaitReport, WaitVerdict, WaitedResource};
pub use waiting::wait::{Wait, WaitProgressStream};
