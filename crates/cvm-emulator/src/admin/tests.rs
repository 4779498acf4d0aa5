//! The admin API over real HTTP.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

mod access;
mod events;
mod faults;
mod openapi;
mod scenario;
mod wrong_signatures;

use crate::test_requests::{NOW, credential, tc3_head};
use crate::{Emulator, Timestamp};

async fn emulator() -> Emulator {
    let builder = Emulator::builder().seed(1).manual().start_time(Timestamp::from_unix(NOW));
    builder.wall_clock(|| NOW).credential(credential("AKIDEXAMPLE")).start().await.unwrap()
}

/// Sends a text; returns status and body.
async fn exchange(address: SocketAddr, text: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server can respond and close before it has read everything.
    let _ = stream.write_all(text.as_bytes()).await;
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    let response = String::from_utf8(response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    assert!(!head.to_lowercase().contains("access-control-"), "{head}");
    (status.unwrap_or_default(), body.to_owned())
}

async fn send(emulator: &Emulator, line: &str, headers: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n");
    exchange(emulator.address(), &format!("{head}{headers}\r\n{body}")).await
}

/// A request with the token.
async fn admin(emulator: &Emulator, line: &str, body: &str) -> (u16, Value) {
    let token = emulator.cloud().admin_token();
    let headers = format!("host: localhost\r\nauthorization: Bearer {token}\r\n");
    let (status, body) = send(emulator, line, &headers, body).await;
    (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

/// An API call that is signed with this body and sent with another.
async fn call(emulator: &Emulator, id: &str, action: &str, signed: &str, sent: &str) -> Value {
    let more = format!("connection: close\r\ncontent-length: {}\r\n", sent.len());
    let text = tc3_head(id, action, signed, &more) + sent;
    let (_, body) = exchange(emulator.address(), &text).await;
    serde_json::from_str::<Value>(&body).unwrap()["Response"].clone()
}

async fn launch(emulator: &Emulator, count: u32) -> Value {
    let body = format!(
        r#"{{"Placement":{{"Zone":"ap-guangzhou-3"}},"ImageId":"img-pmqg1cw7","InstanceCount":{count}}}"#
    );
    let response = call(emulator, "AKIDEXAMPLE", "RunInstances", &body, &body).await;
    assert!(response["InstanceIdSet"].is_array(), "{response}");
    response
}

#[tokio::test]
async fn hostile_requests_are_refused() {
    let emulator = emulator().await;
    let token = format!("authorization: Bearer {}\r\n", emulator.cloud().admin_token());
    let local = "host: localhost\r\n";
    let rebound = "host: rebind.example.com\r\n";
    for (line, headers, expected) in [
        ("GET /_emulator/health", rebound.to_owned(), 403),
        ("GET http://rebind.example.com/_emulator/health", local.to_owned(), 403),
        ("GET /_emulator/health", format!("{local}{local}"), 403),
        ("GET /_emulator/health", format!("{local}origin: http://localhost\r\n"), 403),
        ("OPTIONS /_emulator/reset", format!("{local}origin: null\r\n"), 403),
        ("POST /_emulator/reset", format!("{local}authorization: Bearer x\r\n"), 401),
        ("POST /_emulator/reset", format!("{rebound}{token}"), 403),
        ("POST /_emulator/reset", format!("{local}{token}{token}"), 401),
        ("GET /_emulator/nothing", local.to_owned(), 401),
        ("GET /_emulator/nothing", format!("{local}{token}"), 404),
        ("GET /_emulator", format!("{local}{token}"), 404),
        ("GET /_emulator/reset", format!("{local}{token}"), 405),
    ] {
        let (status, body) = send(&emulator, line, &headers, "").await;
        assert_eq!(status, expected, "{line} {headers}: {body}");
        let json: Value = serde_json::from_str(&body).unwrap();
        assert!(json["error"]["message"].is_string(), "{line}: {body}");
    }
    // The service has no such path, and the admin API does not see it.
    let (status, body) = send(&emulator, "GET /_emulators", local, "").await;
    assert_eq!((status, body.as_str()), (404, "no such path\n"));
    let huge = 2 << 20;
    let headers = format!("{local}{token}expect: 100-continue\r\n");
    let head = format!(
        "POST /_emulator/clock/advance HTTP/1.1\r\nconnection: close\r\ncontent-length: {huge}\r\n{headers}\r\n"
    );
    let (status, body) = exchange(emulator.address(), &head).await;
    assert!(status == 413 && body.contains("too_large"), "{status} {body}");
}

#[tokio::test]
async fn clock_is_read_and_changed() {
    let emulator = emulator().await;
    launch(&emulator, 1).await;
    let (_, before) = admin(&emulator, "GET /_emulator/clock", "").await;
    let id = &before["upcoming"][0]["id"];
    let upcoming = json!([{
        "time": "2023-11-14T22:13:40Z", "account": 100_000_000_001_u64, "region": "ap-guangzhou", "id": id,
        "state": "PENDING", "event": "operation",
    }]);
    let start = json!({"now": "2023-11-14T22:13:20Z", "mode": "manual", "scale": null});
    assert_eq!((&before["now"], &before["upcoming"]), (&start["now"], &upcoming));
    let (_, idle) = admin(&emulator, "POST /_emulator/clock/run-until-idle", "").await;
    assert_eq!(idle["next_event"], Value::Null);
    assert_ne!(idle["clock"]["now"], before["now"]);
    let (_, listed) = admin(&emulator, "GET /_emulator/state/instances", "").await;
    assert_eq!(listed["resources"][0]["resource"]["InstanceState"], "RUNNING");
    let scaled = r#"{"mode":"scaled","scale":2}"#;
    let (_, clock) = admin(&emulator, "POST /_emulator/clock/mode", scaled).await;
    assert_eq!((&clock["mode"], &clock["scale"]), (&json!("scaled"), &json!(2.0)));
    for (path, body) in [
        ("advance", "{}"),
        ("advance", r#"{"seconds":-1}"#),
        ("advance", r#"{"seconds":1e300}"#),
        ("advance", r#"{"seconds":1,"more":1}"#),
        ("advance", "not JSON"),
        ("mode", r#"{"mode":"scaled"}"#),
        ("mode", r#"{"mode":"scaled","scale":0}"#),
        ("mode", r#"{"mode":"manual","scale":2}"#),
        ("mode", r#"{"mode":"warp"}"#),
        ("run-until-idle", r#"{"within_seconds":-1}"#),
    ] {
        let line = format!("POST /_emulator/clock/{path}");
        let (status, response) = admin(&emulator, &line, body).await;
        assert_eq!(status, 400, "{path} {body}: {response}");
    }
    assert_eq!(admin(&emulator, "GET /_emulator/clock?upcoming=1001", "").await.0, 400);
    let (_, reset) = admin(&emulator, "POST /_emulator/reset", "").await;
    assert_eq!(reset, start);
    let (_, state) = admin(&emulator, "GET /_emulator/state", "").await;
    assert_eq!(state["resources"], json!([]));
    let advance = r#"{"seconds":61}"#;
    let (_, clock) = admin(&emulator, "POST /_emulator/clock/advance", advance).await;
    assert_eq!(clock["now"], "2023-11-14T22:14:21Z");
}

#[tokio::test]
async fn same_requests_after_a_reset_have_the_same_responses() {
    let emulator = emulator().await;
    let first = launch(&emulator, 2).await;
    emulator.cloud().reset();
    assert_eq!(launch(&emulator, 2).await, first);
}

#[tokio::test]
async fn log_shows_requests_and_explains_wrong_signatures() {
    let emulator = emulator().await;
    call(&emulator, "AKIDEXAMPLE", "DescribeZones", "{}", "{}").await;
    let password = r#"{"LoginSettings":{"Password":"canary"}}"#;
    call(&emulator, "AKIDEXAMPLE", "RunInstances", "{}", password).await;
    call(&emulator, "AKIDnobody", "DescribeZones", "{}", "{}").await;
    let (_, log) = admin(&emulator, "GET /_emulator/log", "").await;
    let requests = log["requests"].as_array().unwrap();
    let shown: Vec<_> =
        requests.iter().map(|it| (&it["action"], &it["secret_id"], &it["code"])).collect();
    let text = |text: &str| json!(text);
    assert_eq!(
        shown,
        [
            (&text("DescribeZones"), &text("AKIDEXAMPLE"), &Value::Null),
            (&text("RunInstances"), &text("AKIDEXAMPLE"), &text("AuthFailure.SignatureFailure")),
            (&text("DescribeZones"), &text("AKIDnobody"), &text("AuthFailure.SecretIdNotFound")),
        ]
    );
    assert_eq!(requests[0]["account"], 100_000_000_001_u64);
    assert_eq!(requests[0]["region"], "ap-guangzhou");
    assert!(requests[0]["signature_failure"].is_null());
    let failure = &requests[1]["signature_failure"];
    assert_eq!(failure["client_scope"], "2023-11-14/cvm/tc3_request");
    for (member, expected) in [
        ("difference", "the client signed"),
        ("canonical_request", "POST\n/\n"),
        ("string_to_sign", "TC3-HMAC-SHA256\n"),
    ] {
        assert!(failure[member].as_str().unwrap().contains(expected), "{failure}");
    }
    let text = log.to_string();
    assert!(!text.contains("canary") && !text.contains("a-secret-key"), "{text}");
    let filter = "GET /_emulator/log?code=AuthFailure.SecretIdNotFound&after=0";
    let (_, filtered) = admin(&emulator, filter, "").await;
    assert_eq!(filtered["requests"].as_array().unwrap().len(), 1);
    let (_, last) = admin(&emulator, "GET /_emulator/log?limit=1", "").await;
    assert_eq!(last["requests"][0]["number"], 2);
    assert_eq!(admin(&emulator, "GET /_emulator/log?limits=1", "").await.0, 400);
    assert_eq!(admin(&emulator, "DELETE /_emulator/log", "").await.0, 204);
    assert_eq!(admin(&emulator, "GET /_emulator/log", "").await.1, json!({"requests": []}));
}

#[tokio::test]
async fn state_lists_every_kind_and_leaves_no_trace() {
    let emulator = emulator().await;
    launch(&emulator, 3).await;
    let length = |listed: &Value| listed["resources"].as_array().unwrap().len();
    for kind in super::state::names() {
        let (status, listed) = admin(&emulator, &format!("GET /_emulator/state/{kind}"), "").await;
        assert_eq!(status, 200, "{kind}: {listed}");
        assert_eq!(listed["total"], length(&listed), "{kind}");
    }
    let (_, summary) = admin(&emulator, "GET /_emulator/state", "").await;
    let count = |kind: &str| {
        let rows = summary["resources"].as_array().unwrap().iter();
        rows.filter(|row| row["kind"] == kind).filter_map(|row| row["count"].as_u64()).sum::<u64>()
    };
    assert_eq!((count("instances"), count("disks"), count("hosts")), (3, 3, 0), "{summary}");
    let (_, page) = admin(&emulator, "GET /_emulator/state/instances?offset=1&limit=1", "").await;
    assert_eq!((&page["total"], length(&page)), (&json!(3), 1));
    let (_, none) = admin(&emulator, "GET /_emulator/state/instances?region=ap-tokyo", "").await;
    assert_eq!(none["total"], 0);
    assert_eq!(admin(&emulator, "GET /_emulator/state/planets", "").await.0, 404);
    assert_eq!(admin(&emulator, "GET /_emulator/state/vpcs?limit=5000", "").await.0, 400);
    let (_, log) = admin(&emulator, "GET /_emulator/log", "").await;
    assert_eq!(log["requests"].as_array().unwrap().len(), 1, "reads of the state are no requests");
}

#[tokio::test]
async fn coverage_and_metrics_show_actions_and_requests() {
    let emulator = emulator().await;
    launch(&emulator, 1).await;
    let (_, coverage) = admin(&emulator, "GET /_emulator/coverage", "").await;
    assert!(coverage["actions"].as_array().unwrap().len() > 106);
    let (status, metrics) = admin(&emulator, "GET /_emulator/metrics", "").await;
    let text = metrics.as_str().unwrap();
    assert_eq!(status, 200, "{text}");
    for line in [
        r#"cvm_emulator_requests_total{service="cvm",action="RunInstances",status="200",code=""} 1"#,
        r#"cvm_emulator_request_duration_seconds_count{service="cvm",action="RunInstances"} 1"#,
        r#"cvm_emulator_instances{region="ap-guangzhou",state="PENDING"} 1"#,
        "cvm_emulator_virtual_time_seconds 1700000000",
        "# EOF",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}:\n{text}");
    }
}
