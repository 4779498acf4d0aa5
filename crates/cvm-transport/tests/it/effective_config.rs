//! The configuration that a client tells: complete, and without secrets.

use std::time::Duration;

use cvm_transport::config::{Dialect, Endpoint};
use cvm_transport::credentials::{CachedCredentials, CredentialChain, StaticCredentials};
use cvm_transport::rate_limit::NoRateLimit;
use cvm_transport::{Client, Credential};

use crate::fake_service::{FakeService, Reply};

#[test]
fn config_shows_settings_and_defaults() {
    let client = Client::builder()
        .without_environment()
        .region("ap-tokyo")
        .endpoint("HTTPS://CVM.example.com:8443/")
        .backup_endpoints(["backup.example.com"])
        .breaker(true)
        .dialect(Dialect::V1Sha256)
        .parameters_in_url(true)
        .max_attempts(2)
        .max_response_bytes(1024)
        .language("en-US")
        .request_client("fleet-7")
        .correct_clock(false)
        .rate_limiter(NoRateLimit)
        .build()
        .unwrap();
    let config = client.config();
    assert_eq!(config.region.as_deref(), Some("ap-tokyo"));
    assert_eq!(config.endpoint, Endpoint::Custom("https://cvm.example.com:8443".into()));
    assert_eq!(config.backup_endpoints, [Endpoint::from("https://backup.example.com")]);
    assert!(config.breaker && config.parameters_in_url && !config.correct_clock);
    assert_eq!((config.dialect, config.max_attempts), (Dialect::V1Sha256, Some(2)));
    assert_eq!((config.max_response_bytes, config.language.as_deref()), (1024, Some("en-US")));
    assert!(config.request_client.ends_with("; fleet-7"), "{}", config.request_client);
    assert_eq!(config.parts.rate_limiter, "NoRateLimit");
    assert_eq!(config.parts.credentials, None, "nothing was given, and nothing is searched");
    assert!(!config.fresh_connections && config.operation_timeout.is_none());

    let other = client
        .in_region("ap-seoul")
        .with_operation_timeout(Duration::from_secs(7))
        .with_max_attempts(1)
        .with_fresh_connections();
    let config = other.config();
    assert_eq!(config.region.as_deref(), Some("ap-seoul"));
    assert_eq!(config.operation_timeout, Some(Duration::from_secs(7)));
    assert!(config.fresh_connections && config.max_attempts == Some(1));
    assert_eq!(client.config().max_attempts, Some(2), "the original is unchanged");
}

#[test]
fn config_names_replaced_parts_by_their_types() {
    let fake = FakeService::new(|_, _| Reply::healthy());
    let chain = CachedCredentials::new(CredentialChain::new());
    let config = fake.builder().credential_provider(chain).build().unwrap().config();
    assert_eq!(config.parts.credentials.as_deref(), Some("CachedCredentials<CredentialChain>"));
    assert_eq!(config.parts.http, "FakeService");
}

#[test]
fn config_names_the_default_parts_and_those_declared_in_a_function() {
    // Nothing is read from the environment before the first call.
    let builder = Client::builder().region("ap-tokyo").endpoint("https://cvm.example.com");
    let config = builder.interceptor(local_policy()).build().unwrap().config();
    assert_eq!(config.parts.credentials.as_deref(), Some("CachedCredentials<CredentialChain>"));
    assert_eq!(config.parts.interceptors, ["Policy"]);
}

/// A type that is declared in a closure.
fn local_policy() -> impl cvm_transport::observe::Interceptor {
    let policy = || {
        #[derive(Debug)]
        struct Policy;
        impl cvm_transport::observe::Interceptor for Policy {}
        Policy
    };
    policy()
}

/// Its `Debug` shows a password, as a careless implementation would.
#[derive(Debug)]
struct Careless(#[expect(dead_code, reason = "only `Debug` reads it")] &'static str);

impl cvm_transport::observe::Metrics for Careless {}
impl cvm_transport::observe::WireObserver for Careless {
    fn request(
        &self,
        _: &cvm_transport::observe::Exchange<'_>,
        _: &cvm_transport::http::MaskedRequest,
    ) {
    }
    fn response(
        &self,
        _: &cvm_transport::observe::Exchange<'_>,
        _: &cvm_transport::observe::MaskedResponse,
    ) {
    }
}
impl cvm_transport::observe::Interceptor for Careless {}

#[test]
fn config_contains_no_secret() {
    let credential =
        Credential::temporary("AKIDEXAMPLE", "canary-secret-key", "canary-token").unwrap();
    let builder = Client::builder()
        .without_environment()
        .region("ap-guangzhou")
        .proxy("http://canary-user:canary-password@proxy.example.com:3128")
        .credential_provider(StaticCredentials::new(credential))
        .metrics(Careless("canary-metrics"))
        .wire_observer(Careless("canary-observer"))
        .interceptor(Careless("canary-interceptor"));
    assert!(!format!("{builder:?} {builder:#?}").contains("canary"));
    let client = builder.build().unwrap();
    let config = client.config();
    let shown = format!("{client:?} {client:#?} {config:?}");
    assert!(!shown.contains("canary"), "{shown}");
    assert!(!shown.contains("AKIDEXAMPLE"), "{shown}");
    assert_eq!(config.proxy.as_deref(), Some("proxy.example.com:3128 (`proxy(…)`)"));
    assert_eq!(config.parts.interceptors, ["Careless"]);
}
