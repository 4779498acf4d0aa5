//! Many clients: a new client is always served, and the least valuable connection is closed.

use std::io;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};

use super::pipes::{Client, Server};
use crate::limits::Limits;
use crate::test_requests::tc3_head;

/// Much less than any time limit of a connection.
const AT_ONCE: Duration = Duration::from_secs(1);

const FEW: Limits = Limits { max_connections: 4, ..Limits::DEFAULT };

/// Opens unauthenticated connections, each stuck in a different way.
async fn stuck(server: &Server) -> Vec<Client> {
    let known = tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", "content-length: 1000000\r\n");
    let chunked = "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n";
    let expecting =
        "POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n";
    let mut clients = Vec::new();
    for bytes in [
        "",
        "GET / HTT",
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\nA=",
        &(known + "{"),
        chunked,
        expecting,
        &"GET / HTTP/1.1\r\nhost: h\r\n\r\n".repeat(100),
    ] {
        let mut client = server.connect();
        client.send(bytes).await;
        clients.push(client);
    }
    clients
}

/// Checks in virtual time that each new client is served at once, however many connections are stuck.
async fn serves_new_clients_beside_stuck_ones(server: &Server) {
    let start = Instant::now();
    let mut held = Vec::new();
    for _ in 0..10 {
        held.append(&mut stuck(server).await);
        drop(server.served().await);
    }
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn new_clients_are_served_at_once_despite_stuck_connections() {
    serves_new_clients_beside_stuck_ones(&Server::start(FEW)).await;
}

#[tokio::test(start_paused = true)]
async fn new_clients_are_served_at_once_without_a_free_file_descriptor() {
    serves_new_clients_beside_stuck_ones(&Server::with_files(Limits::default(), 4)).await;
}

#[tokio::test(start_paused = true)]
async fn oldest_unauthenticated_connection_is_closed_first() {
    let server = Server::start(FEW);
    let mut authenticated = server.served().await;
    sleep(AT_ONCE).await;
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(server.connect());
        sleep(AT_ONCE).await;
    }
    let mut new = server.served().await;
    assert!(silent[0].is_closed().await);
    assert!(!silent[1].is_closed().await);
    assert!(!silent[2].is_closed().await);
    new.is_served().await;
    authenticated.is_served().await;
}

/// Sends a head and half of the body.
async fn upload(server: &Server) -> Client {
    let mut client = server.connect();
    let head = tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", "content-length: 2\r\n");
    client.send(head + "{").await;
    sleep(AT_ONCE).await;
    client
}

async fn ends(mut upload: Client) {
    upload.send("}").await;
    assert!(upload.response().await.contains("\"TotalCount\":7"));
}

