//! Members of a request that are given as JSON: their order, their places in the request, and the client token among them.

use std::sync::{Arc, Mutex};

use cvm_protocol::{ActionInfo, FieldInfo, Kind, ModelInfo, NameIndex, RetryClass, model};
use cvm_transport::config::Dialect;
use cvm_transport::{Action, UntypedAction};
use serde_json::{Value, json};

use crate::actions::{DONE, Done, Launch, SERVICE};
use crate::fake_service::{FakeService, Reply};

/// Orders disks.
#[derive(Clone, Default)]
struct Order {
    disks: Vec<Disk>,
    place: Option<Place>,
}

static ORDER: ModelInfo = ModelInfo {
    name: "Order",
    members: &[
        FieldInfo::new("Disks", Kind::List(&Kind::Object(&DISK))),
        FieldInfo::new("Place", Kind::Object(&PLACE)),
    ],
    index: NameIndex { multiplier: 0xb222_1a58_008a_05a7, shift: 63, slots: &[0, 1] },
};

model!(request Order ORDER { 0 disks 1 place });

#[derive(Clone, Default)]
struct Disk {
    size: Option<i64>,
}

static DISK: ModelInfo = ModelInfo {
    name: "Disk",
    members: &[FieldInfo::new("Size", Kind::I64)],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

model!(Disk DISK { 0 size });

#[derive(Clone, Default)]
struct Place {
    zone: Option<String>,
}

static PLACE: ModelInfo = ModelInfo {
    name: "Place",
    members: &[FieldInfo::new("Zone", Kind::Str)],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

model!(Place PLACE { 0 zone });

impl Action for Order {
    type Response = Done;
    const INFO: &'static ActionInfo = {
        static INFO: ActionInfo = ActionInfo::new("Order", &SERVICE, &ORDER, &DONE);
        &INFO
    };
}

/// The same JSON with the members of each object in reverse order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Object(members) => {
            members.iter().rev().map(|(name, member)| (name.clone(), reversed(member))).collect()
        }
        value => value.clone(),
    }
}

#[tokio::test(start_paused = true)]
async fn order_of_members_changes_neither_token_nor_fingerprint() {
    let members = json!({
        "A": 1,
        "B": { "X": [{ "P": 1, "Q": { "M": true, "N": null } }, 2], "Y": "text" },
        "C": [],
    });
    let other_way = reversed(&members);
    assert_ne!(members.to_string(), other_way.to_string());
    let changed = json!({ "A": 1, "B": members["B"], "C": [0] });

    // With extra members of a typed request.
    let fake = FakeService::new(|_, _| Reply::status(502, vec![]));
    let client = fake.builder().max_attempts(1).build().unwrap();
    let send = async |extra: &Value| {
        let request = Launch { client_token: Some("token-1".into()), ..Default::default() };
        client.send_with(request, extra.clone()).await.unwrap_err()
    };
    let fingerprint =
        |error: &cvm_transport::Error| error.outcome_unknown().unwrap().fingerprint().to_owned();
    let first = fingerprint(&send(&members).await);
    assert_eq!(fingerprint(&send(&other_way).await), first);
    assert!(send(&changed).await.to_string().contains("other parameters"));

    // With all members of an untyped one.
    let action = UntypedAction::new("cvm", "2017-03-12", "Make").retry(RetryClass::Token);
    let with_token = |members: &Value| {
        let mut members = members.clone();
        members["ClientToken"] = "token-2".into();
        members
    };
    let call = async |members: Value| client.call_action(&action, members).await.unwrap_err();
    let first = fingerprint(&call(with_token(&members)).await);
    assert_eq!(fingerprint(&call(reversed(&with_token(&members))).await), first);
    assert!(call(with_token(&changed)).await.to_string().contains("other parameters"));
    assert_eq!(fake.request_count(), 4);
}

#[tokio::test(start_paused = true)]
async fn client_token_of_an_untyped_action_counts_in_every_class() {
    use RetryClass::{Convergent, Guarded, Hazard, Token};
    for class in [Token, Convergent, Guarded, Hazard] {
        let fake = FakeService::new(|_, _| Reply::status(502, vec![]));
        let client = fake.builder().max_attempts(1).build().unwrap();
        let action = UntypedAction::new("cvm", "2017-03-12", "RunThings").retry(class);
        let call = async |count: u32| {
            let members = json!({ "Count": count, "ClientToken": "mine-1" });
            client.call_action(&action, members).await.unwrap_err()
        };
        let error = call(1).await;
        let unknown = error.outcome_unknown().unwrap();
        assert_eq!(unknown.client_token(), Some("mine-1"), "{class}");
        assert!(error.to_string().contains("client token mine-1"), "{class}: {error}");
        let recovery = unknown.recovery();
        assert!(recovery.contains("does not know which Describe action"), "{class}: {recovery}");
        let error = call(2).await;
        assert!(error.is_usage() && error.to_string().contains("other parameters"), "{error}");
        assert_eq!(fake.request_count(), 1, "{class}: nothing was sent");
    }
    // Only its own class generates one.
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&bodies);
    let fake = FakeService::new(move |request, _| {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        kept.lock().unwrap().push(body);
        Reply::healthy()
    });
    let client = fake.builder().build().unwrap();
    let action = UntypedAction::new("cvm", "2017-03-12", "RunThings");
    let members = json!({ "Count": 1, "ClientToken": "mine-2" });
    let response = client.call_action(&action, members).await.unwrap();
    assert_eq!(response.report().client_token.as_deref(), Some("mine-2"));
    let response = client.call_action(&action, json!({ "Count": 1 })).await.unwrap();
    assert_eq!(response.report().client_token, None);
    let expected = [json!({ "Count": 1, "ClientToken": "mine-2" }), json!({ "Count": 1 })];
    assert_eq!(*bodies.lock().unwrap(), expected);
}

#[tokio::test]
async fn extra_member_never_adds_an_object_or_item_to_the_request() {
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        let fake = FakeService::new(|_, _| Reply::healthy());
        let client = fake.builder().dialect(dialect).build().unwrap();
        let request = || Order { disks: vec![Disk { size: Some(1) }], ..Order::default() };
        client.send_with(request(), json!({ "Disks": [{ "New": 1 }] })).await.unwrap();
        for (extra, path) in [
            (json!({ "Disks": [{}, { "New": 1 }] }), "Disks.1"),
            (json!({ "Disks": [{}, {}] }), "Disks.1"),
            (json!({ "Place": { "New": 1 } }), "Place"),
        ] {
            let error = client.send_with(request(), extra).await.unwrap_err();
            let text = error.to_string();
            assert!(error.is_usage() && error.is_not_sent(), "{error:?}");
            assert!(text.contains(&format!("the request has no `{path}`")), "{text}");
            assert!(text.contains("set it in the request"), "{text}");
        }
        assert_eq!(fake.request_count(), 1, "{dialect}: nothing else was sent");
    }
}
