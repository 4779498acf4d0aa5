//! Where the secret comes from that signs a request.

mod cache;
mod chain;
mod env;
mod files;
mod identity;
mod ini;
mod process;
mod profile;
mod reply;
mod role;
mod static_;
mod sts;
mod tccli;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use cvm_signer::Credential;

use crate::http::client::BoxFuture;

pub use cache::CachedCredentials;
pub use chain::{ChainAttempt, ChainReport, CredentialChain};
pub use env::EnvironmentCredentials;
#[cfg(test)]
pub(crate) use files::test_directory::TestDirectory;
pub use process::ProcessCredentials;
pub use profile::ProfileCredentials;
pub use role::RoleCredentials;
pub use static_::StaticCredentials;
pub use sts::{AssumeRoleCredentials, WebIdentityCredentials};
pub(crate) use tccli::Settings as TccliSettings;
pub use tccli::TccliCredentials;

/// Gives a credential for each attempt.
///
/// The pipeline asks once per attempt and signs with what it gets: one immutable snapshot, so that id,
/// key and token always belong together, also while they are replaced.
pub trait CredentialProvider: fmt::Debug + Send + Sync + 'static {
    /// The credential to sign with now.
    fn credential(&self)
    -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>>;

    /// The credential to sign with at this time, as the service's clock has it.
    ///
    /// A provider that keeps credentials judges by this time whether they are still good. The others need
    /// not implement it.
    fn credential_at(
        &self,
        now: SystemTime,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let _ = now;
        self.credential()
    }

    /// The service refused this snapshot's token. Returns whether asking again may give another.
    fn refused(&self, snapshot: &CredentialSnapshot) -> bool {
        let _ = snapshot;
        false
    }
}

/// Makes a provider of a type whose `read` fetches a new credential each time, so that there may be another
/// one when the service refuses a token.
macro_rules! fetches_anew {
    ($($provider:ty),+) => { $(
        impl $crate::CredentialProvider for $provider {
            fn credential(
                &self,
            ) -> $crate::BoxFuture<
                '_,
                Result<std::sync::Arc<$crate::CredentialSnapshot>, $crate::CredentialProviderError>,
            > {
                Box::pin(self.read())
            }

            fn refused(&self, _: &$crate::CredentialSnapshot) -> bool {
                true
            }
        }
    )+ };
}
pub(crate) use fetches_anew;

/// A credential as it was at one moment.
///
/// The secret key is wiped from memory with the last copy of it, and so are the files and outputs that it was
/// read from. A session token is sent with every request, and so are passwords: copies of them pass through
/// the buffers of the HTTP library and of the kernel, which wipe nothing.
#[derive(Clone, Debug)]
pub struct CredentialSnapshot {
    credential: Credential,
    expires_at: Option<SystemTime>,
    warning: Option<Arc<str>>,
    origin: Option<Arc<str>>,
}

impl CredentialSnapshot {
    /// A credential that does not expire.
    #[must_use]
    pub const fn new(credential: Credential) -> Self {
        Self { credential, expires_at: None, warning: None, origin: None }
    }

    /// A credential that is good until then.
    #[must_use]
    pub const fn until(credential: Credential, expires_at: SystemTime) -> Self {
        Self { credential, expires_at: Some(expires_at), warning: None, origin: None }
    }

    /// The credential.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// When it ceases to be good, if it does.
    #[must_use]
    pub const fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// What is wrong with the place that it came from, though it serves: a file that others can read.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Where it came from, as messages name it: a file, a program, a service.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Says where it came from, for the error when it has expired.
    #[must_use]
    pub fn with_origin(mut self, origin: impl Into<Arc<str>>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// The same credential, whose origin was chosen by this setting.
    fn named(&self, chosen_by: &str) -> Arc<Self> {
        let origin = match self.origin() {
            Some(origin) => format!("{origin} ({chosen_by})"),
            None => chosen_by.to_owned(),
        };
        Arc::new(self.clone().with_origin(origin))
    }

    fn with_warning(mut self, warning: Option<Arc<str>>) -> Self {
        self.warning = warning.or(self.warning);
        self
    }
}

/// No credential could be had.
#[derive(Debug)]
pub struct CredentialProviderError {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ErrorKind {
    Missing,
    Broken,
    Transient,
    /// It could not be fetched, and was tried as often as makes sense.
    Exhausted,
    /// Transient, or there is no such service on this machine.
    Unreachable,
}

impl CredentialProviderError {
    /// This source is not set up here: another may be.
    pub fn missing(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Missing, message: message.into(), source: None }
    }

    /// This source is set up, and wrongly. To go on with another would be to call as somebody else.
    pub fn broken(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Broken, message: message.into(), source: None }
    }

    /// It could not be fetched just now.
    pub fn transient(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Transient, message: message.into(), source: None }
    }

    /// It could not be fetched: the source has repeated its requests itself, so the call does not repeat them.
    fn exhausted(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Exhausted, message: message.into(), source: None }
    }

    /// The service that would give it does not answer, perhaps because there is none here.
    fn unreachable(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Unreachable, message: message.into(), source: None }
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error for another caller; its cause stays with the first.
    fn copy(&self) -> Self {
        Self { kind: self.kind, message: self.message.clone(), source: None }
    }

    /// The same error of a source that the user chose: when nothing is there, it is broken.
    fn of_chosen(mut self, chosen_by: &str) -> Self {
        if self.kind == ErrorKind::Missing {
            self.kind = ErrorKind::Broken;
        }
        self.message = format!("{chosen_by}: {}", self.message);
        self
    }

    /// Whether the source is passed over in a search: it is not set up, or there is no such service here.
    const fn is_absent(&self) -> bool {
        matches!(self.kind, ErrorKind::Missing | ErrorKind::Unreachable)
    }

    /// Whether asking again later may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Transient | ErrorKind::Unreachable | ErrorKind::Exhausted)
    }

    /// Whether a call that needs the credential asks no second time.
    pub(crate) const fn is_final(&self) -> bool {
        !matches!(self.kind, ErrorKind::Transient | ErrorKind::Unreachable)
    }

    /// Whether the source is not set up here.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self.kind, ErrorKind::Missing)
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
