//! One name for a host in the TLS handshake, in the `Host` header and under the signature; and names that
//! cannot be resolved.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::config::{Dialect, Timeouts};
use cvm_transport::http::HttpErrorKind;
use cvm_transport::retry::Outcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::actions::{KillThings, ListThings};
use crate::builder;
use crate::dialects::verifies;
use crate::fake_service::{FakeService, Reply};
use crate::server::{ReceivedRequest, read_request, response_bytes, unused_endpoint};
use crate::tls_server::{acceptor, file};
use crate::virtual_time::pass;

/// A request over TLS, and the server name of its handshake.
#[derive(Clone, Debug)]
struct TlsRequest {
    name: Option<String>,
    received: ReceivedRequest,
}

/// A service behind TLS that records the server names.
async fn tls_service(certificate: &str) -> (u16, Arc<Mutex<Vec<TlsRequest>>>) {
    let acceptor = acceptor(certificate);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let handshakes = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&handshakes);
    tokio::spawn(async move {
        for number in 1.. {
            let (socket, _) = listener.accept().await.unwrap();
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut buffer = Vec::new();
                while let Some(received) = read_request(&mut socket, &mut buffer, number).await {
                    let name = socket.get_ref().1.server_name().map(str::to_owned);
                    log.lock().unwrap().push(TlsRequest { name, received });
                    let body = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;
                    let _ = socket.write_all(&response_bytes(200, &[], body)).await;
                }
            });
        }
    });
    (port, handshakes)
}

/// A proxy that knows one host, at this local port, and no other.
async fn proxy(found: &'static str, port: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    if socket.read_buf(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let head = String::from_utf8(head).unwrap();
                if !head.starts_with(&format!("CONNECT {found}:443 ")) {
                    let _ = socket.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
                    return;
                }
                socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let mut service = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut socket, &mut service).await;
            });
        }
    });
    url
}

/// Asserts that the server name, the `Host` header and the signed host are this one.
fn assert_addressed_to(handshakes: &TlsRequest, authority: &str, other: &str) {
    let TlsRequest { name, received } = handshakes;
    let host = authority.split(':').next();
    assert_eq!(name.as_deref(), host, "the server name of the handshake");
    assert_eq!(received.header("host"), Some(authority), "the Host header");
    assert_eq!(verifies(received), Ok(()), "the signed host");
    let mut elsewhere = received.clone();
    let header = elsewhere.headers.iter_mut().find(|(name, _)| name == "host").unwrap();
    header.1 = other.to_owned();
    assert!(verifies(&elsewhere).is_err(), "and no other name");
}

#[tokio::test]
async fn backup_uses_its_own_name_in_tls_header_and_signature() {
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        let (port, handshakes) = tls_service("elsewhere.pem").await;
        let client = builder("https://cvm.example")
            .backup_endpoints(["https://elsewhere.example"])
            .proxy(proxy("elsewhere.example", port).await)
            .ca_file(file("ca.pem"))
            .dialect(dialect)
            .timeouts(Timeouts::default())
            .build()
            .unwrap();
        let (_, report) = client.send_with_report(ListThings::default()).await.unwrap();
        let outcomes: Vec<_> = report.attempts.iter().map(|attempt| attempt.outcome).collect();
        assert_eq!(outcomes, [Outcome::NotSent, Outcome::Success]);
        let handshakes = handshakes.lock().unwrap();
        assert_eq!(handshakes.len(), 1);
        assert_addressed_to(&handshakes[0], "elsewhere.example", "cvm.example");
    }
}

#[tokio::test]
async fn endpoint_uses_its_own_name_with_any_port() {
    let (port, handshakes) = tls_service("good.pem").await;
    let closed = unused_endpoint().replace("http://", "");
    for (endpoint, backup) in [
        (format!("https://localhost:{port}"), None),
        (format!("https://{closed}"), Some(format!("https://localhost:{port}"))),
    ] {
        let client = builder(&endpoint)
            .backup_endpoints(backup)
            .ca_file(file("ca.pem"))
            .timeouts(Timeouts::default())
            .build()
            .unwrap();
        client.send(ListThings::default()).await.unwrap();
    }
    let handshakes = handshakes.lock().unwrap();
    assert_eq!(handshakes.len(), 2);
    for handshakes in handshakes.iter() {
        assert_addressed_to(handshakes, &format!("localhost:{port}"), "localhost");
    }
}

