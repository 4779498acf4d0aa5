//! The example that puts `tower` layers around the HTTP client.

use std::sync::Arc;
use std::time::Duration;

use cvm_transport::http::HttpErrorKind;
use cvm_transport::retry::Outcome;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::actions::{KillThings, ListThings};
use crate::fake_service::{Body, FakeService, Reply};

#[expect(dead_code, reason = "its `main` runs as a program")]
#[path = "../../examples/tower_layer.rs"]
mod example;

#[tokio::test(start_paused = true)]
async fn layer_limits_the_requests_that_wait_for_a_response() {
    let body = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r-ok"}}"#;
    let fake = FakeService::new(move |_, _| Reply::Response {
        status: 200,
        headers: Vec::new(),
        body: Body::Whole(body.into()),
        after: Duration::from_secs(1),
    });
    let http = example::limited(Arc::new(fake.clone()), 2);
    let client = fake.builder().http(http).build().unwrap();
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..6 {
        let client = client.clone();
        calls.spawn(async move { client.send(ListThings::default()).await.map(drop) });
    }
    for result in calls.join_all().await {
        result.unwrap();
    }
    assert_eq!(began.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn failures_behind_layers_keep_their_outcome() {
    for (kind, outcome, attempts) in [
        (HttpErrorKind::NotSent, Outcome::NotSent, 4),
        (HttpErrorKind::PossiblySent, Outcome::Ambiguous, 1),
    ] {
        let fake = FakeService::new(move |_, _| Reply::Fails(kind));
        let http = example::limited(Arc::new(fake.clone()), 2);
        let client = fake.builder().http(http).build().unwrap();
        let kill = KillThings { thing_ids: vec!["thing-1".into()] };
        let error = client.send(kill).await.unwrap_err();
        assert_eq!(error.attempts()[0].outcome, outcome, "{error:?}");
        assert_eq!(error.attempts().len(), attempts, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn call_that_ends_inside_a_layer_was_not_sent() {
    let fake = FakeService::new(|_, _| Reply::Silent { held: false });
    let http = example::limited(Arc::new(fake.clone()), 1);
    let client = fake.builder().http(http).build().unwrap();
    let client = client.with_operation_timeout(Duration::from_secs(10));
    let first = tokio::spawn({
        let client = client.with_operation_timeout(Duration::from_secs(60));
        async move { client.send(ListThings::default()).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    let error = client.send(kill).await.unwrap_err();
    assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error:?}");
    first.abort();
}
