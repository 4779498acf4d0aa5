//! TLS as the client speaks it: rustls with ring, 1.2 or 1.3, verification always on.

#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
use std::{ffi::OsStr, fmt, path::Path};

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::CertificateDer;
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::Error;

/// Trusts what the platform trusts, and the given roots beside it.
pub(crate) fn trusting_the_platform(
    extra_roots: &[CertificateDer<'static>],
) -> Result<ClientConfig, Error> {
    // Elsewhere the platform's own verifier reads neither variable.
    #[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
    for (name, is_directory) in [("SSL_CERT_FILE", false), ("SSL_CERT_DIR", true)] {
        check_roots(name, std::env::var_os(name).as_deref(), is_directory)?;
    }
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

/// Refuses a variable that names roots which cannot be read. The platform's verifier would only log it, and
/// then trust fewer authorities than were asked for.
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
fn check_roots(name: &str, value: Option<&OsStr>, is_directory: bool) -> Result<(), Error> {
    let Some(value) = value else { return Ok(()) };
    let broken = |path: &Path, why: &dyn fmt::Display| {
        let path = path.display();
        Err(Error::usage(format!("{name} names {path:?}: {why}; correct it, or unset {name}")))
    };
    if is_directory {
        let mut folders = std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty());
        return folders.try_for_each(|path| match std::fs::read_dir(&path) {
            Ok(_) => Ok(()),
            Err(error) => broken(&path, &error),
        });
    }
    let path = Path::new(value);
    // Opening a pipe would wait for a writer, perhaps for ever, and it can be read once only.
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return broken(path, &"it is no plain file");
    }
    match CertificateDer::pem_file_iter(path).map(|mut roots| roots.next()) {
        Ok(Some(Ok(_))) => Ok(()),
        Ok(None) => broken(path, &"it holds no certificate in PEM form"),
        Err(pem::Error::Io(error)) | Ok(Some(Err(pem::Error::Io(error)))) => broken(path, &error),
        Err(error) | Ok(Some(Err(error))) => broken(path, &error),
    }
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

#[cfg(all(test, unix, not(target_os = "android"), not(target_vendor = "apple")))]
mod tests {
    use super::*;

    #[test]
    fn roots_that_cannot_be_read_are_an_error_that_names_the_variable() {
        let good = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/ca.pem");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls");
        let no_pem = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let folders = format!("{folder}:{folder}");
        let check = |value: &str, is_directory| {
            let name = if is_directory { "SSL_CERT_DIR" } else { "SSL_CERT_FILE" };
            check_roots(name, Some(OsStr::new(value)), is_directory)
        };
        assert!(check_roots("SSL_CERT_FILE", None, false).is_ok());
        assert!(check(good, false).is_ok());
        assert!(check(folder, true).is_ok() && check(&folders, true).is_ok());
        for (value, is_directory) in [
            ("/nowhere/ca.pem", false),
            ("", false),
            (folder, false),
            (no_pem, false),
            ("/nowhere", true),
            (good, true),
        ] {
            let error = check(value, is_directory).unwrap_err();
            assert!(error.is_usage(), "{error:?}");
            let name = if is_directory { "SSL_CERT_DIR" } else { "SSL_CERT_FILE" };
            assert!(error.to_string().starts_with(&format!("{name} names {value:?}: ")), "{error}");
        }
    }
}
