//! Calls that use more of the API than the generated types have.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_protocol::RetryClass;
use cvm_transport::config::{Dialect, Endpoint};
use cvm_transport::http::MaskedRequest;
use cvm_transport::observe::{AttemptMetrics, Exchange, MaskedResponse, Metrics, WireObserver};
use cvm_transport::{Error, OutcomeUnknown, UntypedAction};
use serde_json::{Value, json};

use crate::actions::{KillThings, LIST_THINGS, Launch, ListThings};
use crate::fake_service::{Body, FakeService, Reply};

/// A service that succeeds, and the bodies of the requests that it got.
fn recording() -> (FakeService, Arc<Mutex<Vec<String>>>) {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&bodies);
    let fake = FakeService::new(move |request, _| {
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        kept.lock().unwrap().push(format!("{} {body}", request.url()));
        Reply::healthy()
    });
    (fake, bodies)
}

#[tokio::test]
async fn extra_members_are_sent_in_both_encodings() {
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        let (fake, bodies) = recording();
        let client = fake.builder().dialect(dialect).build().unwrap();
        let request =
            Launch { count: Some(2), client_token: Some("t".into()), ..Default::default() };
        let extra = json!({ "Spot": { "Hours": 2 }, "Zones": ["a"] });
        let (response, report) = client.send_with(request, extra).await.unwrap();
        assert_eq!(response.thing_id_set, ["thing-1"]);
        assert_eq!(report.client_token.as_deref(), Some("t"));
        let bodies = bodies.lock().unwrap();
        match dialect {
            Dialect::Tc3 => {
                let body: Value =
                    serde_json::from_str(bodies[0].split_once(' ').unwrap().1).unwrap();
                let expected = json!({ "Count": 2, "ClientToken": "t", "Spot": { "Hours": 2 }, "Zones": ["a"] });
                assert_eq!(body, expected);
            }
            _ => assert!(
                bodies[0].contains("Spot.Hours=2") && bodies[0].contains("Zones.0=a"),
                "{bodies:?}"
            ),
        }
    }
}

#[tokio::test]
async fn extra_members_that_pairs_cannot_express_are_refused() {
    for (extra, path) in [
        (json!({ "A": {} }), "`A` is an empty object"),
        (json!({ "A": [] }), "`A` is an empty list"),
        (json!({ "A": null }), "`A` is null"),
        (json!({ "A": { "B": [] } }), "`A.B` is an empty list"),
        (json!({ "A": [{}, { "x": 1 }] }), "`A.0` is an empty list item"),
        (json!({ "A": [1, null] }), "`A.1` is null"),
        (json!({ "A": { "B.C": 1 } }), "`A.B.C` has a name"),
        (json!({ "A": { "": 1 } }), "`A.` has a name"),
        (json!({ "A": { "0": 1 } }), "`A.0` has a name"),
        (json!({ "0": 1 }), "`0` has a name"),
    ] {
        for dialect in [Dialect::V1Sha1, Dialect::V1Sha256] {
            let (fake, bodies) = recording();
            let client = fake.builder().dialect(dialect).build().unwrap();
            let typed = client.send_with(ListThings::default(), extra.clone()).await.unwrap_err();
            let action = UntypedAction::new("cvm", "2017-03-12", "List");
            let untyped = client.call_action(&action, extra.clone()).await.unwrap_err();
            for error in [typed, untyped] {
                assert!(error.is_usage() && error.to_string().contains(path), "{error}");
            }
            assert!(bodies.lock().unwrap().is_empty());
        }
        // JSON has all of these.
        let (fake, bodies) = recording();
        let client = fake.builder().build().unwrap();
        client.send_with(ListThings::default(), extra.clone()).await.unwrap();
        let sent = bodies.lock().unwrap()[0].split_once(' ').unwrap().1.to_owned();
        assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), extra);
    }
}

