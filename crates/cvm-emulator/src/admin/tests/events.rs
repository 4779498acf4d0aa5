//! The stream of events.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use http::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{admin, call, emulator, launch};
use crate::Emulator;
use crate::admin::Admin;
use crate::events::EventKind;
use crate::limits::Limits;
use crate::test_requests::cloud;

/// A timeout that only a hang exceeds.
const HANG: Duration = Duration::from_secs(60);

/// A client of the stream.
pub(super) struct Listener {
    stream: TcpStream,
    text: String,
}

impl Listener {
    /// Connects, and waits until it gets events.
    pub(super) async fn connect(emulator: &Emulator, query: &str, headers: &str) -> Self {
        let token = emulator.cloud().admin_token();
        let head = format!(
            "GET /_emulator/events{query} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n{headers}\r\n"
        );
        let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut listener = Self { stream, text: String::new() };
        listener.until("event: connected").await;
        listener
    }

    /// Reads until a text is there.
    pub(super) async fn until(&mut self, wanted: &str) {
        while !self.text.contains(wanted) {
            let mut bytes = [0; 4096];
            let read = timeout(HANG, self.stream.read(&mut bytes)).await;
            let count = read.unwrap_or_else(|_| panic!("no {wanted} in {}", self.text)).unwrap();
            assert!(count > 0, "the stream ended without {wanted}: {}", self.text);
            self.text += &String::from_utf8_lossy(&bytes[..count]);
        }
    }

    /// The kinds of the events until now.
    fn kinds(&self) -> Vec<&str> {
        self.text.lines().filter_map(|line| line.strip_prefix("event: ")).collect()
    }

