//! Error codes that do not say whether the request took effect.

use std::time::Duration;

use cvm_transport::Error;
use cvm_transport::protocol::Waiter;
use cvm_transport::retry::Outcome;
use cvm_transport::waiting::CreatedResources;
use serde_json::json;

use crate::actions::{
    KILL_THINGS, KillThings, LAUNCH, Launch, ListThings, SetName, StartThings, THINGS_READY, Thing,
};
use crate::fake_service::{Body, FakeService, Reply, error_body};

/// Codes with their HTTP status: timeouts, internal errors, unknown codes, codes after which a part may have been
/// carried out, and any code with a status of 500 or more.
const AMBIGUOUS: [(&str, u16); 14] = [
    ("GatewayTimeout", 504),
    ("GatewayTimeout", 200),
    ("ServerTimeout", 200),
    ("RequestTimeout", 200),
    ("UnknownError", 200),
    ("InternalFailure", 200),
    ("InternalErrorX", 200),
    ("FailedOperation.Timeout", 200),
    ("New.Code", 200),
    ("FailedOperation", 200),
    ("FailedOperation", 500),
    ("ThingsPartlyDone", 200),
    ("InvalidParameter", 503),
    ("RequestLimitExceeded", 502),
];

fn response(code: &str, status: u16) -> Reply {
    let (headers, body) = (Vec::new(), Body::Whole(error_body(code).into()));
    Reply::Response { status, headers, body, after: Duration::ZERO }
}

fn always(code: &'static str, status: u16) -> FakeService {
    FakeService::new(move |_, _| response(code, status))
}

fn assert_unknown(error: &Error, code: &str, sent: usize) {
    assert!(error.outcome_unknown().is_some(), "{code}: {error}");
    assert!(error.to_string().contains(code), "{code}: {error}");
    assert_eq!(error.attempts().len(), sent, "{code}: {error}");
    assert!(error.attempts().iter().all(|one| one.outcome == Outcome::Ambiguous), "{code}");
}

#[tokio::test(start_paused = true)]
async fn ambiguous_code_leaves_change_unknown() {
    for (code, status) in AMBIGUOUS {
        let client = always(code, status).builder().build().unwrap();
        let thing_ids = vec!["thing-1".to_owned()];
        let kill = KillThings { thing_ids: thing_ids.clone() };
        assert_unknown(&client.send(kill).await.unwrap_err(), code, 1);
        assert_unknown(&client.send(StartThings { thing_ids }).await.unwrap_err(), code, 1);
        assert_unknown(&client.send(SetName::default()).await.unwrap_err(), code, 2);
        assert_unknown(&client.send(Launch::default()).await.unwrap_err(), code, 4);
        let ids = json!({ "ThingIds": ["thing-1"] });
        assert_unknown(&client.call(&KILL_THINGS, ids).await.unwrap_err(), code, 1);
        assert_unknown(&client.call(&LAUNCH, json!({})).await.unwrap_err(), code, 4);
    }
}

#[tokio::test(start_paused = true)]
async fn launch_is_retried_with_its_token_after_ambiguous_code() {
    for (code, status) in AMBIGUOUS {
        let fake = FakeService::new(move |_, number| match number {
            1 => response(code, status),
            _ => Reply::healthy(),
        });
        let client = fake.builder().build().unwrap();
        let (launched, report) = client.send_with_report(Launch::default()).await.unwrap();
        assert_eq!((launched.thing_id_set.len(), report.attempts.len()), (1, 2), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn unlisted_code_of_clear_family_ends_change() {
    for code in ["InvalidParameterValue.New", "LimitExceeded.New", "UnsupportedOperation.New"] {
        let fake = always(code, 200);
        let client = fake.builder().build().unwrap();
        for error in [
            client.send(Launch::default()).await.unwrap_err(),
            client.call(&KILL_THINGS, json!({ "ThingIds": ["thing-1"] })).await.unwrap_err(),
        ] {
            assert!(error.is_service() && error.outcome_unknown().is_none(), "{code}: {error}");
        }
        assert_eq!(fake.request_count(), 2, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn ambiguous_code_is_retried_by_reads() {
    const READY: &str = r#"{"Response":{"ThingSet":[{"ThingId":"thing-1","State":"READY"}],"TotalCount":1,"RequestId":"r"}}"#;
    for (code, status) in AMBIGUOUS {
        // Longer than the attempts of one call.
        let later = || {
            FakeService::new(move |_, number| match number {
                1..=5 => response(code, status),
                _ => Reply::body(READY),
            })
        };
        let client = later().builder().build().unwrap();
        let waiter = || Waiter::new(&THINGS_READY, ["thing-1"]);
        let report = client.wait(waiter()).interval(Duration::from_secs(5)).await.unwrap();
        assert_eq!(report.reached().count(), 1, "{code}");
        let client = later().builder().build().unwrap();
        let outcome = client.reconcile(waiter()).await.unwrap();
        assert_eq!(outcome.done.len(), 1, "{code}");
        let client = always(code, status).builder().build().unwrap();
        let search = client.reconcile_creation(ListThings::default(), |_: &Thing| true);
        assert!(matches!(search.await.unwrap(), CreatedResources::Unknown), "{code}");
        // A list reports the error after the attempts of one call.
        let fake = always(code, status);
        let client = fake.builder().build().unwrap();
        let error = client.items(ListThings::default()).try_next().await.unwrap_err();
        assert!(error.outcome_unknown().is_none(), "{code}: {error}");
        assert_eq!(fake.request_count(), 4, "{code}");
    }
}

#[cfg(feature = "blocking")]
#[test]
fn ambiguous_code_leaves_blocking_change_unknown() {
    let fake = always("GatewayTimeout", 504);
    let client = cvm_transport::blocking::Client::new(fake.builder()).unwrap();
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    assert_unknown(&client.send(kill).unwrap_err(), "GatewayTimeout", 1);
    let ids = json!({ "ThingIds": ["thing-1"] });
    assert_unknown(&client.call(&KILL_THINGS, ids).unwrap_err(), "GatewayTimeout", 1);
}