#[tokio::test(start_paused = true)]
async fn incoming_signed_request_survives_unauthenticated_clients() {
    let unknown = tc3_head("AKIDUNKNOWN", "DescribeZones", "{}", "content-length: 9\r\n");
    let form = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\nA=";
    let invalid = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
    for bytes in ["", "GET / HTT", &unknown, form, invalid] {
        let server = Server::start(FEW);
        let upload = upload(&server).await;
        let mut others = Vec::new();
        for _ in 0..20 {
            let mut other = server.connect();
            other.send(bytes).await;
            sleep(AT_ONCE / 10).await;
            others.push(other);
        }
        ends(upload).await;
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed_before_incoming_signed_requests() {
    let server = Server::start(FEW);
    let upload = upload(&server).await;
    let mut idle = Vec::new();
    for _ in 0..3 {
        idle.push(server.served().await);
        sleep(AT_ONCE).await;
    }
    let _new = server.served().await;
    assert!(idle[0].is_closed().await);
    ends(upload).await;
}

#[tokio::test(start_paused = true)]
async fn heads_without_bodies_do_not_block_new_clients() {
    let server = Server::start(FEW);
    let mut uploads = Vec::new();
    for _ in 0..4 {
        uploads.push(upload(&server).await);
    }
    // Both connect before either of them sends data.
    let mut new = [server.connect(), server.connect()];
    sleep(AT_ONCE).await;
    for client in &mut new {
        client.is_served().await;
    }
    assert!(uploads[0].is_closed().await && uploads[1].is_closed().await);
    for upload in uploads.drain(2..) {
        ends(upload).await;
    }
}

#[tokio::test(start_paused = true)]
async fn authenticated_idle_connection_survives_heads_without_bodies() {
    let server = Server::start(FEW);
    let mut idle = server.served().await;
    let mut uploads = Vec::new();
    for _ in 0..20 {
        sleep(AT_ONCE).await;
        uploads.push(upload(&server).await);
        idle.is_served().await;
    }
}

/// When the other client has its response, the greedy client does not have all of its responses.
#[tokio::test(start_paused = true)]
async fn pipelined_requests_do_not_starve_other_connections() {
    let server = Server::start(Limits::default());
    let (mut greedy, mut other) = (server.served().await, server.served().await);
    let many = 8;
    greedy.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n".repeat(many)).await;
    other.send(crate::test_requests::zones()).await;
    let mut piece = [0; 64 << 10];
    let length = other.0.read(&mut piece).await.unwrap();
    assert!(length > 0);
    let length = greedy.0.read(&mut piece).await.unwrap();
    let responses = String::from_utf8_lossy(piece.get(..length).unwrap());
    let answered = responses.matches("HTTP/1.1 200 OK").count();
    assert!((1..=2).contains(&answered), "{answered} responses: {responses}");
    for _ in answered..many {
        greedy.response().await;
    }
}

#[tokio::test(start_paused = true)]
async fn oldest_idle_connection_is_closed_before_busy_ones() {
    let server = Server::start(FEW);
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(server.served().await);
        sleep(AT_ONCE).await;
    }
    // The oldest connection is used again, and the second one starts a request.
    clients[0].is_served().await;
    let head = tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", "content-length: 2\r\n");
    clients[1].send(head + "{").await;
    sleep(AT_ONCE).await;
    let _new = server.served().await;
    assert!(clients[2].is_closed().await);
    clients[1].send("}").await;
    assert!(clients[1].response().await.contains("\"TotalCount\":7"));
    clients[0].is_served().await;
    clients[3].is_served().await;
}

#[tokio::test(start_paused = true)]
async fn new_client_waits_while_all_connections_are_busy() {
    let server = Server::start(FEW);
    let mut busy = Vec::new();
    for _ in 0..4 {
        let mut client = server.served().await;
        let head = tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", "content-length: 2\r\n");
        client.send(head + "{").await;
        busy.push(client);
    }
    sleep(AT_ONCE).await;
    let mut new = server.connect();
    new.send(crate::test_requests::zones()).await;
    sleep(AT_ONCE).await;
    for client in &mut busy {
        client.send("}").await;
        assert!(client.response().await.contains("\"TotalCount\":7"));
    }
    let start = Instant::now();
    assert!(new.response().await.contains("\"TotalCount\":7"));
    assert!(start.elapsed() < AT_ONCE, "an idle connection is closed for the new one");
}

#[tokio::test(start_paused = true)]
async fn accept_errors_affect_neither_the_server_nor_busy_connections() {
    let server = Server::start(FEW);
    let mut client = server.served().await;
    for _ in 0..1000 {
        server.fail(io::ErrorKind::ConnectionAborted.into());
    }
    client.is_served().await;
    let head = tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", "content-length: 2\r\n");
    client.send(head + "{").await;
    sleep(AT_ONCE).await;
    for _ in 0..1000 {
        server.fail(io::Error::other("unknown"));
    }
    let start = Instant::now();
    let _new = server.served().await;
    assert!(
        start.elapsed() > AT_ONCE,
        "after an unknown error, the server pauses instead of spinning"
    );
    client.send("}").await;
    assert!(client.response().await.contains("\"TotalCount\":7"));
}
