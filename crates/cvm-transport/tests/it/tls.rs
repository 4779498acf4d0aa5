//! TLS: a server that cannot prove its identity receives nothing, and proxies see no secret.

use std::time::Duration;

use cvm_transport::retry::Outcome;
use cvm_transport::{Client, ClientBuilder, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::actions::{KillThings, ListThings};
use crate::builder;
use crate::server::response_bytes;
use crate::tls_server::{TlsServer, file};

fn builder_for(port: u16, host: &str) -> ClientBuilder {
    builder(&format!("https://{host}:{port}"))
}

async fn kill(client: &Client) -> Error {
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    client.send(kill).await.unwrap_err()
}

#[tokio::test]
async fn trusted_server_receives_the_request() {
    for chain in [&["good.pem"][..], &["good.pem", "ca.pem"], &["through-middle.pem", "middle.pem"]]
    {
        for host in ["127.0.0.1", "localhost"] {
            let server = TlsServer::start(chain).await;
            let client = builder_for(server.port, host).ca_file(file("ca.pem")).build().unwrap();
            client.send(ListThings::default()).await.unwrap();
            assert!(server.received().contains("x-tc-action: ListThings"), "{}", server.received());
        }
    }
}

#[tokio::test]
async fn tls_1_2_and_1_3_work() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let body = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;
        let response = response_bytes(200, &[], body);
        let server = TlsServer::responding(&["good.pem"], &[version], response).await;
        let client = builder_for(server.port, "localhost").ca_file(file("ca.pem")).build().unwrap();
        client.send(ListThings::default()).await.unwrap();
    }
}

#[tokio::test]
async fn untrusted_server_receives_nothing() {
    for (chain, trusts_ca) in [
        (&["good.pem"][..], false),
        (&["good.pem", "ca.pem"], false),
        (&["elsewhere.pem"], true),
        (&["nameless.pem"], true),
        (&["expired.pem"], true),
        (&["future.pem"], true),
        (&["client-only.pem"], true),
        (&["through-middle.pem"], true),
        (&["through-leaf.pem", "good.pem"], true),
        (&["through-leaf.pem", "good.pem", "ca.pem"], true),
        (&["alone.pem"], true),
        (&["alone.pem"], false),
        (&["impostor.pem"], true),
        (&["impostor.pem", "ca.pem"], true),
    ] {
        let server = TlsServer::start(chain).await;
        let mut builder = builder_for(server.port, "127.0.0.1");
        if trusts_ca {
            builder = builder.ca_file(file("ca.pem"));
        }
        let error = kill(&builder.build().unwrap()).await;
        assert!(error.is_untrusted() && error.is_not_sent(), "{chain:?}: {error:?}");
        assert!(error.outcome_unknown().is_none());
        assert_eq!(error.attempts().len(), 1, "{chain:?}: an untrusted certificate is not retried");
        assert_eq!(error.attempts()[0].outcome, Outcome::Untrusted);
        assert_eq!(server.received(), "", "{chain:?}");
    }
}

/// Sends these bytes to a client. Returns the record types and bytes that the client sent.
async fn record_handshake(mut socket: TcpStream, sent: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let mut received = vec![0; 16 * 1024];
    let mut length = socket.read(&mut received).await.unwrap();
    socket.write_all(&sent).await.unwrap();
    let more = async {
        while let Ok(read @ 1..) = socket.read(&mut received[length..]).await {
            length += read;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(60), more).await;
    received.truncate(length);
    let (mut kinds, mut rest) = (Vec::new(), &received[..]);
    while let [kind, _, _, high, low, ..] = rest {
        kinds.push(*kind);
        rest = rest.get(5 + usize::from(*high) * 256 + usize::from(*low)..).unwrap_or_default();
    }
    (kinds, received)
}

/// A server hello of this version, with a cipher of its time.
fn server_hello(version: [u8; 2]) -> Vec<u8> {
    let mut hello = vec![2, 0, 0, 38];
    hello.extend(version);
    hello.extend([7; 32]);
    hello.extend([0, 0x00, 0x2f, 0]);
    let mut record = vec![22];
    record.extend(version);
    record.extend([0, 42]);
    record.extend(hello);
    record
}

#[tokio::test]
async fn server_with_only_old_tls_versions_receives_nothing() {
    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    let cannot = vec![ALERT, 3, 1, 0, 2, 2, 70];
    for sent in [server_hello([3, 0]), server_hello([3, 1]), server_hello([3, 2]), cannot, vec![]] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let client =
            builder_for(port, "localhost").ca_file(file("ca.pem")).max_attempts(1).build().unwrap();
        let peer = async {
            let (socket, _) = listener.accept().await.unwrap();
            record_handshake(socket, sent.clone()).await
        };
        let (error, (kinds, received)) = tokio::join!(kill(&client), peer);
        assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error:?}");
        assert!(kinds.starts_with(&[HANDSHAKE]), "{kinds:?}");
        assert!(kinds[1..].iter().all(|kind| *kind == ALERT), "{sent:?}: {kinds:?}");
        let received = String::from_utf8_lossy(&received);
        for word in ["KillThings", "AKIDEXAMPLE", "thing-1", "POST", "x-tc"] {
            assert!(!received.contains(word), "{word}");
        }
    }
}

#[tokio::test]
async fn proxy_sees_only_host_and_port() {
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
    let received = proxy.await.unwrap().to_ascii_lowercase();
    assert!(received.starts_with("connect cvm.example.com:443 "), "{received}");
    assert!(received.contains("\r\nproxy-authorization: basic "), "{received}");
    assert!(!received.contains("\r\nauthorization:") && !received.contains("x-tc"), "{received}");
}

#[tokio::test]
async fn loopback_is_never_proxied() {
    let server = TlsServer::start(&["good.pem"]).await;
    let client = builder_for(server.port, "localhost")
        .ca_file(file("ca.pem"))
        .proxy("http://127.0.0.1:1")
        .build()
        .unwrap();
    client.send(ListThings::default()).await.unwrap();
    assert_ne!(server.received(), "");
}

#[tokio::test]
async fn proxy_password_stays_with_the_proxy() {
    let server = TlsServer::start(&["elsewhere.pem"]).await;
    let origin = server.port;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let proxy = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 4_096];
        let read = client.read(&mut buffer).await.unwrap();
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", origin)).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        String::from_utf8(buffer[..read].to_vec()).unwrap()
    });
    let client = builder("https://elsewhere.example")
        .proxy(format!("http://user:canary-proxy@127.0.0.1:{port}"))
        .ca_file(file("ca.pem"))
        .build()
        .unwrap();
    client.send(ListThings::default()).await.unwrap();
    drop(client);
    let received = proxy.await.unwrap().to_ascii_lowercase();
    assert!(received.starts_with("connect elsewhere.example:443 "), "{received}");
    assert!(received.contains("\r\nproxy-authorization: basic "), "{received}");
    assert!(!received.contains("\r\nauthorization:") && !received.contains("x-tc"), "{received}");
    let received = server.received().to_ascii_lowercase();
    assert!(received.contains("\r\nauthorization:"), "{received}");
    assert!(!received.contains("proxy") && !received.contains("dxnlcj"), "{received}");
}
