//! Assumes a role with the credential of another provider.

use std::sync::Arc;

use cvm_protocol::{Model, Record, Slot, percent, set_number, set_text};

use super::actions::{ASSUME_ROLE, ASSUME_ROLE_REQUEST};
use super::connection::{StsConnection, failed, request_credential};
use crate::config::Endpoint;
use crate::config::environment::Environment;
use crate::credentials::cached_provider::cached_provider;
use crate::credentials::client_transport::{ClientTransport, LentTransport};
use crate::credentials::provider::{
    CredentialProvider, CredentialProviderError, CredentialSnapshot,
};
use crate::http::HttpClient;
use crate::http::client::BoxFuture;

cached_provider! {
    /// Assumes a role with the credential of another provider.
    ///
    /// The credential of the role is cached as by [`CachedCredentials`](crate::credentials::CachedCredentials), and renewed before it
    /// expires; clones share the cache. The calls of the Security Token Service are made with the HTTP client (proxy,
    /// certificate authorities) and the timeouts of the client that uses this provider.
    ///
    /// ```
    /// use cvm_transport::Client;
    /// use cvm_transport::credentials::{AssumeRoleCredentials, EnvironmentCredentials};
    ///
    /// let role = AssumeRoleCredentials::new(
    ///     EnvironmentCredentials::new(),
    ///     "qcs::cam::uin/100000000001:roleName/deployer",
    ///     "nightly-build",
    /// )
    /// .duration_seconds(3_600)
    /// .external_id("partner-7")
    /// .policy(r#"{"version":"2.0","statement":[{"effect":"allow","action":"cvm:Describe*","resource":"*"}]}"#);
    /// let client = Client::builder()
    ///     .region("ap-guangzhou")
    ///     .credential_provider(role)
    ///     .proxy("http://proxy.example.com:3128")
    ///     .build()?;
    /// # let _ = client;
    /// # Ok::<(), cvm_transport::Error>(())
    /// ```
    AssumeRoleCredentials(AssumeRole)
}

impl AssumeRoleCredentials {
    /// Assumes this role (`qcs::cam::uin/…:roleName/…`) with this session name.
    pub fn new(
        source: impl CredentialProvider,
        role_arn: impl Into<String>,
        session_name: impl Into<String>,
    ) -> Self {
        Self::of(AssumeRole::new(source, &role_arn.into(), &session_name.into()))
    }

    /// Sets the lifetime of the credential, in seconds. Default: the service's, two hours; at most twelve.
    #[must_use]
    pub fn duration_seconds(self, seconds: u64) -> Self {
        self.with(|role| {
            set_number(&mut role.request, "DurationSeconds", seconds);
        })
    }

    /// Sets the external id that the role requires.
    #[must_use]
    pub fn external_id(self, id: impl AsRef<str>) -> Self {
        self.with_text("ExternalId", id.as_ref())
    }

    /// Restricts the credential to what both the role and this policy allow. The policy is plain JSON; it is encoded as
    /// the service requires.
    #[must_use]
    pub fn policy(self, json: impl AsRef<str>) -> Self {
        self.with_text("Policy", &percent::encode(json.as_ref()))
    }

    /// Adds a session tag. The service accepts up to 50.
    #[must_use]
    pub fn tag(self, key: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.with(|role| role.add_tag(key.as_ref(), value.as_ref()))
    }

    /// Sets the identity that the service records as the one behind the session.
    #[must_use]
    pub fn source_identity(self, identity: impl AsRef<str>) -> Self {
        self.with_text("SourceIdentity", identity.as_ref())
    }

    /// Sets the multi-factor device and its current code, for roles that require them. A code is valid for a short time,
    /// so the credential cannot be renewed: when it has expired, calls fail until a new provider is built.
    #[must_use]
    pub fn mfa(self, serial_number: impl AsRef<str>, token_code: impl AsRef<str>) -> Self {
        self.with_text("SerialNumber", serial_number.as_ref())
            .with_text("TokenCode", token_code.as_ref())
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

    fn with_text(self, member: &str, value: &str) -> Self {
        self.with(|role| {
            set_text(&mut role.request, member, value);
        })
    }

    fn with(self, change: impl FnOnce(&mut AssumeRole)) -> Self {
        let mut role = self.0.source().clone();
        change(&mut role);
        Self::of(role)
    }
}

/// Assumes a role at each read.
#[derive(Clone, Debug)]
pub(in crate::credentials) struct AssumeRole {
    source: Arc<dyn CredentialProvider>,
    connection: StsConnection,
    request: Record,
}

impl AssumeRole {
    pub(in crate::credentials) fn new(
        source: impl CredentialProvider,
        role_arn: &str,
        session_name: &str,
    ) -> Self {
        let mut request = Record::new(&ASSUME_ROLE_REQUEST);
        set_text(&mut request, "RoleArn", role_arn);
        set_text(&mut request, "RoleSessionName", session_name);
        Self { source: Arc::new(source), connection: StsConnection::default(), request }
    }

    pub(in crate::credentials) fn with_environment(
        mut self,
        environment: &Environment,
        transport: &LentTransport,
    ) -> Self {
        self.connection.environment = environment.clone();
        self.connection.transport = transport.clone();
        self
    }

    fn add_tag(&mut self, key: &str, value: &str) {
        let Some(index) = self.request.table().find(b"Tags") else { return };
        let has_tags = self.request.member(index).is_given();
        if let Slot::Optional(tags) = self.request.member_mut(index)
            && let Some(Slot::List(tags)) =
                (if has_tags { tags.as_mut() } else { Some(tags.get_or_insert_default()) })
            && let Slot::Object(tag) = tags.push()
        {
            set_text(tag, "Key", key);
            set_text(tag, "Value", value);
        }
    }

    pub(in crate::credentials) async fn read(
        &self,
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let client = self
            .connection
            .client_builder()
            .credential_provider(Arc::clone(&self.source))
            .build()
            .map_err(failed)?;
        let mut request = self.request.clone();
        request_credential(&client, &ASSUME_ROLE, &mut request).await
    }
}

impl CredentialProvider for AssumeRole {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.read())
    }

    fn invalidate(&self, _: &CredentialSnapshot) -> bool {
        true
    }

    fn use_transport(&self, transport: &ClientTransport) {
        self.connection.transport.set(transport);
        self.source.use_transport(transport);
    }
}
