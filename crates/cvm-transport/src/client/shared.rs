//! The parts of a client: what all its clones share, and the options of each clone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_protocol::ActionInfo;
use cvm_signer::KeyCache;
use tokio::time::Instant;

use crate::client::effective_config::KeptSettings;
use crate::client::extra::ExtraMembers;
use crate::config::endpoint::Addresses;
use crate::config::{RegionError, Timeouts};
use crate::credentials::provider::CredentialProvider;
use crate::entropy::Entropy;
use crate::http::client::HttpClient;
use crate::observe::observer::WireObserver;
use crate::observe::trace_id::TraceIds;
use crate::observe::{Interceptor, Metrics};
use crate::rate_limit::rate_limiter::RateLimiter;
use crate::retry::breaker::Breakers;
use crate::retry::budget::RetryBudgets;
use crate::retry::failover::BackupHosts;
use crate::retry::sent_tokens::{ClockReading, SentTokens};
use crate::signing::request::RequestEncoding;
use crate::signing::skew::Skews;
use crate::time::clock::Clock;
use crate::{Error, Region};

/// What all clones of a client share.
pub(crate) struct Shared {
    pub(crate) addresses: Addresses,
    pub(crate) backups: BackupHosts,
    /// `None` if no circuit breaker is used.
    pub(crate) breakers: Option<Breakers>,
    /// `None` for calls without a signature.
    pub(crate) credentials: Option<Arc<dyn CredentialProvider>>,
    pub(crate) encoding: RequestEncoding,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_response_bytes: usize,
    pub(crate) correct_clock: bool,
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) limiter: Arc<dyn RateLimiter>,
    pub(crate) observer: Option<Arc<dyn WireObserver>>,
    pub(crate) metrics: Option<Arc<dyn Metrics>>,
    /// In the order in which they see a request.
    pub(crate) interceptors: Vec<Arc<dyn Interceptor>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) trace_ids: TraceIds,
    pub(crate) keys: Mutex<KeyCache>,
    pub(crate) budgets: RetryBudgets,
    pub(crate) skews: Skews,
    pub(crate) sent_tokens: SentTokens,
    pub(crate) settings: KeptSettings,
}

impl Shared {
    /// The current time, on both clocks.
    pub(crate) fn read_clocks(&self) -> ClockReading {
        ClockReading { monotonic: Instant::now(), wall: self.clock.now() }
    }
}

/// What each clone has for itself.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) region: RegionChoice,
    pub(crate) operation_timeout: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
    /// Reads use a new connection too. Writes always do.
    pub(crate) fresh_connections: bool,
    /// Members of the request that its type does not have.
    pub(crate) extra: Option<ExtraMembers>,
}

/// The region of a client, or why there is none.
#[derive(Clone, Debug)]
pub(crate) enum RegionChoice {
    Unset,
    Known(Region),
    /// `in_region` got an invalid name; the next call returns this error.
    Malformed(RegionError),
}

impl Options {
    /// The region for an action.
    pub(crate) fn region_for(&self, info: &ActionInfo) -> Result<Option<&Region>, Error> {
        match &self.region {
            RegionChoice::Known(region) => Ok(Some(region)),
            RegionChoice::Malformed(error) => Err(Error::usage(format!("`in_region(…)`: {error}"))),
            RegionChoice::Unset if info.regional => {
                Err(Error::usage("no region: set one with `region(…)` or TENCENTCLOUD_REGION"))
            }
            RegionChoice::Unset => Ok(None),
        }
    }
}
