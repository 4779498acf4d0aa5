//! Mocked clients: typed handlers, recorded requests, and failures.

use std::time::Duration;

use cvm_protocol::Sensitive;
use cvm_transport::Client;
use cvm_transport::config::Dialect;
use cvm_transport::http::HttpResponse;
use cvm_transport::retry::Outcome;
use cvm_transport::testing::MockError;

use crate::actions::{
    Done, KillThings, Launch, LaunchResponse, ListThings, ListThingsResponse, SetName, Thing,
};

fn things(ids: &[&str]) -> ListThingsResponse {
    let thing = |id: &&str| Thing { thing_id: (*id).to_owned(), ..Thing::default() };
    ListThingsResponse {
        thing_set: ids.iter().map(thing).collect(),
        total_count: ids.len() as i64,
        ..ListThingsResponse::default()
    }
}

#[tokio::test]
async fn handler_gets_the_typed_request_and_its_response_is_decoded() {
    for dialect in Dialect::ALL {
        let mock = Client::mock()
            .on::<ListThings>(|request| {
                assert_eq!(request.thing_ids, ["thing-1", "thing-2"]);
                Ok(things(&["thing-1", "thing-2"]))
            })
            .configure(|client| client.dialect(dialect));
        let requests = mock.requests();
        let client = mock.build();
        let request = ListThings {
            thing_ids: vec!["thing-1".into(), "thing-2".into()],
            ..ListThings::default()
        };
        let (response, report) = client.send_with_report(request.clone()).await.unwrap();
        assert_eq!(response.thing_set[1].thing_id, "thing-2", "{dialect}");
        assert_eq!(report.request_id, "mock-1");
        assert!(requests.of::<ListThings>() == [request], "{dialect}");
        assert!(requests.of::<KillThings>().is_empty());
        // It was really signed.
        let sent = &requests.all()[0];
        let signed = sent.headers().contains_key("authorization")
            || String::from_utf8_lossy(sent.body()).contains("Signature=");
        assert!(signed, "{dialect}: {sent:?}");
    }
}

#[tokio::test]
async fn mock_pipeline_adds_client_token_and_sends_secrets() {
    let mock = Client::mock().on(|request: Launch| {
        assert_eq!(request.password.as_ref().map(Sensitive::expose), Some("canary-password"));
        Ok(LaunchResponse { thing_id_set: vec!["thing-1".into()], ..Default::default() })
    });
    let requests = mock.requests();
    let password = Some(Sensitive::from("canary-password"));
    mock.build().send(Launch { password, ..Launch::default() }).await.unwrap();
    assert!(requests.of::<Launch>()[0].client_token.is_some());
    assert!(!format!("{requests:?}").contains("canary"));
}

#[tokio::test]
async fn missing_handler_is_an_error_that_names_the_action() {
    let mock = Client::mock().on(|_: ListThings| Ok(things(&[])));
    let requests = mock.requests();
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let error = mock.build().send(kill).await.unwrap_err();
    assert!(error.is_usage() && error.outcome_unknown().is_none(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("the mock has no handler for `KillThings` of service `cvm`"), "{text}");
    assert_eq!(requests.actions(), ["KillThings"], "and it is not retried");
}

#[tokio::test(start_paused = true)]
async fn mock_failures_have_the_outcome_of_real_ones() {
    let failing =
        |failure: fn() -> MockError| Client::mock().on(move |_: KillThings| Err(failure())).build();
    let kill = || KillThings { thing_ids: vec!["thing-1".into()] };
    for (failure, outcome, attempts, unknown) in [
        (MockError::not_sent as fn() -> MockError, Outcome::NotSent, 4, false),
        (MockError::connection_lost, Outcome::Ambiguous, 1, true),
        (MockError::no_response, Outcome::Ambiguous, 1, true),
        (|| MockError::service("InvalidParameter", "bad"), Outcome::Refused, 1, false),
        (
            || MockError::response(HttpResponse::from_text(502, "bad gateway")),
            Outcome::Ambiguous,
            1,
            true,
        ),
    ] {
        let error = failing(failure).send(kill()).await.unwrap_err();
        assert_eq!(error.attempts()[0].outcome, outcome, "{error:?}");
        assert_eq!(error.attempts().len(), attempts, "{error:?}");
        assert_eq!(error.outcome_unknown().is_some(), unknown, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn mock_handler_can_fail_first_and_then_succeed() {
    let mut calls = 0;
    let mock = Client::mock().on(move |_: ListThings| {
        calls += 1;
        if calls < 3 {
            Err(MockError::service("InternalError", "try again"))
        } else {
            Ok(things(&["thing-1"]))
        }
    });
    let requests = mock.requests();
    let (response, report) = mock.build().send_with_report(ListThings::default()).await.unwrap();
    assert_eq!((response.thing_set.len(), report.attempts.len()), (1, 3));
    assert_eq!(requests.actions().len(), 3);
}

#[tokio::test]
async fn mock_lists_are_paginated_and_later_handlers_replace_earlier_ones() {
    let mock = Client::mock()
        .on(|_: SetName| Ok(Done::default()))
        .on(|_: ListThings| Err(MockError::service("InternalError", "never")))
        .on(|request: ListThings| {
            let first = request.offset.unwrap_or(0);
            let end = (first + request.limit.unwrap_or(20)).min(250);
            let ids: Vec<String> = (first..end).map(|number| format!("thing-{number}")).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            Ok(ListThingsResponse { total_count: 250, ..things(&ids) })
        });
    let client = mock.build();
    let mut items = client.items(ListThings::default());
    let mut count = 0;
    while let Some(thing) = items.try_next().await.unwrap() {
        assert_eq!(thing.thing_id, format!("thing-{count}"));
        count += 1;
    }
    assert_eq!(count, 250);
}

#[tokio::test(start_paused = true)]
async fn wait_over_mock_ends_although_the_handler_sets_few_members() {
    let mock = Client::mock().on(|_: ListThings| Ok(things(&["thing-1"])));
    let requests = mock.requests();
    let is_listed = |thing: &Thing| thing.thing_id == "thing-1";
    let listed = mock.build().wait_until(ListThings::default(), is_listed).await.unwrap();
    assert_eq!(listed[0].state.as_deref(), Some(""), "a response always has it");
    assert_eq!(listed[0].reason, None);
    assert_eq!(requests.actions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn mock_client_keeps_its_timeouts() {
    let mock = Client::mock().on(|_: ListThings| Err(MockError::no_response()));
    let client = mock.build().with_operation_timeout(Duration::from_secs(5));
    let error = client.send(ListThings::default()).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
}

#[test]
#[should_panic(expected = "the configuration of the mocked client is invalid")]
fn invalid_configuration_of_a_mock_panics_with_the_reason() {
    let _ = Client::mock().configure(|client| client.region("not a region")).build();
}
