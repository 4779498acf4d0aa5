//! What a client lends to its credential provider, for the calls that the provider makes itself.

use std::sync::{Arc, OnceLock};

use crate::config::Timeouts;
use crate::config::environment::Environment;
use crate::http::HttpClient;

/// The HTTP client and the timeouts of a [`Client`](crate::Client), which its credential provider uses for calls of its
/// own: [`CredentialProvider::use_transport`](crate::credentials::CredentialProvider::use_transport).
#[derive(Clone, Debug)]
pub struct ClientTransport {
    http: Arc<dyn HttpClient>,
    timeouts: Timeouts,
    environment: Environment,
}

impl ClientTransport {
    pub(crate) fn new(
        http: Arc<dyn HttpClient>,
        timeouts: Timeouts,
        environment: Environment,
    ) -> Self {
        Self { http, timeouts, environment }
    }

    /// Whether the client was told to ignore the environment.
    pub(crate) fn ignores_environment(&self) -> bool {
        self.environment.is_ignored()
    }

    /// The HTTP client, with the proxy and the certificate authorities that it was built with.
    #[must_use]
    pub fn http(&self) -> Arc<dyn HttpClient> {
        Arc::clone(&self.http)
    }

    /// The timeouts.
    #[must_use]
    pub const fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }
}

/// The transport that a provider uses: the first one that it was lent. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct LentTransport(Arc<OnceLock<ClientTransport>>);

impl LentTransport {
    pub(super) fn set(&self, transport: &ClientTransport) {
        // A second client of the same provider gets the same credential, whichever way it is fetched.
        let _ = self.0.set(transport.clone());
    }

    pub(super) fn get(&self) -> Option<&ClientTransport> {
        self.0.get()
    }
}
