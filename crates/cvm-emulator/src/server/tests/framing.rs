//! Heads, chunks and trailers without measure, and what is not HTTP/1.1.

use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

use super::pipes::{Client, Server};
use crate::server::Limits;
use crate::signed::{tc3_head, zones};

const CHUNKED: &str = "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";

/// Sends a piece again and again until the server closes or has enough.
async fn flood(client: &mut Client, piece: &[u8], most: usize) -> usize {
    let mut sent = 0;
    while sent < most && client.0.write_all(piece).await.is_ok() {
        sent += piece.len();
    }
    sent
}

#[tokio::test(start_paused = true)]
async fn endless_heads_chunk_extensions_and_trailers_are_closed() {
    let server = Server::start(Limits::default());
    let most = 4 << 20;
    let header = format!("x: {}\r\n", "x".repeat(1000));
    for (head, piece) in [
        ("GET /".to_owned(), "x".repeat(1000)),
        ("GET / HTTP/1.1\r\n".to_owned(), header.clone()),
        ("GET / HTTP/1.1\r\n".to_owned(), "x:\r\n".to_owned()),
        (format!("{CHUNKED}1;"), "x".repeat(1000)),
        (format!("{CHUNKED}0\r\n"), header),
        (String::new(), "\0".repeat(1000)),
    ] {
        let mut client = server.connect();
        client.send(&head).await;
        let sent = flood(&mut client, piece.as_bytes(), most).await;
        assert!(sent < 1 << 20, "{head:?}: {sent} bytes were taken");
    }
    server.served().await;
}

#[tokio::test(start_paused = true)]
async fn chunk_size_without_end_is_answered_after_the_time_for_a_body() {
    let limits = Limits::default();
    let server = Server::start(limits);
    let mut client = server.connect();
    client.send(CHUNKED).await;
    flood(&mut client, &[b'0'; 1000], 1 << 20).await;
    sleep(limits.body_time).await;
    assert!(client.rest().await.contains("\"InvalidRequest\""));
}

#[tokio::test(start_paused = true)]
async fn other_protocols_are_refused() {
    let server = Server::start(Limits::default());
    for bytes in [
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n",
    ] {
        let mut client = server.connect();
        client.send(bytes).await;
        client.rest().await;
    }
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nhost: h\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n").await;
    assert!(client.response().await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test(start_paused = true)]
async fn connect_is_refused_so_that_no_client_takes_the_server_for_a_tunnel() {
    let server = Server::start(Limits::default());
    for target in ["example.com:443", "cvm.tencentcloudapi.com:443", "127.0.0.1:80"] {
        let mut client = server.connect();
        client.send(format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n")).await;
        let response = client.response().await;
        assert!(response.starts_with("HTTP/1.1 501 Not Implemented\r\n"), "{response}");
        assert!(response.contains("is no proxy"), "{response}");
    }
    server.served().await;
}

#[tokio::test(start_paused = true)]
async fn client_that_sends_no_more_gets_its_responses() {
    let server = Server::start(Limits::default());
    for count in 1..4 {
        let mut client = server.connect();
        client.send(zones().repeat(count)).await;
        client.0.shutdown().await.unwrap();
        let responses = client.rest().await;
        assert_eq!(responses.matches("\"TotalCount\":7").count(), count, "{responses}");
    }
}

#[tokio::test(start_paused = true)]
async fn client_that_ends_within_a_request_is_closed() {
    let limits = Limits::default();
    let server = Server::start(limits);
    let start = Instant::now();
    let request = zones();
    for length in [0, 9, request.len() - 3, request.len() - 1] {
        let mut client = server.connect();
        client.send(request.as_bytes().get(..length).unwrap()).await;
        client.0.shutdown().await.unwrap();
        assert!(!client.rest().await.contains("TotalCount"), "{length}");
    }
    assert!(start.elapsed() < limits.head_time, "nothing more is waited for");
}

#[tokio::test(start_paused = true)]
async fn tiny_chunks_of_a_signed_request_are_put_together() {
    let server = Server::start(Limits::default());
    let body = format!("{{{}}}", " ".repeat(3000));
    let mut client = server.connect();
    client
        .send(tc3_head("AKIDEXAMPLE", "DescribeZones", &body, "transfer-encoding: chunked\r\n"))
        .await;
    for byte in body.chars() {
        client.send(format!("1\r\n{byte}\r\n")).await;
    }
    client.send("0\r\n\r\n").await;
    assert!(client.response().await.contains("\"TotalCount\":7"));
    client.is_served().await;
}

#[tokio::test(start_paused = true)]
async fn body_is_asked_for_only_when_the_head_is_right() {
    let server = Server::start(Limits::default());
    let expecting = "expect: 100-continue\r\ncontent-length: 2\r\n";
    let mut client = server.connect();
    client.send(tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", expecting)).await;
    assert!(client.response().await.starts_with("HTTP/1.1 100 Continue"));
    client.send("{}").await;
    assert!(client.response().await.contains("\"TotalCount\":7"));

    let mut client = server.connect();
    client.send(tc3_head("AKIDUNKNOWN", "DescribeZones", "{}", expecting)).await;
    let response = client.rest().await;
    assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
    assert!(response.contains("AuthFailure.SecretIdNotFound"), "{response}");
}
