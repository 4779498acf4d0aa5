//! The certificate authority of an emulator: made at start, or kept in a directory.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};

use crate::clock::system_time;
use crate::start_error::StartError;

const KEY_FILE: &str = "ca-key.pem";

const DAY: u64 = 86_400;

/// Validity of the CA: ten years.
const CA_DAYS: u64 = 3650;

/// Validity of a certificate. Some clients accept at most 398 days.
const CERTIFICATE_DAYS: u64 = 397;

/// The file of the CA's certificate in its directory.
pub(super) fn ca_file(directory: &Path) -> PathBuf {
    directory.join("ca.pem")
}

/// A certificate authority.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
}

impl Authority {
    /// Makes an authority whose key is only in memory.
    pub(super) fn new() -> Result<Self, StartError> {
        Self::of(KeyPair::generate().map_err(failed)?, None)
    }

    /// Reads the authority of a directory, or makes a new one there.
    pub(super) fn kept_in(directory: &Path) -> Result<Self, StartError> {
        Self::read_or_create(directory).map_err(|error| directory_error(directory, error))
    }

    fn read_or_create(directory: &Path) -> io::Result<Self> {
        let ca_file = ca_file(directory);
        let key_file = directory.join(KEY_FILE);
        if ca_file.exists() && !key_file.exists() {
            return Err(invalid(
                "it has ca.pem but no ca-key.pem: restore the key, or remove ca.pem",
            ));
        }
        create_private_directory(directory)?;
        let mut file = open_private(&key_file)?;
        // Another emulator may be creating the files.
        file.lock()?;
        let mut key_pem = String::new();
        file.read_to_string(&mut key_pem)?;
        let key = if key_pem.is_empty() {
            let key = KeyPair::generate().map_err(io::Error::other)?;
            file.write_all(key.serialize_pem().as_bytes())?;
            file.sync_all()?;
            key
        } else {
            KeyPair::from_pem(&key_pem)
                .map_err(|_| invalid("ca-key.pem is not a private key in PEM form (PKCS #8)"))?
        };
        let certificate = match fs::read_to_string(&ca_file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let is_new = certificate.is_none();
        let authority = Self::of(key, certificate).map_err(io::Error::other)?;
        if is_new {
            fs::write(ca_file, &authority.certificate_pem)?;
        }
        Ok(authority)
    }

    /// The authority with this key. Its name is made from the key, so that the key alone is enough to issue certificates.
    fn of(key: KeyPair, certificate_pem: Option<String>) -> Result<Self, StartError> {
        let mut params = CertificateParams::default();
        let id = params.key_identifier(&key);
        let id: String = id.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, format!("cvm emulator CA {id}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_validity(&mut params, CA_DAYS);
        let certificate_pem = match certificate_pem {
            Some(pem) => pem,
            None => params.self_signed(&key).as_ref().map(Certificate::pem).map_err(failed)?,
        };
        Ok(Self { issuer: Issuer::new(params, key), certificate_pem })
    }

    /// Issues a certificate for these names and addresses.
    pub(super) fn issue(
        &self,
        names: &[String],
    ) -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), StartError> {
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "cvm emulator");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params, CERTIFICATE_DAYS);
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der())))
    }

    /// Checks that clients that trust the stored certificate of the CA accept one that it has issued.
    pub(super) fn check(
        &self,
        directory: &Path,
        issued: &CertificateDer<'_>,
    ) -> Result<(), StartError> {
        let verified = || {
            let mut roots = RootCertStore::empty();
            for root in CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes()) {
                roots.add(root.ok()?).ok()?;
            }
            let provider = Arc::new(ring::default_provider());
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
            let name = ServerName::try_from("localhost").ok()?;
            let verifier = verifier.build().ok()?;
            verifier.verify_server_cert(issued, &[], &name, &[], UnixTime::now()).ok()
        };
        verified().map(drop).ok_or_else(|| {
            let why = "ca.pem does not belong to ca-key.pem, or has expired: restore both, or remove both for a new CA";
            directory_error(directory, invalid(why))
        })
    }

    pub(super) fn into_certificate_pem(self) -> String {
        self.certificate_pem
    }
}

/// Sets a validity that begins a day ago, because the clocks of clients differ.
fn set_validity(params: &mut CertificateParams, days: u64) {
    /// Ten years before the end of the year 9999, the last that certificates have.
    const LATEST: u64 = 253_000_000_000;
    let now = system_time().min(LATEST);
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(now.saturating_sub(DAY));
    params.not_after = epoch + Duration::from_secs(now + days * DAY);
}

fn create_private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(directory)
}

/// Opens the file of the key, or creates it. Only its owner may be able to read it.
fn open_private(path: &Path) -> io::Result<File> {
    // Opening a pipe could wait for its other side, perhaps forever.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(invalid("ca-key.pem is not a regular file"));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            return Err(invalid("other users can read ca-key.pem: run `chmod 600` on it"));
        }
    }
    Ok(file)
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

fn directory_error(directory: &Path, error: io::Error) -> StartError {
    StartError::TlsDirectory(directory.to_owned(), error)
}

fn failed(error: impl std::fmt::Display) -> StartError {
    StartError::Certificate(error.to_string())
}
