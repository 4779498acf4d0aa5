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
use crate::config::endpoint::Origin;
use crate::config::environment::Environment;
use crate::http::PreparedRequest;
use crate::http::client::SendProgress;
use crate::http::exchange::{Limits, exchange};
use crate::http::proxy::Proxies;
use crate::http::reqwest_client::DefaultHttpClient;

const AUTHORITY: &str = "metadata.tencentyun.com";
/// Names another metadata service, such as that of an emulator. No official tool has such a variable.
const VARIABLE: &str = "CVM_METADATA_ENDPOINT";
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
    /// redirect. Outside of an instance the service does not exist. `CVM_METADATA_ENDPOINT` names another one, such as that
    /// of `cvm emulator --metadata`: an `http://` URL of a literal loopback address.
    RoleCredentials(InstanceRole)
}

impl RoleCredentials {
    /// Uses the metadata service of this instance.
    #[must_use]
    pub fn new() -> Self {
        Self::of(InstanceRole::new(&Environment::default()))
    }

    /// Sets the endpoint of the metadata service: an `http://` URL of a literal loopback address. Default: that in
    /// `CVM_METADATA_ENDPOINT`, otherwise the service of this instance. Any other URL is an error when a credential is
    /// needed.
    #[must_use]
    pub fn endpoint(self, url: impl AsRef<str>) -> Self {
        let authority = loopback_authority(url.as_ref());
        Self::of(InstanceRole { authority, ..InstanceRole::within(String::new(), CONNECT, TOTAL) })
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
    /// Host and port, or why the configured ones cannot be used.
    authority: Result<String, String>,
    http: DefaultHttpClient,
    /// The timeout for both requests together.
    total: Duration,
}

impl InstanceRole {
    pub(super) fn new(environment: &Environment) -> Self {
        let authority = match environment.text(VARIABLE) {
            Ok(None) => Ok(AUTHORITY.to_owned()),
            Ok(Some(url)) => loopback_authority(&url).map_err(|why| format!("{VARIABLE}: {why}")),
            Err(why) => Err(why),
        };
        Self { authority, ..Self::within(String::new(), CONNECT, TOTAL) }
    }

    pub(super) fn within(authority: String, connect: Duration, total: Duration) -> Self {
        let http = DefaultHttpClient::new(connect, Proxies::default(), Vec::new());
        Self { authority: Ok(authority), http, total }
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
        let authority = self
            .authority
            .as_deref()
            .map_err(|why| CredentialProviderError::broken(why.clone()))?;
        #[expect(
            clippy::expect_used,
            reason = "the authority is a constant, or a loopback address"
        )]
        let host = HeaderValue::from_str(authority).expect("a host is a valid header value");
        headers.insert(HOST, host);
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let request = PreparedRequest {
            service: "metadata",
            action: "metadata",
            table: &NOTHING,
            method: Method::GET,
            url: format!("http://{authority}{PATH}{name}").into(),
            parsed_url: None,
            authority: authority.into(),
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

/// Host and port of a URL. Its scheme is plain HTTP, so its host must be a literal loopback address.
fn loopback_authority(url: &str) -> Result<String, String> {
    const EXPECTED: &str = "endpoint must be the http:// URL of a literal loopback address, such as \
                            http://127.0.0.1:8601";
    let origin = Origin::parse(url).map_err(|_| EXPECTED)?;
    let url = origin.url();
    Ok(url.strip_prefix("http://").ok_or(EXPECTED)?.to_owned())
}

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
