//! The one door to the service.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_protocol::{Action, ActionInfo, DriftKind, Model, Paginate, Record, Waiter, json};
use cvm_signer::KeyCache;

use crate::clock::Clock;
use crate::config::endpoint::Addresses;
use crate::credentials::CredentialProvider;
use crate::entropy::Entropy;
use crate::http::client::HttpClient;
use crate::observe::observer::WireObserver;
use crate::observe::trace_id::TraceIds;
use crate::pagination::paginator::{Items, Pages};
use crate::rate_limit::RateLimiter;
use crate::retry::breaker::Breakers;
use crate::retry::budget::RetryBudgets;
use crate::retry::failover::BackupHosts;
use crate::retry::sent_tokens::{Moment, SentTokens};
use crate::signing::request::RequestEncoding;
use crate::signing::skew::Skews;
use crate::untyped_response::UntypedResponse;
use crate::waiting::find_created::FindCreated;
use crate::waiting::reconcile::Reconcile;
use crate::waiting::wait::Wait;
use crate::{
    CallReport, ClientBuilder, Error, Interceptor, Metrics, PreparedRequest, Region, RegionError,
    Timeouts, pipeline,
};

/// Calls the service.
///
/// A client is cheap to clone. Clones, and clients made with [`in_region`](Self::in_region), share
/// connections, rate limits, retry quota and derived keys.
///
/// Every method that calls the service fills a client token where the action has one, paces itself,
/// and sends again only what is safe to send again. It spawns no task: dropping the future stops the
/// call.
///
/// To limit the time of a call, use the client's own limits
/// ([`with_operation_timeout`](Self::with_operation_timeout), [`Timeouts`]) and not `tokio::time::timeout`
/// or `select!`. When its own time is up, a change ends with an error that says whether it may have been
/// carried out, and with which client token. A future that is dropped can say so only to
/// [`Metrics`] and `tracing`: *abandoned*, with action, client token, and whether the outcome is unknown.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    options: Options,
}

/// What all clones have in common.
pub(crate) struct Shared {
    pub(crate) addresses: Addresses,
    pub(crate) backups: BackupHosts,
    /// `None` when no host is ever shut out.
    pub(crate) breakers: Option<Breakers>,
    /// `None` for calls that are sent without a signature.
    pub(crate) credentials: Option<Arc<dyn CredentialProvider>>,
    pub(crate) writing: RequestEncoding,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_response_bytes: usize,
    pub(crate) correct_clock: bool,
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) limiter: Arc<dyn RateLimiter>,
    pub(crate) observer: Option<Arc<dyn WireObserver>>,
    pub(crate) metrics: Option<Arc<dyn Metrics>>,
    pub(crate) interceptor: Option<Arc<dyn Interceptor>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) trace_ids: TraceIds,
    pub(crate) keys: Mutex<KeyCache>,
    pub(crate) quotas: RetryBudgets,
    pub(crate) skews: Skews,
    pub(crate) tokens_in_doubt: SentTokens,
}

impl Shared {
    /// Now, on both clocks.
    pub(crate) fn moment(&self) -> Moment {
        Moment { monotonic: tokio::time::Instant::now(), wall: self.clock.now() }
    }
}

/// What each clone may have for itself.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) region: RegionChoice,
    pub(crate) operation_timeout: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
    /// Reads take a fresh connection too. Changes always do.
    pub(crate) fresh_connections: bool,
}

/// A region, or why there is none.
#[derive(Clone, Debug)]
pub(crate) enum RegionChoice {
    Unset,
    Known(Region),
    /// `in_region` was given something else; the next call says so.
    Malformed(RegionError),
}

impl Client {
    pub(crate) fn new(shared: Shared, options: Options) -> Self {
        Self { shared: Arc::new(shared), options }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) const fn options(&self) -> &Options {
        &self.options
    }

    /// Begins a client from nothing.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client with region and credential from environment variables, profile files or the instance's
    /// role, and the certainty that there is a credential.
    ///
    /// # Errors
    ///
    /// [`Error::is_credentials`] when there is no credential, with every place that was looked at;
    /// [`Error::is_usage`] when the region has
    /// not the form of one.
    pub async fn from_env() -> Result<Self, Error> {
        let client = Self::builder().build()?;
        if let Some(provider) = &client.shared.credentials {
            provider.credential().await.map_err(|error| {
                Error::new(crate::error::Kind::Credentials, error.to_string()).with_source(error)
            })?;
        }
        Ok(client)
    }

