//! Builds a client from its configuration.

mod build;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use cvm_signer::Credential;

use crate::client::effective_config::{ConfiguredParts, part_name};
use crate::config::endpoint::Endpoint;
use crate::config::environment::Environment;
use crate::config::timeouts::Timeouts;
use crate::credentials::StaticCredentials;
use crate::credentials::provider::CredentialProvider;
use crate::entropy::Entropy;
use crate::http::client::HttpClient;
use crate::http::default_client::DefaultHttpClientBuilder;
use crate::observe::observer::WireObserver;
use crate::observe::{Interceptor, Metrics};
use crate::rate_limit::rate_limiter::RateLimiter;
use crate::signing::dialect::Dialect;
use crate::time::clock::Clock;

/// The default limit for the size of a response. The service's own limit is higher, but no page comes close to it.
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
    default_http: DefaultHttpClientBuilder,
    http: Option<Arc<dyn HttpClient>>,
    limiter: Option<Arc<dyn RateLimiter>>,
    observer: Option<Arc<dyn WireObserver>>,
    metrics: Option<Arc<dyn Metrics>>,
    interceptors: Vec<Arc<dyn Interceptor>>,
    clock: Option<Arc<dyn Clock>>,
    entropy: Option<Arc<dyn Entropy>>,
    parts: ConfiguredParts,
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
            default_http: DefaultHttpClientBuilder::default(),
            http: None,
            limiter: None,
            observer: None,
            metrics: None,
            interceptors: Vec::new(),
            clock: None,
            entropy: None,
            parts: ConfiguredParts::default(),
        }
    }
}

impl ClientBuilder {
    /// Sets the endpoint. Default: the service's endpoint in the tccli profile, if that differs from the published one;
    /// otherwise the nearest access point.
    pub fn endpoint(mut self, endpoint: impl Into<Endpoint>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Sets backup hosts of the service. They are tried in this order if no byte of a request could be sent to the
    /// [`endpoint`](Self::endpoint), or if its [`breaker`](Self::breaker) is open. Default: none.
    ///
    /// They are written as in [`Endpoint::Custom`]. Each attempt is signed for its host, and the region of the request
    /// does not change. Only requests that are safe to repeat go to another host: reads, requests with a client token,
    /// and requests that set a state which a repetition sets again. All other writes stay at the endpoint. Requests
    /// for a finance region go to no common host of the provider, even if it is listed here.
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

    /// Adds the provider's backup domains, `tencentcloudapi.cn` and then `tencentcloudapi.com.cn`, as backups of
    /// [`Endpoint::Default`] and [`Endpoint::Regional`], after the [named ones](Self::backup_endpoints). Default: no.
    ///
    /// The region in a host name is kept. Finance regions, the international site, the private network, the old
    /// gateway and custom endpoints have no such backup.
    pub fn backup_root_domains(mut self, use_them: bool) -> Self {
        self.backup_root_domains = use_them;
        self
    }

    /// Whether to use a circuit breaker for each host. Default: no.
    ///
    /// The breaker of a host opens for 30 s after 5 consecutive transport failures, or if 75 % of at least 10 requests
    /// within a minute failed that way. Service errors and throttling never count. Then it lets through one read at a
    /// time; three that succeed close it, and so do 30 s without such a read. While it is open, requests go to a
    /// backup. Without a backup they fail at once with [`Error::is_not_sent`](crate::Error::is_not_sent), which for a
    /// write is better than an unknown outcome.
    pub fn breaker(mut self, breaker: bool) -> Self {
        self.breaker = breaker;
        self
    }

    /// Sets the region.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets the credential to sign with.
    pub fn credential(self, credential: Credential) -> Self {
        self.credential_provider(StaticCredentials::new(credential))
    }

    /// Sets the provider that is asked for a credential at each attempt. Default: the
    /// [`CredentialChain`](crate::credentials::CredentialChain), cached.
    ///
    /// The providers of this crate that fetch a credential cache it. Wrap a [`CredentialChain`](crate::credentials::CredentialChain),
    /// and a provider of your own that fetches, in [`CachedCredentials`](crate::credentials::CachedCredentials). A provider that
    /// calls the Security Token Service does so with the HTTP client and the timeouts of this client.
    pub fn credential_provider(mut self, provider: impl CredentialProvider) -> Self {
        self.parts.credentials = Some(part_name(&provider));
        self.credentials = Some(Arc::new(provider));
        self
    }

    /// Sends requests without a signature, for the few calls that are made before there is a credential.
    pub(crate) fn unsigned(mut self) -> Self {
        self.unsigned = true;
        self
    }

    /// Takes no setting from outside the program: no environment variable, no credential or profile file, and no role of the
    /// instance. Region and credential must then be set here; without a credential, each call fails with
    /// [`Error::is_credentials`](crate::Error::is_credentials).
    ///
    /// Only the certificate authorities that the platform trusts stay in use. On Linux, `SSL_CERT_FILE` and `SSL_CERT_DIR`
    /// replace them.
    pub fn without_environment(self) -> Self {
        self.in_environment(Environment::none())
    }

    pub(crate) fn in_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Sets the proxy: `http`, `https`, `socks5`, `socks4`, or `socks5h` and `socks4a`, where the proxy resolves host
    /// names. Default: `HTTPS_PROXY`, then `ALL_PROXY`. Loopback endpoints are always called directly. An invalid
    /// variable fails only the calls that would use its proxy.
    ///
    /// A proxy that requires a user name or password (407) is not retried. Of any other error status of a proxy, the
    /// HTTP library reports only that the tunnel failed.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.default_http = self.default_http.proxy(url);
        self
    }

