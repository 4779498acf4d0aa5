//! Invalid responses: truncated, too large, from other servers, in encodings that were not requested.

use cvm_transport::retry::Outcome;

use crate::actions::{ListThings, StartThings};
use crate::builder;
use crate::server::{Server, Step, response_bytes};

const HEALTHY: &str = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;

/// Every fault after the request was read.
fn faults() -> Vec<(&'static str, Step)> {
    let raw = |text: &str| Step::Raw(text.as_bytes().to_vec());
    let whole = String::from_utf8(response_bytes(200, &[], HEALTHY)).unwrap();
    let twice = r#"{"Response":{"RequestId":"a"},"Response":{"RequestId":"b"}}"#;
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep = format!(r#"{{"Response":{{"X":{deep},"RequestId":"r"}}}}"#);
    vec![
        ("reset", Step::reset()),
        ("close", Step::close()),
        ("stall", Step::stall()),
        ("half a status line", raw("HTTP/1.1 20")),
        ("no HTTP", raw("220 mail ready\r\n")),
        ("half a head", raw("HTTP/1.1 200 OK\r\ncontent-le")),
        (
            "head then reset",
            Step::RawThenReset(b"HTTP/1.1 200 OK\r\ncontent-length: 59\r\n\r\n".to_vec()),
        ),
        (
            "head then stall",
            Step::RawThenStall(b"HTTP/1.1 200 OK\r\ncontent-length: 59\r\n\r\n".to_vec()),
        ),
        ("half a body", raw(whole.get(..whole.len() - 5).unwrap())),
        (
            "half a body then stall",
            Step::RawThenStall(whole.as_bytes()[..whole.len() - 5].to_vec()),
        ),
        (
            "length too long",
            raw(&whole
                .replace(&format!("content-length: {}", HEALTHY.len()), "content-length: 999")),
        ),
        (
            "length too short",
            raw(&whole.replace(&format!("content-length: {}", HEALTHY.len()), "content-length: 10")),
        ),
        ("two lengths", raw(&whole.replace("\r\n\r\n", "\r\ncontent-length: 3\r\n\r\n"))),
        ("length no number", raw("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}")),
        (
            "chunk without end",
            raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"Res\r\n"),
        ),
        (
            "chunk of no length",
            raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
        ),
        ("empty", Step::json("")),
        ("null", Step::json("null")),
        ("list", Step::json("[]")),
        ("empty object", Step::json("{}")),
        ("null response", Step::json(r#"{"Response":null}"#)),
        (
            "no request id",
            Step::json(r#"{"Response":{"ThingIdSet":["x"],"ThingSet":[],"TotalCount":0}}"#),
        ),
        (
            "error without request id",
            Step::json(r#"{"Response":{"Error":{"Code":"LimitExceeded","Message":""}}}"#),
        ),
        ("response twice", Step::json(twice)),
        ("bom", Step::json(format!("\u{feff}{HEALTHY}"))),
        ("tail", Step::json(format!("{HEALTHY} x"))),
        ("deep", Step::json(deep)),
        (
            "not utf-8",
            Step::Raw(
                response_bytes(200, &[], HEALTHY)
                    .into_iter()
                    .map(|b| if b == b'r' { 0xff } else { b })
                    .collect(),
            ),
        ),
        ("html", Step::json("<html><body>log in</body></html>")),
        ("html 403", Step::Response { status: 403, headers: vec![], body: "<html>".into() }),
        ("404", Step::status(404, vec![])),
        ("408", Step::status(408, vec![])),
        ("500", Step::status(500, vec![])),
        ("502", Step::status(502, vec![])),
        ("503 with Retry-After", Step::status(503, vec![("retry-after", "0".into())])),
        (
            "504 with success inside",
            Step::Response { status: 504, headers: vec![], body: HEALTHY.into() },
        ),
        ("301", Step::status(301, vec![("location", "/elsewhere".into())])),
        ("307", Step::status(307, vec![("location", "http://127.0.0.1:1/".into())])),
        (
            "gzip",
            Step::Response {
                status: 200,
                headers: vec![("content-encoding", "gzip".into())],
                body: HEALTHY.into(),
            },
        ),
        ("too large", Step::Response { status: 200, headers: vec![], body: "x".repeat(200_000) }),
        (
            "too large without length",
            raw(&format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(200_000))),
        ),
        ("internal error", Step::error("InternalError")),
        ("service unavailable", Step::error("ServiceUnavailable")),
        (
            "many headers",
            Step::Response {
                status: 200,
                headers: (0..300).map(|_| ("x-many", "1".to_owned())).collect(),
                body: HEALTHY.into(),
            },
        ),
    ]
}

#[tokio::test]
async fn invalid_response_is_never_a_success() {
    let faults = faults();
    assert!(faults.len() >= 40, "{}", faults.len());
    for (name, fault) in faults {
        let server = Server::start([fault]).await;
        let client =
            builder(&server.url).max_response_bytes(100_000).max_attempts(1).build().unwrap();
        let error = match client.send(StartThings { thing_ids: vec!["thing-1".into()] }).await {
            Err(error) => error,
            Ok(_) => panic!("{name}: taken for success"),
        };
        assert!(error.outcome_unknown().is_some(), "{name}: {error}");
        let outcome = error.attempts()[0].outcome;
        assert!(matches!(outcome, Outcome::Ambiguous | Outcome::Misrouted), "{name}: {outcome}");
        assert!(error.to_string().len() < 600, "{name}: {}", error.to_string().len());
        // The client still works.
        client.send(ListThings::default()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn read_recovers_from_invalid_response() {
    for (name, fault) in faults() {
        let server = Server::start([fault]).await;
        let client = builder(&server.url).max_response_bytes(100_000).build().unwrap();
        let outcome = client.send(ListThings::default()).await;
        match outcome {
            Ok(response) => assert_eq!(response.request_id, "r-ok", "{name}"),
            Err(error) => assert!(error.is_misrouted(), "{name}: {error:?}"),
        }
    }
}