    /// The same client for another region.
    ///
    /// A text that has not the form of a region makes the next call fail with [`Error::is_usage`].
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let region = Region::new(region).map_or_else(RegionChoice::Malformed, RegionChoice::Known);
        Self {
            shared: Arc::clone(&self.shared),
            options: Options { region, ..self.options.clone() },
        }
    }

    /// The same client with another limit for whole calls.
    #[must_use]
    pub fn with_operation_timeout(&self, timeout: Duration) -> Self {
        let options = Options { operation_timeout: Some(timeout), ..self.options.clone() };
        Self { shared: Arc::clone(&self.shared), options }
    }

    /// The same client, whose calls end by this time.
    pub(crate) fn with_most_time(&self, until: tokio::time::Instant) -> Self {
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        let own = self.options.operation_timeout.unwrap_or(self.shared.timeouts.operation);
        self.with_operation_timeout(own.min(left))
    }

    /// The same client with another limit for attempts; 1 switches resends off.
    #[must_use]
    pub fn with_max_attempts(&self, attempts: u32) -> Self {
        let options = Options { max_attempts: Some(attempts), ..self.options.clone() };
        Self { shared: Arc::clone(&self.shared), options }
    }

    /// The same client, whose reads have connections of their own too, as every change has.
    ///
    /// Reads share connections, and an HTTP/1.1 response does not say to which request it belongs. A server
    /// or a proxy that answers a request twice can so give a later read the response of an earlier one.
    /// Use this for a read on which a decision depends, at the price of a new connection for each attempt.
    /// [`wait`](Self::wait), [`reconcile`](Self::reconcile) and
    /// [`reconcile_creation`](Self::reconcile_creation) do so by themselves.
    #[must_use]
    pub fn with_fresh_connections(&self) -> Self {
        let options = Options { fresh_connections: true, ..self.options.clone() };
        Self { shared: Arc::clone(&self.shared), options }
    }

    /// The region of this client.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        match &self.options.region {
            RegionChoice::Known(region) => Some(region.as_str()),
            RegionChoice::Unset | RegionChoice::Malformed(_) => None,
        }
    }

    pub(crate) fn region_for(&self, info: &ActionInfo) -> Result<Option<&Region>, Error> {
        match &self.options.region {
            RegionChoice::Known(region) => Ok(Some(region)),
            RegionChoice::Malformed(error) => Err(Error::usage(format!("`in_region(…)`: {error}"))),
            RegionChoice::Unset if info.regional => Err(Error::usage(
                "no region: give the client one with `region(…)`, or set TENCENTCLOUD_REGION",
            )),
            RegionChoice::Unset => Ok(None),
        }
    }

    /// A fresh client token, for a caller who wants to know it before the request leaves, for example to
    /// write it down. Requests without a token get such a one by themselves.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    pub fn new_client_token(&self) -> Result<String, Error> {
        crate::entropy::uuid_v4(&*self.shared.entropy)
            .map_err(|error| Error::usage("no client token could be made").with_source(error))
    }

    /// Calls an action: the type of the request says which.
    ///
    /// # Errors
    ///
    /// See [`Error`]; for an action that changes something ask [`Error::outcome_unknown`] first.
    pub async fn send<A: Action>(&self, request: A) -> Result<A::Response, Error> {
        Ok(self.send_with_report(request).await?.0)
    }

    /// As [`send`](Self::send), and tells how the call went: request id, attempts, client token, time.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_with_report<A: Action>(
        &self,
        mut request: A,
    ) -> Result<(A::Response, CallReport), Error> {
        let mut response = A::Response::default();
        // Boxed, so that callers compile and hold a small future for every action.
        let delivered = Box::pin(pipeline::run(self, A::INFO, &mut request, &mut response)).await?;
        Ok((response, delivered.report))
    }

    /// Calls an action that is known as data only. `members` is the JSON object of the request.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); and [`Error::is_usage`] when `members` holds something that the action
    /// does not have, or a value of the wrong kind.
    pub async fn call(
        &self,
        info: &'static ActionInfo,
        members: serde_json::Value,
    ) -> Result<UntypedResponse, Error> {
        self.call_record(info, record_of(info, members)?).await
    }

    /// As [`call`](Self::call), for a request that is a [`Record`] already.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn call_record(
        &self,
        info: &'static ActionInfo,
        mut request: Record,
    ) -> Result<UntypedResponse, Error> {
        let mut response = Record::new(info.response);
        let delivered = Box::pin(pipeline::run(self, info, &mut request, &mut response)).await?;
        Ok(UntypedResponse::new(info, &request, response, delivered))
    }

    /// Signs a request and sends nothing.
    ///
    /// # Errors
    ///
    /// [`Error::is_usage`] or [`Error::is_credentials`].
    pub async fn prepare<A: Action>(&self, mut request: A) -> Result<PreparedRequest, Error> {
        Box::pin(pipeline::prepare(self, A::INFO, &mut request)).await
    }

    /// As [`prepare`](Self::prepare), for an action that is known as data only.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare) and [`call`](Self::call).
    pub async fn prepare_call(
        &self,
        info: &'static ActionInfo,
        members: serde_json::Value,
    ) -> Result<PreparedRequest, Error> {
        let mut request = record_of(info, members)?;
        Box::pin(pipeline::prepare(self, info, &mut request)).await
    }

    /// Scheme and host that requests of this action are sent to, such as `https://cvm.tencentcloudapi.com`.
    ///
    /// # Errors
    ///
    /// [`Error::is_usage`] when the client needs a region and has none.
    pub fn endpoint_of(&self, info: &ActionInfo) -> Result<String, Error> {
        let region = self.region_for(info)?;
        let address = self.shared.addresses.of(info.service, region)?;
        let scheme = if address.is_plain() { "http" } else { "https" };
        Ok(format!("{scheme}://{}", address.authority()))
    }

    /// Seconds that signatures add to this machine's clock, because an endpoint's clock proved to differ;
    /// negative when this machine is ahead, 0 as long as no difference was found. Of several endpoints
    /// the largest difference counts.
    #[must_use]
    pub fn clock_correction(&self) -> i64 {
        self.shared.skews.largest()
    }

    /// Waits until resources have reached a state: `client.wait(waiter).await?`, with options between.
    pub fn wait(&self, waiter: Waiter) -> Wait {
        Wait::new(self.clone(), waiter)
    }

    /// Finds out, by reading alone, what became of a request whose outcome is unknown. The waiter says
    /// which states count as done.
    pub fn reconcile(&self, waiter: Waiter) -> Reconcile {
        Reconcile::new(self.clone(), waiter)
    }

    /// Finds out, by reading a list, whether a request whose outcome is unknown created something.
    /// The predicate recognises it by a mark of the caller's own, such as a tag.
    pub fn reconcile_creation<A: Paginate, F>(&self, list: A, matches: F) -> FindCreated<A, F>
    where
        F: FnMut(&A::Item) -> bool + Send + 'static,
    {
        FindCreated::new(self.clone(), list, matches)
    }

    /// Reads a long list page by page.
    pub fn pages<A: Paginate>(&self, request: A) -> Pages<A> {
        Pages::new(self.clone(), request)
    }

    /// Reads a long list item by item.
    pub fn items<A: Paginate>(&self, request: A) -> Items<A> {
        self.pages(request).into_items()
    }
}

