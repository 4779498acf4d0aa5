//! A fixed credential, or none.

use std::sync::Arc;

use cvm_signer::Credential;

use super::provider::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use crate::http::client::BoxFuture;

/// Always the same credential.
#[derive(Clone, Debug)]
pub struct StaticCredentials(Arc<CredentialSnapshot>);

impl StaticCredentials {
    /// Provides this credential.
    #[must_use]
    pub fn new(credential: Credential) -> Self {
        Self(Arc::new(CredentialSnapshot::new(credential)))
    }
}

impl CredentialProvider for StaticCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let snapshot = Arc::clone(&self.0);
        Box::pin(async move { Ok(snapshot) })
    }
}

/// The provider of a client that takes nothing from its environment and was given no credential.
#[derive(Debug)]
pub(crate) struct NoCredentials;

impl CredentialProvider for NoCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let message = "the client has no credential, and `without_environment()` lets it search for none; \
                       give one with `credential(…)` or `credential_provider(…)`";
        Box::pin(async move { Err(CredentialProviderError::missing(message)) })
    }
}
