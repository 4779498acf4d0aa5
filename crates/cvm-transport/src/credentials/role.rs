//! The credential of the CVM instance's role, from its metadata service.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cvm_protocol::{ModelInfo, NameIndex};
use http::header::{ACCEPT_ENCODING, HOST};
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::Instant;

use super::cached_provider::cached_provider;
use super::document;
use super::provider::{CredentialProviderError, CredentialSnapshot, provider_by_read};
use crate::http::PreparedRequest;
use crate::http::client::SendProgress;
use crate::http::exchange::{Limits, exchange};
use crate::http::proxy::Proxies;
use crate::http::reqwest_client::DefaultHttpClient;

const AUTHORITY: &str = "metadata.tencentyun.com";
const PATH: &str = "/latest/meta-data/cam/security-credentials/";
/// The service is one hop away: a slower response comes from something else.
const CONNECT: Duration = Duration::from_secs(1);
const TOTAL: Duration = Duration::from_secs(2);
const MAX_RESPONSE: usize = 64 * 1024;

static NOTHING: ModelInfo = ModelInfo {
    name: "Nothing",
    members: &[],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[NameIndex::NONE] },
};

cached_provider! {
    /// The credential of the role that is bound to this instance, from the metadata service. It is cached as by
    /// [`CachedCredentials`](crate::credentials::CachedCredentials); clones share the cache.
    ///
    /// The request is sent unencrypted over the instance's link-local network, never through a proxy and never along a
    /// redirect. Outside of an instance the service does not exist.
    RoleCredentials(InstanceRole)
}

impl RoleCredentials {
    /// Uses the metadata service of this instance.
    #[must_use]
    pub fn new() -> Self {
        Self::of(InstanceRole::new())
    }
}

impl Default for RoleCredentials {
    fn default() -> Self {
        Self::new()
    }
}

/// Fetches the credential of the instance's role at each read.
#[derive(Debug)]
pub(super) struct InstanceRole {
    authority: String,
    http: DefaultHttpClient,
    /// The timeout for both requests together.
    total: Duration,
}

impl InstanceRole {
    pub(super) fn new() -> Self {
        Self::within(AUTHORITY.to_owned(), CONNECT, TOTAL)
    }

    pub(super) fn within(authority: String, connect: Duration, total: Duration) -> Self {
        let http = DefaultHttpClient::new(connect, Proxies::default(), Vec::new());
        Self { authority, http, total }
    }

    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        const WHAT: &str = "response of the metadata service";
        let deadline = Instant::now() + self.total;
        let name = self.fetch("", deadline).await?;
        let name = std::str::from_utf8(&name).unwrap_or_default().trim();
        if !is_role_name(name) {
            return Err(CredentialProviderError::broken(format!("{WHAT} is not a role name")));
        }
        let text = self.fetch(name, deadline).await?;
        let record = document::read(&document::ROLE_RESPONSE, &text, WHAT)?;
        let member = |name| document::text(&record, name);
        if member("Code") != Some("Success") {
            return Err(CredentialProviderError::transient(format!(
                "{WHAT} does not report success"
            )));
        }
        let (id, key, token) = (member("TmpSecretId"), member("TmpSecretKey"), member("Token"));
        let expires_at = document::expiry(&record, "ExpiredTime")
            .map_err(|why| CredentialProviderError::broken(format!("{WHAT} {why}")))?;
        if token.is_none() || expires_at.is_none() {
            return Err(CredentialProviderError::broken(format!(
                "{WHAT} lacks the token or the expiry"
            )));
        }
        document::snapshot(id, key, token, expires_at, WHAT).map(Arc::new)
    }

    async fn fetch(&self, name: &str, deadline: Instant) -> Result<Bytes, CredentialProviderError> {
        let mut headers = HeaderMap::new();
        #[expect(clippy::expect_used, reason = "the authority is a constant, or a test's address")]
        let host = HeaderValue::from_str(&self.authority).expect("a host is a valid header value");
        headers.insert(HOST, host);
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let request = PreparedRequest {
            service: "metadata",
            action: "metadata",
            table: &NOTHING,
            method: Method::GET,
            url: format!("http://{}{PATH}{name}", self.authority).into(),
            parsed_url: None,
            authority: self.authority.as_str().into(),
            headers,
            body: Bytes::new(),
            client_token: None,
        };
        let body_idle = self.total;
        let limits = Limits {
            deadline,
            latest_send: deadline,
            first_byte: deadline,
            body_idle,
            max_body: MAX_RESPONSE,
            keeps_unusable: false,
        };
        match exchange(&self.http, request, &SendProgress::new(false), &limits).await {
            Ok(response) if response.status == 200 => Ok(response.body),
            Ok(response) if response.status == 404 => {
                Err(CredentialProviderError::missing("no role is bound to this instance"))
            }
            Ok(response) => Err(CredentialProviderError::transient(format!(
                "metadata service responded with HTTP {}",
                response.status
            ))),
            Err(error) => Err(CredentialProviderError::unreachable(format!(
                "metadata service is not reachable (not on an instance?): {}",
                error.message
            ))),
        }
    }
}

provider_by_read!(InstanceRole);

/// Whether a name is a single path segment: it comes from the network and becomes part of a URL.
fn is_role_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'+' | b'=' | b',' | b'.' | b'@' | b'-')
        })
        && name.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests;
