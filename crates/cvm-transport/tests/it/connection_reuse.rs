//! Connections between two requests: reused after a valid response, and closed after anything else.

use std::time::Duration;

use cvm_transport::NoRateLimit;

use crate::actions::{KillThings, ListThings};
use crate::builder;
use crate::server::{Server, Turn};

const HEALTHY: &str = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;

fn answered(status: u16, body: &str) -> Turn {
    Turn::Answer { status, headers: vec![], body: body.into() }
}

fn refusal(status: u16) -> Turn {
    let body = r#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"no"},"RequestId":"r"}}"#;
    answered(status, body)
}

/// Complete responses of the service that leave nothing ambiguous.
fn clean() -> Vec<(&'static str, Turn)> {
    vec![
        ("healthy", Turn::Healthy),
        ("a refusal", Turn::error("LimitExceeded")),
        ("a throttle", Turn::error("RequestLimitExceeded")),
        ("a refused clock", Turn::error("AuthFailure.SignatureExpire")),
        ("a refused token", Turn::error("AuthFailure.TokenFailure")),
        ("a refusal under a 400", refusal(400)),
    ]
}

/// Responses that are complete HTTP too, after which the connection could carry another request.
fn unclean() -> Vec<(&'static str, Turn)> {
    let mut unclean = vec![
        ("nothing", answered(200, "")),
        ("a page", answered(200, "<html>log in</html>")),
        ("null", answered(200, "null")),
        ("no envelope", answered(200, "{}")),
        ("an empty envelope", answered(200, r#"{"Response":{}}"#)),
        ("no request id", answered(200, r#"{"Response":{"ThingSet":[],"TotalCount":0}}"#)),
        ("half an answer", answered(200, &HEALTHY[..30])),
        ("more than an answer", answered(200, &format!("{HEALTHY} x"))),
        ("success under a 500", answered(500, HEALTHY)),
        ("an internal error", Turn::error("InternalError")),
        ("a coding", {
            let headers = vec![("content-encoding", "gzip".to_owned())];
            Turn::Answer { status: 200, headers, body: HEALTHY.into() }
        }),
        ("more than allowed", answered(200, &"x".repeat(200_000))),
    ];
    for status in [204, 302, 307, 400, 403, 404, 408, 429, 500, 502, 503, 504, 599] {
        unclean.push(("a status", answered(status, "<html>sorry</html>")));
    }
    unclean
}

/// The connections of a call that gets this response, and of the two calls after it.
async fn connections(turn: Turn, hazard: bool) -> Vec<usize> {
    let server = Server::start([turn]).await;
    let client = builder(&server.url)
        .max_attempts(1)
        .max_response_bytes(100_000)
        .rate_limiter(NoRateLimit)
        .build()
        .unwrap();
    for _ in 0..3 {
        if hazard {
            let _ = client.send(KillThings { thing_ids: vec!["thing-1".into()] }).await;
        } else {
            let _ = client.send(ListThings::default()).await;
        }
    }
    server.received().iter().map(|request| request.connection).collect()
}

#[tokio::test]
async fn connection_is_reused_after_a_valid_response() {
    for (name, turn) in clean() {
        assert_eq!(connections(turn.clone(), false).await, [1, 1, 1], "{name}");
        assert_eq!(connections(turn, true).await, [1, 2, 3], "{name}: a change");
    }
}

#[tokio::test]
async fn connection_is_closed_after_an_invalid_response() {
    for (name, turn) in unclean() {
        for hazard in [false, true] {
            let seen = connections(turn.clone(), hazard).await;
            assert!(!seen[1..].contains(&seen[0]), "{name} {turn:?}: {seen:?}");
        }
    }
}

#[tokio::test]
async fn invalid_response_closes_only_its_connection() {
    let server = Server::start([]).await;
    let client = builder(&server.url).max_attempts(1).build().unwrap();
    let call = || client.send(ListThings::default());
    let (one, two, three) = tokio::join!(call(), call(), call());
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(server.connections(), 3);
    server.follow([answered(503, "")]);
    call().await.unwrap_err();
    for _ in 0..2 {
        let (one, two) = tokio::join!(call(), call());
        assert!(one.is_ok() && two.is_ok());
    }
    // Without the two valid connections, it would take two more.
    assert!(server.connections() <= 4, "{}", server.connections());
}

#[tokio::test]
async fn idle_connection_is_closed_after_15_seconds() {
    let server = Server::start([]).await;
    let client = builder(&server.url).build().unwrap();
    let read = async || {
        client.send(ListThings::default()).await.unwrap();
        server.received().last().unwrap().connection
    };
    let pass = async |millis| {
        tokio::time::pause();
        tokio::time::advance(Duration::from_millis(millis)).await;
        tokio::time::resume();
    };
    assert_eq!(read().await, 1);
    pass(14_500).await;
    assert_eq!(read().await, 1);
    pass(15_500).await;
    assert_eq!(read().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_count_follows_concurrency() {
    for (callers, calls) in [(1, 500), (8, 100)] {
        let server = Server::start([]).await;
        let client =
            builder(&server.url).max_attempts(1).rate_limiter(NoRateLimit).build().unwrap();
        let caller = |_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..calls {
                    client.send(ListThings::default()).await.unwrap();
                }
            })
        };
        for caller in (0..callers).map(caller).collect::<Vec<_>>() {
            caller.await.unwrap();
        }
        assert_eq!(server.received().len(), callers * calls);
        // Usually exactly as many. Sometimes a connection is not yet returned when the next call needs one.
        assert!(server.connections() <= callers * 10, "{}", server.connections());
    }
}
