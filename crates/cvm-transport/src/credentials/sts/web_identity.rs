//! Assumes a role with a token that the platform signed.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use cvm_protocol::{Record, set_number, set_text, utf8_text};
use zeroize::Zeroizing;

use super::actions::{ASSUME_ROLE_WITH_WEB_IDENTITY, WEB_IDENTITY_REQUEST};
use super::connection::{SESSION_NAME, StsConnection, failed, request_credential};
use crate::config::Endpoint;
use crate::config::environment::Environment;
use crate::credentials::cached_provider::cached_provider;
use crate::credentials::client_transport::LentTransport;
use crate::credentials::files;
use crate::credentials::provider::{CredentialProviderError, CredentialSnapshot, provider_by_read};
use crate::http::HttpClient;

/// Larger files are no tokens.
const MAX_TOKEN: u64 = 64 * 1024;

cached_provider! {
    /// Assumes a role with a token that the platform signed: the workload identity of a cluster. The call has no
    /// signature. The token file is read for each call.
    ///
    /// The credential of the role is cached as by [`CachedCredentials`](crate::credentials::CachedCredentials), and renewed before it
    /// expires; clones share the cache. The calls of the Security Token Service are made with the HTTP client (proxy,
    /// certificate authorities) and the timeouts of the client that uses this provider.
    WebIdentityCredentials(WebIdentity)
}

impl WebIdentityCredentials {
    /// Assumes this role with the token in this file, which this provider signed.
    pub fn new(
        provider_id: impl Into<String>,
        role_arn: impl Into<String>,
        token_file: impl Into<PathBuf>,
    ) -> Self {
        Self::of(WebIdentity::new(&provider_id.into(), &role_arn.into(), token_file.into()))
    }

    /// Sets the session name. Default: `cvm-sdk-rust`.
    #[must_use]
    pub fn session_name(self, name: impl AsRef<str>) -> Self {
        self.with(|role| {
            set_text(&mut role.request, "RoleSessionName", name.as_ref());
        })
    }

    /// Sets the lifetime of the credential, in seconds. Default: the service's, two hours; at most twelve.
    #[must_use]
    pub fn duration_seconds(self, seconds: u64) -> Self {
        self.with(|role| {
            set_number(&mut role.request, "DurationSeconds", seconds);
        })
    }

    /// Sets the region of the call. Default: `ap-guangzhou`; the service returns the same credentials everywhere.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        self.with(|role| role.connection.region = region.into())
    }

    /// Sets the endpoint of the Security Token Service. Default: that of the tccli profile, otherwise the nearest one.
    #[must_use]
    pub fn endpoint(self, endpoint: impl Into<Endpoint>) -> Self {
        self.with(|role| role.connection.endpoint = Some(endpoint.into()))
    }

    /// Uses this HTTP client for the calls, instead of that of the client that uses this provider.
    #[must_use]
    pub fn http(self, http: impl HttpClient) -> Self {
        self.with(|role| role.connection.set_http(http))
    }

    fn with(self, change: impl FnOnce(&mut WebIdentity)) -> Self {
        let mut role = self.0.source().clone();
        change(&mut role);
        Self::of(role)
    }
}

/// Assumes a role at each read.
#[derive(Clone, Debug)]
pub(in crate::credentials) struct WebIdentity {
    token_file: PathBuf,
    connection: StsConnection,
    /// The request without the token.
    request: Record,
}

impl WebIdentity {
    pub(in crate::credentials) fn new(
        provider_id: &str,
        role_arn: &str,
        token_file: PathBuf,
    ) -> Self {
        let mut request = Record::new(&WEB_IDENTITY_REQUEST);
        set_text(&mut request, "ProviderId", provider_id);
        set_text(&mut request, "RoleArn", role_arn);
        set_text(&mut request, "RoleSessionName", SESSION_NAME);
        Self { token_file, connection: StsConnection::default(), request }
    }

    pub(in crate::credentials) fn with_environment(
        mut self,
        environment: &Environment,
        transport: &LentTransport,
        region: String,
    ) -> Self {
        self.connection.environment = environment.clone();
        self.connection.transport = transport.clone();
        self.connection.region = region;
        self
    }

    fn token(&self) -> Result<Zeroizing<Vec<u8>>, CredentialProviderError> {
        match files::read_plain(&self.token_file, MAX_TOKEN) {
            Ok(Some((token, _))) => Ok(token),
            Ok(None) => Err(self.broken_token("does not exist")),
            Err(why) => Err(self.broken_token(why)),
        }
    }

    fn broken_token(&self, why: impl fmt::Display) -> CredentialProviderError {
        let path = self.token_file.display();
        CredentialProviderError::broken(format!("web identity token file `{path}` {why}"))
    }

    pub(in crate::credentials) async fn read(
        &self,
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let token = self.token()?;
        let token = utf8_text(&token).map_err(|why| self.broken_token(why))?.trim();
        if token.is_empty() {
            return Err(self.broken_token("is empty"));
        }
        let client = self.connection.client_builder().unsigned().build().map_err(failed)?;
        let mut request = self.request.clone();
        set_text(&mut request, "WebIdentityToken", token);
        request_credential(&client, &ASSUME_ROLE_WITH_WEB_IDENTITY, &mut request).await
    }
}

provider_by_read!(WebIdentity, using connection.transport);
