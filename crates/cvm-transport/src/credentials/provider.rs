//! The interface of credential sources: the provider trait, the credential snapshot and the error.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use cvm_signer::Credential;

use super::client_transport::ClientTransport;
use crate::http::client::BoxFuture;
use crate::pointers::for_pointers;

/// Provides a credential for each attempt.
///
/// A call asks once per attempt and signs with the returned snapshot. It is immutable, so that id, key and token always
/// belong together, even while they are replaced.
///
/// A provider that fetches over the network should cache: wrap it in [`CachedCredentials`](crate::credentials::CachedCredentials).
/// The providers of this crate that fetch do so themselves.
pub trait CredentialProvider: fmt::Debug + Send + Sync + 'static {
    /// The credential to sign with now.
    fn credential(&self)
    -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>>;

    /// The credential to sign with at this time of the service's clock.
    ///
    /// A provider that caches credentials uses this time to judge whether they are still valid. Others need not
    /// implement it.
    fn credential_at(
        &self,
        now: SystemTime,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let _ = now;
        self.credential()
    }

    /// The service rejected the token of this snapshot. Drops it, and returns whether the provider may have another
    /// credential.
    fn invalidate(&self, snapshot: &CredentialSnapshot) -> bool {
        let _ = snapshot;
        false
    }

    /// A client that uses this provider was built. A provider that makes calls of its own makes them with the HTTP
    /// client and the timeouts of that client, so that the same proxy and certificate authorities apply. If several
    /// clients share a provider, the first one counts.
    ///
    /// A provider that wraps another one passes this on. Does nothing by default.
    fn use_transport(&self, transport: &ClientTransport) {
        let _ = transport;
    }
}

for_pointers! {
    CredentialProvider {
        fn credential(
            &self,
        ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
            (**self).credential()
        }

        fn credential_at(
            &self,
            now: SystemTime,
        ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
            (**self).credential_at(now)
        }

        fn invalidate(&self, snapshot: &CredentialSnapshot) -> bool {
            (**self).invalidate(snapshot)
        }

        fn use_transport(&self, transport: &ClientTransport) {
            (**self).use_transport(transport);
        }
    }
}

/// Implements the provider trait for a type whose `read` fetches a new credential each time, so that there may be
/// another one if the service rejects a token. `using` names the field with the transport for its calls, if it makes
/// any.
macro_rules! provider_by_read {
    ($($provider:ty $(, using $($field:ident).+)?);+) => { $(
        impl $crate::credentials::CredentialProvider for $provider {
            fn credential(
                &self,
            ) -> $crate::http::BoxFuture<
                '_,
                Result<std::sync::Arc<$crate::credentials::CredentialSnapshot>, $crate::credentials::CredentialProviderError>,
            > {
                Box::pin(self.read())
            }

            fn invalidate(&self, _: &$crate::credentials::CredentialSnapshot) -> bool {
                true
            }

            $(
                fn use_transport(&self, transport: &$crate::credentials::ClientTransport) {
                    self.$($field).+.set(transport);
                }
            )?
        }
    )+ };
}
pub(crate) use provider_by_read;

/// A credential at one point in time.
///
/// The secret key is wiped from memory with its last copy, and so are the files and outputs that it was read from. A
/// session token is sent with every request, and so are passwords: copies of them pass through the buffers of the HTTP
/// library and of the kernel, which are not wiped.
#[derive(Clone, Debug)]
pub struct CredentialSnapshot {
    credential: Credential,
    expires_at: Option<SystemTime>,
    warning: Option<Arc<str>>,
    origin: Option<Arc<str>>,
}

impl CredentialSnapshot {
    /// A credential without an expiry.
    #[must_use]
    pub const fn new(credential: Credential) -> Self {
        Self { credential, expires_at: None, warning: None, origin: None }
    }

    /// A credential with an expiry.
    #[must_use]
    pub const fn until(credential: Credential, expires_at: SystemTime) -> Self {
        Self { credential, expires_at: Some(expires_at), warning: None, origin: None }
    }

    /// The credential.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// When it expires; `None` if it does not.
    #[must_use]
    pub const fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// A warning about its source: a file that other users can read.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Its source in messages: a file, a program, a service.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Sets the source, for the error message after its expiry.
    #[must_use]
    pub fn with_origin(mut self, origin: impl Into<Arc<str>>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// The same credential with this setting added to its source.
    pub(super) fn with_setting(&self, setting: &str) -> Arc<Self> {
        let origin = match self.origin() {
            Some(origin) => format!("{origin} ({setting})"),
            None => setting.to_owned(),
        };
        Arc::new(self.clone().with_origin(origin))
    }

    pub(super) fn with_warning(mut self, warning: Option<Arc<str>>) -> Self {
        self.warning = warning.or(self.warning);
        self
    }
}

/// There is no credential.
#[derive(Debug)]
pub struct CredentialProviderError {
    kind: ProviderErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProviderErrorKind {
    Missing,
    Broken,
    Transient,
    /// It could not be fetched, and the source has already made all sensible retries.
    Exhausted,
    /// Transient, or this machine has no such service.
    Unreachable,
}

impl CredentialProviderError {
    /// The source is not configured here; another one may be.
    pub fn missing(message: impl Into<String>) -> Self {
        Self { kind: ProviderErrorKind::Missing, message: message.into(), source: None }
    }

    /// The source is configured incorrectly. Continuing with another one could use another identity.
    pub fn broken(message: impl Into<String>) -> Self {
        Self { kind: ProviderErrorKind::Broken, message: message.into(), source: None }
    }

    /// It could not be fetched now.
    pub fn transient(message: impl Into<String>) -> Self {
        Self { kind: ProviderErrorKind::Transient, message: message.into(), source: None }
    }

    /// It could not be fetched, and the source has made its own retries, so the call makes none.
    pub(super) fn exhausted(message: impl Into<String>) -> Self {
        Self { kind: ProviderErrorKind::Exhausted, message: message.into(), source: None }
    }

    /// The service that provides it does not respond, perhaps because this machine has none.
    pub(super) fn unreachable(message: impl Into<String>) -> Self {
        Self { kind: ProviderErrorKind::Unreachable, message: message.into(), source: None }
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error for another caller; the cause remains with the first one.
    pub(super) fn copy(&self) -> Self {
        Self { kind: self.kind, message: self.message.clone(), source: None }
    }

    /// The same error for a source that the user chose: if it is missing, it is broken.
    pub(super) fn chosen_by(mut self, setting: &str) -> Self {
        if self.kind == ProviderErrorKind::Missing {
            self.kind = ProviderErrorKind::Broken;
        }
        self.message = format!("{setting}: {}", self.message);
        self
    }

    /// Whether a search skips the source: it is not configured, or this machine has no such service.
    pub(super) const fn is_absent(&self) -> bool {
        matches!(self.kind, ProviderErrorKind::Missing | ProviderErrorKind::Unreachable)
    }

    /// Whether a later attempt may succeed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            ProviderErrorKind::Transient
                | ProviderErrorKind::Unreachable
                | ProviderErrorKind::Exhausted
        )
    }

    /// Whether a call does not ask a second time.
    pub(crate) const fn is_final(&self) -> bool {
        !matches!(self.kind, ProviderErrorKind::Transient | ProviderErrorKind::Unreachable)
    }

    /// Whether the source is not configured here.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self.kind, ProviderErrorKind::Missing)
    }
}

impl fmt::Display for CredentialProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for CredentialProviderError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
