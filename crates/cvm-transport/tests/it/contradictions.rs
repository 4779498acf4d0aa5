//! Responses with both an error and a result, and bodies that do not reach their end.

use std::time::Duration;

use bytes::Bytes;
use cvm_transport::Error;
use cvm_transport::retry::Outcome;
use serde_json::json;

use crate::actions::{KILL_THINGS, KillThings, LAUNCH, Launch, ListThings};
use crate::client;
use crate::fake_service::{Body, FakeService, Reply};
use crate::server::{Server, Step};

/// Codes that would end the call or cause a retry if the response had no result.
const CODES: [&str; 6] = [
    "InvalidParameter",
    "RequestLimitExceeded",
    "InternalError",
    "AuthFailure.SignatureExpire",
    "AuthFailure.TokenFailure",
    "DryRunOperation",
];

fn contradiction(code: &str, result: &str) -> String {
    format!(
        r#"{{"Response":{{{result},"Error":{{"Code":"{code}","Message":"a test error"}},"RequestId":"r-1"}}}}"#
    )
}

fn kill() -> KillThings {
    KillThings { thing_ids: vec!["thing-1".into()] }
}

#[tokio::test(start_paused = true)]
async fn error_beside_result_leaves_change_unknown() {
    for code in CODES {
        let body = contradiction(code, r#""ThingIdSet":["thing-7","thing-8"]"#);
        let sent = body.clone();
        let fake = FakeService::new(move |_, _| Reply::body(sent.clone()));
        let client = fake.builder().build().unwrap();
        let errors: [Error; 2] = [
            client.send(Launch::default()).await.unwrap_err(),
            client.call(&LAUNCH, json!({})).await.unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(error.outcome_unknown().is_some(), "{code}: {text}");
            for part in [code, "also contains a result", "`thing-7`, `thing-8`", "request id r-1"] {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert_eq!(error.unread_response(), Some(body.as_bytes()), "{text}");
            assert!(error.attempts().iter().all(|one| one.outcome == Outcome::Ambiguous));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn misplaced_error_leaves_change_unknown() {
    const ERROR: &str = r#"{"Code":"InvalidParameter","Message":"a test error"}"#;
    let done = r#""ThingIdSet":["thing-7"],"ThingSet":[],"TotalCount":0,"RequestId":"r-1""#;
    for body in [
        format!(r#"{{"Response":{{{done}}},"Error":{ERROR}}}"#),
        format!(r#"{{"Error":{ERROR},"Response":{{{done}}}}}"#),
        format!(r#"{{"error":{ERROR},"Response":{{{done}}}}}"#),
        format!(r#"{{"Response":{{{done}}},"error":"InvalidParameter"}}"#),
        format!(r#"{{"Response":{{"error":{ERROR},{done}}}}}"#),
        format!(r#"{{"Response":{{{done},"ERROR":{{"code":"InvalidParameter"}}}}}}"#),
        format!(r#"{{"Response":{{"error":{ERROR},"RequestId":"r-1"}}}}"#),
        format!(r#"{{"code":"InvalidParameter","message":"told so","Response":{{{done}}}}}"#),
        format!(r#"{{"Response":{{{done}}},"codeDesc":"InvalidParameter"}}"#),
        format!(r#"{{"Response":{{{done}}},"errors":["InvalidParameter"]}}"#),
        format!(r#"{{"Response":{{{done},"Errors":[{ERROR}]}}}}"#),
        format!(r#"{{"Response":{{{done},"Code":"InvalidParameter"}}}}"#),
        format!(r#"{{"Response":{{"Error":{ERROR},"RequestId":"r-1"}},"Error":{ERROR}}}"#),
    ] {
        let sent = body.clone();
        let fake = FakeService::new(move |_, _| Reply::body(sent.clone()));
        let client = fake.builder().build().unwrap();
        let errors: [Error; 4] = [
            client.send(kill()).await.unwrap_err(),
            client.call(&KILL_THINGS, json!({ "ThingIds": ["thing-1"] })).await.unwrap_err(),
            client.send(Launch::default()).await.unwrap_err(),
            client.call(&LAUNCH, json!({})).await.unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(error.outcome_unknown().is_some(), "{body}: {text}");
            assert!(text.contains("InvalidParameter"), "{body}: {text}");
            assert_eq!(error.unread_response(), Some(body.as_bytes()), "{text}");
        }
        // It is not a success of a read either.
        let error = client.send(ListThings::default()).await.unwrap_err();
        assert!(error.outcome_unknown().is_none(), "{body}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn empty_misplaced_error_is_ignored() {
    for empty in ["null", r#""""#, "false", "0", "[]", "{}"] {
        for body in [
            format!(r#"{{"error":{empty},"Response":{{"RequestId":"r-1"}}}}"#),
            format!(r#"{{"Response":{{"error":{empty},"RequestId":"r-1"}},"Error":{empty}}}"#),
        ] {
            let sent = body.clone();
            let fake = FakeService::new(move |_, _| Reply::body(sent.clone()));
            let ended = fake.builder().build().unwrap().send(kill()).await;
            assert!(ended.is_ok(), "{body}: {ended:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn error_beside_empty_result_is_a_service_error() {
    for result in [r#""ThingIdSet":null"#, r#""ThingIdSet":[],"PrivateKey":"""#, r#""New":1"#] {
        let fake =
            FakeService::new(move |_, _| Reply::body(contradiction("InvalidParameter", result)));
        let error = fake.builder().build().unwrap().send(Launch::default()).await.unwrap_err();
        assert!(error.is_service() && error.outcome_unknown().is_none(), "{error}");
        assert_eq!(fake.request_count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn error_beside_result_fails_reads_and_dry_runs() {
    let list = contradiction("InvalidParameter", r#""ThingSet":[{"ThingId":"thing-7"}]"#);
    let fake = FakeService::new(move |_, _| Reply::body(list.clone()));
    let error = fake.builder().build().unwrap().send(ListThings::default()).await.unwrap_err();
    assert!(error.is_service() && error.outcome_unknown().is_none(), "{error}");
    assert!(error.to_string().contains("also contains a result"), "{error}");

    let launched = contradiction("DryRunOperation", r#""ThingIdSet":["thing-7"]"#);
    let fake = FakeService::new(move |_, _| Reply::body(launched.clone()));
    let dry_run = Launch { dry_run: Some(true), ..Launch::default() };
    let error = fake.builder().build().unwrap().send(dry_run).await.unwrap_err();
    assert!(error.to_string().contains("thing-7"), "{error}");
    assert_eq!(fake.request_count(), 1, "another dry run could launch another one");
}

#[tokio::test]
async fn truncated_body_is_kept() {
    let body = r#"{"Response":{"PrivateKey":"canary","RequestId":"r-1"}}"#;
    let chunk = format!("{:x}\r\n{body}\r\n", body.len());
    let head = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n");
    let many = format!("x-many: {}", "a".repeat(4_000));
    let many = [many.as_str(); 17].join("\r\n");
    for (case, turn) in [
        ("too short", head(&format!("content-length: {}", body.len() + 50)) + body),
        ("no last chunk", head("transfer-encoding: chunked") + &chunk),
        ("bad chunk", head("transfer-encoding: chunked") + &chunk + "zz\r\n"),
        ("too large", head("content-length: 99999999999") + body),
        (
            "an encoding",
            head(&format!("content-encoding: gzip\r\ncontent-length: {}", body.len())) + body,
        ),
        ("headers", head(&format!("{many}\r\ncontent-length: {}", body.len())) + body),
    ] {
        let server = Server::start([Step::Raw(turn.into_bytes())]).await;
        let error = client(&server.url).send(kill()).await.unwrap_err();
        assert!(error.outcome_unknown().is_some(), "{case}: {error}");
        assert_eq!(error.unread_response(), Some(body.as_bytes()), "{case}: {error}");
        assert!(!format!("{error:?}").contains("canary"), "{case}: {error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn stalled_or_endless_body_is_kept() {
    const PIECE: &str = r#"{"Response":{"PrivateKey":"canary"}}"#;
    let bodies: [fn() -> Body; 3] = [
        || Body::Stalls(Bytes::from(PIECE)),
        || Body::Drip { piece: Bytes::from(PIECE), every: Duration::from_secs(2) },
        || Body::Whole(Bytes::from(PIECE.repeat(2_000_000))),
    ];
    for body in bodies {
        let fake = FakeService::new(move |_, _| {
            let (headers, after) = (Vec::new(), Duration::ZERO);
            Reply::Response { status: 200, headers, body: body(), after }
        });
        let error = fake.builder().build().unwrap().send(kill()).await.unwrap_err();
        assert!(error.outcome_unknown().is_some(), "{error}");
        let kept = error.unread_response().unwrap_or_default();
        assert!(kept.starts_with(PIECE.as_bytes()), "{error}");
    }
}
