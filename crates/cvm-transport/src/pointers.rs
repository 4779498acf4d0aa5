//! Implements a trait for `Arc` and `Box` of its implementors, so that a shared or a boxed `dyn` value can be passed
//! wherever an implementor is expected.

/// `for_pointers! { Clock { fn now(&self) -> SystemTime { (**self).now() } } }` implements `Clock` for `Arc<T>` and
/// `Box<T>`, including `Arc<dyn Clock>`.
///
/// Every method must be listed: a provided method that is not forwarded would replace the one of the inner value.
/// Clippy reports a method that is missing.
macro_rules! for_pointers {
    ($trait:ident { $($methods:tt)* }) => {
        #[deny(clippy::missing_trait_methods)]
        impl<T: $trait + ?Sized> $trait for std::sync::Arc<T> {
            $($methods)*
        }

        #[deny(clippy::missing_trait_methods)]
        impl<T: $trait + ?Sized> $trait for Box<T> {
            $($methods)*
        }
    };
}
pub(crate) use for_pointers;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cvm_signer::Credential;

    use crate::Client;
    use crate::credentials::{
        CachedCredentials, CredentialProvider, CredentialProviderError, CredentialSnapshot,
        StaticCredentials,
    };
    use crate::entropy::{Entropy, SeededEntropy};
    use crate::http::{BoxFuture, HttpClient, ResponseBody};
    use crate::observe::{Interceptor, Metrics, WireObserver};
    use crate::rate_limit::{NoRateLimit, RateLimiter};
    use crate::time::{Clock, FixedClock};

    /// Compiles only if the traits accept these types.
    #[test]
    fn shared_and_boxed_dyn_values_implement_every_public_trait() {
        macro_rules! accepts {
            ($($trait:ident),+) => { $({
                fn accepts<T: $trait>() {}
                accepts::<Arc<dyn $trait>>();
                accepts::<Box<dyn $trait>>();
                accepts::<Arc<Box<dyn $trait>>>();
            })+ };
        }
        accepts!(
            Clock,
            CredentialProvider,
            Entropy,
            HttpClient,
            Interceptor,
            Metrics,
            RateLimiter,
            WireObserver
        );
        fn body<T: ResponseBody>() {}
        body::<Box<dyn ResponseBody>>();
    }

    #[test]
    fn client_is_built_from_dyn_values() {
        let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(7));
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
        let limiter: Box<dyn RateLimiter> = Box::new(NoRateLimit);
        let own = StaticCredentials::new(Credential::new("AKIDEXAMPLE", "key").unwrap());
        let provider: Box<dyn CredentialProvider> = Box::new(own);
        let client = Client::builder()
            .without_environment()
            .region("ap-guangzhou")
            .clock(clock)
            .entropy(entropy)
            .rate_limiter(limiter)
            .credential_provider(CachedCredentials::new(provider));
        assert!(client.build().is_ok());
    }

    /// Overrides a provided method.
    #[derive(Debug)]
    struct Renewable;

    impl CredentialProvider for Renewable {
        fn credential(
            &self,
        ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
            Box::pin(async { Err(CredentialProviderError::missing("none")) })
        }

        fn invalidate(&self, _: &CredentialSnapshot) -> bool {
            true
        }
    }

    #[test]
    fn provided_methods_of_the_inner_value_are_called() {
        let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
        let snapshot = CredentialSnapshot::new(credential);
        let provider: Arc<Box<dyn CredentialProvider>> = Arc::new(Box::new(Renewable));
        // The trait's own `invalidate` returns false.
        assert!(CredentialProvider::invalidate(&provider, &snapshot));
    }
}
