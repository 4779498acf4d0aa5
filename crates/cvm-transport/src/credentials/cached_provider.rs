//! Declares the public providers that fetch: each caches the credential of a source, so that not every attempt fetches.

/// `cached_provider! { /** Docs. */ RoleCredentials(InstanceRole) }` declares a provider that caches the credential of
/// the source `InstanceRole` as [`CachedCredentials`](super::CachedCredentials) does. Its clones share the cache.
macro_rules! cached_provider {
    ($(#[$meta:meta])* $name:ident($source:ty)) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(std::sync::Arc<$crate::credentials::CachedCredentials<$source>>);

        impl $name {
            pub(super) fn of(source: $source) -> Self {
                Self(std::sync::Arc::new($crate::credentials::CachedCredentials::new(source)))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(self.0.source()).finish()
            }
        }

        #[deny(clippy::missing_trait_methods)]
        impl $crate::credentials::CredentialProvider for $name {
            fn credential(
                &self,
            ) -> $crate::http::BoxFuture<
                '_,
                Result<std::sync::Arc<$crate::credentials::CredentialSnapshot>, $crate::credentials::CredentialProviderError>,
            > {
                self.0.credential()
            }

            fn credential_at(
                &self,
                now: std::time::SystemTime,
            ) -> $crate::http::BoxFuture<
                '_,
                Result<std::sync::Arc<$crate::credentials::CredentialSnapshot>, $crate::credentials::CredentialProviderError>,
            > {
                self.0.credential_at(now)
            }

            fn invalidate(&self, snapshot: &$crate::credentials::CredentialSnapshot) -> bool {
                self.0.invalidate(snapshot)
            }

            fn use_transport(&self, transport: &$crate::credentials::ClientTransport) {
                self.0.use_transport(transport);
            }
        }
    };
}
pub(super) use cached_provider;
