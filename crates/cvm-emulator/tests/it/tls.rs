//! HTTPS on a real socket, with a TLS client that is not the one of this workspace: names, both protocols at once, and a
//! certificate authority that is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cvm_emulator::{Emulator, StartError, Tls};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::*;

/// A timeout that only a hang exceeds.
const HANG: Duration = Duration::from_secs(60);

fn connector(ca_pem: &str, protocols: &[&str]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

fn builder() -> cvm_emulator::Builder {
    Emulator::builder().seed(1).credential(credential()).wall_clock(|| NOW)
}

/// A signed request as text.
fn request_text() -> String {
    let request = Call::new("DescribeZones").json("{}");
    let mut head = "POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 2\r\n".to_owned();
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    head + "\r\n{}"
}

/// Connects to the HTTPS port by a name of the certificate. Returns the response to a signed request.
async fn call(emulator: &Emulator, ca_pem: &str, name: &str) -> std::io::Result<String> {
    let address = emulator.https_url().unwrap().strip_prefix("https://").unwrap();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut stream = connector(ca_pem, &[]).connect(name, stream).await?;
    stream.write_all(request_text().as_bytes()).await?;
    let mut response = String::new();
    tokio::time::timeout(HANG, stream.read_to_string(&mut response)).await.unwrap()?;
    Ok(response)
}

#[tokio::test]
async fn certificate_is_for_local_names_and_given_names() {
    let tls = Tls::new().name("cvm.test").name("*.fleet.test").name("192.0.2.7");
    let emulator = builder().tls(tls).start().await.unwrap();
    assert_eq!(emulator.https_url(), Some(emulator.url()));
    let ca_pem = emulator.ca_pem().unwrap();
    for name in [
        "localhost",
        "127.0.0.1",
        "::1",
        "cvm.localhost",
        "vpc.localhost",
        "api.localhost",
        "cvm.tencentcloudapi.localhost",
        "cam.tencentcloudapi.localhost",
        "cvm.test",
        "a.fleet.test",
        "192.0.2.7",
    ] {
        let response = call(&emulator, ca_pem, name).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{name}: {response}");
        assert!(response.contains("\"TotalCount\":7"), "{name}: {response}");
    }
    for name in ["cvm.tencentcloudapi.com", "vpc.test", "fleet.test", "192.0.2.8"] {
        let error = call(&emulator, ca_pem, name).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{name}: {error}");
    }
}

#[tokio::test]
async fn http_1_1_is_the_only_protocol_over_tls() {
    let emulator = builder().tls(Tls::new()).start().await.unwrap();
    let handshake = async |protocols: &[&str]| {
        let stream = TcpStream::connect(emulator.address()).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        connector(emulator.ca_pem().unwrap(), protocols).connect(name, stream).await
    };
    let stream = handshake(&["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let error = handshake(&["h2"]).await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
}

#[tokio::test]
async fn each_emulator_has_its_own_authority() {
    let start = || builder().tls(Tls::new()).start();
    let (one, other) = (start().await.unwrap(), start().await.unwrap());
    let error = call(&one, other.ca_pem().unwrap(), "localhost").await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn http_and_https_are_served_at_once_on_one_state() {
    let free = "127.0.0.1:0".parse().unwrap();
    let emulator = builder().tls(Tls::new().beside_http(free)).start().await.unwrap();
    assert!(emulator.url().starts_with("http://127.0.0.1:"), "{}", emulator.url());
    assert!(emulator.https_url().unwrap().starts_with("https://127.0.0.1:"));
    let response = call(&emulator, emulator.ca_pem().unwrap(), "localhost").await.unwrap();
    assert!(response.contains("\"TotalCount\":7"), "{response}");
    let mut plain = TcpStream::connect(emulator.address()).await.unwrap();
    plain.write_all(request_text().as_bytes()).await.unwrap();
    let mut response = String::new();
    tokio::time::timeout(HANG, plain.read_to_string(&mut response)).await.unwrap().unwrap();
    assert!(response.contains("\"TotalCount\":7"), "{response}");
    tokio::time::timeout(HANG, emulator.stop()).await.unwrap();
}

#[tokio::test]
async fn emulator_without_tls_has_no_authority() {
    let emulator = builder().start().await.unwrap();
    assert_eq!((emulator.https_url(), emulator.ca_pem()), (None, None));
}

#[tokio::test]
async fn https_on_an_address_that_others_can_reach_needs_allow_remote() {
    for tls in [Tls::new(), Tls::new().beside_http("0.0.0.0:0".parse().unwrap())] {
        let builder = builder().listen("0.0.0.0:0".parse().unwrap()).tls(tls);
        let error = builder.start().await.unwrap_err();
        assert!(matches!(error, StartError::RemoteNotAllowed(_)), "{error}");
    }
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cvm-tls-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn start_in(folder: &Path) -> Result<Emulator, StartError> {
    builder().tls(Tls::new().directory(folder)).start().await
}

#[tokio::test]
async fn kept_authority_is_trusted_after_a_restart() {
    let folder = Folder::new("kept");
    let first = start_in(&folder.0.join("new")).await.unwrap();
    let ca_pem = first.ca_pem().unwrap().to_owned();
    assert_eq!(fs::read_to_string(folder.path("new/ca.pem")).unwrap(), ca_pem);
    let second = start_in(&folder.0.join("new")).await.unwrap();
    assert_eq!(second.ca_pem(), Some(ca_pem.as_str()));
    for emulator in [&first, &second] {
        let response = call(emulator, &ca_pem, "cvm.localhost").await.unwrap();
        assert!(response.contains("\"TotalCount\":7"), "{response}");
    }
    // The key is enough: clients still trust the first certificate.
    fs::remove_file(folder.path("new/ca.pem")).unwrap();
    let third = start_in(&folder.0.join("new")).await.unwrap();
    call(&third, &ca_pem, "localhost").await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn key_of_a_kept_authority_is_private_and_never_shown() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("private");
    let tls = Tls::new().directory(&folder.0);
    let builder = builder().tls(tls);
    let emulator = builder.clone().start().await.unwrap();
    let key_file = folder.path("ca-key.pem");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&key_file), mode(&folder.0)), (0o600, 0o700));
    let key = fs::read_to_string(&key_file).unwrap();
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"));
    assert!(!fs::read_to_string(folder.path("ca.pem")).unwrap().contains("PRIVATE"));
    let shown = format!("{builder:?} {emulator:?}");
    for line in key.lines() {
        assert!(!shown.contains(line), "{line}");
    }
    assert!(!shown.contains("PRIVATE") && !shown.contains("secret_der"), "{shown}");
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o640)).unwrap();
    let error = start_in(&folder.0).await.unwrap_err().to_string();
    assert!(error.contains("run `chmod 600` on it"), "{error}");
}

