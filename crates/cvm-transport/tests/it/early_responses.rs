//! Responses that arrive before the request: they belong to something else.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use cvm_transport::Error;
use cvm_transport::retry::Outcome;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::actions::{KillThings, Launch, ListThings};
use crate::builder;
use crate::server::{listen_with_small_buffer, response_bytes};
use crate::tls_server::{early, file};

const DONE: &str =
    r#"{"Response":{"ThingSet":[],"TotalCount":0,"ThingIdSet":["thing-9"],"RequestId":"r"}}"#;

fn kill() -> KillThings {
    KillThings { thing_ids: vec!["thing-1".into()] }
}

/// Reads to the end, and keeps the bytes.
async fn read_to_end(mut from: impl AsyncReadExt + Unpin, received: Arc<Mutex<Vec<u8>>>) {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes).await;
    received.lock().unwrap().extend(bytes);
}

fn assert_not_sent(error: &Error) {
    assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error}");
    assert!(error.attempts().iter().all(|one| one.outcome == Outcome::NotSent), "{error}");
}

#[tokio::test]
async fn response_before_request_prevents_sending() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let received: Arc<Mutex<Vec<u8>>> = Arc::default();
    let log = Arc::clone(&received);
    let peer = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            // At once, without waiting for the runtime to poll the socket.
            let mut socket = socket.into_std().unwrap();
            socket.write_all(&response_bytes(200, &[], DONE)).unwrap();
            let socket = TcpStream::from_std(socket).unwrap();
            tokio::spawn(read_to_end(socket, Arc::clone(&log)));
        }
    });
    let client = builder(&url).max_attempts(2).build().unwrap();
    assert_not_sent(&client.send(kill()).await.unwrap_err());
    assert_not_sent(&client.send(Launch::default()).await.unwrap_err());
    assert_not_sent(&client.send(ListThings::default()).await.unwrap_err());
    peer.abort();
    assert_eq!(String::from_utf8_lossy(&received.lock().unwrap()), "");
}

#[tokio::test]
async fn response_before_request_prevents_sending_over_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let received: Arc<Mutex<Vec<u8>>> = Arc::default();
    let log = Arc::clone(&received);
    let peer = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let accepted = early("good.pem").accept_with(socket, |tls| {
                tls.writer().write_all(&response_bytes(200, &[], DONE)).unwrap();
            });
            if let Ok(socket) = accepted.await {
                tokio::spawn(read_to_end(socket, Arc::clone(&log)));
            }
        }
    });
    let client = builder(&url).ca_file(file("ca.pem")).max_attempts(2).build().unwrap();
    assert_not_sent(&client.send(kill()).await.unwrap_err());
    assert_not_sent(&client.send(ListThings::default()).await.unwrap_err());
    peer.abort();
    assert_eq!(String::from_utf8_lossy(&received.lock().unwrap()), "");
}

/// A peer that responds after reading this many bytes of a request, and keeps the connection.
async fn responds_after(bytes: usize, body: &'static str) -> (String, tokio::task::JoinHandle<()>) {
    let (listener, url) = listen_with_small_buffer();
    let peer = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut some = vec![0; bytes];
            let _ = socket.read_exact(&mut some).await;
            let mut socket = socket.into_std().unwrap();
            let _ = socket.write_all(&response_bytes(200, &[], body));
            held.push(socket);
        }
    });
    (url, peer)
}

/// Far more than all buffers between two sockets hold.
fn large() -> Launch {
    Launch { name: Some("x".repeat(9_000_000)), ..Launch::default() }
}

#[tokio::test]
async fn success_before_request_is_written_leaves_outcome_unknown() {
    for read in [1, 100_000] {
        let (url, peer) = responds_after(read, DONE).await;
        let client = builder(&url).max_attempts(2).build().unwrap();
        let error = client.send(large()).await.unwrap_err();
        assert!(error.outcome_unknown().is_some(), "{read}: {error}");
        assert!(error.to_string().contains("before the whole request was written"), "{error}");
        assert_eq!(error.attempts().len(), 2, "{read}: {error}");
        peer.abort();
    }
    // A service may reject a request without reading all of it.
    let error_body = r#"{"Response":{"Error":{"Code":"RequestSizeLimitExceeded","Message":"m"},"RequestId":"r"}}"#;
    let (url, peer) = responds_after(100_000, error_body).await;
    let client = builder(&url).max_attempts(2).build().unwrap();
    let error = client.send(large()).await.unwrap_err();
    assert!(error.is_service() && error.outcome_unknown().is_none(), "{error}");
    peer.abort();
}

#[tokio::test]
async fn success_after_large_request_is_accepted() {
    let server = crate::server::Server::start([]).await;
    let client = builder(&server.url).max_attempts(1).build().unwrap();
    for length in [0, 1, 100_000, 9_000_000] {
        let launch = Launch { name: Some("x".repeat(length)), ..Launch::default() };
        assert_eq!(client.send(launch).await.unwrap().thing_id_set, ["thing-1"], "{length}");
    }
}
