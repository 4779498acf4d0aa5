//! Client tokens: one for each launch, the same in all its attempts, and bound to that launch.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cvm_protocol::RetryClass;
use cvm_transport::config::Timeouts;
use cvm_transport::entropy::SeededEntropy;
use cvm_transport::http::HttpErrorKind;
use cvm_transport::retry::{CLIENT_TOKEN_WINDOW, Outcome};
use cvm_transport::time::Clock;
use cvm_transport::waiting::CreatedResources;
use cvm_transport::{ClientBuilder, Error, UntypedAction};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::actions::{Launch, ListThings, Thing};
use crate::fake_service::{FakeService, Reply};
use crate::server::{Server, Step, unused_endpoint};
use crate::{ATTEMPT, client};

fn launch(token: &str) -> Launch {
    Launch { count: Some(1), client_token: Some(token.into()), ..Launch::default() }
}

#[test]
fn client_tokens_are_unique_random_uuids() {
    let client = client("http://127.0.0.1:9");
    let mut tokens = Vec::with_capacity(1_000_000);
    for _ in 0..1_000_000 {
        let token = client.new_client_token().unwrap();
        assert!(token.len() == 36 && token.is_ascii(), "{token}");
        let bits = u128::from_str_radix(&token.replace('-', ""), 16).unwrap();
        assert_eq!((bits >> 76 & 0xf, bits >> 62 & 0b11), (4, 0b10), "a random UUID: {token}");
        tokens.push(bits);
    }
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), 1_000_000);
}

/// Possible results of an attempt.
fn reply(kind: u64) -> Reply {
    match kind % 8 {
        0 => Reply::Fails(HttpErrorKind::NotSent),
        1 => Reply::Fails(HttpErrorKind::PossiblySent),
        2 => Reply::error("RequestLimitExceeded", vec![]),
        3 => Reply::error("InternalError", vec![]),
        4 => Reply::status(502, vec![]),
        5 => Reply::body("{}"),
        6 => Reply::Silent { held: false },
        _ => Reply::error("LimitExceeded", vec![]),
    }
}

/// A service with seeded responses that records the client tokens, and a builder for its client.
fn recording_client(seed: u64) -> (Arc<Mutex<Vec<String>>>, ClientBuilder) {
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&tokens);
    let fake = FakeService::new(move |request, number| {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        log.lock().unwrap().push(body["ClientToken"].as_str().unwrap().to_owned());
        reply(seed >> (3 * number))
    });
    (tokens, fake.builder().entropy(SeededEntropy::new(seed)))
}

#[tokio::test(start_paused = true)]
async fn each_call_has_one_client_token_for_all_attempts() {
    let mut all = HashSet::new();
    let (mut calls, mut retries) = (0, 0);
    for seed in 0..600_u64 {
        let (log, builder) = recording_client(seed.wrapping_mul(0xd134_2543_de82_ef95));
        let client = builder.build().unwrap();
        for _ in 0..2 {
            let error = client.send(Launch::default()).await.unwrap_err();
            let sent: Vec<String> = log.lock().unwrap().drain(..).collect();
            let first = &sent[0];
            assert!(sent.iter().all(|token| token == first), "{seed}: {sent:?}");
            assert_eq!(error.client_token(), Some(first.as_str()), "{seed}");
            if let Some(unknown) = error.outcome_unknown() {
                assert_eq!(unknown.client_token(), Some(first.as_str()), "{seed}");
            }
            assert!(all.insert(first.clone()), "{seed}: a token of another call");
            calls += 1;
            retries += sent.len() - 1;
        }
    }
    assert!(calls == 1_200 && retries > 1_000, "{retries}");
}

/// Possible results of the first call with a token.
fn outcomes() -> Vec<(&'static str, Vec<Step>)> {
    vec![
        ("success", vec![]),
        ("a service error", vec![Step::error("ResourceInsufficient.SpecifiedInstanceType")]),
        ("an internal error", vec![Step::error("InternalError")]),
        ("a reset", vec![Step::reset()]),
        ("a foreign response", vec![Step::status(403, vec![])]),
    ]
}

