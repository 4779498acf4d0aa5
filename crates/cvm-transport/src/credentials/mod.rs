//! Where the secret comes from that signs a request.

mod cache;
mod chain;
mod env;
mod files;
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

use crate::http::BoxFuture;

pub use cache::CachedCredentials;
pub use chain::{ChainReport, CredentialChain, Tried};
pub use env::EnvironmentCredentials;
pub use process::ProcessCredentials;
pub use profile::ProfileCredentials;
pub use role::RoleCredentials;
pub use static_::StaticCredentials;
pub use sts::{AssumeRoleCredentials, WebIdentityCredentials};
pub use tccli::TccliCredentials;
pub(crate) use tccli::region as tccli_region;

/// Gives a credential for each attempt.
///
/// The pipeline asks once per attempt and signs with what it gets: one immutable snapshot, so that id,
/// key and token always belong together, also while they are replaced.
pub trait CredentialProvider: fmt::Debug + Send + Sync + 'static {
    /// The credential to sign with now.
    fn credential(&self)
    -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>>;

    /// The service refused this snapshot's token. Returns whether asking again may give another.
    fn refused(&self, snapshot: &CredentialSnapshot) -> bool {
        let _ = snapshot;
        false
    }
}

/// A credential as it was at one moment.
///
/// The secret key is wiped from memory with the last copy of it, and so are the files and outputs that it was
/// read from. A session token is sent with every request, and so are passwords: copies of them pass through
/// the buffers of the HTTP library and of the kernel, which wipe nothing.
#[derive(Clone, Debug)]
pub struct CredentialSnapshot {
    credential: Credential,
    expires_at: Option<SystemTime>,
}

impl CredentialSnapshot {
    /// A credential that does not expire.
    #[must_use]
    pub const fn new(credential: Credential) -> Self {
        Self { credential, expires_at: None }
    }

    /// A credential that is good until then.
    #[must_use]
    pub const fn until(credential: Credential, expires_at: SystemTime) -> Self {
        Self { credential, expires_at: Some(expires_at) }
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

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether asking again soon may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Transient)
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