fn record_of(info: &'static ActionInfo, members: serde_json::Value) -> Result<Record, Error> {
    let mut request = Record::new(info.request);
    let report = json::from_value(&mut request, &members)
        .map_err(|error| Error::usage(error.to_string()).with_action(info.name))?;
    if let Some(drift) = report.drifts.iter().find(|drift| drift.kind == DriftKind::NullItem) {
        let text = format!("`{}` is null: leave the item out, or give it a value", drift.path);
        return Err(Error::usage(text).with_action(info.name));
    }
    let unknown: Vec<&str> = report.unknown_members().collect();
    let Some(first) = unknown.first() else { return Ok(request) };
    let nearest = nearest(first, request.table());
    let hint = nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`"));
    let text = format!(
        "`{}` is not a member that {} has{hint}; check the spelling, or, if the service has learnt it \
         since, add it to the action's specification",
        unknown.join("`, `"),
        info.name,
    );
    Err(Error::usage(text).with_action(info.name))
}

/// The member of the request whose name is the given one but for case, or begins like it.
fn nearest(path: &str, table: &'static cvm_protocol::ModelInfo) -> Option<&'static str> {
    let names = || table.members.iter().map(|field| field.wire);
    names().find(|name| name.eq_ignore_ascii_case(path)).or_else(|| {
        let start = path.get(..4)?.to_ascii_lowercase();
        names().find(|name| name.to_ascii_lowercase().starts_with(&start))
    })
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.region())
            .field("dialect", &self.shared.writing.dialect)
            .finish_non_exhaustive()
    }
}
