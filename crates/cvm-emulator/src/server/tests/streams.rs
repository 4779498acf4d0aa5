//! Streams of events: no listener can block the server, and none is cut off without a reason.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, sleep, timeout};

use super::pipes::{Client, Server};
use crate::events::EventKind;
use crate::limits::Limits;

const SECOND: Duration = Duration::from_secs(1);

const FEW: Limits = Limits { max_connections: 8, ..Limits::DEFAULT };

async fn ask(server: &Server) -> Client {
    let mut client = server.connect();
    let token = server.cloud.admin_token();
    let head = "GET /_emulator/events HTTP/1.1\r\nhost: localhost\r\n";
    client.send(format!("{head}authorization: Bearer {token}\r\n\r\n")).await;
    client
}

/// A client that has got its first event.
async fn listen(server: &Server) -> Client {
    let mut client = ask(server).await;
    until(&mut client, "event: connected").await;
    client
}

/// Reads until a text is there.
async fn until(client: &mut Client, wanted: &str) {
    let mut text = String::new();
    while !text.contains(wanted) {
        let byte = timeout(600 * SECOND, client.0.read_u8()).await;
        let byte = byte.unwrap_or_else(|_| panic!("no {wanted} in {text}"));
        text.push(char::from(byte.unwrap_or_else(|_| panic!("it ended without {wanted}: {text}"))));
    }
}

/// Makes more events than a pipe holds, and lets the server send them.
async fn make_events(server: &Server) {
    for _ in 0..100 {
        let data = || serde_json::json!({"text": "x".repeat(100)});
        server.cloud.simulation().events().publish(EventKind::Clock, data);
    }
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn listener_that_never_reads_is_closed_at_the_write_timeout() {
    let server = Server::start(FEW);
    let mut stuck = listen(&server).await;
    let mut reading = listen(&server).await;
    let start = Instant::now();
    make_events(&server).await;
    for _ in 0..100 {
        until(&mut reading, "event: clock").await;
    }
    server.served().await;
    let waited = start.elapsed() + stuck.closed().await;
    assert!(waited >= FEW.write_timeout && waited < FEW.write_timeout + SECOND, "{waited:?}");
    make_events(&server).await;
    until(&mut reading, "event: clock").await;
}

#[tokio::test(start_paused = true)]
async fn silent_stream_stays_open_and_shows_that_it_is_alive() {
    let server = Server::start(FEW);
    let mut client = listen(&server).await;
    // Longer than any time limit of a connection.
    for _ in 0..10 {
        until(&mut client, "\n:\n\n").await;
    }
    server.cloud.reset();
    until(&mut client, "event: reset").await;
}

#[tokio::test(start_paused = true)]
async fn streams_leave_connections_to_requests() {
    let server = Server::start(FEW);
    let mut listeners = Vec::new();
    for _ in 0..FEW.max_connections / 2 {
        listeners.push(listen(&server).await);
    }
    let mut refused = ask(&server).await;
    let response = refused.response().await;
    assert!(response.contains("503") && response.contains("too_many_streams"), "{response}");
    for _ in 0..FEW.max_connections {
        server.served().await;
    }
    // A stream that ends makes room, as soon as the server notices.
    listeners.pop();
    make_events(&server).await;
    listen(&server).await;
    for client in &mut listeners {
        until(client, "event: clock").await;
    }
}

#[tokio::test(start_paused = true)]
async fn server_with_streams_stops_at_once() {
    let server = Server::start(FEW);
    let mut listeners = [listen(&server).await, listen(&server).await];
    assert_eq!(server.stop().await, Duration::ZERO);
    for client in &mut listeners {
        assert!(client.rest().await.ends_with("0\r\n\r\n"));
    }
}

#[tokio::test(start_paused = true)]
async fn server_stops_within_the_timeout_despite_a_listener_that_never_reads() {
    let server = Server::start(FEW);
    let _stuck = listen(&server).await;
    make_events(&server).await;
    assert!(server.stop().await <= FEW.shutdown_timeout);
}