    /// Sets the hosts that are called without a proxy, separated by commas: domains including their subdomains,
    /// addresses, and networks such as `10.0.0.0/8`. `host:port` exempts only this port. Default: `NO_PROXY`.
    pub fn no_proxy(mut self, hosts: impl Into<String>) -> Self {
        self.default_http = self.default_http.no_proxy(hosts);
        self
    }

    /// Adds the certificate authorities in this PEM file to the platform's, for example those of a proxy that inspects
    /// TLS.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.default_http = self.default_http.ca_file(path);
        self
    }

    /// Adds the certificate authorities in this PEM text to the platform's, for example that of an emulator in the same
    /// process.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.default_http = self.default_http.ca_pem(pem);
        self
    }

    /// Sets how requests are encoded and signed. Default: TC3 with a JSON body.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// In the v1 and old-gateway dialects, sends all parameters in the URL of a `GET`. Default: no.
    ///
    /// Requests with secrets, and temporary credentials, are then rejected; see
    /// [`allow_secrets_in_url`](Self::allow_secrets_in_url).
    pub fn parameters_in_url(mut self, in_url: bool) -> Self {
        self.in_url = in_url;
        self
    }

    /// Allows secrets in the URL, **for a loopback endpoint only**: it has no effect for any other endpoint. Default:
    /// no.
    pub fn allow_secrets_in_url(mut self, allow: bool) -> Self {
        self.allow_secrets_in_url = allow;
        self
    }

    /// Sets the timeouts.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Sets the maximum number of attempts of one call. Default: 4, or 3 for the retry class
    /// [`Convergent`](cvm_protocol::RetryClass::Convergent). With 1, a request is sent again only after the service rejected
    /// it because of a wrong clock or an expired token.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Sets the maximum size of a response, in bytes. Default: 16 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Sets the language of the service's messages, `en-US` or `zh-CN`. Default: the service's own choice.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Sets a label that identifies this caller in the service's logs: at most 128 characters out of
    /// `0-9a-zA-Z-_,;.`.
    pub fn request_client(mut self, label: impl Into<String>) -> Self {
        self.request_client = Some(label.into());
        self
    }

    /// Whether to sign with the endpoint's time after this machine's clock proved wrong. Default: yes.
    pub fn correct_clock(mut self, correct: bool) -> Self {
        self.correct_clock = correct;
        self
    }

    /// Uses this HTTP client instead of the default one. To add to the default one, wrap a
    /// [`DefaultHttpClient`](crate::http::DefaultHttpClient). Its proxy and its certificate authorities are then set on
    /// [`DefaultHttpClient::builder`](crate::http::DefaultHttpClient::builder), not here.
    pub fn http(mut self, http: impl HttpClient) -> Self {
        self.parts.http = part_name(&http);
        self.http = Some(Arc::new(http));
        self
    }

    /// Uses this rate limiter. Default: [`DocumentedRateLimiter`](crate::rate_limit::DocumentedRateLimiter).
    pub fn rate_limiter(mut self, limiter: impl RateLimiter) -> Self {
        self.parts.rate_limiter = part_name(&limiter);
        self.limiter = Some(Arc::new(limiter));
        self
    }

    /// Passes every request and response to this observer, with secrets masked.
    pub fn wire_observer(mut self, observer: impl WireObserver) -> Self {
        self.parts.wire_observer = Some(part_name(&observer));
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Reports every attempt and call to this sink.
    pub fn metrics(mut self, metrics: impl Metrics) -> Self {
        self.parts.metrics = Some(part_name(&metrics));
        self.metrics = Some(Arc::new(metrics));
        self
    }

    /// Adds an interceptor, which sees and may change each request before it is signed, and sees each response.
    ///
    /// With several, the first one sees a request first and its response last.
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.parts.interceptors.push(part_name(&interceptor));
        self.interceptors.push(Arc::new(interceptor));
        self
    }

    /// Uses this clock for timestamps. For tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Uses this source for nonces, client tokens, trace ids and jitter. For tests.
    pub fn entropy(mut self, entropy: impl Entropy) -> Self {
        self.entropy = Some(Arc::new(entropy));
        self
    }
}
