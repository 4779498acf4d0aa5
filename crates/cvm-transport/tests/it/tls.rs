//! Encryption: nothing is said to a peer that cannot prove who it is, and proxies see no secret.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cvm_transport::{Client, ClientBuilder, Outcome};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::actions::{KillThings, ListThings};
use crate::builder;
use crate::server::answer;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

/// A server with this certificate; counts the bytes of requests that it was told.
async fn server(certificate: &str) -> (u16, Arc<AtomicUsize>) {
    let chain = vec![CertificateDer::from_pem_file(file(certificate)).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(chain, key)
    .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let mut buffer = [0; 4_096];
            let Ok(read) = socket.read(&mut buffer).await else { continue };
            count.fetch_add(read, Ordering::SeqCst);
            let body = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;
            let _ = socket.write_all(&answer(200, &[], body)).await;
        }
    });
    (port, told)
}

fn at(port: u16, host: &str) -> ClientBuilder {
    builder(&format!("https://{host}:{port}"))
}

#[tokio::test]
async fn a_peer_that_proves_itself_is_spoken_to() {
    for host in ["127.0.0.1", "localhost"] {
        let (port, told) = server("good.pem").await;
        let client = at(port, host).ca_file(file("ca.pem")).build().unwrap();
        client.send(ListThings::default()).await.unwrap();
        assert!(told.load(Ordering::SeqCst) > 0);
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_peer_that_does_not() {
    for (certificate, trusts_ca) in [
        ("good.pem", false),
        ("elsewhere.pem", true),
        ("expired.pem", true),
        ("alone.pem", true),
        ("alone.pem", false),
    ] {
        let (port, told) = server(certificate).await;
        let mut builder = at(port, "127.0.0.1");
        if trusts_ca {
            builder = builder.ca_file(file("ca.pem"));
        }
        let client: Client = builder.build().unwrap();
        let kill = KillThings { thing_ids: vec!["thing-1".into()] };
        let error = client.send(kill).await.unwrap_err();
        assert!(error.is_untrusted() && error.is_not_sent(), "{certificate}: {error:?}");
        assert!(error.outcome_unknown().is_none());
        assert_eq!(error.attempts().len(), 1, "{certificate}: a certificate does not mend itself");
        assert_eq!(error.attempts()[0].outcome, Outcome::Untrusted);
        assert_eq!(told.load(Ordering::SeqCst), 0, "{certificate}");
    }
}

#[tokio::test]
async fn a_proxy_is_told_the_host_and_no_more() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let proxy = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 4_096];
        let read = socket.read(&mut buffer).await.unwrap();
        socket.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
        String::from_utf8(buffer[..read].to_vec()).unwrap()
    });
    let client = builder("https://cvm.example.com")
        .proxy(format!("http://user:canary-proxy@127.0.0.1:{port}"))
        .max_attempts(1)
        .build()
        .unwrap();
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let error = client.send(kill).await.unwrap_err();
    assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("canary"));
    let told = proxy.await.unwrap().to_ascii_lowercase();
    assert!(told.starts_with("connect cvm.example.com:443 "), "{told}");
    assert!(told.contains("\r\nproxy-authorization: basic "), "{told}");
    assert!(!told.contains("\r\nauthorization:") && !told.contains("x-tc"), "{told}");
}

#[tokio::test]
async fn loopback_is_never_reached_through_a_proxy() {
    let (port, told) = server("good.pem").await;
    let client =
        at(port, "localhost").ca_file(file("ca.pem")).proxy("http://127.0.0.1:1").build().unwrap();
    client.send(ListThings::default()).await.unwrap();
    assert!(told.load(Ordering::SeqCst) > 0);
}
