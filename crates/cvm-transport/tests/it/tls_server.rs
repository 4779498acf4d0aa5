//! A TLS server with a given certificate.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustls::SupportedProtocolVersion;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::server::response_bytes;

/// A file of the certificate folder.
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

/// Accepts both TLS versions with this certificate.
pub fn acceptor(certificate: &str) -> TlsAcceptor {
    accepting(&[certificate], rustls::ALL_VERSIONS)
}

/// The same, and sends its data before the client has ended the handshake.
pub fn early(certificate: &str) -> TlsAcceptor {
    let mut config = config(&[certificate], rustls::ALL_VERSIONS);
    config.send_half_rtt_data = true;
    TlsAcceptor::from(Arc::new(config))
}

fn accepting(chain: &[&str], versions: &[&'static SupportedProtocolVersion]) -> TlsAcceptor {
    TlsAcceptor::from(Arc::new(config(chain, versions)))
}

fn config(chain: &[&str], versions: &[&'static SupportedProtocolVersion]) -> rustls::ServerConfig {
    let chain = chain.iter().map(|name| CertificateDer::from_pem_file(file(name)).unwrap());
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.collect(), key)
        .unwrap()
}

/// The server. Dropping it stops it.
pub struct TlsServer {
    pub port: u16,
    received: Arc<Mutex<Vec<u8>>>,
    task: JoinHandle<()>,
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TlsServer {
    /// Answers every request with a success. The first certificate is the server's, and the others lead from it
    /// to an authority.
    pub async fn start(chain: &[&str]) -> Self {
        let body = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;
        Self::responding(chain, rustls::ALL_VERSIONS, response_bytes(200, &[], body)).await
    }

    /// Answers every request with these bytes, in these TLS versions.
    pub async fn responding(
        chain: &[&str],
        versions: &[&'static SupportedProtocolVersion],
        response: Vec<u8>,
    ) -> Self {
        let acceptor = accepting(chain, versions);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let bytes = Arc::clone(&received);
        let task = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let Ok(mut socket) = acceptor.accept(socket).await else { continue };
                let mut buffer = [0; 4_096];
                let Ok(read) = socket.read(&mut buffer).await else { continue };
                bytes.lock().unwrap().extend_from_slice(&buffer[..read]);
                let _ = socket.write_all(&response).await;
            }
        });
        Self { port, received, task }
    }

    /// The bytes that it received after the handshakes.
    pub fn received(&self) -> String {
        String::from_utf8_lossy(&self.received.lock().unwrap()).into_owned()
    }
}
