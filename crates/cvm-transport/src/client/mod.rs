//! The API client.

pub(crate) mod effective_config;
pub(crate) mod extra;
pub(crate) mod known_members;
pub(crate) mod shared;
pub(crate) mod untyped;
pub(crate) mod untyped_action;
pub(crate) mod untyped_tables;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cvm_protocol::{Action, ActionInfo, Model};

use crate::client::effective_config::ClientConfig;
use crate::client::extra::ExtraMembers;
use crate::client::shared::{Options, RegionChoice, Shared};
use crate::error::ErrorKind;
use crate::http::PreparedRequest;
use crate::observe::CallReport;
use crate::pipeline::CallOutput;
use crate::{ClientBuilder, Error, Region, entropy, pipeline};

/// Calls the service.
///
/// A client is cheap to clone. Clones, and clients made with [`in_region`](Self::in_region), share
/// connections, rate limits, retry budgets and derived keys.
///
/// Every method that calls the service fills in a client token if the action has one, respects the rate limit, and
/// retries only what is safe to retry. It spawns no task: dropping the future stops the call.
///
/// To limit the time of a call, use the client's own timeouts
/// ([`with_operation_timeout`](Self::with_operation_timeout), [`Timeouts`](crate::config::Timeouts)) instead of
/// `tokio::time::timeout` or `select!`. When the client's timeout ends a write, the error says whether the write may
/// have taken effect, and contains the client token. If the future is dropped, only [`Metrics`](crate::observe::Metrics) and
/// `tracing` report it: *abandoned*, with action, client token, and whether the outcome is unknown.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    options: Options,
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

    /// Sends a request and decodes the response into `response`.
    pub(crate) fn run<'a>(
        &'a self,
        info: &'static ActionInfo,
        request: &'a mut dyn Model,
        response: &'a mut dyn Model,
    ) -> impl Future<Output = Result<CallOutput, Error>> + Send + 'a {
        pipeline::run(&self.shared, &self.options, info, request, response)
    }

    /// Starts building a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Builds a client with region and credential from environment variables, profile files or the instance's role,
    /// and checks that a credential is available.
    ///
    /// # Errors
    ///
    /// [`Error::is_credentials`] if there is no credential; the message lists every source that was tried.
    /// [`Error::is_usage`] if the region is invalid.
    pub async fn from_env() -> Result<Self, Error> {
        let client = Self::builder().build()?;
        if let Some(provider) = &client.shared.credentials {
            provider.credential().await.map_err(|error| {
                Error::new(ErrorKind::Credentials, error.to_string()).with_source(error)
            })?;
        }
        Ok(client)
    }

    /// Returns this client for another region.
    ///
    /// If the name is not a valid region name, the next call fails with [`Error::is_usage`].
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let region = Region::new(region).map_or_else(RegionChoice::Malformed, RegionChoice::Known);
        Self {
            shared: Arc::clone(&self.shared),
            options: Options { region, ..self.options.clone() },
        }
    }

    /// Returns this client with another timeout for whole calls.
    #[must_use]
    pub fn with_operation_timeout(&self, timeout: Duration) -> Self {
        let options = Options { operation_timeout: Some(timeout), ..self.options.clone() };
        Self { shared: Arc::clone(&self.shared), options }
    }

    /// Returns this client with calls that end by this deadline.
    pub(crate) fn with_deadline(&self, deadline: tokio::time::Instant) -> Self {
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        let timeout = self.options.operation_timeout.unwrap_or(self.shared.timeouts.operation);
        self.with_operation_timeout(timeout.min(left))
    }

    /// Returns this client with another limit for attempts.
    ///
    /// With 1, a request is sent again only after the service rejected it because of a wrong clock or an expired token.
    #[must_use]
    pub fn with_max_attempts(&self, attempts: u32) -> Self {
        let options = Options { max_attempts: Some(attempts), ..self.options.clone() };
        Self { shared: Arc::clone(&self.shared), options }
    }

    /// Returns this client with a new connection for each attempt of a read, as every write has.
    ///
    /// Reads share connections, and an HTTP/1.1 response does not say which request it belongs to. If a server or
    /// proxy answers a request twice, a later read may get the response to an earlier one. Use this for a read on
    /// which a decision depends. It costs a new connection per attempt. [`wait`](Self::wait),
    /// [`reconcile`](Self::reconcile) and [`reconcile_creation`](Self::reconcile_creation) always do so.
    #[must_use]
    pub fn with_fresh_connections(&self) -> Self {
        let options = Options { fresh_connections: true, ..self.options.clone() };
        Self { shared: Arc::clone(&self.shared), options }
    }

    /// Returns this client with these members added to each request.
    pub(crate) fn with_extra(&self, extra: Option<ExtraMembers>) -> Self {
        let options = Options { extra, ..self.options.clone() };
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

    /// The configuration that this client uses. It contains no secret, and `Debug` of a client shows it.
    ///
    /// ```
    /// use cvm_transport::{Client, Credential};
    /// use cvm_transport::config::Endpoint;
    ///
    /// let client = Client::builder()
    ///     .without_environment()
    ///     .region("ap-guangzhou")
    ///     .credential(Credential::new("AKIDEXAMPLE", "a-secret-key")?)
    ///     .build()?;
    /// let config = client.config();
    /// assert_eq!(config.region.as_deref(), Some("ap-guangzhou"));
    /// assert_eq!(config.endpoint, Endpoint::Default);
    /// assert_eq!(config.parts.credentials.as_deref(), Some("StaticCredentials"));
    /// assert!(!format!("{client:?}").contains("a-secret-key"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn config(&self) -> ClientConfig {
        let (shared, options) = (&self.shared, &self.options);
        let (encoding, settings) = (&shared.encoding, &shared.settings);
        ClientConfig {
            region: self.region().map(str::to_owned),
            endpoint: shared.addresses.configured(),
            service_endpoints: shared.addresses.configured_by_profile(),
            backup_endpoints: shared.backups.configured(),
            backup_root_domains: shared.backups.uses_root_domains(),
            breaker: shared.breakers.is_some(),
            dialect: encoding.dialect,
            parameters_in_url: encoding.in_url,
            allow_secrets_in_url: encoding.allow_secrets_in_url,
            timeouts: shared.timeouts.clone(),
            operation_timeout: options.operation_timeout,
            max_attempts: options.max_attempts,
            max_response_bytes: shared.max_response_bytes,
            fresh_connections: options.fresh_connections,
            language: encoding.language.clone(),
            request_client: encoding.request_client.clone(),
            correct_clock: shared.correct_clock,
            proxy: settings.proxy.clone(),
            ca_files: settings.ca_files.clone(),
            parts: settings.parts.clone(),
        }
    }

    /// Generates a client token, for a caller that needs to know it before the request is sent, for example to
    /// store it. Requests without a token get one automatically.
    ///
    /// # Errors
    ///
    /// If the operating system provides no random bytes.
    pub fn new_client_token(&self) -> Result<String, Error> {
        entropy::uuid_v4(&*self.shared.entropy)
            .map_err(|error| Error::usage("cannot generate a client token").with_source(error))
    }

    /// Calls an action. The type of the request selects the action.
    ///
    /// # Errors
    ///
    /// See [`Error`]. For an action that changes something, check [`Error::outcome_unknown`] first.
    pub async fn send<A: Action>(&self, request: A) -> Result<A::Response, Error> {
        Ok(self.send_with_report(request).await?.0)
    }

    /// Like [`send`](Self::send), and also returns a report of the call: request id, attempts, client token, time.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_with_report<A: Action>(
        &self,
        mut request: A,
    ) -> Result<(A::Response, CallReport), Error> {
        self.send_from(&mut request).await
    }

    /// Like [`send_with_report`](Self::send_with_report); the request is then as the interceptors left it.
    pub(crate) async fn send_from<A: Action>(
        &self,
        request: &mut A,
    ) -> Result<(A::Response, CallReport), Error> {
        let mut response = A::Response::default();
        // Boxed, so that callers compile and hold a small future for every action.
        let output = Box::pin(self.run(A::INFO, request, &mut response)).await?;
        Ok((response, output.report))
    }

    /// Like [`send_with_report`](Self::send_with_report), with members that the type of the request does not have,
    /// because the service added them later. `extra` is a JSON object. New members of a nested object or list item go
    /// into an object or item at the same place, which the request must have: `{}` skips an item of a list.
    ///
    /// A request with extra members that changes something is not retried after an ambiguous attempt, unless it has a
    /// client token. Observers see no value of an extra member, because it may be a secret. If the service repeats a text
    /// of at least 6 characters from one, the text is masked in errors and for observers.
    /// [`CallReport::unknown_members`] has the members of the response that are new too.
    ///
    /// ```no_run
    /// # async fn example<R: cvm_transport::Action>(client: cvm_transport::Client, request: R)
    /// # -> Result<(), cvm_transport::Error> {
    /// use serde_json::json;
    ///
    /// // The request has two data disks, and the second one gets a new member.
    /// let extra = json!({ "SpotDuration": 2, "DataDisks": [{}, { "BurstPerformance": true }] });
    /// let (response, report) = client.send_with(request, extra).await?;
    /// for member in report.unknown_members() {
    ///     println!("{} = {}", member.path, member.value.pretty());
    /// }
    /// # let _ = response;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); and [`Error::is_usage`] if `extra` has a member that the type has, an object or list item that the
    /// request does not have, or a parameter that every request has, such as `Token`; or if the request is sent as pairs and a
    /// member is null or empty, which pairs cannot express.
    pub async fn send_with<A: Action>(
        &self,
        request: A,
        extra: serde_json::Value,
    ) -> Result<(A::Response, CallReport), Error> {
        let extra = ExtraMembers::new(extra, A::INFO.request)
            .map_err(|error| error.with_action(A::INFO.name))?;
        self.with_extra(extra).send_with_report(request).await
    }

    /// Signs a request without sending it.
    ///
    /// # Errors
    ///
    /// [`Error::is_usage`] or [`Error::is_credentials`].
    pub async fn prepare<A: Action>(&self, mut request: A) -> Result<PreparedRequest, Error> {
        Box::pin(pipeline::prepare(&self.shared, &self.options, A::INFO, &mut request)).await
    }

    /// The scheme and host of requests for this action, such as `https://cvm.tencentcloudapi.com`.
    ///
    /// # Errors
    ///
    /// [`Error::is_usage`] if the endpoint depends on the region and the client has none.
    pub fn endpoint_of(&self, info: &ActionInfo) -> Result<String, Error> {
        let region = self.options.region_for(info)?;
        let address = self.shared.addresses.of(info.service, region)?;
        let scheme = if address.is_plain() { "http" } else { "https" };
        Ok(format!("{scheme}://{}", address.authority()))
    }

    /// The correction, in seconds, that signatures add to this machine's clock because an endpoint's clock differs.
    /// Negative if this machine's clock is ahead; 0 if no difference was found. With several endpoints, the largest
    /// correction.
    #[must_use]
    pub fn clock_correction(&self) -> i64 {
        self.shared.skews.largest()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.config()).finish()
    }
}
