//! Mocked clients: typed handlers, recorded requests, and failures.

use std::time::Duration;

use cvm_protocol::Sensitive;
use cvm_transport::config::Dialect;
use cvm_transport::http::HttpResponse;
use cvm_transport::retry::Outcome;
use cvm_transport::testing::{ErrorBuilder, MockError};
use cvm_transport::{Action, Client, Error, OutcomeUnknown};
use serde_json::json;

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

/// Compares the error of a call with the one that a test builds for the same request and response.
async fn compare_built<A>(request: A, code: &'static str, status: u16)
where
    A: Action<Response: std::fmt::Debug> + Clone,
{
    let mock = Client::mock().on(move |_: A| {
        let error = json!({ "Code": code, "Message": "a message" });
        let body = json!({ "Response": { "Error": error, "RequestId": "r-1" } });
        Err(MockError::response(HttpResponse::from_text(status, body.to_string())))
    });
    let real = mock.build().with_max_attempts(1).send(request.clone()).await.unwrap_err();
    let built = ErrorBuilder::service(code, "a message")
        .request(&request)
        .status(status)
        .request_id("r-1")
        .build();
    let case = format!("{} {code} {status}:\n{real:?}\n{built:?}", A::INFO.name);
    assert_eq!(real.to_string(), built.to_string(), "{case}");
    let facts = |error: &Error| {
        let attempt = &error.attempts()[0];
        (
            (attempt.outcome, attempt.status, attempt.code.clone(), attempt.request_id.clone()),
            (error.code().cloned(), error.status(), error.client_token().map(str::to_owned)),
            (error.is_service(), error.is_unreadable_response(), error.is_not_sent()),
        )
    };
    assert_eq!(facts(&real), facts(&built), "{case}");
    let unknown = |error: &Error| {
        error.outcome_unknown().map(|unknown| {
            let text = format!("{} {}", unknown.recovery(), unknown.fingerprint());
            (text, unknown.client_token().map(str::to_owned), unknown.forbids_retry())
        })
    };
    assert_eq!(unknown(&real), unknown(&built), "{case}");
}

#[tokio::test(start_paused = true)]
async fn built_errors_have_the_outcome_of_real_ones() {
    for code in [
        "InvalidParameter",
        "InvalidThingId.NotFound",
        "LimitExceeded.Things",
        "ResourceInsufficient",
        "UnauthorizedOperation",
        "AuthFailure.TokenFailure",
        "DryRunOperation",
        "RequestLimitExceeded",
        "FailedOperation",
        "FailedOperation.SomethingNew",
        "InternalError",
        "InternalError.TradeUnknownError",
        "ResponseSizeLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ThingsPartlyDone",
        "SomethingNew",
        "",
        "not a code",
    ] {
        for status in [200, 400, 503] {
            let token = Some("token-1".to_owned());
            compare_built(Launch { client_token: token, ..Launch::default() }, code, status).await;
            compare_built(ListThings::default(), code, status).await;
            compare_built(SetName { thing_id: "a".into(), name: "b".into() }, code, status).await;
            compare_built(KillThings { thing_ids: vec!["a".into()] }, code, status).await;
        }
    }
    // Without a request, as for an action about which nothing is known.
    let client = Client::mock().on(|_: KillThings| Err(MockError::connection_lost())).build();
    let lost = client.send(KillThings::default()).await.unwrap_err();
    for (code, is_unknown) in [("InternalError", true), ("Busy", true), ("LimitExceeded", false)] {
        let error = ErrorBuilder::service(code, "").action("KillThings").build();
        let unknown = error.outcome_unknown();
        assert_eq!(unknown.is_some(), is_unknown, "{error:?}");
        let recovery = unknown.map(OutcomeUnknown::recovery);
        assert_eq!(recovery, is_unknown.then(|| lost.outcome_unknown().unwrap().recovery()));
    }
    // Other failures.
    let write = ErrorBuilder::unreadable_response("closed").request(&KillThings::default()).build();
    assert!(write.outcome_unknown().is_some());
    let read = ErrorBuilder::misrouted("a login page").request(&ListThings::default()).build();
    assert!(read.outcome_unknown().is_none(), "a read changes nothing");
    assert!(ErrorBuilder::not_sent("no route").build().outcome_unknown().is_none());
    // The old gateway has numbers.
    let error = ErrorBuilder::service("4400", "(100010)RequestLimitExceeded").build();
    assert_eq!(error.attempts()[0].outcome, Outcome::Throttled);
    let error = ErrorBuilder::service("6000", "an internal error").build();
    assert!(error.is_service() && error.outcome_unknown().is_some(), "{error:?}");
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

#[cfg(feature = "blocking")]
#[test]
fn blocking_client_of_a_mock_has_its_handlers_and_recorded_requests() {
    let mock = Client::mock()
        .on(|_: ListThings| Ok(things(&["thing-1", "thing-2"])))
        .on(|_: KillThings| Err(MockError::connection_lost()));
    let requests = mock.requests();
    let client = cvm_transport::blocking::Client::from_async(mock.build()).unwrap();
    let ids: Vec<String> =
        client.items(ListThings::default()).map(|thing| thing.unwrap().thing_id).collect();
    assert_eq!(ids, ["thing-1", "thing-2"]);
    let error = client.send(KillThings { thing_ids: ids }).unwrap_err();
    assert!(error.outcome_unknown().is_some(), "{error:?}");
    assert_eq!(requests.actions(), ["ListThings", "KillThings"]);
}

#[cfg(feature = "blocking")]
#[test]
fn mock_handler_can_call_other_actions_with_a_second_client_but_not_itself() {
    use std::sync::{Arc, OnceLock};
    let second = Arc::new(OnceLock::<cvm_transport::blocking::Client>::new());
    let [in_kill, in_name] = [Arc::clone(&second), Arc::clone(&second)];
    let client = Client::mock()
        .on(|_: ListThings| Ok(things(&["thing-1"])))
        .on(move |_: KillThings| {
            let listed = in_kill.get().unwrap().send(ListThings::default()).unwrap();
            assert_eq!(listed.total_count, 1);
            Ok(Done::default())
        })
        .on(move |request: SetName| {
            let error = in_name.get().unwrap().send(request).unwrap_err();
            assert!(error.is_usage(), "{error:?}");
            let text = error.to_string();
            assert!(text.contains("`SetName` was called from inside itself"), "{text}");
            Ok(Done::default())
        })
        .build();
    let first = cvm_transport::blocking::Client::from_async(client.clone()).unwrap();
    second.set(cvm_transport::blocking::Client::from_async(client).unwrap()).unwrap();
    for _ in 0..2 {
        first.send(KillThings { thing_ids: vec!["thing-1".into()] }).unwrap();
        first.send(SetName { thing_id: "thing-1".into(), name: "n".into() }).unwrap();
    }
}

#[test]
#[should_panic(expected = "the configuration of the mocked client is invalid")]
fn invalid_configuration_of_a_mock_panics_with_the_reason() {
    let _ = Client::mock().configure(|client| client.region("not a region")).build();
}