#[tokio::test]
async fn common_parameters_are_refused_as_extra_members_in_pairs() {
    for dialect in [Dialect::Tc3, Dialect::V1Sha1, Dialect::V1Sha256] {
        let (fake, bodies) = recording();
        let client = fake.builder().dialect(dialect).build().unwrap();
        for name in cvm_protocol::query_form::COMMON_PARAMETERS {
            let extra = || json!({ name: "x" });
            let action = UntypedAction::new("cvm", "2017-03-12", "List");
            let typed = client.send_with(ListThings::default(), extra()).await.map(drop);
            let untyped = client.call_action(&action, extra()).await.map(drop);
            for result in [typed, untyped] {
                if dialect == Dialect::Tc3 {
                    // Some services have members of these names. In JSON nothing else has them.
                    result.unwrap();
                    let body = bodies.lock().unwrap().pop().unwrap();
                    assert!(body.ends_with(&extra().to_string()), "{body}");
                } else {
                    let error = result.unwrap_err();
                    let text = format!("`{name}` is a parameter of every request in this dialect");
                    assert!(error.is_usage() && error.to_string().contains(&text), "{error}");
                }
            }
        }
        assert!(bodies.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn extra_member_that_the_type_has_is_refused() {
    let (fake, bodies) = recording();
    let client = fake.builder().build().unwrap();
    let error = client.send_with(Launch::default(), json!({ "Count": 3 })).await.unwrap_err();
    assert!(
        error.is_usage() && error.to_string().contains("`Count` is a member of Launch"),
        "{error}"
    );
    let in_url = fake.builder().dialect(Dialect::Tc3Get).build().unwrap();
    let error = in_url.send_with(ListThings::default(), json!({ "New": 1 })).await.unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("may be a secret"), "{error}");
    assert!(bodies.lock().unwrap().is_empty());
}

/// Makes every attempt ambiguous and returns how many there were.
async fn attempts(
    call: impl AsyncFnOnce(cvm_transport::Client) -> Option<OutcomeUnknown>,
) -> usize {
    let fake = FakeService::new(|_, _| Reply::status(502, vec![]));
    let unknown = call(fake.builder().build().unwrap()).await;
    assert_eq!(unknown.is_some(), unknown.is_some_and(|unknown| !unknown.attempts().is_empty()));
    fake.request_count()
}

#[tokio::test(start_paused = true)]
async fn request_with_extra_members_is_retried_only_if_a_new_member_cannot_matter() {
    let extra = || json!({ "New": true });
    let read = attempts(async |client| {
        let error = client.send_with(ListThings::default(), extra()).await.unwrap_err();
        error.outcome_unknown().cloned()
    });
    assert!(read.await > 1);
    let token = attempts(async |client| {
        let error = client.send_with(Launch::default(), extra()).await.unwrap_err();
        error.outcome_unknown().cloned()
    });
    assert!(token.await > 1);
    let convergent = attempts(async |client| {
        let request = crate::actions::SetName { thing_id: "thing-1".into(), name: "n".into() };
        let error = client.send_with(request, extra()).await.unwrap_err();
        assert!(error.outcome_unknown().is_some(), "{error}");
        error.outcome_unknown().cloned()
    });
    assert_eq!(convergent.await, 1);
}

#[tokio::test(start_paused = true)]
async fn token_is_bound_to_the_extra_members() {
    let fake = FakeService::new(|_, _| Reply::healthy());
    let client = fake.builder().build().unwrap();
    let request = || Launch { client_token: Some("one-token".into()), ..Default::default() };
    client.send_with(request(), json!({ "New": 1 })).await.unwrap();
    client.send_with(request(), json!({ "New": 1 })).await.unwrap();
    let error = client.send_with(request(), json!({ "New": 2 })).await.unwrap_err();
    assert!(error.is_usage(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn untyped_action_is_a_hazard_unless_its_class_is_given() {
    let kill = UntypedAction::new("cvm", "2017-03-12", "KillEverything");
    for (action, class) in [
        (kill.clone(), RetryClass::Hazard),
        (kill.clone().retry(RetryClass::Convergent), RetryClass::Convergent),
        (kill.clone().retry(RetryClass::Token), RetryClass::Token),
        (kill.retry(RetryClass::Read), RetryClass::Read),
    ] {
        let sent = attempts(async |client| {
            let error = client.call_action(&action, json!({ "Ids": ["a"] })).await.unwrap_err();
            assert_eq!(error.outcome_unknown().is_some(), class != RetryClass::Read, "{error}");
            error.outcome_unknown().cloned()
        });
        let sent = sent.await;
        assert_eq!(sent > 1, class != RetryClass::Hazard, "{class}: {sent} attempts");
    }
}

#[tokio::test]
async fn untyped_action_reaches_its_service() {
    let (fake, bodies) = recording();
    let client = fake.builder().endpoint(Endpoint::Default).build().unwrap();
    let action = UntypedAction::new("vpc", "2017-03-12", "DescribeVpcs").retry(RetryClass::Read);
    let response = client.call_action(&action, json!({ "Limit": "10" })).await.unwrap();
    assert_eq!(response.json().at("ThingIdSet.0").and_then(|id| id.as_text()), Some("thing-1"));
    assert_eq!(bodies.lock().unwrap()[0], r#"https://vpc.tencentcloudapi.com/ {"Limit":"10"}"#);
    let create = UntypedAction::new("vpc", "2017-03-12", "CreateVpc").retry(RetryClass::Token);
    let response = client.call_action(&create, json!({ "Name": "n" })).await.unwrap();
    let token = response.report().client_token.clone().unwrap();
    let body: Value =
        serde_json::from_str(bodies.lock().unwrap()[1].split_once(' ').unwrap().1).unwrap();
    assert_eq!(body, json!({ "Name": "n", "ClientToken": token }));
}

#[tokio::test]
async fn untyped_action_with_an_invalid_name_is_refused() {
    let (fake, bodies) = recording();
    let client = fake.builder().build().unwrap();
    for (service, version, name) in [
        ("evil.example/", "2017-03-12", "A"),
        ("", "2017-03-12", "A"),
        ("CVM", "2017-03-12", "A"),
        ("cvm", "2017-03-1\u{b2}", "A"),
        ("cvm", "latest", "A"),
        ("cvm", "2017-03-12", ""),
        ("cvm", "2017-03-12", "A\r\nX: y"),
    ] {
        let action = UntypedAction::new(service, version, name);
        let error = client.call_action(&action, json!({})).await.unwrap_err();
        assert!(error.is_usage(), "{error}");
    }
    let action = UntypedAction::new("cvm", "2017-03-12", "A");
    for members in [json!([1]), json!("text"), json!(null)] {
        let error = client.call_action(&action, members).await.unwrap_err();
        assert!(error.is_usage(), "{error:?}");
        assert_eq!(error.to_string(), "A failed: the members of the request must be a JSON object");
    }
    for token in [json!([]), json!({}), json!(1.5), json!("two words"), json!("x".repeat(65))] {
        let error = client.call_action(&action, json!({ "ClientToken": token })).await.unwrap_err();
        assert!(error.is_usage(), "{error:?}");
    }
    assert!(bodies.lock().unwrap().is_empty());
}

#[tokio::test]
async fn unknown_members_of_a_response_have_their_values() {
    let body = r#"{"Response":{"ThingSet":[{"ThingId":"thing-1","State":"READY","Disk":{"Size":1.50}}],
        "TotalCount":1,"RequestId":"r","A.B":[1]}}"#;
    let fake = FakeService::new(move |_, _| Reply::body(body));
    let client = fake.builder().build().unwrap();
    let (_, report) = client.send_with_report(ListThings::default()).await.unwrap();
    let found: Vec<(String, String)> =
        report.unknown_members().into_iter().map(|one| (one.path, one.value.pretty())).collect();
    let disk = "{\n  \"Size\": 1.50\n}".to_owned();
    assert_eq!(
        found,
        [("ThingSet.0.Disk".to_owned(), disk), ("A.B".to_owned(), "[\n  1\n]".to_owned())]
    );
    assert!(!format!("{report:?}").contains("1.50"), "a value may be a secret");
    let (_, report) = FakeService::new(|_, _| Reply::healthy())
        .builder()
        .build()
        .unwrap()
        .send_with_report(KillThings { thing_ids: vec!["thing-1".into()] })
        .await
        .unwrap();
    assert_eq!(report.unknown_members().len(), 3, "{report:?}");
    assert_eq!(LIST_THINGS.name, "ListThings");
}

#[tokio::test]
async fn values_of_extra_members_are_masked() {
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        let kept = Arc::new(Mutex::new(String::new()));
        let debug = Arc::clone(&kept);
        let fake = FakeService::new(move |request, _| {
            debug.lock().unwrap().push_str(&format!("{request:?}"));
            Reply::healthy()
        });
        let client = fake.builder().dialect(dialect).build().unwrap();
        let extra = json!({ "NewKeys": [{ "Text": "Secret123", "Number": 77_777 }] });
        client.send_with(ListThings { limit: Some(3), ..Default::default() }, extra).await.unwrap();
        let shown = kept.lock().unwrap().clone();
        assert!(shown.contains("NewKeys") && shown.contains("Limit"), "{shown}");
        assert!(!shown.contains("Secret123") && !shown.contains("77777"), "{shown}");
    }
}

/// What observers and metrics see of responses; the latter get the same code as spans.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<String>>);

impl Seen {
    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl WireObserver for Seen {
    fn request(&self, _: &Exchange<'_>, request: &MaskedRequest) {
        self.0.lock().unwrap().push_str(&format!("{request}\n"));
    }

    fn response(&self, _: &Exchange<'_>, response: &MaskedResponse) {
        self.0.lock().unwrap().push_str(&format!("{response}\n{response:?}\n"));
    }
}

impl Metrics for Seen {
    fn attempt(&self, attempt: &AttemptMetrics<'_>) {
        self.0.lock().unwrap().push_str(&format!("{attempt:?}\n"));
    }
}

/// A client whose service gives this response, and what is seen of its calls.
fn observed(status: u16, body: &'static str) -> (cvm_transport::Client, Seen) {
    let fake = FakeService::new(move |_, _| Reply::Response {
        status,
        headers: Vec::new(),
        body: Body::Whole(body.into()),
        after: Duration::ZERO,
    });
    let seen = Seen::default();
    let builder = fake.builder().wire_observer(seen.clone()).metrics(seen.clone());
    (builder.build().unwrap(), seen)
}

#[tokio::test(start_paused = true)]
async fn repeated_texts_of_extra_members_are_masked() {
    let extra = || json!({ "Admin": [{ "Password": "Hunter2Secret" }], "Zone": "short" });
    let action = UntypedAction::new("cvm", "2017-03-12", "SetAdmin");
    let refused = r#"{"Response":{"Error":{"Code":"Bad.Hunter2Secret",
        "Message":"`Hunter2Secret` in short is too weak"},"RequestId":"r"}}"#;
    for (status, body) in
        [(200, refused), (403, "<p>you sent Hunter2Secret in short, which is too weak</p>")]
    {
        let (client, seen) = observed(status, body);
        let typed = client.send_with(ListThings::default(), extra()).await.unwrap_err();
        let untyped = client.call_action(&action, extra()).await.unwrap_err();
        for error in [typed, untyped] {
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("in short") && shown.contains("too weak"), "{shown}");
            assert!(!shown.contains("Hunter2"), "{shown}");
        }
        let seen = seen.take();
        assert!(seen.matches("in short").count() >= 2 && !seen.contains("Hunter2"), "{seen}");
    }
    let (client, seen) = observed(
        200,
        r#"{"Response":{"ThingSet":[{"ThingId":"t","State":"is Hunter2Secret"}],"TotalCount":1,"RequestId":"r"}}"#,
    );
    client.send_with(ListThings::default(), extra()).await.unwrap();
    let seen = seen.take();
    assert!(seen.contains(r#""State":"is ***""#) && !seen.contains("Hunter2"), "{seen}");
}

/// The errors of calls with these extra members, one for each way to send them, if the service gives this code and message.
async fn errors_with(extra: Value, code: &'static str, message: &'static str) -> Vec<Error> {
    let mut errors = Vec::new();
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        let error = json!({ "Code": code, "Message": message });
        let body = json!({ "Response": { "Error": error, "RequestId": "r-1" } }).to_string();
        let fake = FakeService::new(move |_, _| Reply::body(body.clone()));
        let client = fake.builder().dialect(dialect).build().unwrap();
        let kill = KillThings { thing_ids: vec!["thing-1".into()] };
        errors.push(client.send_with(kill, extra.clone()).await.unwrap_err());
        let action = UntypedAction::new("cvm", "2017-03-12", "KillNewThings");
        errors.push(client.call_action(&action, extra.clone()).await.unwrap_err());
    }
    errors
}

#[tokio::test]
async fn error_that_names_another_id_than_an_untyped_request_does_not_prove_absence() {
    let code = "InvalidInstanceId.NotFound";
    let ids = ["ins-12345678".to_owned()];
    let extra = || json!({ "NewIds": ids });
    for (message, shown, is_absent) in [
        ("no ins-12345678 here", "no *** here", true),
        ("no ins-12345679 here", "no ins-12345679 here", false),
        ("no ins-123456789 here", "no ins-123456789 here", false),
        ("no ins-12345678, no ins-1234", "no ***, no ***", false),
    ] {
        for error in errors_with(extra(), code, message).await {
            assert_eq!(error.says_absent(&[code], &ids), is_absent, "{error}");
            assert_eq!(error.service().unwrap().message, shown);
        }
    }
}

#[tokio::test]
async fn extra_member_that_is_a_word_of_an_error_code_changes_no_decision() {
    for (text, code, is_kind) in [
        ("NotFound", "ResourceNotFound.X", Error::is_not_found as fn(&Error) -> bool),
        ("Instance", "InvalidInstanceId.NotFound", Error::is_not_found),
        ("NotFound", "InvalidInstanceId.NotFound", Error::is_not_found),
        ("ResourceInsufficient", "ResourceInsufficient.SpecifiedInstanceType", Error::is_capacity),
        ("LimitExceeded", "LimitExceeded.Things", Error::is_quota),
        ("ResourceInUse", "ResourceInUse", Error::is_busy),
        ("UnauthorizedOperation", "UnauthorizedOperation", Error::is_auth),
    ] {
        for error in errors_with(json!({ "NewType": text }), code, "no").await {
            assert!(is_kind(&error), "{text} {code}: {error}");
            assert_eq!(error.code().unwrap().as_str(), code, "{text}");
            assert_eq!(error.attempts()[0].code.as_ref().unwrap().as_str(), code, "{text}");
        }
    }
    // The old gateway gives a number, and the name in its message.
    let body = r#"{"code":5000,"message":"none left","codeDesc":"ResourceInsufficient"}"#;
    let fake = FakeService::new(move |_, _| Reply::body(body));
    let client = fake.builder().dialect(Dialect::OldGateway).build().unwrap();
    let extra = json!({ "NewType": "ResourceInsufficient" });
    let error = client.send_with(ListThings::default(), extra).await.unwrap_err();
    assert!(error.is_capacity() && error.to_string().contains("none left"), "{error:?}");
    // The code of an unknown family may repeat a secret.
    for error in errors_with(json!({ "NewKey": "Hunter2Secret" }), "Bad.Hunter2Secret", "no").await
    {
        assert_eq!(error.code().unwrap().as_str(), "Bad.***");
    }
}

#[tokio::test(start_paused = true)]
async fn extra_member_that_is_a_word_of_an_error_code_does_not_change_retries() {
    let fake = FakeService::new(|_, _| Reply::error("RequestLimitExceeded", vec![]));
    let client = fake.builder().build().unwrap();
    for text in ["RequestLimit", "RequestLimitExceeded"] {
        let action = UntypedAction::new("cvm", "2017-03-12", "KillNewThings");
        let error = client.call_action(&action, json!({ "Type": text })).await.unwrap_err();
        assert!(error.is_throttled() && error.attempts().len() > 1, "{error:?}");
        assert_eq!(error.code().unwrap().as_str(), "RequestLimitExceeded");
    }
}

#[tokio::test]
async fn secret_of_a_typed_request_in_an_error_code_changes_no_decision() {
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        let fake =
            FakeService::new(|_, _| Reply::error("ResourceInsufficient.Hunter2Word", vec![]));
        let client = fake.builder().dialect(dialect).build().unwrap();
        for password in ["Hunter2Word", "ResourceInsufficient"] {
            let request = Launch { password: Some(password.into()), ..Launch::default() };
            let error = client.send(request).await.unwrap_err();
            assert!(error.is_capacity(), "{error}");
            assert!(!format!("{error} {error:?}").contains(password), "{error}");
        }
    }
}