#[tokio::test]
async fn foreign_or_damaged_authority_is_refused_and_stays() {
    let folder = Folder::new("foreign");
    let other = Folder::new("foreign-other");
    start_in(&folder.0).await.unwrap();
    start_in(&other.0).await.unwrap();
    let files = || {
        let read = |name| fs::read_to_string(folder.path(name)).ok();
        (read("ca.pem"), read("ca-key.pem"))
    };
    let intact = files();
    let foreign = fs::read_to_string(other.path("ca.pem")).unwrap();
    let halved = intact.0.as_ref().unwrap()[..200].to_owned();
    for (file, content, expected) in [
        ("ca.pem", Some(foreign.as_str()), "does not belong to ca-key.pem"),
        ("ca.pem", Some(&halved), "does not belong to ca-key.pem"),
        ("ca.pem", Some(""), "does not belong to ca-key.pem"),
        ("ca-key.pem", Some("nothing"), "is not a private key in PEM form"),
        ("ca-key.pem", None, "restore the key, or remove ca.pem"),
    ] {
        match content {
            Some(content) => fs::write(folder.path(file), content).unwrap(),
            None => fs::remove_file(folder.path(file)).unwrap(),
        }
        let before = files();
        let error = start_in(&folder.0).await.unwrap_err().to_string();
        assert!(error.starts_with("cannot use the TLS directory "), "{error}");
        assert!(error.contains(expected), "{file}: {error}");
        assert_eq!(files(), before, "{file} was changed");
        fs::write(folder.path("ca.pem"), intact.0.as_ref().unwrap()).unwrap();
        if content.is_some() {
            fs::write(folder.path("ca-key.pem"), intact.1.as_ref().unwrap()).unwrap();
        }
    }
    fs::write(other.path("file"), "").unwrap();
    let error = start_in(&other.path("file")).await.unwrap_err();
    assert!(matches!(error, StartError::TlsDirectory(..)), "{error}");
}

/// Emulators that start at the same time in a new folder share one authority.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn emulators_that_start_together_share_one_kept_authority() {
    let folder = Folder::new("together");
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let path = folder.0.clone();
            tokio::spawn(async move { start_in(&path).await })
        })
        .collect();
    let mut emulators = Vec::new();
    for start in starts {
        emulators.push(start.await.unwrap().unwrap());
    }
    let ca_pem = fs::read_to_string(folder.path("ca.pem")).unwrap();
    for emulator in &emulators {
        call(emulator, &ca_pem, "localhost").await.unwrap();
    }
}
