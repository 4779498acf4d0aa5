//! HTTP framing: truncated, repeated, endless, compressed, foreign or missing responses.

use std::time::Duration;

use cvm_models::Client;
use cvm_models::actions::*;
use cvm_models::config::Timeouts;

use crate::cloud::client_for;
use crate::predicates::predicates;
use crate::scripted_server::{ScriptedServer, http, json};

const READ: &str = r#"{"Response":{"TotalCount":0,"InstanceSet":[],"RequestId":"r-1"}}"#;

fn client(server: &ScriptedServer) -> Client {
    client_for(&server.url()).max_attempts(1).max_response_bytes(64 * 1024).build().unwrap()
}

/// Sends a read and a change, once each, to a server with this response.
async fn assert_error(name: &str, response: &[u8], words: &[&str]) {
    let server = ScriptedServer::responding(response).await;
    let error = client(&server).send(DescribeInstances::default()).await.expect_err(name);
    assert_eq!(predicates(&error), words, "{name}, read: {error}");
    let reboot =
        RebootInstances { instance_ids: vec!["ins-1a2b3c4d".into()], ..Default::default() };
    let error = client(&server).send(reboot).await.expect_err(name);
    let with_unknown: Vec<_> = ["outcome unknown"].iter().chain(words).copied().collect();
    assert_eq!(predicates(&error), with_unknown, "{name}, reboot: {error}");
    assert_eq!(server.requests().len(), 2, "{name}: one request each");
}

#[tokio::test]
async fn broken_frame_is_unreadable() {
    let length = READ.len();
    for (name, response) in [
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
        ("an invalid length", format!("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{READ}")),
        (
            "an unfinished chunk",
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{READ}\r\n"
            ),
        ),
        (
            "an invalid chunk",
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{READ}\r\n0\r\n\r\n"
            ),
        ),
        ("a head of a megabyte", format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20))),
    ] {
        assert_error(name, response.as_bytes(), &["unreadable"]).await;
    }
}

#[tokio::test]
async fn complete_response_is_read_in_any_framing() {
    let (half, rest) = READ.split_at(20);
    for response in [
        format!("HTTP/1.1 200 OK\r\n\r\n{READ}"),
        format!("HTTP/1.0 200 OK\r\n\r\n{READ}"),
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{half}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
            half.len(),
            rest.len()
        ),
    ] {
        let server = ScriptedServer::responding(response.clone()).await;
        let read = client(&server).send(DescribeInstances::default()).await;
        assert_eq!(read.unwrap().request_id, "r-1", "{response}");
    }
}

#[tokio::test]
async fn silent_server_causes_a_timeout() {
    let server = ScriptedServer::silent().await;
    // Enough for a busy machine to send the request, which nothing answers.
    let timeout = Duration::from_secs(3);
    let timeouts = Timeouts::default().with_first_byte(timeout).with_first_byte_slow(timeout);
    let client = client_for(&server.url()).timeouts(timeouts).max_attempts(1).build().unwrap();
    let error = client.send(DescribeInstances::default()).await.unwrap_err();
    assert_eq!(predicates(&error), ["timeout", "unreadable"], "{error}");
    let launch = RunInstances::default();
    let error = client.send(launch).await.unwrap_err();
    assert_eq!(predicates(&error), ["outcome unknown", "timeout", "unreadable"], "{error}");
}

#[tokio::test]
async fn oversized_response_is_unreadable() {
    let long = format!("{}{}", READ, " ".repeat(64 * 1024));
    assert_error("with a length", &json(&long), &["unreadable"]).await;
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{long}");
    assert_error("without a length", endless.as_bytes(), &["unreadable"]).await;
    let most = format!("{READ}{}", " ".repeat(64 * 1024 - READ.len()));
    let server = ScriptedServer::responding(json(most)).await;
    client(&server).send(DescribeInstances::default()).await.unwrap();
}

#[tokio::test]
async fn compressed_response_is_unreadable() {
    for encoding in ["gzip", "deflate", "br", "zstd", "x"] {
        let packed = http(200, &[("Content-Encoding", encoding)], READ);
        assert_error(encoding, &packed, &["unreadable"]).await;
    }
    let plain = http(200, &[("Content-Encoding", "identity")], READ);
    let server = ScriptedServer::responding(plain).await;
    client(&server).send(DescribeInstances::default()).await.unwrap();
    assert!(server.requests()[0].to_lowercase().contains("accept-encoding: identity"));
}

#[tokio::test]
async fn foreign_page_is_misrouted_or_unreadable() {
    let page = "<html>403</html>";
    for status in [400, 401, 403, 404, 407, 451] {
        assert_error(&format!("{status}"), &http(status, &[], page), &["misrouted"]).await;
    }
    for status in [408, 500, 502, 503, 504, 520] {
        assert_error(&format!("{status}"), &http(status, &[], page), &["unreadable"]).await;
    }
}

#[tokio::test]
async fn foreign_429_is_throttling_except_for_hazards() {
    let server = ScriptedServer::responding(http(429, &[], "slow down")).await;
    let error = client(&server).send(DescribeInstances::default()).await.unwrap_err();
    assert_eq!(predicates(&error), ["unreadable", "throttled"], "{error}");
    let terminate =
        TerminateInstances { instance_ids: vec!["ins-1a2b3c4d".into()], ..Default::default() };
    let error = client(&server).send(terminate).await.unwrap_err();
    assert_eq!(predicates(&error), ["outcome unknown", "unreadable"], "{error}");
}
