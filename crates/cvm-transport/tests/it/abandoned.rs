//! Calls whose future is dropped: metrics report whether the request was sent, whether it may have taken
//! effect, and its client token.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::Client;
use cvm_transport::config::Timeouts;
use cvm_transport::http::HttpErrorKind;
use cvm_transport::observe::{CallMetrics, Metrics};
use cvm_transport::protocol::Waiter;

use crate::actions::{KillThings, Launch, ListThings, SetName, StartThings, THINGS_READY};
use crate::fake_service::{FakeService, Reply};
use crate::server::{Server, Step};

#[derive(Clone, Debug, PartialEq, Eq)]
struct AbandonedCall {
    action: &'static str,
    attempts: u32,
    outcome_unknown: bool,
    token: Option<String>,
}

/// Records abandoned calls, and counts the others.
#[derive(Clone, Debug, Default)]
struct CallLog(Arc<Mutex<(Vec<AbandonedCall>, usize)>>);

impl Metrics for CallLog {
    fn call(&self, call: &CallMetrics<'_>) {
        let mut seen = self.0.lock().unwrap();
        if !call.abandoned {
            seen.1 += 1;
            return;
        }
        assert!(!call.succeeded);
        seen.0.push(AbandonedCall {
            action: call.action,
            attempts: call.attempts,
            outcome_unknown: call.outcome_unknown,
            token: call.client_token.map(str::to_owned),
        });
    }
}

impl CallLog {
    fn single(&self) -> AbandonedCall {
        let (abandoned, ended) = std::mem::take(&mut *self.0.lock().unwrap());
        assert_eq!((abandoned.len(), ended), (1, 0), "{abandoned:?}");
        abandoned.into_iter().next().unwrap()
    }
}

/// Makes a call of every action, and drops each after this time.
async fn drop_each(reply: fn(usize) -> Reply, after: Duration) -> Vec<AbandonedCall> {
    let ids = || vec!["thing-1".to_owned()];
    let calls = CallLog::default();
    let fake = FakeService::new(move |_, number| reply(number));
    let mut seen = Vec::new();
    macro_rules! drop_call {
        ($request:expr) => {{
            let fake = FakeService::new(move |_, number| reply(number));
            let client = fake.builder().metrics(calls.clone()).build().unwrap();
            assert!(tokio::time::timeout(after, client.send($request)).await.is_err());
            seen.push(calls.single());
        }};
    }
    drop_call!(ListThings::default());
    drop_call!(Launch::default());
    drop_call!(SetName::default());
    drop_call!(StartThings { thing_ids: ids() });
    drop_call!(KillThings { thing_ids: ids() });
    // Every entry point that calls the service reports the same.
    let client = fake.builder().metrics(calls.clone()).build().unwrap();
    let ready = || Waiter::new(&THINGS_READY, ["thing-1"]);
    macro_rules! drop_read {
        ($call:expr) => {{
            assert!(tokio::time::timeout(after + Duration::from_secs(2), $call).await.is_err());
            assert_eq!(calls.single().action, "ListThings");
        }};
    }
    drop_read!(client.items(ListThings::default()).try_next());
    drop_read!(std::future::IntoFuture::into_future(client.wait(ready()).timeout(60 * SOON)));
    drop_read!(std::future::IntoFuture::into_future(client.reconcile(ready())));
    seen
}

const ACTIONS: [&str; 5] = ["ListThings", "Launch", "SetName", "StartThings", "KillThings"];
/// Shorter than the first timeout of any attempt.
const SOON: Duration = Duration::from_secs(3);

#[tokio::test(start_paused = true)]
async fn call_dropped_before_sending_was_not_sent() {
    let seen = drop_each(|_| Reply::Silent { held: true }, SOON).await;
    for (seen, action) in seen.iter().zip(ACTIONS) {
        assert_eq!((seen.action, seen.attempts), (action, 1));
        assert!(!seen.outcome_unknown, "{seen:?}");
        assert_eq!(seen.token.is_some(), action == "Launch", "{seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn change_dropped_after_sending_reports_unknown_outcome_and_token() {
    let seen = drop_each(|_| Reply::Silent { held: false }, SOON).await;
    for (seen, action) in seen.iter().zip(ACTIONS) {
        assert_eq!((seen.action, seen.attempts), (action, 1));
        assert_eq!(seen.outcome_unknown, action != "ListThings", "{seen:?}");
        assert_eq!(seen.token.is_some(), action == "Launch", "{seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_retry_keeps_unknown_outcome_of_earlier_attempt() {
    let dropped = async |first: fn() -> Reply| {
        let calls = CallLog::default();
        let fake = FakeService::new(move |_, number| match number {
            1 => first(),
            _ => Reply::Silent { held: true },
        });
        let client = fake.builder().metrics(calls.clone()).build().unwrap();
        assert!(tokio::time::timeout(SOON, client.send(Launch::default())).await.is_err());
        calls.single()
    };
    let seen = dropped(|| Reply::status(503, vec![])).await;
    assert!(seen.outcome_unknown && seen.attempts == 2, "{seen:?}");
    let seen = dropped(|| Reply::Fails(HttpErrorKind::PossiblySent)).await;
    assert!(seen.outcome_unknown && seen.attempts == 2, "{seen:?}");
    let seen = dropped(|| Reply::error("RequestLimitExceeded", vec![])).await;
    assert!(!seen.outcome_unknown && seen.attempts == 2, "{seen:?}");
    let seen = dropped(|| Reply::Fails(HttpErrorKind::NotSent)).await;
    assert!(!seen.outcome_unknown && seen.attempts == 2, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn completed_call_is_not_abandoned() {
    for reply in [Reply::healthy as fn() -> Reply, || Reply::status(503, vec![])] {
        let calls = CallLog::default();
        let fake = FakeService::new(move |_, _| reply());
        let client = fake.builder().metrics(calls.clone()).build().unwrap();
        let _ = client.send(Launch::default()).await;
        assert_eq!(*calls.0.lock().unwrap(), (Vec::new(), 1));
    }
}

/// A client with very long timeouts on a real connection.
fn client(server: &Server, calls: &CallLog) -> Client {
    let wide = Duration::from_secs(600);
    let timeouts = Timeouts::default()
        .with_connect(wide)
        .with_first_byte(wide)
        .with_first_byte_slow(wide)
        .with_attempt(wide)
        .with_attempt_slow(wide)
        .with_operation(wide)
        .with_operation_with_token(wide);
    crate::builder(&server.url).timeouts(timeouts).metrics(calls.clone()).build().unwrap()
}

#[tokio::test]
async fn launch_dropped_on_real_connection_has_unknown_outcome() {
    let server = Server::start([Step::stall()]).await;
    let calls = CallLog::default();
    let client = client(&server, &calls);
    let launch = client.send(Launch::default());
    let arrived = async {
        while server.received().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = launch => panic!("the server never responds"),
        () = arrived => {}
    }
    let seen = calls.single();
    assert!(seen.outcome_unknown, "{seen:?}");
    assert_eq!(seen.token, server.received()[0].client_token());
}
