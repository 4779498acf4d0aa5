//! The emulated cloud of the tests: its router without a socket, or over loopback with a client of any dialect.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use cvm_emulator::{Builder, ChcServer, Emulator, Repair, Timestamp};
use cvm_models::config::Dialect;
use cvm_models::rate_limit::NoRateLimit;
use cvm_models::{Client, ClientBuilder, Credential};
use cvm_protocol::{Record, json};
use http::{Request, header};
use serde_json::Value;
use tower::ServiceExt;

/// The real time of every request here, in Unix seconds.
pub const NOW: u64 = 1_700_000_000;

pub const REGION: &str = "ap-guangzhou";

/// The key pair of the published signature samples, the only one in this crate.
pub const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
pub const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

pub fn credential() -> Credential {
    Credential::new(SECRET_ID, SECRET_KEY).unwrap()
}

/// A token of an identity provider that [`Cloud::new`] accepts.
pub const WEB_IDENTITY_TOKEN: &str = "header.claims.signature";

/// A cloud with fixed random values, whose clock stands still until the test advances it.
pub fn builder() -> Builder {
    Emulator::builder()
        .seed(7)
        .manual()
        .start_time(Timestamp::from_unix(NOW))
        .credential(credential())
}

/// A cloud and its router, used without a socket.
pub struct Cloud {
    inner: cvm_emulator::Cloud,
    router: Router,
}

impl Cloud {
    pub fn new() -> Self {
        Self::of(builder().wall_clock(|| NOW).web_identity_token(WEB_IDENTITY_TOKEN))
    }

    pub fn of(builder: Builder) -> Self {
        let inner = builder.build().unwrap();
        let router = cvm_emulator::router(&inner);
        Self { inner, router }
    }

    pub async fn send(&self, request: Request<Bytes>) -> ApiResponse {
        let response = self.router.clone().oneshot(request.map(Body::from)).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let content_type = parts.headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes());
        assert_eq!(parts.status, 200, "{}", String::from_utf8_lossy(&body));
        // The official Python SDK misses errors under any other content type.
        assert_eq!(content_type, Some(&b"application/json"[..]));
        ApiResponse(serde_json::from_slice(&body).unwrap())
    }

    /// Advances the clock by a minute, which completes any operation.
    pub fn wait_a_minute(&self) {
        self.wait(Duration::from_secs(60));
    }

    pub fn wait(&self, time: Duration) {
        self.inner.clock().advance(time);
    }

    /// Adds CHC hosts, each with its own serial number. Returns their ids.
    pub fn add_chc_hosts<const N: usize>(&self) -> [String; N] {
        std::array::from_fn(|number| {
            let server = ChcServer::new("ap-guangzhou-3", format!("SN-{number}"));
            self.inner.add_chc_host(&server).unwrap()
        })
    }

    /// Announces maintenance of an instance. Returns the id of the task.
    pub fn schedule_repair(&self, instance: &str) -> String {
        self.inner.schedule_repair(&Repair::new(REGION, instance)).unwrap()
    }
}

/// The response: the whole envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiResponse(pub Value);

impl ApiResponse {
    pub fn members(&self) -> &Value {
        &self.0["Response"]
    }

    /// The error code; `None` for a success.
    pub fn code(&self) -> Option<&str> {
        self.members()["Error"]["Code"].as_str()
    }

    pub fn message(&self) -> &str {
        self.members()["Error"]["Message"].as_str().unwrap_or_default()
    }

    /// Asserts that the response has every always present member, and no unknown one.
    pub fn assert_as_specified(&self, action: &str) {
        if self.code().is_none() {
            let mut record = Record::new(cvm_models::action(action).unwrap().response);
            let text = self.members().to_string();
            let report = json::from_slice_strict(&mut record, text.as_bytes()).unwrap();
            assert!(report.is_clean(), "{action}: {:?} {:?}", report.missing, report.drifts);
        }
    }

    /// The strings of a list member.
    pub fn list(&self, member: &str) -> Vec<String> {
        let items = self.members()[member].as_array().unwrap_or_else(|| panic!("{self:?}"));
        items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    }
}

/// A client of the public endpoints that ignores the environment.
pub fn public_client() -> ClientBuilder {
    Client::builder().without_environment().credential(credential()).region(REGION)
}

/// A client for a URL, with the key pair of the samples.
///
/// The documented rates are not tested here, and secrets in a URL only reach loopback.
pub fn client_for(url: &str) -> ClientBuilder {
    public_client().endpoint(url).allow_secrets_in_url(true).rate_limiter(NoRateLimit)
}

/// The client of a running emulator, in the given dialect.
pub fn client(emulator: &Emulator, dialect: Dialect) -> Client {
    client_for(emulator.url()).dialect(dialect).build().unwrap()
}
