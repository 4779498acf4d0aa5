//! Shutdown: the server stops within its timeout, whatever its clients do.

use std::time::Duration;

use tokio::time::sleep;

use super::pipes::Server;
use crate::limits::Limits;
use crate::test_requests::{tc3_head, zones};

const LIMITS: Limits = Limits::DEFAULT;

#[tokio::test(start_paused = true)]
async fn server_with_idle_clients_stops_at_once() {
    let server = Server::start(LIMITS);
    let mut clients = vec![server.served().await, server.connect(), server.connect()];
    clients[2].send("GET / HTT").await;
    sleep(Duration::from_millis(1)).await;
    assert_eq!(server.stop().await, Duration::ZERO);
    for client in &mut clients {
        assert_eq!(client.rest().await, "");
    }
}

#[tokio::test(start_paused = true)]
async fn request_that_completes_in_time_gets_a_response_during_shutdown() {
    let server = Server::start(LIMITS);
    let mut client = server.connect();
    client.send(tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", "content-length: 2\r\n")).await;
    sleep(Duration::from_millis(1)).await;
    let stopped = tokio::spawn(server.stop());
    sleep(LIMITS.shutdown_timeout / 2).await;
    client.send("{}").await;
    assert!(client.rest().await.contains("\"TotalCount\":7"));
    assert!(stopped.await.unwrap() < LIMITS.shutdown_timeout);
}

#[tokio::test(start_paused = true)]
async fn server_stops_within_the_timeout_despite_stuck_clients() {
    let server = Server::start(LIMITS);
    let signed = tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", "content-length: 1000\r\n");
    let mut clients = Vec::new();
    for bytes in [
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n",
        &signed,
        &zones().repeat(8),
    ] {
        let mut client = server.connect();
        client.send(bytes).await;
        clients.push(client);
    }
    sleep(Duration::from_millis(1)).await;
    assert_eq!(server.stop().await, LIMITS.shutdown_timeout);
}

#[tokio::test(start_paused = true)]
async fn server_stops_while_no_connection_can_be_accepted() {
    let server = Server::start(Limits { max_connections: 1, ..LIMITS });
    let mut busy = server.served().await;
    busy.send(tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", "content-length: 9\r\n")).await;
    sleep(Duration::from_millis(1)).await;
    let _waiting = server.connect();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(server.stop().await, LIMITS.shutdown_timeout);
}