#[tokio::test]
async fn token_is_bound_to_its_parameters_after_any_outcome() {
    for (end, script) in outcomes() {
        let server = Server::start(script).await;
        let client = client(&server.url).with_max_attempts(1);
        let _ = client.send(launch("token-1")).await;
        assert_eq!(server.received().len(), 1, "{end}");
        // Each in turn, as a program does that falls back to another type or zone.
        for other in [
            Launch { count: Some(2), ..launch("token-1") },
            Launch { count: None, ..launch("token-1") },
            Launch { name: Some("other".into()), ..launch("token-1") },
            Launch { password: Some("Other1234!".into()), ..launch("token-1") },
            Launch { dry_run: Some(false), ..launch("token-1") },
        ] {
            let error = client.send(other).await.unwrap_err();
            assert!(error.is_usage() && error.is_not_sent(), "{end}: {error:?}");
            assert!(error.to_string().contains("other parameters"), "{error}");
        }
        assert_eq!(server.received().len(), 1, "{end}: nothing was sent");
        let _ = client.send(launch("token-1")).await;
        assert_eq!(server.received().len(), 2, "{end}: the same request may be sent again");
        client.send(Launch { count: Some(2), ..Launch::default() }).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn same_parameters_are_the_same_request_however_they_are_sent() {
    let action = |version| UntypedAction::new("cvm", version, "Launch").retry(RetryClass::Token);
    let whole =
        || json!({ "Name": "n", "Count": 1, "New": { "B": 1, "A": 2 }, "ClientToken": "t-1" });
    let other_order =
        || json!({ "ClientToken": "t-1", "New": { "A": 2, "B": 1 }, "Count": 1, "Name": "n" });
    let known = || Launch { name: Some("n".into()), ..launch("t-1") };
    let fake = FakeService::new(|_, _| Reply::healthy());
    let client = fake.builder().build().unwrap();
    client.send_with(known(), json!({ "New": { "B": 1, "A": 2 } })).await.unwrap();
    client.call_action(&action("2017-03-12"), whole()).await.unwrap();
    client
        .call_action(&action("2017-03-12").retry(RetryClass::Hazard), other_order())
        .await
        .unwrap();
    assert_eq!(fake.request_count(), 3);
    // Another version, other parameters.
    let error = client.call_action(&action("2020-01-01"), whole()).await.unwrap_err();
    assert!(error.to_string().contains("other parameters"), "{error}");
    client.send(known()).await.unwrap_err();
    let less = json!({ "Name": "n", "Count": 1, "ClientToken": "t-1" });
    client.call_action(&action("2017-03-12"), less).await.unwrap_err();
    // A dry run with the token of a launch.
    client.send(Launch { dry_run: Some(true), ..known() }).await.unwrap_err();
    assert_eq!(fake.request_count(), 3);
    // An action that only reads has any token.
    let read = UntypedAction::new("cvm", "2017-03-12", "ListTokens").retry(RetryClass::Read);
    client.call_action(&read, json!({ "ClientToken": "t-1" })).await.unwrap();
    assert_eq!(fake.request_count(), 4);
}

#[tokio::test]
async fn token_is_never_sent_to_a_second_region() {
    for (end, script) in outcomes() {
        let server = Server::start(script).await;
        let client = client(&server.url).with_max_attempts(1);
        let _ = client.send(launch("token-1")).await;
        let error = client.in_region("ap-tokyo").send(launch("token-1")).await.unwrap_err();
        assert!(error.is_usage() && error.is_not_sent(), "{end}: {error:?}");
        let text = error.to_string();
        assert!(text.contains("`ap-guangzhou`") && text.contains("`ap-tokyo`"), "{text}");
        assert_eq!(server.received().len(), 1, "{end}: nothing was sent");
        let _ = client.send(launch("token-1")).await;
        assert_eq!(server.received().len(), 2, "{end}: the first region is still allowed");
    }
}

#[tokio::test]
async fn dropped_call_binds_its_token() {
    let server = Server::start([Step::stall()]).await;
    let client = client(&server.url);
    let dropped = client.send(launch("token-1"));
    assert!(tokio::time::timeout(ATTEMPT / 4, dropped).await.is_err());
    let other = client.send(Launch { count: Some(2), ..launch("token-1") }).await;
    assert!(other.unwrap_err().is_usage());
    client.send(launch("token-1")).await.unwrap();
}

#[tokio::test]
async fn unsent_token_is_not_bound() {
    let client = client(&unused_endpoint()).with_max_attempts(1);
    assert!(client.send(launch("token-1")).await.unwrap_err().is_not_sent());
    let error = client.send(Launch { count: Some(2), ..launch("token-1") }).await.unwrap_err();
    assert!(!error.is_usage(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn launch_is_retried_for_180_seconds_and_then_reconciled() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&sent);
    let began = Instant::now();
    let fake = FakeService::new(move |request, _| {
        if request.action() == "ListThings" {
            return Reply::body(
                r#"{"Response":{"ThingSet":[{"ThingId":"ours-1"}],"TotalCount":1,"RequestId":"r"}}"#,
            );
        }
        log.lock().unwrap().push(began.elapsed());
        Reply::Silent { held: false }
    });
    // So many attempts that only time ends the call.
    let client = fake.builder().max_attempts(1_000).build().unwrap();
    let error = client.send(launch("token-1")).await.unwrap_err();
    assert!(error.outcome_unknown().is_some() && error.is_timeout(), "{error:?}");
    assert!(began.elapsed() <= Duration::from_secs(180), "{:?}", began.elapsed());
    let attempts = sent.lock().unwrap().len();
    assert!(attempts >= 3, "each ends after a minute");
    assert!(sent.lock().unwrap().iter().all(|at| *at < Duration::from_secs(180)));

    tokio::time::sleep_until(began + Duration::from_secs(181)).await;
    let error = client.send(launch("token-1")).await.unwrap_err();
    assert!(error.is_usage() && error.is_not_sent(), "{error:?}");
    assert!(error.to_string().contains("reconcile_creation"), "{error}");
    assert_eq!(sent.lock().unwrap().len(), attempts, "nothing is sent");

    let asked = fake.request_count();
    let found = client
        .reconcile_creation(ListThings::default(), |thing: &Thing| thing.thing_id.contains("ours"))
        .await
        .unwrap();
    assert!(matches!(found, CreatedResources::Found(things) if things.len() == 1));
    assert!(fake.request_count() > asked, "the search reads the list");
    assert_eq!(sent.lock().unwrap().len(), attempts, "and still nothing is sent");
}

#[tokio::test(start_paused = true)]
async fn token_window_starts_with_the_first_ambiguous_attempt() {
    let turns: Vec<fn() -> Reply> =
        vec![|| Reply::error("LimitExceeded", vec![]), || Reply::status(502, vec![]), || {
            Reply::error("LimitExceeded", vec![])
        }];
    let fake = FakeService::new(move |_, number| {
        turns.get(number - 1).map_or_else(Reply::healthy, |f| f())
    });
    let client = fake.builder().max_attempts(1).build().unwrap();
    let refused = |error: &Error| error.attempts()[0].outcome == Outcome::Refused;
    let error = client.send(launch("token-1")).await.unwrap_err();
    assert!(refused(&error) && error.outcome_unknown().is_none());
    // The rejected request created nothing, so the window has not started.
    tokio::time::advance(Duration::from_secs(1_000)).await;
    let error = client.send(launch("token-1")).await.unwrap_err();
    assert!(error.outcome_unknown().is_some(), "{error}");
    // An error after an ambiguous attempt does not end the window.
    tokio::time::advance(Duration::from_secs(100)).await;
    assert!(refused(&client.send(launch("token-1")).await.unwrap_err()));
    tokio::time::advance(Duration::from_secs(79)).await;
    client.send(launch("token-1")).await.unwrap();
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(client.send(launch("token-1")).await.unwrap_err().is_usage());
    assert_eq!(fake.request_count(), 4);
    assert_eq!(CLIENT_TOKEN_WINDOW, Duration::from_secs(180));
    assert_eq!(Timeouts::default().operation_with_token, CLIENT_TOKEN_WINDOW);
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_after_the_token_window_of_an_earlier_call() {
    let began = Instant::now();
    let sent_at = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&sent_at);
    let fake = FakeService::new(move |_, number| {
        log.lock().unwrap().push(began.elapsed().as_secs());
        match number {
            1 => Reply::Fails(HttpErrorKind::PossiblySent),
            _ => Reply::Silent { held: false },
        }
    });
    let client = fake.builder().build().unwrap().with_operation_timeout(Duration::from_secs(1_000));
    client.with_max_attempts(1).send(launch("token-1")).await.unwrap_err();
    tokio::time::advance(Duration::from_secs(179)).await;
    let error = client.with_max_attempts(1_000).send(launch("token-1")).await.unwrap_err();
    assert_eq!(
        *sent_at.lock().unwrap(),
        [0, 179],
        "its retries would have been sent at 239 s and later"
    );
    assert!(error.outcome_unknown().is_some(), "{error}");
    assert!(error.to_string().contains("client token for 180 s only"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn failed_call_does_not_release_token_of_another_call() {
    let in_half_a_minute = |reply: Reply| match reply {
        Reply::Response { status, headers, body, .. } => {
            Reply::Response { status, headers, body, after: Duration::from_secs(30) }
        }
        other => other,
    };
    let firsts: [fn() -> Reply; 3] = [
        || Reply::error("LimitExceeded", vec![]),
        || Reply::Silent { held: true },
        || Reply::Fails(HttpErrorKind::NotSent),
    ];
    let seconds: [fn() -> Reply; 3] = [
        || Reply::Fails(HttpErrorKind::PossiblySent),
        || Reply::error("InternalError", vec![]),
        Reply::healthy,
    ];
    for first in firsts {
        for second in seconds {
            let fake = FakeService::new(move |_, number| match number {
                1 => in_half_a_minute(first()),
                2 => second(),
                _ => Reply::healthy(),
            });
            let client = fake.builder().max_attempts(1).build().unwrap();
            let (one, two) = (client.clone(), client.clone());
            let (one, two) = tokio::join!(one.send(launch("token-1")), async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                two.send(launch("token-1")).await
            });
            let shown = format!("{one:?} {two:?}");
            assert!(one.unwrap_err().outcome_unknown().is_none(), "{shown}");
            assert!(two.is_ok_and(|_| true) || shown.contains("outcome_unknown"), "{shown}");
            let asked = fake.request_count();
            let other = client.send(Launch { count: Some(2), ..launch("token-1") }).await;
            let error = other.unwrap_err();
            assert!(error.to_string().contains("other parameters"), "{shown}: {error}");
            tokio::time::advance(Duration::from_secs(3_600)).await;
            let error = client.send(launch("token-1")).await.unwrap_err();
            assert!(error.is_usage() && error.to_string().contains("180 s"), "{shown}: {error}");
            assert_eq!(fake.request_count(), asked, "{shown}");
        }
    }
}

/// A wall clock that the test sets.
#[derive(Clone, Debug)]
struct WallClock(Arc<Mutex<SystemTime>>);

impl WallClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(UNIX_EPOCH + Duration::from_secs(1_900_000_000))))
    }

    fn forward(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }

    fn back(&self, seconds: u64) {
        *self.0.lock().unwrap() -= Duration::from_secs(seconds);
    }
}

impl Clock for WallClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn token_window_continues_during_sleep_and_clock_changes() {
    let histories: [fn(&WallClock) -> u64; 4] = [
        // During sleep, the monotonic clock stands still.
        |wall| {
            wall.forward(181);
            0
        },
        |wall| {
            wall.back(86_400);
            181
        },
        |wall| {
            wall.forward(100);
            wall.back(50);
            181
        },
        |wall| {
            wall.forward(181);
            181
        },
    ];
    for (index, history) in histories.into_iter().enumerate() {
        let wall = WallClock::new();
        let fake = FakeService::new(|_, _| Reply::Fails(HttpErrorKind::PossiblySent));
        let client = fake.builder().clock(wall.clone()).max_attempts(1).build().unwrap();
        client.send(launch("token-1")).await.unwrap_err();
        let passed = history(&wall);
        tokio::time::advance(Duration::from_secs(passed)).await;
        let refused = async || {
            let error = client.send(launch("token-1")).await.unwrap_err();
            assert!(error.is_usage() && error.to_string().contains("180 s"), "{index}: {error}");
        };
        refused().await;
        // A token that was once too old stays too old.
        wall.back(3_600);
        refused().await;
        assert_eq!(fake.request_count(), 1, "{index}");
    }
    // The machine sleeps in the pause between two attempts.
    let wall = WallClock::new();
    let asleep = wall.clone();
    let fake = FakeService::new(move |_, _| {
        asleep.forward(181);
        Reply::Fails(HttpErrorKind::PossiblySent)
    });
    let client = fake.builder().clock(wall).build().unwrap();
    let error = client.send(launch("token-1")).await.unwrap_err();
    assert_eq!(fake.request_count(), 1, "{error}");
    assert!(error.outcome_unknown().is_some(), "{error}");
}
