//! TLS as the client speaks it: rustls with ring, 1.2 or 1.3, verification always on.

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::Error;

/// Trusts what the platform trusts, and the given roots beside it.
pub(crate) fn trusting_the_platform(
    extra_roots: &[CertificateDer<'static>],
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(extra_roots, &provider).map_err(|error| {
        Error::usage("the platform's root certificates cannot be read").with_source(error)
    })?;
    let mut config = builder(provider)?
        // The name is rustls's for "a verifier of our choice"; this one is the platform's.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Trusts no certificate at all: for plain loopback endpoints, which never reach TLS.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(builder(provider)?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder(
    provider: Arc<rustls::crypto::CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| Error::usage("TLS could not be set up").with_source(error))
}

fn verifier(
    extra_roots: &[CertificateDer<'static>],
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    let provider = Arc::clone(provider);
    #[cfg(not(target_os = "android"))]
    let verifier = Verifier::new_with_extra_roots(extra_roots.iter().cloned(), provider)?;
    #[cfg(target_os = "android")]
    let verifier = Verifier::new(provider)?;
    Ok(Arc::new(verifier))
}