    /// The data of the events of a kind.
    pub(super) fn data(&self, kind: &str) -> Vec<Value> {
        let blocks = self.text.split("event: ").filter(|block| block.lines().next() == Some(kind));
        let data =
            blocks.filter_map(|block| block.lines().find_map(|it| it.strip_prefix("data: ")));
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    /// The last id.
    fn id(&self) -> &str {
        self.text.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap()
    }
}

fn actions(listener: &Listener) -> Vec<Value> {
    listener.data("request").iter().map(|request| request["action"].clone()).collect()
}

#[tokio::test]
async fn listener_sees_requests_states_clock_faults_and_reset() {
    let emulator = emulator().await;
    let mut listener = Listener::connect(&emulator, "", "").await;
    let launched = launch(&emulator, 1).await;
    listener.until("RunInstances").await;
    // Nobody sends a request, and the instance runs at its time.
    emulator.clock().advance(Duration::from_secs(60));
    listener.until("RUNNING").await;
    let id = &launched["InstanceIdSet"][0];
    let state = |time: &str, from: Value, to: &str| {
        json!({
            "time": time, "account": 100_000_000_001_u64, "region": "ap-guangzhou", "id": id,
            "from": from, "to": to,
        })
    };
    let expected = [
        state("2023-11-14T22:13:20Z", Value::Null, "PENDING"),
        state("2023-11-14T22:13:40Z", json!("PENDING"), "RUNNING"),
    ];
    assert_eq!(listener.data("instance"), expected);
    assert_eq!(listener.data("request")[0]["request_id"], launched["RequestId"]);
    let clock = json!({"now": "2023-11-14T22:14:20Z", "mode": "manual", "scale": null});
    assert_eq!(listener.data("clock"), [clock]);
    let rule = r#"{"effect":{"delay":{"ms":0}}}"#;
    admin(&emulator, "POST /_emulator/faults", rule).await;
    call(&emulator, "AKIDEXAMPLE", "DescribeZones", "{}", "{}").await;
    emulator.cloud().reset();
    listener.until("event: reset").await;
    assert_eq!(listener.data("fault_rules"), [json!({"rules": [1]})]);
    assert_eq!(listener.data("fault")[0]["action"], "DescribeZones");
    assert_eq!(
        listener.kinds(),
        [
            "connected",
            "instance",
            "request",
            "clock",
            "instance",
            "fault_rules",
            "fault",
            "request",
            "reset"
        ]
    );
}

#[tokio::test]
async fn filters_choose_events() {
    let emulator = emulator().await;
    let mut states = Listener::connect(&emulator, "?kind=instance,reset", "").await;
    let mut zones = Listener::connect(&emulator, "?action=DescribeZones", "").await;
    launch(&emulator, 1).await;
    call(&emulator, "AKIDEXAMPLE", "DescribeZones", "{}", "{}").await;
    emulator.cloud().reset();
    states.until("event: reset").await;
    assert_eq!(states.kinds(), ["connected", "instance", "reset"]);
    zones.until("DescribeZones").await;
    assert_eq!(zones.kinds(), ["connected", "request"]);
    for (query, expected) in
        [("kind=instanse", "did you mean `instance`"), ("kinds=x", "unknown field")]
    {
        let line = format!("GET /_emulator/events?{query}");
        let (status, response) = admin(&emulator, &line, "").await;
        let message = response["error"]["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(expected), "{query}: {message}");
    }
}

#[tokio::test]
async fn last_event_id_continues_after_the_last_request_that_was_seen() {
    let emulator = emulator().await;
    let mut first = Listener::connect(&emulator, "", "").await;
    call(&emulator, "AKIDEXAMPLE", "DescribeZones", "{}", "{}").await;
    first.until("DescribeZones").await;
    let seen = format!("last-event-id: {}\r\n", first.id());
    drop(first);
    call(&emulator, "AKIDEXAMPLE", "DescribeRegions", "{}", "{}").await;
    call(&emulator, "AKIDEXAMPLE", "DescribeImages", "{}", "{}").await;
    let resumed = Listener::connect(&emulator, "", &seen).await;
    assert_eq!(actions(&resumed), ["DescribeRegions", "DescribeImages"]);
    let filtered = Listener::connect(&emulator, "?action=DescribeImages", &seen).await;
    assert_eq!(actions(&filtered), ["DescribeImages"]);
    let last = Listener::connect(&emulator, "?backlog=1", "").await;
    assert_eq!(actions(&last), ["DescribeImages"]);
    // Another run of the emulator: everything is new.
    let other = Listener::connect(&emulator, "", "last-event-id: 1-2\r\n").await;
    assert_eq!(actions(&other).len(), 3);
    // Requests that the log no longer has are counted.
    admin(&emulator, "DELETE /_emulator/log", "").await;
    let late = Listener::connect(&emulator, "", &seen).await;
    assert_eq!(late.data("lagged"), [json!({"lost": 2})]);
    let token = emulator.cloud().admin_token();
    let headers =
        format!("host: localhost\r\nauthorization: Bearer {token}\r\nlast-event-id: x\r\n");
    let (status, body) = super::send(&emulator, "GET /_emulator/events", &headers, "").await;
    assert!(status == 400 && body.contains("Last-Event-ID"), "{status} {body}");
}

#[tokio::test]
async fn slow_listener_is_told_how_many_events_it_lost() {
    let cloud = cloud();
    let request = Request::get("/_emulator/events?kind=reset")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {}", cloud.admin_token()))
        .body(Body::empty())
        .unwrap();
    let peer = SocketAddr::from(([127, 0, 0, 1], 1)).ip();
    let (response, _) = Admin::new(&cloud, &Limits::DEFAULT).handle(request, Some(peer)).await;
    let mut body = response.into_body().into_data_stream();
    let first = body.next().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: connected"), "{first:?}");
    for _ in 0..5_000 {
        cloud.simulation().events().publish(EventKind::Clock, || json!({}));
    }
    let lagged = body.next().await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&lagged).into_owned();
    assert!(text.contains("event: lagged") && text.contains(r#"{"lost":904}"#), "{text}");
}

#[tokio::test]
async fn nothing_is_made_for_events_without_a_listener() {
    let cloud = cloud();
    cloud.simulation().events().publish(EventKind::Clock, || panic!("nobody listens"));
    drop(cloud.simulation().events().subscribe());
    cloud.simulation().events().publish(EventKind::Clock, || panic!("nobody listens any more"));
}

#[tokio::test]
async fn stopping_the_emulator_ends_streams() {
    let emulator = emulator().await;
    let mut listener = Listener::connect(&emulator, "", "").await;
    timeout(HANG, emulator.stop()).await.unwrap();
    let mut rest = String::new();
    timeout(HANG, listener.stream.read_to_string(&mut rest)).await.unwrap().unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "the chunked body is complete: {rest:?}");
}

#[tokio::test]
async fn data_directory_is_free_when_an_emulator_with_a_listener_has_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Emulator::builder().data_dir(folder.path().join("data")).start();
    for _ in 0..3 {
        let emulator = start().await.unwrap();
        let _listener = Listener::connect(&emulator, "", "").await;
        timeout(HANG, emulator.stop()).await.unwrap();
    }
}

#[tokio::test]
async fn clock_can_jump_over_years_of_changes_while_somebody_listens() {
    let emulator = emulator().await;
    let mut listener = Listener::connect(&emulator, "?kind=instance,request", "").await;
    let prepaid = r#"{"InstanceChargeType":"PREPAID","InstanceChargePrepaid":{"Period":1,"RenewFlag":"NOTIFY_AND_MANUAL_RENEW"},"Placement":{"Zone":"ap-guangzhou-3"},"ImageId":"img-pmqg1cw7","InstanceCount":20}"#;
    let launched = call(&emulator, "AKIDEXAMPLE", "RunInstances", prepaid, prepaid).await;
    let id = launched["InstanceIdSet"][0].as_str().unwrap();
    emulator.clock().advance(Duration::from_secs(100 * 365 * 86_400));
    call(&emulator, "AKIDEXAMPLE", "DescribeZones", "{}", "{}").await;
    listener.until("DescribeZones").await;
    let states = listener.data("instance");
    let of_first: Vec<_> = states.iter().filter(|it| it["id"] == id).map(|it| &it["to"]).collect();
    let expected = ["PENDING", "RUNNING", "SHUTDOWN", "TERMINATING"].map(|state| json!(state));
    assert_eq!(of_first, expected.iter().chain([&Value::Null]).collect::<Vec<_>>());
    assert_eq!(states.len(), 100);
    // Each change has the time at which it was due.
    let times: Vec<_> = states.iter().map(|it| it["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && times[99].starts_with("2023-12-2"), "{times:?}");
}
