//! Errors without a code, which prove nothing, and codes after which nothing is retried.

use cvm_transport::Error;
use cvm_transport::config::Dialect;
use cvm_transport::protocol::Waiter;
use cvm_transport::retry::Outcome;

use crate::actions::{
    KILL_THINGS, KillThings, LAUNCH, Launch, ListThings, SetName, StartThings, THINGS_READY,
};
use crate::fake_service::{Body, FakeService, Reply};

/// Values of the `Error` member.
const ERRORS: [&str; 14] = [
    "{}",
    r#"{"Message":"timeout"}"#,
    r#"{"Code":null}"#,
    r#"{"Code":null,"Message":"timeout"}"#,
    r#"{"Code":"","Message":"timeout"}"#,
    r#"{"Code":"  ","Message":"timeout"}"#,
    r#"{"Code":"\t\n"}"#,
    r#"{"Code":500,"Message":"timeout"}"#,
    r#"{"Code":0}"#,
    r#"{"Code":"500"}"#,
    r#"{"Code":"-1","Message":"timeout"}"#,
    r#"{"Code":true}"#,
    r#"{"Code":{}}"#,
    r#"{"Code":["LimitExceeded"]}"#,
];

fn always(status: u16, error: &str) -> FakeService {
    let body = format!(r#"{{"Response":{{"Error":{error},"RequestId":"r-error"}}}}"#);
    FakeService::new(move |_, _| Reply::Response {
        status,
        headers: vec![],
        body: Body::Whole(body.clone().into()),
        after: std::time::Duration::ZERO,
    })
}

fn assert_unknown(error: &Error, shown: &str) {
    assert!(error.outcome_unknown().is_some(), "{shown}: {error:?}");
    let last = error.attempts().last().unwrap();
    assert!(matches!(last.outcome, Outcome::Ambiguous | Outcome::Misrouted), "{shown}: {error:?}");
    assert!(error.code().is_none(), "{shown}: {error:?}");
    assert!(!error.to_string().contains(": :"), "{shown}: {error}");
}

#[tokio::test(start_paused = true)]
async fn error_without_code_leaves_change_unknown() {
    for error in ERRORS {
        for status in [200, 400, 500, 502] {
            for dialect in [Dialect::Tc3, Dialect::OldGateway] {
                let shown = format!("{error} with {status} by {dialect}");
                let fake = always(status, error);
                let client = fake.builder().dialect(dialect).build().unwrap();
                let thing_ids = vec!["thing-1".to_owned()];
                let kill = KillThings { thing_ids: thing_ids.clone() };
                assert_unknown(&client.send(kill).await.unwrap_err(), &shown);
                let start = StartThings { thing_ids };
                assert_unknown(&client.send(start).await.unwrap_err(), &shown);
                assert_eq!(fake.request_count(), 2, "{shown}: unsafe requests are sent once");
                assert_unknown(&client.send(SetName::default()).await.unwrap_err(), &shown);
                assert_unknown(&client.send(Launch::default()).await.unwrap_err(), &shown);
                let ids = serde_json::json!({ "ThingIds": ["thing-1"] });
                assert_unknown(&client.call(&KILL_THINGS, ids).await.unwrap_err(), &shown);
                let one = serde_json::json!({ "Count": 1 });
                assert_unknown(&client.call(&LAUNCH, one).await.unwrap_err(), &shown);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn read_is_retried_after_error_without_code() {
    // A code of another type makes the response undecodable, and a retry would return the same.
    let is_text = |error: &&str| !error.contains(r#""Code":{"#) && !error.contains(r#""Code":["#);
    for error in ERRORS.into_iter().filter(is_text) {
        let body = format!(r#"{{"Response":{{"Error":{error},"RequestId":"r-error"}}}}"#);
        let fake = FakeService::new(move |_, number| match number {
            1 => Reply::body(body.clone()),
            _ => Reply::healthy(),
        });
        let client = fake.builder().build().unwrap();
        let (_, report) = client.send_with_report(ListThings::default()).await.unwrap();
        assert_eq!(report.attempts.len(), 2, "{error}");
        let fake = always(200, error);
        let client = fake.builder().build().unwrap();
        let ended = client.send(ListThings::default()).await.unwrap_err();
        assert_eq!(fake.request_count(), 4, "{error}");
        assert!(ended.is_unreadable_response(), "{error}: {ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn non_retryable_code_ends_call_after_one_attempt() {
    for code in [
        "InternalError.TradeUnknownError",
        "ResponseSizeLimitExceeded",
        "ResponseSizeLimitExceeded.Newer",
    ] {
        let error = format!(r#"{{"Code":"{code}","Message":"no"}}"#);
        let (launch, name, list) = (always(200, &error), always(200, &error), always(200, &error));
        let client = |fake: &FakeService| fake.builder().build().unwrap();
        let launched = client(&launch).send(Launch::default()).await.unwrap_err();
        let named = client(&name).send(SetName::default()).await.unwrap_err();
        let listed = client(&list).send(ListThings::default()).await.unwrap_err();
        assert_eq!(
            (launch.request_count(), name.request_count(), list.request_count()),
            (1, 1, 1),
            "{code}"
        );
        for error in [&launched, &named] {
            assert!(error.outcome_unknown().is_some(), "{code}: {error:?}");
        }
        assert!(listed.outcome_unknown().is_none(), "{code}: {listed:?}");
        for error in [&launched, &named, &listed] {
            assert_eq!(error.code().map(|code| code.as_str()), Some(code), "{error:?}");
        }
    }
    // A poll that is answered so would be answered so again.
    let fake = always(200, r#"{"Code":"ResponseSizeLimitExceeded","Message":"no"}"#);
    let client = fake.builder().build().unwrap();
    let waiter = || Waiter::new(&THINGS_READY, ["thing-1"]);
    let waited = client.wait(waiter()).await.unwrap_err();
    let reconciled = client.reconcile(waiter()).await.unwrap_err();
    for error in [waited, reconciled] {
        let code = error.code().map(|code| code.as_str());
        assert_eq!(code, Some("ResponseSizeLimitExceeded"), "{error:?}");
    }
    assert_eq!(fake.request_count(), 2);
    // The old gateway returns a numeric code and a name. A proxy may omit the request id.
    let no_id =
        r#"{"Response":{"Error":{"Code":"InternalError.TradeUnknownError","Message":"no"}}}"#;
    let old = r#"{"code":6000,"codeDesc":"InternalError.TradeUnknownError","message":"no"}"#;
    for (dialect, body) in [(Dialect::Tc3, no_id), (Dialect::OldGateway, old)] {
        let fake = FakeService::new(move |_, _| Reply::body(body.to_owned()));
        let client = fake.builder().dialect(dialect).build().unwrap();
        let error = client.send(Launch::default()).await.unwrap_err();
        assert!(error.outcome_unknown().is_some_and(|unknown| unknown.forbids_retry()), "{error}");
        assert_eq!(fake.request_count(), 1, "{error}");
    }
    // Another internal error may be temporary, and the token identifies the launch.
    let fake = always(200, r#"{"Code":"InternalError","Message":"no"}"#);
    let client = fake.builder().build().unwrap();
    assert!(client.send(Launch::default()).await.unwrap_err().outcome_unknown().is_some());
    assert_eq!(fake.request_count(), 4);
}
