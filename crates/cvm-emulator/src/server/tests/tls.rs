//! Clients of a port for HTTPS: slow, broken, silent, without TLS, and with another protocol over TLS.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pipes::Server;
use crate::limits::Limits;
use crate::server::listener::Protocol;
use crate::test_requests::{tc3_head, zones};
use crate::tls::{Issued, Tls};

const SECOND: Duration = Duration::from_secs(1);

/// A timeout, in virtual time, that only a hang exceeds.
const HANG_TIMEOUT: Duration = Duration::from_secs(3600);

/// A server over TLS, and a client configuration that trusts it.
struct TlsServer {
    server: Server,
    config: ClientConfig,
}

impl TlsServer {
    fn start(limits: Limits) -> Self {
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let Issued { tls, ca_pem, .. } = Tls::new().issue(local, local).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self { server: Server::speaking(Protocol::Https(tls), limits), config }
    }

    async fn handshake(&self) -> std::io::Result<TlsStream<DuplexStream>> {
        let connector = TlsConnector::from(Arc::new(self.config.clone()));
        connector.connect(ServerName::try_from("localhost").unwrap(), self.server.connect().0).await
    }

    async fn connect(&self) -> TlsStream<DuplexStream> {
        timeout(HANG_TIMEOUT, self.handshake()).await.unwrap().unwrap()
    }

    /// The first bytes of a client.
    async fn client_hello(&self) -> Vec<u8> {
        let (ours, mut theirs) = duplex(4 << 10);
        let connector = TlsConnector::from(Arc::new(self.config.clone()));
        let name = ServerName::try_from("localhost").unwrap();
        let connecting = tokio::spawn(async move { connector.connect(name, ours).await });
        let mut hello = vec![0; 4 << 10];
        let length = theirs.read(&mut hello).await.unwrap();
        connecting.abort();
        hello.truncate(length);
        hello
    }
}

/// Sends a request and reads a part of its response that has the end of the head.
async fn is_served(client: &mut TlsStream<DuplexStream>) {
    client.write_all(zones().as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !String::from_utf8_lossy(&response).contains("\"TotalCount\":7") {
        let read = timeout(HANG_TIMEOUT, client.read_buf(&mut response)).await.unwrap().unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&response));
    }
}

