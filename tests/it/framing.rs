//! HTTP framing: truncated, repeated, endless, compressed, foreign or missing responses.

use std::time::Duration;

use cvm_models::actions::*;
use cvm_models::{Client, Timeouts};

use crate::cloud::client_of;
use crate::predicates::told;
use crate::scripted_server::{Peer, http, json};

const READ: &str = r#"{"Response":{"TotalCount":0,"InstanceSet":[],"RequestId":"r-1"}}"#;

fn client(peer: &Peer) -> Client {
    client_of(&peer.url()).max_attempts(1).max_response_bytes(64 * 1024).build().unwrap()
}

/// Sends a read and a change, once each, to a server with this response.
async fn ends_in(name: &str, answer: &[u8], words: &[&str]) {
    let peer = Peer::saying(answer).await;
    let error = client(&peer).send(DescribeInstances::default()).await.expect_err(name);
    assert_eq!(told(&error), words, "{name}, reading: {error}");
    let reboot =
        RebootInstances { instance_ids: vec!["ins-1a2b3c4d".into()], ..Default::default() };
    let error = client(&peer).send(reboot).await.expect_err(name);
    let doubtful: Vec<_> = ["outcome unknown"].iter().chain(words).copied().collect();
    assert_eq!(told(&error), doubtful, "{name}, rebooting: {error}");
    assert_eq!(peer.requests().len(), 2, "{name}: one request each");
}

#[tokio::test]
async fn broken_frame_is_unreadable() {
    let length = READ.len();
    for (name, answer) in [
        ("no byte", String::new()),
        ("no HTTP", "SSH-2.0-OpenSSH_9.9\r\n".to_owned()),
        ("half a head", "HTTP/1.1 200 OK\r\nContent-Le".to_owned()),
        ("a head alone", format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")),
        (
            "a short body",
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{READ}", length + 1),
        ),
        ("a cut body", format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{READ}", length - 1)),
        (
            "two lengths",
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: {length}\r\n\r\n{READ}"
            ),
        ),
        ("a length that is none", format!("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{READ}")),
        (
            "a chunk without an end",
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{READ}\r\n"
            ),
        ),
        (
            "a chunk that is none",
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{READ}\r\n0\r\n\r\n"
            ),
        ),
        ("a head of a megabyte", format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20))),
    ] {
        ends_in(name, answer.as_bytes(), &["unreadable"]).await;
    }
}

#[tokio::test]
async fn complete_response_is_read_in_any_framing() {
    let (half, rest) = READ.split_at(20);
    for answer in [
        format!("HTTP/1.1 200 OK\r\n\r\n{READ}"),
        format!("HTTP/1.0 200 OK\r\n\r\n{READ}"),
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{half}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
            half.len(),
            rest.len()
        ),
    ] {
        let peer = Peer::saying(answer.clone()).await;
        let read = client(&peer).send(DescribeInstances::default()).await;
        assert_eq!(read.unwrap().request_id, "r-1", "{answer}");
    }
}

#[tokio::test]
async fn silent_server_causes_a_timeout() {
    let peer = Peer::silent().await;
    // Enough for a busy machine to send the request, which nothing answers.
    let patience = Duration::from_secs(3);
    let timeouts =
        Timeouts { first_byte: patience, first_byte_slow: patience, ..Timeouts::default() };
    let client = client_of(&peer.url()).timeouts(timeouts).max_attempts(1).build().unwrap();
    let error = client.send(DescribeInstances::default()).await.unwrap_err();
    assert_eq!(told(&error), ["timeout", "unreadable"], "{error}");
    let launch = RunInstances::default();
    let error = client.send(launch).await.unwrap_err();
    assert_eq!(told(&error), ["outcome unknown", "timeout", "unreadable"], "{error}");
}

#[tokio::test]
async fn a_peer_that_is_not_there_was_sent_nothing() {
    // Bound but not listening, so that no other test gets the port meanwhile.
    let vacant = tokio::net::TcpSocket::new_v4().unwrap();
    vacant.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", vacant.local_addr().unwrap());
    let client = client_of(&url).max_attempts(1).build().unwrap();
    let error = client.send(RunInstances::default()).await.unwrap_err();
    assert_eq!(told(&error), ["not sent"], "{error}");
}

#[tokio::test]
async fn oversized_response_is_unreadable() {
    let long = format!("{}{}", READ, " ".repeat(64 * 1024));
    ends_in("announced", &json(&long), &["unreadable"]).await;
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{long}");
    ends_in("unannounced", endless.as_bytes(), &["unreadable"]).await;
    let most = format!("{READ}{}", " ".repeat(64 * 1024 - READ.len()));
    let peer = Peer::saying(json(most)).await;
    client(&peer).send(DescribeInstances::default()).await.unwrap();
}

#[tokio::test]
async fn compressed_response_is_unreadable() {
    for encoding in ["gzip", "deflate", "br", "zstd", "x"] {
        let packed = http(200, &[("Content-Encoding", encoding)], READ);
        ends_in(encoding, &packed, &["unreadable"]).await;
    }
    let plain = http(200, &[("Content-Encoding", "identity")], READ);
    let peer = Peer::saying(plain).await;
    client(&peer).send(DescribeInstances::default()).await.unwrap();
    assert!(peer.requests()[0].to_lowercase().contains("accept-encoding: identity"));
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let sink = Peer::saying(json(READ)).await;
    let moved = sink.url();
    let other_port = format!("{moved}/?X-TC-Token=x");
    let targets = [
        moved.as_str(),
        &other_port,
        &moved.replace("127.0.0.1", "localhost"),
        &moved.replace("http:", "https:"),
        "//evil.example/",
        "/elsewhere",
        "",
    ];
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        for target in targets {
            let name = format!("{status} to {target}");
            // Not even if it contains a response.
            let answer = http(status, &[("Location", target)], READ);
            ends_in(&name, &answer, &["misrouted"]).await;
        }
    }
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn foreign_page_is_misrouted_or_unreadable() {
    let page = "<html>403</html>";
    for status in [400, 401, 403, 404, 407, 451] {
        ends_in(&format!("{status}"), &http(status, &[], page), &["misrouted"]).await;
    }
    for status in [408, 500, 502, 503, 504, 520] {
        ends_in(&format!("{status}"), &http(status, &[], page), &["unreadable"]).await;
    }
}

#[tokio::test]
async fn foreign_429_is_throttling_except_for_hazards() {
    let peer = Peer::saying(http(429, &[], "slow down")).await;
    let error = client(&peer).send(DescribeInstances::default()).await.unwrap_err();
    assert_eq!(told(&error), ["unreadable", "throttled"], "{error}");
    let terminate =
        TerminateInstances { instance_ids: vec!["ins-1a2b3c4d".into()], ..Default::default() };
    let error = client(&peer).send(terminate).await.unwrap_err();
    assert_eq!(told(&error), ["outcome unknown", "unreadable"], "{error}");
}
