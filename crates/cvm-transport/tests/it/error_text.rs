//! Texts of the service are shown on one line and truncated.

use std::time::Duration;

use cvm_protocol::{RetryClass, Waiter};
use cvm_transport::{Error, UntypedAction};
use serde_json::json;

use crate::actions::{KillThings, ListThings, SET_NAME, THINGS_READY};
use crate::fake_service::{FakeService, Reply};

fn error_response(code: &str, message: &str, id: &str) -> String {
    let error = serde_json::json!({"Code": code, "Message": message});
    serde_json::json!({"Response": {"Error": error, "RequestId": id}}).to_string()
}

async fn errors_for(body: String) -> Vec<Error> {
    let fake = FakeService::new(move |_, _| Reply::body(body.clone()));
    let client = fake.builder().max_attempts(1).build().unwrap();
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let read = client.send(ListThings::default()).await.map(drop);
    let errors: Vec<Error> =
        [read, client.send(kill).await.map(drop)].into_iter().filter_map(Result::err).collect();
    assert!(!errors.is_empty());
    errors
}

#[tokio::test(start_paused = true)]
async fn long_service_texts_are_truncated() {
    let long = "\u{e9}x".repeat(10 * 1024 * 1024 / 3);
    for body in [
        error_response("InvalidParameter", &long, "r-1"),
        error_response(&long, "no", "r-1"),
        error_response("InvalidParameter", "no", &long),
        error_response("", &long, "r-1"),
        format!(r#"{{"Response":{{"Error":{{"Message":"{long}"}},"RequestId":"r-1"}}}}"#),
        format!(r#"{{"Response":{{"ThingSet":7,"TotalCount":[],"RequestId":"{long}"}}}}"#),
        format!("not JSON {long}"),
    ] {
        for error in errors_for(body.clone()).await {
            let shown = error.to_string();
            let start: String = shown.chars().take(200).collect();
            assert!(shown.len() < 8 * 1024, "{}: {start}", shown.len());
            let is_cut = shown.contains("(cut, ") || shown.contains('\u{2026}');
            assert!(is_cut || shown.len() < 200, "{start}");
            assert!(format!("{error:?}").len() < 32 * 1024, "{start}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn control_characters_of_service_texts_are_escaped() {
    let hostile = "a\nStopInstances failed\r\u{1b}[2J\u{9b}1m\u{2028}\u{202e}\0b";
    for body in [
        error_response("Invalid\nParameter", hostile, "r\r1"),
        error_response("", hostile, "r"),
        error_response("", "", "r"),
    ] {
        for error in errors_for(body.clone()).await {
            let mut next: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = next {
                let shown = error.to_string();
                let breaks = |c: char| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c);
                assert!(!shown.contains(breaks), "{shown:?}");
                assert!(!shown.contains("failed: :"), "{shown:?}");
                next = error.source();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn long_texts_of_the_request_are_truncated() {
    let long = "\u{e9}x".repeat(32 * 1024);
    let fake = FakeService::new(|_, _| Reply::status(502, vec![]));
    let client = fake.builder().max_attempts(1).build().unwrap();
    let mut errors = Vec::new();
    for (service, version, name) in [
        (&*long, "2017-03-12", "KillThings"),
        ("cvm", &*long, "KillThings"),
        ("cvm", "2017-03-12", &*long),
    ] {
        let action = UntypedAction::new(service, version, name).retry(RetryClass::Read);
        errors.push(client.call_action(&action, json!({})).await.unwrap_err());
    }
    errors.push(client.call(&SET_NAME, json!({ long.as_str(): 1 })).await.unwrap_err());
    let path = format!("{long}.x");
    errors.push(
        client.send_with(ListThings::default(), json!({ path.as_str(): 1 })).await.unwrap_err(),
    );
    errors.push(client.call(&SET_NAME, json!({ "Name": [long.as_str()] })).await.unwrap_err());
    errors.push(client.in_region(&long).send(ListThings::default()).await.unwrap_err());
    errors.push(client.wait(Waiter::new(&THINGS_READY, [format!("{long} ")])).await.unwrap_err());
    let waiter = Waiter::new(&THINGS_READY, [long.as_str()]);
    let wait = client.wait(waiter).timeout(Duration::from_secs(1)).await.unwrap_err().to_string();
    assert!(wait.contains("did not reach the target state") && wait.len() < 16 * 1024);
    for error in errors {
        let shown = error.to_string();
        let start: String = shown.chars().take(200).collect();
        assert!(error.is_usage(), "{start}");
        assert!(shown.len() < 4 * 1024, "{}: {start}", shown.len());
        assert!(format!("{error:?}").len() < 32 * 1024, "{start}");
    }
}
