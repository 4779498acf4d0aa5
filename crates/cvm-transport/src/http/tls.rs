//! The TLS setup of the client: rustls with ring, TLS 1.2 or 1.3, always with verification.

#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
use std::ffi::OsStr;
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
use std::fmt;
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
use std::path::Path;
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
use std::path::PathBuf;

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::CertificateDer;
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
use rustls::pki_types::pem::PemObject;
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
use rustls::pki_types::pem::{self};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::Error;

/// A configuration that trusts the platform's roots and the given ones.
pub(crate) fn platform_config(
    extra_roots: &[CertificateDer<'static>],
) -> Result<ClientConfig, Error> {
    #[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
    let roots = {
        for (name, is_directory) in [("SSL_CERT_FILE", false), ("SSL_CERT_DIR", true)] {
            check_roots(name, std::env::var_os(name).as_deref(), is_directory)?;
        }
        let is_empty = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
        let needs_own = std::env::var_os("SSL_CERT_FILE").is_some()
            && is_empty("SSL_CERT_FILE")
            && is_empty("SSL_CERT_DIR");
        let own = if needs_own { platform_roots() } else { Vec::new() };
        extra_roots.iter().cloned().chain(own).collect::<Vec<_>>()
    };
    // On other platforms, the platform's verifier reads neither variable.
    #[cfg(not(all(unix, not(target_os = "android"), not(target_vendor = "apple"))))]
    let roots = extra_roots;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(&roots, &provider).map_err(|error| {
        Error::usage("cannot read the platform's root certificates").with_source(error)
    })?;
    let mut config = builder(provider)?
        // rustls's name for "a custom verifier"; this one is the platform's.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The roots that the platform's verifier loads if neither variable is set. It takes an empty `SSL_CERT_FILE` for a
/// file without a name and would trust nobody, while all other empty variables count as not set.
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
fn platform_roots() -> Vec<CertificateDer<'static>> {
    let places = openssl_probe::probe();
    let folders: Vec<_> = places.cert_dir.iter().map(|folder| (None, Some(folder))).collect();
    let file = places.cert_file.iter().map(|file| (Some(file), None));
    let mut roots = Vec::new();
    for (file, folder) in file.chain(folders) {
        let found = rustls_native_certs::load_certs_from_paths(
            file.map(PathBuf::as_path),
            folder.map(PathBuf::as_path),
        );
        roots.extend(found.certs);
    }
    roots.sort_unstable_by(|one, other| one.as_ref().cmp(other.as_ref()));
    roots.dedup();
    // The platform's verifier skips invalid roots; as extra roots they would be an error.
    roots.retain(|root| RootCertStore::empty().add(root.clone()).is_ok());
    roots
}

/// Rejects a variable whose roots cannot be read. The platform's verifier would only log it and trust fewer
/// authorities than requested.
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
fn check_roots(name: &str, value: Option<&OsStr>, is_directory: bool) -> Result<(), Error> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(()) };
    let invalid = |path: &Path, why: &dyn fmt::Display| {
        let path = path.display();
        Err(Error::usage(format!("{name} is {path:?}: {why}; correct it, or unset {name}")))
    };
    if is_directory {
        let mut folders = std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty());
        return folders.try_for_each(|path| match std::fs::read_dir(&path) {
            Ok(_) => Ok(()),
            Err(error) => invalid(&path, &error),
        });
    }
    let path = Path::new(value);
    // Opening a pipe would wait for a writer, perhaps forever, and it can be read only once.
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return invalid(path, &"not a regular file");
    }
    match CertificateDer::pem_file_iter(path).map(|mut roots| roots.next()) {
        Ok(Some(Ok(_))) => Ok(()),
        Ok(None) => invalid(path, &"contains no certificate in PEM form"),
        Err(pem::Error::Io(error)) | Ok(Some(Err(pem::Error::Io(error)))) => invalid(path, &error),
        Err(error) | Ok(Some(Err(error))) => invalid(path, &error),
    }
}

/// A configuration that trusts no certificate: for plain loopback endpoints, which never use TLS.
pub(crate) fn plain_config() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(builder(provider)?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder(
    provider: Arc<rustls::crypto::CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| Error::usage("cannot set up TLS").with_source(error))
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
    fn unreadable_roots_are_an_error_with_the_variable() {
        let good = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/ca.pem");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls");
        let no_pem = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let folders = format!("{folder}:{folder}");
        let check = |value: &str, is_directory| {
            let name = if is_directory { "SSL_CERT_DIR" } else { "SSL_CERT_FILE" };
            check_roots(name, Some(OsStr::new(value)), is_directory)
        };
        assert!(check_roots("SSL_CERT_FILE", None, false).is_ok());
        assert!(
            check("", false).is_ok() && check("", true).is_ok(),
            "an empty variable is not set"
        );
        assert!(check(good, false).is_ok());
        assert!(check(folder, true).is_ok() && check(&folders, true).is_ok());
        for (value, is_directory) in [
            ("/nowhere/ca.pem", false),
            (folder, false),
            (no_pem, false),
            ("/nowhere", true),
            (good, true),
        ] {
            let error = check(value, is_directory).unwrap_err();
            assert!(error.is_usage(), "{error:?}");
            let name = if is_directory { "SSL_CERT_DIR" } else { "SSL_CERT_FILE" };
            assert!(error.to_string().starts_with(&format!("{name} is {value:?}: ")), "{error}");
        }
    }
}
