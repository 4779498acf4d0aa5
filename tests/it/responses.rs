//! Whatever a response contains, a call ends with the right error and no other, and a change without a valid
//! response never ends as a plain failure.

use std::time::Duration;

use cvm_models::actions::*;
use cvm_models::config::Timeouts;
use cvm_models::{Client, Error};

use crate::cloud::client_for;
use crate::predicates::predicates;
use crate::scripted_server::{ScriptedServer, http, json};

const READ: &str = r#"{"Response":{"TotalCount":1,"InstanceSet":[],"RequestId":"r-1"}}"#;
const LAUNCHED: &str = r#"{"Response":{"InstanceIdSet":["ins-1a2b3c4d"],"RequestId":"r-1"}}"#;
const ERROR: &str =
    r#"{"Response":{"Error":{"Code":"InvalidParameter","Message":"no"},"RequestId":"r-2"}}"#;

fn client(server: &ScriptedServer) -> Client {
    let timeouts = Timeouts::default().with_body_idle(Duration::from_secs(1));
    client_for(&server.url()).timeouts(timeouts).max_attempts(1).build().unwrap()
}

async fn send_read(server: &ScriptedServer) -> Result<DescribeInstancesResponse, Error> {
    client(server).send(DescribeInstances::default()).await
}

async fn send_launch(server: &ScriptedServer) -> Result<RunInstancesResponse, Error> {
    client(server).send(RunInstances::default()).await
}

async fn send_termination(server: &ScriptedServer) -> Result<TerminateInstancesResponse, Error> {
    let instance_ids = vec!["ins-1a2b3c4d".to_owned()];
    client(server).send(TerminateInstances { instance_ids, ..Default::default() }).await
}

/// Sends a read, a launch and a termination to a server with this response. Asserts that each error has exactly
/// these predicates, and for the changes also an unknown outcome.
async fn assert_error(name: &str, response: &[u8], words: &[&str]) {
    let server = ScriptedServer::responding(response).await;
    let error = send_read(&server).await.expect_err(name);
    assert_eq!(predicates(&error), words, "{name}, read: {error}");
    let with_unknown: Vec<_> = ["outcome unknown"].iter().chain(words).copied().collect();
    let error = send_launch(&server).await.expect_err(name);
    assert_eq!(predicates(&error), with_unknown, "{name}, launch: {error}");
    let token = error.client_token().expect(name);
    assert_eq!(error.outcome_unknown().unwrap().client_token(), Some(token), "{name}");
    let error = send_termination(&server).await.expect_err(name);
    assert_eq!(predicates(&error), with_unknown, "{name}, termination: {error}");
    assert_eq!(error.client_token(), None, "{name}");
    assert_eq!(server.requests().len(), 3, "{name}: one request each");
}

