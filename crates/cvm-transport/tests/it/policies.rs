//! Interceptors that inspect and change requests: no way to send one passes them by.

use std::sync::{Arc, Mutex};

use cvm_protocol::{Record, RetryClass, json as codec};
use cvm_transport::config::Dialect;
use cvm_transport::observe::{Interceptor, UnsignedRequest};
use cvm_transport::{Client, Error, UntypedAction};
use serde_json::{Value, json};

use crate::actions::{LAUNCH, Launch, ListThings, SetName};
use crate::fake_service::{FakeService, Reply};

/// An interceptor made from a closure.
struct Hook<F>(F);

impl<F> std::fmt::Debug for Hook<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

impl<F> Interceptor for Hook<F>
where
    F: Fn(&mut UnsignedRequest<'_>) -> Result<(), String> + Send + Sync + 'static,
{
    fn before_call(&self, request: &mut UnsignedRequest<'_>) -> Result<(), String> {
        (self.0)(request)
    }
}

/// A client with this interceptor, and the bodies that its service got.
fn client(
    dialect: Dialect,
    hook: impl Fn(&mut UnsignedRequest<'_>) -> Result<(), String> + Send + Sync + 'static,
) -> (Client, Arc<Mutex<Vec<String>>>) {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&bodies);
    let fake = FakeService::new(move |request, _| {
        kept.lock().unwrap().push(String::from_utf8(request.body().to_vec()).unwrap());
        Reply::healthy()
    });
    (fake.builder().dialect(dialect).interceptor(Hook(hook)).build().unwrap(), bodies)
}

fn body(bodies: &Mutex<Vec<String>>) -> Value {
    serde_json::from_str(bodies.lock().unwrap().last().unwrap()).unwrap()
}

fn launch_action() -> UntypedAction {
    UntypedAction::new("cvm", "2017-03-12", "Launch").retry(RetryClass::Token)
}

/// Refuses more than five things at once, and each value that is no number.
fn limit_launches(request: &mut UnsignedRequest<'_>) -> Result<(), String> {
    for name in ["Count", "NewCount"] {
        match request.members().get(name) {
            None => {}
            Some(count) if count.as_u64().is_some_and(|count| count <= 5) => {}
            Some(_) => return Err(format!("{name} is over the limit")),
        }
    }
    Ok(())
}

/// Launches this many things in each way that a client has.
async fn launch_in_every_way(client: &Client, count: i64) -> Vec<Result<(), Error>> {
    let launch = || Launch { count: Some(count), ..Launch::default() };
    let members = || json!({ "Count": count });
    let mut record = Record::new(&crate::actions::LAUNCH_TABLE);
    codec::from_value(&mut record, &members()).unwrap();
    vec![
        client.send(launch()).await.map(drop),
        client.send_with_report(launch()).await.map(drop),
        client.send_with(launch(), json!({ "New": 1 })).await.map(drop),
        client.send_with(Launch::default(), json!({ "NewCount": count })).await.map(drop),
        client.prepare(launch()).await.map(drop),
        client.call(&LAUNCH, members()).await.map(drop),
        client.call_record(&LAUNCH, record).await.map(drop),
        client.prepare_call(&LAUNCH, members()).await.map(drop),
        client.call_action(&launch_action(), members()).await.map(drop),
        client.call_action(&launch_action().retry(RetryClass::Hazard), members()).await.map(drop),
    ]
}

#[tokio::test(start_paused = true)]
async fn policy_sees_every_member_however_the_call_is_made() {
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        let (client, bodies) = client(dialect, limit_launches);
        for result in launch_in_every_way(&client, 500).await {
            let error = result.unwrap_err();
            assert!(error.is_usage() && error.to_string().contains("over the limit"), "{error}");
        }
        // The kind of an untyped value is not known.
        for count in [json!("500"), json!([500]), json!(null), json!(5.5)] {
            let members = json!({ "Count": count });
            client.call_action(&launch_action(), members).await.unwrap_err();
        }
        // Neither is a path a member, in any encoding.
        client.call_action(&launch_action(), json!({ "Count.0": 500 })).await.unwrap_err();
        assert!(bodies.lock().unwrap().is_empty());
        for result in launch_in_every_way(&client, 5).await {
            result.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn interceptor_changes_members_that_the_type_does_not_have() {
    let change = |request: &mut UnsignedRequest<'_>| {
        let shown = format!("{request:?} {request:#?}");
        assert!(shown.contains(r#""Key":"***""#) && !shown.contains("canary"), "{shown}");
        assert_eq!(request.members()["Key"], "canary1");
        let is_typed = request.action() == "ListThings";
        request.set("Key", json!({ "Text": "canary2" }))?;
        request.set("Gone", json!(null))?;
        // A name that nobody gave may be a mistake, unless nothing is known about the action.
        let added = request.set("Added", json!(7));
        match is_typed {
            true => assert!(added.unwrap_err().contains("`Added` is not a member of ListThings")),
            false => added?,
        }
        for name in ["A.B", ""] {
            request.set(name, json!("x")).unwrap_err();
        }
        if is_typed {
            request.set("Limit", json!(3))?;
        }
        Ok(())
    };
    let (client, bodies) = client(Dialect::Tc3, change);
    let extra = || json!({ "Key": "canary1", "Gone": 1 });
    client.send_with(ListThings::default(), extra()).await.unwrap();
    assert_eq!(body(&bodies), json!({ "Limit": 3, "Key": { "Text": "canary2" } }));
    let action = UntypedAction::new("cvm", "2017-03-12", "List");
    client.call_action(&action, extra()).await.unwrap();
    assert_eq!(body(&bodies), json!({ "Key": { "Text": "canary2" }, "Added": 7 }));
}

#[tokio::test(start_paused = true)]
async fn interceptor_adds_the_only_members_of_an_untyped_call() {
    let add = |request: &mut UnsignedRequest<'_>| {
        assert_eq!(request.members(), json!({}));
        request.set("Limit", json!(3))?;
        request.set("ClientToken", json!("t-1"))
    };
    let (client, bodies) = client(Dialect::Tc3, add);
    let response = client.call_action(&launch_action(), json!({})).await.unwrap();
    assert_eq!(body(&bodies), json!({ "ClientToken": "t-1", "Limit": 3 }));
    assert_eq!(response.report().client_token.as_deref(), Some("t-1"));
}

#[tokio::test(start_paused = true)]
async fn values_that_an_interceptor_sets_are_masked_like_those_of_the_caller() {
    let fake = FakeService::new(|_, _| {
        Reply::body(
            r#"{"Response":{"Error":{"Code":"Bad","Message":"`canary-of-hook` is weak"},"RequestId":"r"}}"#,
        )
    });
    let hook =
        Hook(|request: &mut UnsignedRequest<'_>| request.set("Key", json!("canary-of-hook")));
    let client = fake.builder().interceptor(hook).build().unwrap();
    let action = UntypedAction::new("cvm", "2017-03-12", "SetKey");
    let error = client.call_action(&action, json!({})).await.unwrap_err();
    assert!(error.to_string().contains("`***` is weak"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn edit_changes_an_untyped_call_of_the_same_action() {
    let edit = |request: &mut UnsignedRequest<'_>| {
        let is_launch = request.edit(|launch: &mut Launch| {
            launch.count = launch.count.map(|count| count.min(5));
        })?;
        assert_eq!(is_launch, request.action() == "Launch" && request.info().service.name == "cvm");
        Ok(())
    };
    let (client, bodies) = client(Dialect::Tc3, edit);
    let members = json!({ "Count": 500, "New": [{ "A": 1 }], "ClientToken": "t-1" });
    client.call_action(&launch_action(), members).await.unwrap();
    let expected = json!({ "ClientToken": "t-1", "Count": 5, "New": [{ "A": 1 }] });
    assert_eq!(body(&bodies), expected);
    // What is within the limit is sent as it was written.
    let small = json!({ "Count": "3" });
    let hazard = launch_action().retry(RetryClass::Hazard);
    client.call_action(&hazard, small.clone()).await.unwrap();
    assert_eq!(body(&bodies), small);
    // A value that the struct cannot hold could hide anything.
    let error = client.call_action(&hazard, json!({ "Count": [500] })).await.unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("`Count`"), "{error}");
    let large = json!({ "Count": 500 });
    for (service, name) in [("cvm", "Relaunch"), ("vpc", "Launch")] {
        let other = UntypedAction::new(service, "2017-03-12", name);
        client.call_action(&other, large.clone()).await.unwrap();
        assert_eq!(body(&bodies), large);
    }
}

#[tokio::test(start_paused = true)]
async fn edit_of_an_untyped_call_writes_only_the_changed_members() {
    let edit = |request: &mut UnsignedRequest<'_>| {
        request.edit(|launch: &mut Launch| launch.count = Some(1))?;
        request.edit(|set: &mut SetName| set.name = "new".into())?;
        Ok(())
    };
    let (client, bodies) = client(Dialect::Tc3, edit);
    let hazard = launch_action().retry(RetryClass::Hazard);
    let members = json!({ "Name": 12_345, "DryRun": null, "Password": "x", "Count": "500" });
    client.call_action(&hazard, members).await.unwrap();
    let expected = json!({ "Name": 12_345, "DryRun": null, "Password": "x", "Count": 1 });
    assert_eq!(body(&bodies), expected);
    // The struct has a required member that the caller did not set.
    let set = UntypedAction::new("cvm", "2017-03-12", "SetName");
    client.call_action(&set, json!({ "New": 1 })).await.unwrap();
    assert_eq!(body(&bodies), json!({ "New": 1, "Name": "new" }));
}

#[tokio::test(start_paused = true)]
async fn null_item_is_refused_by_every_entry_point_with_the_same_message() {
    let members = || json!({ "ThingIds": ["thing-1", null] });
    let strict = serde_json::from_value::<ListThings>(members()).unwrap_err().to_string();
    assert_eq!(strict, "`ThingIds.1` is null: remove the item, or set a value");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let set = move |request: &mut UnsignedRequest<'_>| {
        let error = request.set("ThingIds", json!(["thing-1", null])).unwrap_err();
        kept.lock().unwrap().push(error);
        assert_eq!(request.members(), json!({ "Limit": 3 }), "nothing is changed");
        Ok(())
    };
    let (client, bodies) = client(Dialect::Tc3, set);
    client.send(ListThings { limit: Some(3), ..ListThings::default() }).await.unwrap();
    assert_eq!(body(&bodies), json!({ "Limit": 3 }));
    let info = &crate::actions::LIST_THINGS;
    let error = client.call(info, members()).await.unwrap_err().to_string();
    seen.lock().unwrap().push(error);
    let error = client.prepare_call(info, members()).await.unwrap_err().to_string();
    seen.lock().unwrap().push(error);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|error| error.ends_with(&strict)), "{seen:?}");
}
