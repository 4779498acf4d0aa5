//! A fixed credential.

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