#[tokio::test]
async fn unresolvable_name_was_not_sent() {
    // Reserved: no correct resolver knows it, and a wrong address cannot prove its identity. However long the
    // resolver of this machine takes, nothing is sent.
    let timeouts = Timeouts::default().with_connect(Duration::from_secs(2));
    let client = builder("https://cvm.invalid").timeouts(timeouts).build().unwrap();
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let error = client.send(kill).await.unwrap_err();
    assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error:?}");
    for attempt in error.attempts() {
        let unsent = matches!(attempt.outcome, Outcome::NotSent | Outcome::Untrusted);
        assert!(unsent && attempt.status.is_none(), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_http_error_kind_maps_to_its_outcome() {
    use HttpErrorKind::{
        ConnectTimeout, InvalidRequest, NotSent, PossiblySent, ProxyAuthentication, Untrusted,
    };
    for (kind, attempts, outcome, words) in [
        (NotSent, 4, Outcome::NotSent, ["not sent", ""]),
        (ConnectTimeout, 4, Outcome::NotSent, ["not sent", "timeout"]),
        (Untrusted, 1, Outcome::Untrusted, ["not sent", "untrusted"]),
        (ProxyAuthentication, 1, Outcome::NotSent, ["not sent", ""]),
        (InvalidRequest, 1, Outcome::Refused, ["not sent", "usage"]),
        (PossiblySent, 1, Outcome::Ambiguous, ["outcome unknown", ""]),
    ] {
        let fake = FakeService::new(move |_, _| Reply::Fails(kind));
        let kill = KillThings { thing_ids: vec!["thing-1".into()] };
        let error = fake.builder().build().unwrap().send(kill).await.unwrap_err();
        assert_eq!(fake.request_count(), attempts, "{kind:?}");
        assert!(error.attempts().iter().all(|attempt| attempt.outcome == outcome), "{error:?}");
        // A request that cannot be sent at all makes no attempt.
        let made = if kind == InvalidRequest { 0 } else { attempts };
        assert_eq!(error.attempts().len(), made, "{kind:?}");
        let predicates = [
            ("not sent", error.is_not_sent()),
            ("outcome unknown", error.outcome_unknown().is_some()),
            ("timeout", error.is_timeout()),
            ("untrusted", error.is_untrusted()),
            ("usage", error.is_usage()),
        ];
        for (word, holds) in predicates {
            assert_eq!(words.contains(&word), holds, "{kind:?}: {word}: {error}");
        }
    }
}

/// A resolver that returns given addresses, and counts the lookups.
#[derive(Clone)]
struct FixedResolver(Vec<SocketAddr>, Arc<AtomicUsize>);

impl reqwest::dns::Resolve for FixedResolver {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        self.1.fetch_add(1, Ordering::SeqCst);
        let addresses = self.0.clone();
        Box::pin(async move {
            if addresses.is_empty() {
                return Err("no such host".into());
            }
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// The HTTP library with the settings that the client relies on here, and another resolver. The client has no
/// option for a resolver.
fn http_library(
    addresses: Vec<SocketAddr>,
    idle: Option<Duration>,
) -> (reqwest::Client, FixedResolver) {
    let resolver = FixedResolver(addresses, Arc::default());
    let client = reqwest::Client::builder()
        .http1_only()
        .no_proxy()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(idle)
        .pool_max_idle_per_host(usize::from(idle.is_some()))
        .tls_backend_preconfigured(
            rustls::ClientConfig::builder_with_provider(Arc::new(
                rustls::crypto::ring::default_provider(),
            ))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth(),
        )
        .dns_resolver(Arc::new(resolver.clone()))
        .build()
        .unwrap();
    (client, resolver)
}

/// The connect timeout, which all addresses of a name share.
const CONNECT: Duration = Duration::from_secs(60);

/// Advances the clock by the share of one address, again and again, until the work is done.
async fn advance_shares<T>(addresses: usize, work: impl Future<Output = T>) -> T {
    let share = CONNECT / u32::try_from(addresses).unwrap() + Duration::from_millis(1);
    let passing = async {
        loop {
            pass(share).await;
        }
    };
    tokio::select! {
        done = work => done,
        never = passing => never,
    }
}

/// A closed port on this address.
fn closed_address(ip: &str) -> SocketAddr {
    format!("{ip}:1").parse().unwrap()
}

/// A listener whose queue is full, so it neither accepts nor refuses.
async fn full_listener() -> (SocketAddr, Vec<TcpStream>, TcpListener) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut fillers = Vec::new();
    for _ in 0..8 {
        let filler = TcpStream::connect(address);
        fillers.extend(
            tokio::time::timeout(Duration::from_millis(50), filler).await.into_iter().flatten(),
        );
    }
    (address, fillers, listener)
}

#[tokio::test]
async fn dead_addresses_share_the_connect_timeout() {
    let server = crate::server::Server::start([]).await;
    let open: SocketAddr = server.url.strip_prefix("http://").unwrap().parse().unwrap();
    let (full_address, _fillers, _listener) = full_listener().await;
    let six = |ip: &str| closed_address(&format!("[{ip}]"));
    let mut fifty = vec![closed_address("127.0.0.1"); 50];
    fifty.push(open);
    let mut full = vec![full_address; 9];
    full.push(open);
    for (name, addresses) in [
        ("a closed ::1 before it", vec![six("::1"), open]),
        ("a closed ::1 after it", vec![open, six("::1")]),
        ("fifty closed addresses", fifty),
        ("nine full listeners", full),
    ] {
        let count = addresses.len();
        let (client, _) = http_library(addresses, None);
        let began = Instant::now();
        let request = client.post("http://cvm.example/").header("x-tc-action", "Done").body("{}");
        let sent = advance_shares(count, request.send()).await;
        assert!(sent.is_ok(), "{name}: {:?}", sent.err());
        assert!(began.elapsed() <= CONNECT, "{name}: {:?}", began.elapsed());
    }
    for (name, addresses) in [
        ("none", vec![]),
        ("fifty", vec![closed_address("127.0.0.1"); 50]),
        ("one full listener", vec![full_address]),
    ] {
        let count = addresses.len().max(1);
        let (client, _) = http_library(addresses, None);
        let request = client.post("http://cvm.example/").body("{}");
        let error = advance_shares(count, request.send()).await.unwrap_err();
        assert!(error.is_connect(), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn every_new_connection_resolves_the_name() {
    let server = crate::server::Server::start([]).await;
    let open: SocketAddr = server.url.strip_prefix("http://").unwrap().parse().unwrap();
    let (client, resolver) = http_library(vec![open], None);
    for _ in 0..3 {
        let sent = client.post("http://cvm.example/").header("x-tc-action", "Done").body("{}");
        sent.send().await.unwrap().bytes().await.unwrap();
    }
    assert_eq!(resolver.1.load(Ordering::SeqCst), server.connections());
    assert!(server.connections() > 1);
}
