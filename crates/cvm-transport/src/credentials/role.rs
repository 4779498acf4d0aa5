//! The role of the CVM instance that this program runs on, from the instance's metadata service.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cvm_protocol::{ModelInfo, NameIndex};
use http::header::{ACCEPT_ENCODING, HOST};
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::Instant;

use super::{CredentialProviderError, CredentialSnapshot, reply};
use crate::PreparedRequest;
use crate::http::client::SendProgress;
use crate::http::exchange::{Limits, exchange};
use crate::http::proxy::Proxies;
use crate::http::reqwest_client::ReqwestHttp;

const AUTHORITY: &str = "metadata.tencentyun.com";
const PATH: &str = "/latest/meta-data/cam/security-credentials/";
/// The service is one hop away: whatever takes longer is not it.
const CONNECT: Duration = Duration::from_secs(1);
const TOTAL: Duration = Duration::from_secs(2);
const LARGEST: usize = 64 * 1024;

static NOTHING: ModelInfo = ModelInfo {
    name: "Nothing",
    members: &[],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[NameIndex::NONE] },
};

/// Asks the metadata service for the credential of the role that is bound to this instance.
///
/// The request goes unencrypted over the instance's own link-local network, never through a proxy and
/// never along a redirect. Outside an instance the service does not exist.
#[derive(Debug)]
pub struct RoleCredentials {
    authority: String,
    http: ReqwestHttp,
    /// The longest that both requests together may take.
    total: Duration,
}

impl Default for RoleCredentials {
    fn default() -> Self {
        Self::new()
    }
}

impl RoleCredentials {
    /// Asks the metadata service of this instance.
    #[must_use]
    pub fn new() -> Self {
        Self::within(AUTHORITY.to_owned(), CONNECT, TOTAL)
    }

    pub(super) fn within(authority: String, connect: Duration, total: Duration) -> Self {
        let http = ReqwestHttp::new(connect, Proxies::default(), Vec::new());
        Self { authority, http, total }
    }

    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        const WHAT: &str = "answer of the metadata service";
        let deadline = Instant::now() + self.total;
        let name = self.get("", deadline).await?;
        let name = std::str::from_utf8(&name).unwrap_or_default().trim();
        if !is_role_name(name) {
            return Err(CredentialProviderError::broken(format!("{WHAT} is no role name")));
        }
        let text = self.get(name, deadline).await?;
        let record = reply::read(&reply::ROLE_REPLY, &text, WHAT)?;
        let member = |name| reply::text(&record, name);
        if member("Code") != Some("Success") {
            return Err(CredentialProviderError::transient(format!("{WHAT} reports no success")));
        }
        let (id, key, token) = (member("TmpSecretId"), member("TmpSecretKey"), member("Token"));
        let expires_at = reply::end(&record, "ExpiredTime")
            .map_err(|why| CredentialProviderError::broken(format!("{WHAT} {why}")))?;
        if token.is_none() || expires_at.is_none() {
            return Err(CredentialProviderError::broken(format!("{WHAT} lacks token or end")));
        }
        reply::snapshot(id, key, token, expires_at, WHAT).map(Arc::new)
    }

    async fn get(&self, name: &str, deadline: Instant) -> Result<Bytes, CredentialProviderError> {
        let mut headers = HeaderMap::new();
        let host = HeaderValue::from_str(&self.authority);
        headers.insert(HOST, host.unwrap_or(HeaderValue::from_static(AUTHORITY)));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let request = PreparedRequest {
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
            leave_by: deadline,
            first_byte: deadline,
            body_idle,
            max_body: LARGEST,
            keeps_unusable: false,
        };
        match exchange(&self.http, request, &SendProgress::new(false), &limits).await {
            Ok(answer) if answer.status == 200 => Ok(answer.body),
            Ok(answer) if answer.status == 404 => {
                Err(CredentialProviderError::missing("no role is bound to this instance"))
            }
            Ok(answer) => Err(CredentialProviderError::transient(format!(
                "metadata service answered with HTTP {}",
                answer.status
            ))),
            Err(broken) => Err(CredentialProviderError::unreachable(format!(
                "metadata service is not reachable (not on an instance?): {}",
                broken.message
            ))),
        }
    }
}

super::fetches_anew!(RoleCredentials);

/// One path segment and nothing else: the name comes from the network and goes into a URL.
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
