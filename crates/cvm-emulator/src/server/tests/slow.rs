//! Slow clients: each kind of slowness has a time limit.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use super::pipes::Server;
use crate::limits::Limits;
use crate::test_requests::{tc3_head, zones};

const SECOND: Duration = Duration::from_secs(1);

const FORM_HEAD: &str = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn silent_connection_is_closed_at_the_head_timeout() {
    let limits = Limits::default();
    let server = Server::start(limits);
    let start = Instant::now();
    assert_eq!(server.connect().rest().await, "");
    let took = start.elapsed();
    assert!(took >= limits.head_timeout && took < limits.head_timeout + SECOND, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn slow_head_is_closed_at_the_head_timeout() {
    let limits = Limits::default();
    let server = Server::start(limits);
    for mut client in [server.connect(), server.served().await] {
        let start = Instant::now();
        for byte in b"GET / HTTP/1.1\r\nx: ".iter().chain(std::iter::repeat(&b'x')) {
            if client.0.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(SECOND / 2).await;
        }
        let took = start.elapsed();
        assert!(took >= limits.head_timeout && took < limits.head_timeout + 2 * SECOND, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_body_gets_an_error_at_the_body_timeout() {
    let limits = Limits::default();
    let server = Server::start(limits);
    let signed = tc3_head("AKIDEXAMPLE", "DescribeZones", "{}", "content-length: 1000\r\n");
    let unknown = tc3_head("AKIDUNKNOWN", "DescribeZones", "{}", "content-length: 1000\r\n");
    for (head, code) in [
        (FORM_HEAD, "\"InvalidRequest\""),
        (&signed, "\"InvalidRequest\""),
        (&unknown, "\"AuthFailure.SecretIdNotFound\""),
    ] {
        let mut client = server.connect();
        client.send(head).await;
        let start = Instant::now();
        for _ in 0..limits.body_timeout.as_secs() {
            client.send("x").await;
            sleep(SECOND).await;
        }
        let response = client.response().await;
        assert!(response.contains(code), "{response}");
        assert!(start.elapsed() < limits.body_timeout + SECOND);
        client.closed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connection_is_closed_at_the_idle_timeout() {
    let limits = Limits::default();
    let server = Server::start(limits);
    let mut client = server.served().await;
    sleep(limits.idle_timeout - SECOND).await;
    client.is_served().await;
    let start = Instant::now();
    assert_eq!(client.rest().await, "");
    let took = start.elapsed();
    assert!(took >= limits.idle_timeout && took < limits.idle_timeout + SECOND, "{took:?}");
}

/// Covers unauthenticated and signed requests.
#[tokio::test(start_paused = true)]
async fn client_that_sends_requests_and_reads_nothing_is_closed() {
    let limits = Limits::default();
    let server = Server::start(limits);
    for request in ["GET / HTTP/1.1\r\nhost: h\r\n\r\n", &zones()] {
        let mut client = server.connect();
        let start = Instant::now();
        while client.0.write_all(request.as_bytes()).await.is_ok() {}
        let took = start.elapsed();
        assert!(took >= limits.write_timeout && took < limits.write_timeout + SECOND, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn client_that_reads_below_the_minimum_rate_is_closed() {
    let limits = Limits::default();
    let server = Server::start(limits);
    let (mut reader, mut writer) = tokio::io::split(server.connect().0);
    let flood =
        tokio::spawn(async move { while writer.write_all(zones().as_bytes()).await.is_ok() {} });
    let start = Instant::now();
    let mut piece = vec![0; usize::try_from(limits.min_read_rate).unwrap() / 4];
    while reader.read(&mut piece).await.unwrap_or_default() > 0 {
        sleep(SECOND / 2).await;
        assert!(
            start.elapsed() < 10 * limits.write_timeout,
            "a client can read at half of the minimum rate forever"
        );
    }
    flood.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn client_that_reads_at_the_minimum_rate_gets_the_whole_response() {
    let limits = Limits { min_read_rate: 1000, ..Limits::default() };
    let server = Server::start(limits);
    let mut client = server.connect();
    let request = tc3_head(
        "AKIDEXAMPLE",
        "DescribeInstanceTypeConfigs",
        "{}",
        "connection: close\r\ncontent-length: 2\r\n",
    );
    client.send(request + "{}").await;
    let start = Instant::now();
    let (mut response, mut piece) = (Vec::new(), vec![0; 600]);
    loop {
        let length = client.0.read(&mut piece).await.unwrap();
        if length == 0 {
            break;
        }
        response.extend_from_slice(&piece[..length]);
        sleep(SECOND / 2).await;
    }
    let response = String::from_utf8(response).unwrap();
    assert!(response.ends_with("\"}}"), "the response was cut after {} bytes", response.len());
    assert!(start.elapsed() > limits.write_timeout, "only {} bytes are too few", response.len());
}
