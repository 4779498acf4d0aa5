//! Everything that can be said about a client before it exists.

pub(crate) mod endpoint;
pub(crate) mod environment;
pub(crate) mod region;
pub(crate) mod timeouts;

mod build;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use cvm_signer::Credential;

use crate::clock::Clock;
use crate::config::environment::Environment;
use crate::credentials::{CredentialProvider, StaticCredentials};
use crate::entropy::Entropy;
use crate::http::client::HttpClient;
use crate::observe::observer::WireObserver;
use crate::rate_limit::RateLimiter;
use crate::{Dialect, Endpoint, Interceptor, Metrics, Timeouts};

/// Largest answer that is read. The service's own limit is higher, but no page of it comes close.
const MAX_RESPONSE: usize = 16 * 1024 * 1024;

/// Builds a [`Client`](crate::Client).
///
/// ```
/// use cvm_transport::{Client, Credential};
///
/// let client = Client::builder()
///     .endpoint("http://127.0.0.1:8080")
///     .credential(Credential::new("AKIDEXAMPLE", "a-secret-key")?)
///     .region("ap-guangzhou")
///     .build()?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct ClientBuilder {
    environment: Environment,
    endpoint: Option<Endpoint>,
    backups: Vec<String>,
    backup_root_domains: bool,
    breaker: bool,
    region: Option<String>,
    credentials: Option<Arc<dyn CredentialProvider>>,
    unsigned: bool,
    dialect: Dialect,
    in_url: bool,
    allow_secrets_in_url: bool,
    timeouts: Timeouts,
    max_attempts: Option<u32>,
    max_response_bytes: usize,
    language: Option<String>,
    request_client: Option<String>,
    correct_clock: bool,
    proxy: Option<String>,
    no_proxy: Option<String>,
    ca_files: Vec<PathBuf>,
    http: Option<Arc<dyn HttpClient>>,
    limiter: Option<Arc<dyn RateLimiter>>,
    observer: Option<Arc<dyn WireObserver>>,
    metrics: Option<Arc<dyn Metrics>>,
    interceptor: Option<Arc<dyn Interceptor>>,
    clock: Option<Arc<dyn Clock>>,
    entropy: Option<Arc<dyn Entropy>>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("region", &self.region)
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            endpoint: None,
            backups: Vec::new(),
            backup_root_domains: false,
            breaker: false,
            region: None,
            credentials: None,
            unsigned: false,
            dialect: Dialect::default(),
            in_url: false,
            allow_secrets_in_url: false,
            timeouts: Timeouts::default(),
            max_attempts: None,
            max_response_bytes: MAX_RESPONSE,
            language: None,
            request_client: None,
            correct_clock: true,
            proxy: None,
            no_proxy: None,
            ca_files: Vec::new(),
            http: None,
            limiter: None,
            observer: None,
            metrics: None,
            interceptor: None,
            clock: None,
            entropy: None,
        }
    }
}

impl ClientBuilder {
    /// Which address to call. Default: the address of the service in the tccli profile, if that names another
    /// than the published one, else the nearest access point.
    pub fn endpoint(mut self, endpoint: impl Into<Endpoint>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Other hosts for the same service, tried in this order when no byte of a request could be sent to
    /// the [`endpoint`](Self::endpoint), or when its [`breaker`](Self::breaker) is open. Default: none.
    ///
    /// They are written as in [`Endpoint::Custom`]. Every host gets a signature of its own, and the
    /// region of the request stays what it is. Only requests that may be repeated go to another host:
    /// readings, those with a client token, and those that set a state which a repeat sets again.
    /// Whatever costs or destroys stays at the endpoint. A finance region goes to no common host of the
    /// provider, even if it is named here.
    ///
    /// ```
    /// # fn main() -> Result<(), cvm_transport::Error> {
    /// let client = cvm_transport::Client::builder()
    ///     .region("ap-shanghai")
    ///     .backup_endpoints(["cvm.ap-guangzhou.tencentcloudapi.com"])
    ///     .breaker(true)
    ///     .build()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    pub fn backup_endpoints(mut self, urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.backups = urls.into_iter().map(Into::into).collect();
        self
    }

    /// Takes the provider's backup domains, `tencentcloudapi.cn` and then `tencentcloudapi.com.cn`, for
    /// backups of [`Endpoint::Default`] and [`Endpoint::Regional`], after the
    /// [named ones](Self::backup_endpoints). Default: no.
    ///
    /// The region in a host name is kept. Finance regions, the international site, the private network,
    /// the older gateway and custom endpoints have no such backup.
    pub fn backup_root_domains(mut self, use_them: bool) -> Self {
        self.backup_root_domains = use_them;
        self
    }

    /// Whether to stop calling a host that does not answer. Default: no.
    ///
    /// A host is shut out for 30 s after 5 transport failures in a row, or when three quarters of at
    /// least 10 requests within a minute failed so; refusals and throttling never count. After that one
    /// reading at a time is let through, and three that succeed open the host to all again; so does half
    /// a minute in which nobody probed. Meanwhile requests go to a backup, and where there is none for
    /// them they fail at once with [`Error::is_not_sent`](crate::Error::is_not_sent): for a request that costs or destroys that is
    /// a clear answer instead of an unknown outcome.
    pub fn breaker(mut self, breaker: bool) -> Self {
        self.breaker = breaker;
        self
    }