#[tokio::test]
async fn values_of_unknown_members_of_a_typed_response_are_masked() {
    let (client, seen) = observed(
        200,
        r#"{"Response":{"ThingSet":[{"ThingId":"thing-1","State":"READY","Passphrase":"canary1"}],
            "TotalCount":1,"InitialPassword":"canary2","Pins":[{"Pin":12345}],"RequestId":"r-1"}}"#,
    );
    let (_, report) = client.send_with_report(ListThings::default()).await.unwrap();
    assert_eq!(report.unknown_members().len(), 3, "the caller has the values");
    let seen = seen.take();
    for shown in ["thing-1", "READY", "r-1", "Passphrase", "InitialPassword", r#"[{"Pin":"***"}]"#]
    {
        assert!(seen.contains(shown), "{shown}: {seen}");
    }
    assert!(!seen.contains("canary") && !seen.contains("12345"), "{seen}");
}

#[tokio::test]
async fn values_of_the_response_to_an_untyped_action_are_masked() {
    let action = UntypedAction::new("cam", "2019-01-16", "CreateAccessKey");
    let body = r#"{"Response":{"AccessKey":{"SecretAccessKey":"canary1","RequestId":"canary2"},
        "Pins":[123456789,true,null],"RequestId":"r-Hunter2Secret-1"},"Beside":"canary3"}"#;
    let (client, seen) = observed(200, body);
    let response = client.call_action(&action, json!({ "Name": "Hunter2Secret" })).await.unwrap();
    assert_eq!(response.json().at("AccessKey.SecretAccessKey").unwrap().as_text(), Some("canary1"));
    let (masked, count) = response.masked();
    let expected = json!({
        "AccessKey": { "SecretAccessKey": "***", "RequestId": "***" },
        "Pins": ["***", "***", null],
        "RequestId": "r-***-1",
    });
    assert_eq!((masked.to_value(), count), (expected, 5));
    let shown = seen.take();
    assert!(shown.contains("SecretAccessKey") && shown.contains("r-***-1"), "{shown}");
    assert!(!shown.contains("canary") && !shown.contains("123456789"), "{shown}");

    // A part of a response.
    let (client, seen) = observed(200, r#"{"Response":{"Password":"canary4","#);
    let error = client.call_action(&action, json!({})).await.unwrap_err();
    let shown = format!("{error} {} ", seen.take());
    assert!(!shown.contains("canary") && shown.contains("not shown"), "{shown}");

    // The error of a service shows its code and message, and no other value.
    let (client, seen) = observed(
        200,
        r#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"too many keys","Key":"canary5"},
            "RequestId":"r-1"}}"#,
    );
    let error = client.call_action(&action, json!({})).await.unwrap_err();
    let shown = format!("{error} {} ", seen.take());
    for part in ["LimitExceeded", "too many keys", "r-1"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("canary"), "{shown}");
}