#[tokio::test]
async fn invalid_envelope_is_unreadable() {
    let html = "<html><body>Please log in</body></html>";
    for (name, body) in [
        ("nothing", ""),
        ("an empty object", "{}"),
        ("null", "null"),
        ("a list", "[]"),
        ("a number", "7"),
        ("text", "upstream connect error"),
        ("HTML", html),
        ("half a response", &READ[..READ.len() / 2]),
        ("text after the response", &format!("{READ}x")),
        ("two responses", &format!("{READ}{READ}")),
        ("a byte order mark", &format!("\u{feff}{READ}")),
        ("no request id", r#"{"Response":{"InstanceIdSet":["ins-1"],"InstanceSet":[]}}"#),
        ("an empty request id", r#"{"Response":{"InstanceIdSet":["ins-1"],"RequestId":""}}"#),
        ("an empty response", r#"{"Response":{}}"#),
        ("a response of null", r#"{"Response":null}"#),
        ("a response that is a list", r#"{"Response":[]}"#),
        ("another case", &READ.replace("Response", "response")),
        ("a lone surrogate", r#"{"Response":{"RequestId":"\ud800"}}"#),
    ] {
        assert_error(name, &json(body), &["unreadable"]).await;
    }
    assert_error(
        "bytes that are not UTF-8",
        &json(b"{\"Response\":{\"RequestId\":\"\xff\"}}"),
        &["unreadable"],
    )
    .await;
}

#[tokio::test]
async fn deeply_nested_response_uses_no_stack() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    // In an unknown member it is skipped. In a known member of another type it is an error.
    let unknown = READ.replace("TotalCount", &format!("New\":{deep},\"TotalCount"));
    assert_eq!(
        send_read(&ScriptedServer::responding(json(unknown)).await).await.unwrap().total_count,
        1
    );
    let known = READ.replace(":1,", &format!(":{deep},"));
    let error = send_read(&ScriptedServer::responding(json(known)).await).await.unwrap_err();
    assert_eq!(predicates(&error), ["unreadable"], "{error}");
}

#[tokio::test]
async fn repeated_member_makes_response_unreadable() {
    for body in [
        r#"{"Response":{"RequestId":"a"},"Response":{"RequestId":"b"}}"#,
        r#"{"Response":{"RequestId":"a","RequestId":"b"}}"#,
        r#"{"Response":{"RequestId":"a","RequestID":"b"}}"#,
        r#"{"Response":{"Error":{"Code":"A"},"Error":{"Code":"B"},"RequestId":"a"}}"#,
        r#"{"Response":{"Error":{"Code":"A","Code":"B","Message":"m"},"RequestId":"a"}}"#,
    ] {
        assert_error(body, &json(body), &["unreadable"]).await;
    }
    // Members of the action, at the top level and below.
    for body in [
        r#"{"Response":{"TotalCount":1,"TotalCount":2,"InstanceSet":[],"RequestId":"a"}}"#,
        r#"{"Response":{"TotalCount":1,"InstanceSet":[{"Memory":1,"Memory":2}],"RequestId":"a"}}"#,
    ] {
        let error = send_read(&ScriptedServer::responding(json(body)).await).await.expect_err(body);
        assert_eq!(predicates(&error), ["unreadable"], "{body}: {error}");
    }
    let body = r#"{"Response":{"InstanceIdSet":["a"],"InstanceIdSet":["b"],"RequestId":"a"}}"#;
    let error = send_launch(&ScriptedServer::responding(json(body)).await).await.unwrap_err();
    assert_eq!(predicates(&error), ["outcome unknown", "unreadable"], "{error}");
}

#[tokio::test]
async fn missing_required_member_makes_change_unknown_but_not_read() {
    for body in [
        r#"{"Response":{"RequestId":"r-1"}}"#,
        r#"{"Response":{"InstanceIdSet":null,"RequestId":"r-1"}}"#,
        // A launch response without the created ids does not prove the outcome.
        r#"{"Response":{"InstanceIdSet":[],"RequestId":"r-1"}}"#,
    ] {
        let server = ScriptedServer::responding(json(body)).await;
        let error = send_launch(&server).await.unwrap_err();
        assert_eq!(predicates(&error), ["outcome unknown", "unreadable"], "{error}");
        assert!(error.to_string().contains("InstanceIdSet"), "{error}");
        assert_eq!(error.request_id(), Some("r-1"));
        let response = send_read(&server).await.unwrap();
        let expected = DescribeInstancesResponse { request_id: "r-1".into(), ..Default::default() };
        assert_eq!(response, expected);
    }
}

#[tokio::test]
async fn dry_run_response_needs_only_a_request_id() {
    let bare = ScriptedServer::responding(json(r#"{"Response":{"RequestId":"r-1"}}"#)).await;
    let dry_run = || RunInstances { dry_run: Some(true), ..Default::default() };
    assert_eq!(client(&bare).send(dry_run()).await.unwrap().request_id, "r-1");
    let code =
        r#"{"Response":{"Error":{"Code":"DryRunOperation","Message":"ok"},"RequestId":"r"}}"#;
    let server = ScriptedServer::responding(json(code)).await;
    assert_eq!(client(&server).send(dry_run()).await.unwrap().request_id, "r");
    // Without a dry run, the same code is a plain error.
    let error = send_launch(&server).await.unwrap_err();
    assert_eq!(predicates(&error), ["service"], "{error}");
}

#[tokio::test]
async fn both_spellings_of_the_request_id_are_accepted() {
    for encoding in ["RequestId", "RequestID"] {
        let server =
            ScriptedServer::responding(json(LAUNCHED.replace("RequestId", encoding))).await;
        let (response, report) =
            client(&server).send_with_report(RunInstances::default()).await.unwrap();
        assert_eq!((response.request_id.as_str(), report.request_id.as_str()), ("r-1", "r-1"));
        assert_eq!(report.drift, [""; 0]);
        let server = ScriptedServer::responding(json(ERROR.replace("RequestId", encoding))).await;
        let error = send_read(&server).await.unwrap_err();
        assert_eq!(error.request_id(), Some("r-2"));
    }
}

#[tokio::test]
async fn content_type_is_ignored() {
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "APPLICATION/JSON",
        "text/plain",
        "text/plain; charset=utf-8",
        "text/html",
        "text/json",
        "application/problem+json",
        "application/octet-stream",
        "text/event-stream",
        "",
    ] {
        let headers = [("Content-Type", content_type)];
        let success = ScriptedServer::responding(http(200, &headers, READ)).await;
        assert_eq!(send_read(&success).await.unwrap().total_count, 1, "{content_type}");
        let failure = ScriptedServer::responding(http(200, &headers, ERROR)).await;
        for error in
            [send_read(&failure).await.unwrap_err(), send_launch(&failure).await.unwrap_err()]
        {
            assert_eq!(predicates(&error), ["service"], "{content_type}: {error}");
            assert_eq!(error.code().unwrap().as_str(), "InvalidParameter", "{content_type}");
        }
    }
    let success = ScriptedServer::responding(http(200, &[], READ)).await;
    assert_eq!(send_read(&success).await.unwrap().total_count, 1, "no content type");
}

#[tokio::test]
async fn error_code_counts_under_any_status() {
    for status in [200, 201, 400, 403, 404, 429, 500, 502, 503] {
        let server = ScriptedServer::responding(http(status, &[], ERROR)).await;
        let read = send_read(&server).await.unwrap_err();
        let changed = send_termination(&server).await.unwrap_err();
        // These codes report a failure, perhaps after the action took effect.
        let words = if status < 500 { &["service"][..] } else { &["outcome unknown", "service"] };
        for (error, words) in [(read, &["service"][..]), (changed, words)] {
            assert_eq!(predicates(&error), words, "{status}: {error}");
            assert_eq!(error.code().unwrap().as_str(), "InvalidParameter");
            assert_eq!(error.status(), Some(status));
            assert_eq!(error.request_id(), Some("r-2"));
        }
    }
}

#[tokio::test]
async fn success_under_an_error_status_is_unreadable() {
    for status in [500, 502, 503] {
        let server = ScriptedServer::responding(http(status, &[], READ)).await;
        let error = send_read(&server).await.unwrap_err();
        assert_eq!(predicates(&error), ["unreadable"], "{status}: {error}");
        let server = ScriptedServer::responding(http(status, &[], LAUNCHED)).await;
        let error = send_launch(&server).await.unwrap_err();
        assert_eq!(predicates(&error), ["outcome unknown", "unreadable"], "{status}: {error}");
    }
}

#[tokio::test]
async fn error_codes_map_to_predicates() {
    let saying = |code: &str| json(ERROR.replace("InvalidParameter", code));
    for (code, words) in [
        ("AuthFailure", &["service", "auth"][..]),
        ("UnauthorizedOperation", &["service", "auth"]),
        ("RequestLimitExceeded", &["service", "throttled"]),
        ("RequestLimitExceeded.SomethingNew", &["service", "throttled"]),
        ("InvalidInstanceId.NotFound", &["service", "not found"]),
        ("ResourceInsufficient.CloudDiskSoldOut", &["service", "capacity"]),
        ("LimitExceeded.InstanceQuota", &["service", "quota"]),
        ("MutexOperation.TaskRunning", &["service", "busy"]),
        ("InvalidParameterValue.SomethingNew", &["service"]),
    ] {
        let server = ScriptedServer::responding(saying(code)).await;
        for error in
            [send_read(&server).await.unwrap_err(), send_termination(&server).await.unwrap_err()]
        {
            assert_eq!(predicates(&error), words, "{code}: {error}");
            assert_eq!(error.code().unwrap().as_str(), code);
        }
    }
    // The service failed internally, so it is unknown how far it got.
    // The same holds for an unknown code.
    for code in [
        "InternalError",
        "InternalServerError",
        "ServiceUnavailable",
        "InternalFailure",
        "ServerTimeout",
        "SomethingEntirelyNew.Really",
    ] {
        let server = ScriptedServer::responding(saying(code)).await;
        assert_eq!(predicates(&send_read(&server).await.unwrap_err()), ["service"], "{code}");
        for error in
            [send_launch(&server).await.unwrap_err(), send_termination(&server).await.unwrap_err()]
        {
            assert_eq!(predicates(&error), ["outcome unknown", "service"], "{code}: {error}");
        }
    }
}

#[tokio::test]
async fn numbers_are_decoded_exactly_or_refused() {
    for (number, expected) in [
        ("23", Some(23)),
        ("\"23\"", Some(23)),
        ("23.0", Some(23)),
        ("-0", Some(0)),
        ("null", Some(0)),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("18446744073709551616", None),
        ("1e999", None),
        ("1.5", None),
        ("\"x\"", None),
        ("true", None),
        ("{}", None),
        ("NaN", None),
        ("0x17", None),
        ("023", None),
    ] {
        let body = READ.replace(":1,", &format!(":{number},"));
        let outcome = send_read(&ScriptedServer::responding(json(&body)).await).await;
        match (outcome, expected) {
            (Ok(response), Some(expected)) => {
                assert_eq!(response.total_count, expected, "{number}")
            }
            (Err(error), None) => {
                assert_eq!(predicates(&error), ["unreadable"], "{number}: {error}")
            }
            (outcome, _) => panic!("{number}: {outcome:?}"),
        }
    }
}
