//! TLS: a server that cannot prove its identity receives nothing, and proxies see no secret.

use std::time::Duration;

use cvm_transport::{Client, ClientBuilder, Error, Outcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::actions::{KillThings, ListThings};
use crate::builder;
use crate::server::answer;
use crate::tls_server::{Encrypted, file};

fn at(port: u16, host: &str) -> ClientBuilder {
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
            let server = Encrypted::start(chain).await;
            let client = at(server.port, host).ca_file(file("ca.pem")).build().unwrap();
            client.send(ListThings::default()).await.unwrap();
            assert!(server.told().contains("x-tc-action: ListThings"), "{}", server.told());
        }
    }
}

#[tokio::test]
async fn tls_1_2_and_1_3_work() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let body = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;
        let answer = answer(200, &[], body);
        let server = Encrypted::answering(&["good.pem"], &[version], answer).await;
        let client = at(server.port, "localhost").ca_file(file("ca.pem")).build().unwrap();
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
        let server = Encrypted::start(chain).await;
        let mut builder = at(server.port, "127.0.0.1");
        if trusts_ca {
            builder = builder.ca_file(file("ca.pem"));
        }
        let error = kill(&builder.build().unwrap()).await;
        assert!(error.is_untrusted() && error.is_not_sent(), "{chain:?}: {error:?}");
        assert!(error.outcome_unknown().is_none());
        assert_eq!(error.attempts().len(), 1, "{chain:?}: a certificate does not mend itself");
        assert_eq!(error.attempts()[0].outcome, Outcome::Untrusted);
        assert_eq!(server.told(), "", "{chain:?}");
    }
}

/// Sends these bytes to a client. Returns the record types and bytes that the client sent.
async fn overhear(mut socket: TcpStream, says: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let mut heard = vec![0; 16 * 1024];
    let mut length = socket.read(&mut heard).await.unwrap();
    socket.write_all(&says).await.unwrap();
    let more = async {
        while let Ok(read @ 1..) = socket.read(&mut heard[length..]).await {
            length += read;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(60), more).await;
    heard.truncate(length);
    let (mut kinds, mut rest) = (Vec::new(), &heard[..]);
    while let [kind, _, _, high, low, ..] = rest {
        kinds.push(*kind);
        rest = rest.get(5 + usize::from(*high) * 256 + usize::from(*low)..).unwrap_or_default();
    }
    (kinds, heard)
}

/// A server hello of this version, with a cipher of its time.
fn hello(version: [u8; 2]) -> Vec<u8> {
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
    for says in [hello([3, 0]), hello([3, 1]), hello([3, 2]), cannot, vec![]] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = at(port, "localhost").ca_file(file("ca.pem")).max_attempts(1).build().unwrap();
        let peer = async {
            let (socket, _) = listener.accept().await.unwrap();
            overhear(socket, says.clone()).await
        };
        let (error, (kinds, heard)) = tokio::join!(kill(&client), peer);
        assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error:?}");
        assert!(kinds.starts_with(&[HANDSHAKE]), "{kinds:?}");
        assert!(kinds[1..].iter().all(|kind| *kind == ALERT), "{says:?}: {kinds:?}");
        let heard = String::from_utf8_lossy(&heard);
        for word in ["KillThings", "AKIDEXAMPLE", "thing-1", "POST", "x-tc"] {
            assert!(!heard.contains(word), "{word}");
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
    let told = proxy.await.unwrap().to_ascii_lowercase();
    assert!(told.starts_with("connect cvm.example.com:443 "), "{told}");
    assert!(told.contains("\r\nproxy-authorization: basic "), "{told}");
    assert!(!told.contains("\r\nauthorization:") && !told.contains("x-tc"), "{told}");
}

#[tokio::test]
async fn loopback_is_never_proxied() {
    let server = Encrypted::start(&["good.pem"]).await;
    let client = at(server.port, "localhost")
        .ca_file(file("ca.pem"))
        .proxy("http://127.0.0.1:1")
        .build()
        .unwrap();
    client.send(ListThings::default()).await.unwrap();
    assert_ne!(server.told(), "");
}

#[tokio::test]
async fn proxy_password_stays_with_the_proxy() {
    let server = Encrypted::start(&["elsewhere.pem"]).await;
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
    let told = proxy.await.unwrap().to_ascii_lowercase();
    assert!(told.starts_with("connect elsewhere.example:443 "), "{told}");
    assert!(told.contains("\r\nproxy-authorization: basic "), "{told}");
    assert!(!told.contains("\r\nauthorization:") && !told.contains("x-tc"), "{told}");
    let told = server.told().to_ascii_lowercase();
    assert!(told.contains("\r\nauthorization:"), "{told}");
    assert!(!told.contains("proxy") && !told.contains("dxnlcj"), "{told}");
}
