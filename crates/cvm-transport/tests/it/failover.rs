//! Failover and circuit breakers: only if enabled, and only for safe requests.

use std::collections::HashSet;

use cvm_transport::retry::Outcome;

use crate::actions::{KillThings, Launch, ListThings, SetName, StartThings};
use crate::builder;
use crate::server::{Server, Step, unused_endpoint};

fn ids() -> Vec<String> {
    vec!["thing-1".into()]
}

#[tokio::test]
async fn without_backups_only_the_endpoint_is_tried() {
    let url = unused_endpoint();
    let error = builder(&url).build().unwrap().send(ListThings::default()).await.unwrap_err();
    assert!(error.is_not_sent());
    assert_eq!(error.attempts().len(), 4);
}

#[tokio::test]
async fn safe_requests_fail_over_under_the_name_of_the_backup() {
    let url = unused_endpoint();
    let backup = Server::start([]).await;
    let client =
        builder(&url).backup_endpoints([unused_endpoint(), backup.url.clone()]).build().unwrap();
    let (_, report) = client.send_with_report(ListThings::default()).await.unwrap();
    let outcomes: Vec<_> = report.attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Outcome::NotSent, Outcome::NotSent, Outcome::Success]);
    client.send(SetName::default()).await.unwrap();
    client.send(Launch::default()).await.unwrap();
    let received = backup.received();
    assert_eq!(received.len(), 3);
    for request in &received {
        assert_eq!(request.header("host"), backup.url.strip_prefix("http://"));
        assert_eq!(request.header("x-tc-region"), Some("ap-guangzhou"));
    }
}

#[tokio::test]
async fn signature_covers_the_called_host() {
    use cvm_transport::entropy::SeededEntropy;
    use cvm_transport::time::FixedClock;
    let url = unused_endpoint();
    let backup = Server::start([]).await;
    let fixed = |url: &str| {
        builder(url).clock(FixedClock::at(1_551_113_065)).entropy(SeededEntropy::new(7))
    };
    let client = fixed(&url).backup_endpoints([&backup.url]).build().unwrap();
    client.send(ListThings::default()).await.unwrap();
    // The request that a client of that host alone would sign: the tc3 signature covers host, body and time.
    let own = fixed(&backup.url).build().unwrap().prepare(ListThings::default()).await.unwrap();
    let received = backup.received();
    assert_eq!(
        received[0].header("authorization"),
        own.headers().get("authorization").map(|value| value.to_str().unwrap())
    );
    let primary = fixed(&url).build().unwrap().prepare(ListThings::default()).await.unwrap();
    assert_ne!(primary.headers().get("authorization"), own.headers().get("authorization"));
}

#[tokio::test]
async fn unsafe_requests_never_fail_over() {
    let url = unused_endpoint();
    let backup = Server::start([]).await;
    let client = builder(&url).backup_endpoints([&backup.url]).breaker(true).build().unwrap();
    for _ in 0..3 {
        let error = client.send(KillThings { thing_ids: ids() }).await.unwrap_err();
        assert!(error.is_not_sent(), "{error}");
        let error = client.send(StartThings { thing_ids: ids() }).await.unwrap_err();
        assert!(error.is_not_sent(), "{error}");
    }
    assert_eq!(backup.connections(), 0);
}

#[tokio::test]
async fn only_unsent_attempts_change_the_host() {
    for turn in [
        Step::reset(),
        Step::close(),
        Step::status(502, vec![]),
        Step::error("InternalError"),
        Step::error("RequestLimitExceeded"),
        Step::status(429, vec![]),
    ] {
        let server = Server::start([turn.clone()]).await;
        let backup = Server::start([]).await;
        let client = builder(&server.url).backup_endpoints([&backup.url]).build().unwrap();
        client.send(Launch::default()).await.unwrap();
        assert_eq!(server.received().len(), 2, "{turn:?}");
        assert_eq!(backup.connections(), 0, "{turn:?}");
    }
}

#[tokio::test]
async fn open_breaker_fails_over_with_same_token_except_hazards() {
    let failures = std::iter::repeat_n(Step::status(502, vec![]), 5);
    let server = Server::start(failures).await;
    let backup = Server::start([]).await;
    let client =
        builder(&server.url).backup_endpoints([&backup.url]).breaker(true).build().unwrap();
    let doomed = client.send(ListThings::default()).await.unwrap_err();
    assert_eq!(doomed.attempts().len(), 4);
    // The fifth failure is the first attempt of this launch. Its second attempt uses the backup.
    let (_, report) = client.send_with_report(Launch::default()).await.unwrap();
    assert_eq!(report.attempts.len(), 2);
    assert_eq!((server.received().len(), backup.received().len()), (5, 1));
    let tokens: HashSet<_> = [&server.received()[4], &backup.received()[0]]
        .map(|received| received.client_token().unwrap())
        .into();
    assert_eq!(tokens.len(), 1);

    client.send(ListThings::default()).await.unwrap();
    assert_eq!(backup.received().len(), 2);
    let error = client.send(KillThings { thing_ids: ids() }).await.unwrap_err();
    assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error}");
    assert!(error.to_string().contains("circuit breaker open"), "{error}");
    assert_eq!((server.received().len(), backup.received().len()), (5, 2));
}

#[tokio::test]
async fn open_breaker_without_backups_fails_at_once() {
    let failures = || std::iter::repeat_n(Step::status(502, vec![]), 8);
    let server = Server::start(failures()).await;
    let client = builder(&server.url).breaker(true).build().unwrap();
    client.send(ListThings::default()).await.unwrap_err();
    let error = client.send(Launch::default()).await.unwrap_err();
    assert!(error.outcome_unknown().is_some(), "its first attempt left: {error}");
    assert_eq!(server.received().len(), 5);
    let error = client.send(ListThings::default()).await.unwrap_err();
    assert!(error.is_not_sent());
    assert_eq!(server.received().len(), 5);

    let server = Server::start(failures()).await;
    let client = builder(&server.url).build().unwrap();
    client.send(ListThings::default()).await.unwrap_err();
    client.send(ListThings::default()).await.unwrap_err();
    client.send(ListThings::default()).await.unwrap();
    assert_eq!(server.received().len(), 9);
}

#[tokio::test]
async fn service_errors_and_throttling_never_open_a_breaker() {
    let script = (0..20).map(|index| match index % 3 {
        0 => Step::error("InternalError"),
        1 => Step::error("UnauthorizedOperation"),
        _ => Step::error("ResourceNotFound"),
    });
    let server = Server::start(script).await;
    let client = builder(&server.url).breaker(true).max_attempts(1).build().unwrap();
    for _ in 0..20 {
        client.send(ListThings::default()).await.unwrap_err();
    }
    client.send(ListThings::default()).await.unwrap();
    assert_eq!(server.received().len(), 21);
}

#[tokio::test]
async fn secrets_in_urls_are_refused_with_remote_backups() {
    let with = |backup: &str| {
        builder("http://127.0.0.1:9").allow_secrets_in_url(true).backup_endpoints([backup]).build()
    };
    assert!(with("https://backup.example").unwrap_err().is_usage());
    assert!(with("http://127.0.0.1:10").is_ok());
    let error = builder("http://127.0.0.1:9").backup_endpoints(["http://a.example"]).build();
    assert!(error.unwrap_err().to_string().contains("backup endpoint must use https"));
}