    /// The region whose resources are meant.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Signs with this credential.
    pub fn credential(self, credential: Credential) -> Self {
        self.credential_provider(StaticCredentials::new(credential))
    }

    /// Asks this provider for a credential at each attempt. Default: the [`CredentialChain`](crate::CredentialChain), cached.
    ///
    /// Wrap a provider that fetches from somewhere in [`CachedCredentials`](crate::CachedCredentials).
    pub fn credential_provider(self, provider: impl CredentialProvider) -> Self {
        self.shared_credentials(Arc::new(provider))
    }

    pub(crate) fn shared_credentials(mut self, provider: Arc<dyn CredentialProvider>) -> Self {
        self.credentials = Some(provider);
        self
    }

    /// Sends without a signature, for the few calls that are made before there is a credential.
    pub(crate) fn unsigned(mut self) -> Self {
        self.unsigned = true;
        self
    }

    /// Takes nothing from environment variables and profile files: neither region nor endpoint nor
    /// credential nor proxy.
    pub fn without_environment(self) -> Self {
        self.in_environment(Environment::none())
    }

    pub(crate) fn in_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Goes through this proxy: `http`, `https`, `socks5`, `socks4`, or `socks5h` and `socks4a`, where the
    /// proxy looks names up. Default: `HTTPS_PROXY`, then `ALL_PROXY`. Loopback endpoints are always called
    /// directly. A variable that cannot be read fails only calls that would go through its proxy.
    ///
    /// A proxy that asks for another user name or password (407) is not tried again. Of every other status
    /// that a proxy answers with, the HTTP library tells only that the tunnel was refused.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Hosts that are called directly: domains, which include what is below them, addresses, and
    /// networks such as `10.0.0.0/8`, with commas between. `host:port` is for this port alone. Default:
    /// `NO_PROXY`.
    pub fn no_proxy(mut self, hosts: impl Into<String>) -> Self {
        self.no_proxy = Some(hosts.into());
        self
    }

    /// Trusts the certificate authorities in this PEM file beside the platform's, for example those of
    /// a proxy that opens TLS.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_files.push(path.into());
        self
    }

    /// How requests are written and signed. Default: TC3 with a JSON body.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// In the v1 and old-gateway dialects, puts all parameters into the URL of a `GET`. Default: no.
    ///
    /// Requests with secrets, and temporary credentials, are then refused; see
    /// [`allow_secrets_in_url`](Self::allow_secrets_in_url).
    pub fn parameters_in_url(mut self, in_url: bool) -> Self {
        self.in_url = in_url;
        self
    }

    /// Lets secrets stand in the URL, **for a loopback endpoint only**: for any other endpoint the
    /// permission has no effect. Default: no.
    pub fn allow_secrets_in_url(mut self, allow: bool) -> Self {
        self.allow_secrets_in_url = allow;
        self
    }

    /// Time limits.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Most attempts of one call. Default: as the action's retry class says, 3 or 4. With 1 nothing
    /// is ever sent twice.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Most bytes of an answer. Default: 16 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Language of the service's messages, `en-US` or `zh-CN`. Default: the service's own choice.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// A label by which the service's logs tell this caller from others: at most 128 characters from
    /// `0-9a-zA-Z-_,;.`.
    pub fn request_client(mut self, label: impl Into<String>) -> Self {
        self.request_client = Some(label.into());
        self
    }

    /// Whether to sign with the endpoint's time once this machine's clock proved wrong. Default: yes.
    pub fn correct_clock(mut self, correct: bool) -> Self {
        self.correct_clock = correct;
        self
    }

    /// Sends through this HTTP implementation instead of the client's own.
    pub fn http(mut self, http: impl HttpClient) -> Self {
        self.http = Some(Arc::new(http));
        self
    }

    /// Asks this limiter before each attempt. Default: [`DocumentedRateLimiter`](crate::DocumentedRateLimiter).
    pub fn rate_limiter(mut self, limiter: impl RateLimiter) -> Self {
        self.limiter = Some(Arc::new(limiter));
        self
    }

    /// Shows every request and answer to this observer, secrets masked.
    pub fn wire_observer(mut self, observer: impl WireObserver) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Reports every attempt and call to this.
    pub fn metrics(mut self, metrics: impl Metrics) -> Self {
        self.metrics = Some(Arc::new(metrics));
        self
    }

    /// Runs this before each attempt is signed and after each answer.
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.interceptor = Some(Arc::new(interceptor));
        self
    }

    /// Takes timestamps from this clock. For tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Takes nonces, client tokens, trace ids and jitter from this source. For tests.
    pub fn entropy(mut self, entropy: impl Entropy) -> Self {
        self.entropy = Some(Arc::new(entropy));
        self
    }
}
