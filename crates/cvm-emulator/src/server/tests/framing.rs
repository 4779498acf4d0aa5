//! Unbounded heads, chunks and trailers, and protocols other than HTTP/1.1.

use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

use super::pipes::{Client, Server};
use crate::limits::Limits;
use crate::test_requests::{tc3_head, zones};

const CHUNKED: &str = "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";

/// Sends a piece repeatedly until the server closes or `max` bytes are sent.
async fn flood(client: &mut Client, piece: &[u8], max: usize) -> usize {
    let mut sent = 0;
    while sent < max && client.0.write_all(piece).await.is_ok() {
        sent += piece.len();
    }
    sent
}

#[tokio::test(start_paused = true)]
async fn unbounded_heads_chunk_extensions_and_trailers_are_closed() {
    let server = Server::start(Limits::default());
    let max = 4 << 20;
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
        let sent = flood(&mut client, piece.as_bytes(), max).await;
        assert!(sent < 1 << 20, "{head:?}: the server read {sent} bytes");
    }
    server.served().await;
}

#[tokio::test(start_paused = true)]
async fn endless_chunk_size_gets_an_error_at_the_body_timeout() {
    let limits = Limits::default();
    let server = Server::start(limits);
    let mut client = server.connect();
    client.send(CHUNKED).await;
    flood(&mut client, &[b'0'; 1000], 1 << 20).await;
    sleep(limits.body_timeout).await;
    assert!(client.rest().await.contains("\"InvalidRequest\""));
}

#[tokio::test(start_paused = true)]
async fn other_protocols_are_rejected() {
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
async fn connect_is_rejected_with_a_non_success_status() {
    let server = Server::start(Limits::default());
    for target in ["example.com:443", "cvm.tencentcloudapi.com:443", "127.0.0.1:80"] {
        let mut client = server.connect();
        client.send(format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n")).await;
        let response = client.response().await;
        assert!(response.starts_with("HTTP/1.1 501 Not Implemented\r\n"), "{response}");
        assert!(response.contains("opens no tunnels"), "{response}");
    }
    server.served().await;
}

#[tokio::test(start_paused = true)]
async fn half_closed_client_gets_its_responses() {
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
async fn half_close_within_a_request_closes_the_connection() {
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
    assert!(start.elapsed() < limits.head_timeout, "the server does not wait for more data");
}

#[tokio::test(start_paused = true)]
async fn tiny_chunks_of_a_signed_request_are_joined() {
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
async fn continue_is_sent_only_for_a_valid_head() {
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