/// Reads until the server closes.
async fn rest(client: &mut TlsStream<DuplexStream>) {
    let mut bytes = Vec::new();
    // The server may close without the closing message of TLS.
    let _ = timeout(HANG_TIMEOUT, client.read_to_end(&mut bytes)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn requests_over_tls_are_served_and_http_1_1_is_negotiated() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut server = TlsServer::start(Limits::default());
        let provider = Arc::clone(server.config.crypto_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        // An empty store trusts nobody.
        std::mem::swap(&mut config, &mut server.config);
        assert!(server.handshake().await.is_err());
        std::mem::swap(&mut config, &mut server.config);
        let mut client = server.connect().await;
        assert_eq!(client.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        for _ in 0..3 {
            is_served(&mut client).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn client_of_another_protocol_is_refused_in_the_handshake() {
    let mut server = TlsServer::start(Limits::default());
    server.config.alpn_protocols = vec![b"h2".to_vec()];
    assert!(timeout(HANG_TIMEOUT, server.handshake()).await.unwrap().is_err());
    server.config.alpn_protocols.clear();
    is_served(&mut server.connect().await).await;
}

#[tokio::test(start_paused = true)]
async fn silent_or_slow_handshake_ends_at_the_head_timeout() {
    let limits = Limits::default();
    let server = TlsServer::start(limits);
    let hello = server.client_hello().await;
    for length in [0, 1, 5, hello.len() - 1, hello.len()] {
        let mut client = server.server.connect();
        let start = Instant::now();
        client.send(&hello[..length]).await;
        client.rest().await;
        let took = start.elapsed();
        assert!(took >= limits.head_timeout && took < limits.head_timeout + SECOND, "{took:?}");
    }
    let mut client = server.server.connect();
    let start = Instant::now();
    for byte in &hello {
        if client.0.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(SECOND / 2).await;
    }
    assert!(start.elapsed() < limits.head_timeout + 2 * SECOND);
    // A handshake does not start the time again.
    let mut client = server.connect().await;
    let start = Instant::now();
    rest(&mut client).await;
    assert!(start.elapsed() < limits.head_timeout + SECOND);
}

#[tokio::test(start_paused = true)]
async fn broken_handshakes_are_closed_and_others_are_served() {
    let server = TlsServer::start(Limits::default());
    let hello = server.client_hello().await;
    let mut damaged = hello.clone();
    damaged[9] ^= 0xff;
    let record = |kind: u8, body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[kind, 3, 1], &length[..], body].concat()
    };
    for bytes in [
        damaged,
        record(22, &[0xff; 100]),
        record(22, &[]),
        record(22, &[1, 0xff, 0xff, 0xff]),
        [&[22, 3, 1, 0xff, 0xff][..], &[0; 2_000]].concat(),
        [&hello[..], &hello].concat(),
        [&hello[..], &record(23, b"GET / HTTP/1.1\r\n\r\n")].concat(),
    ] {
        let mut client = server.server.connect();
        // The server can refuse before it has read everything.
        let _ = client.0.write_all(&bytes).await;
        client.rest().await;
    }
    drop(server.server.connect());
    is_served(&mut server.connect().await).await;
}

#[tokio::test(start_paused = true)]
async fn http_on_a_port_for_https_gets_an_error_that_names_https() {
    let server = TlsServer::start(Limits::default());
    let body = "x".repeat(100_000);
    let long = tc3_head("AKIDEXAMPLE", "DescribeZones", "", "content-length: 100000\r\n") + &body;
    for request in ["GET / HTTP/1.1\r\nhost: h\r\n\r\n", &zones(), &long] {
        let mut client = server.server.connect();
        client.send(request).await;
        let response = client.response().await;
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
        assert!(
            response.contains("\"InvalidRequest\"") && response.contains("https://"),
            "{response}"
        );
        assert!(!response.contains("TotalCount"), "{response}");
    }
    is_served(&mut server.connect().await).await;
}

#[tokio::test(start_paused = true)]
async fn idle_connection_over_tls_is_closed_at_the_idle_timeout() {
    let limits = Limits::default();
    let server = TlsServer::start(limits);
    let mut client = server.connect().await;
    is_served(&mut client).await;
    sleep(limits.idle_timeout - SECOND).await;
    is_served(&mut client).await;
    let start = Instant::now();
    rest(&mut client).await;
    let took = start.elapsed();
    assert!(took >= limits.idle_timeout && took < limits.idle_timeout + SECOND, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn client_over_tls_that_reads_nothing_is_closed() {
    let limits = Limits::default();
    let server = TlsServer::start(limits);
    let mut client = server.connect().await;
    let start = Instant::now();
    while client.write_all(zones().as_bytes()).await.is_ok() && client.flush().await.is_ok() {}
    let took = start.elapsed();
    assert!(took >= limits.write_timeout && took < limits.write_timeout + SECOND, "{took:?}");
}

/// A response that fits into the buffers of the TLS connection, but not into the pipe.
#[tokio::test(start_paused = true)]
async fn client_over_tls_that_reads_no_response_is_closed() {
    let limits = Limits::default();
    let server = TlsServer::start(limits);
    let mut client = server.connect().await;
    let head =
        tc3_head("AKIDEXAMPLE", "DescribeInstanceTypeConfigs", "{}", "content-length: 2\r\n");
    client.write_all((head + "{}").as_bytes()).await.unwrap();
    client.flush().await.unwrap();
    let start = Instant::now();
    // Nothing is read until the server has closed: the pipe then refuses to write.
    let (socket, _) = client.get_mut();
    while socket.write_all(b"x").await.is_ok() {
        sleep(SECOND / 2).await;
        assert!(
            start.elapsed() < 10 * limits.write_timeout,
            "a client can block a connection forever"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn silent_handshakes_make_room_for_others() {
    let limits = Limits { max_connections: 3, ..Limits::default() };
    let server = TlsServer::start(limits);
    let mut known = server.connect().await;
    is_served(&mut known).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(server.server.connect());
    }
    let start = Instant::now();
    is_served(&mut server.connect().await).await;
    is_served(&mut known).await;
    assert!(
        start.elapsed() < limits.head_timeout,
        "the connections were closed by time, not for room"
    );
}

#[tokio::test(start_paused = true)]
async fn stop_ends_handshakes_at_once() {
    let server = TlsServer::start(Limits::default());
    let _silent = server.server.connect();
    let idle = server.connect().await;
    assert!(server.server.stop().await < SECOND);
    drop(idle);
}
