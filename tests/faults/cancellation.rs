//! Calls whose future is dropped after every possible number of polls.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use cvm_models::Client;
use cvm_models::config::Dialect;
use cvm_models::observe::{Exchange, HeaderMapMut, Interceptor};
use tokio::task::JoinSet;

use crate::call::Call;
use crate::fault::{self, Conclusion, Fault, Step, write};
use crate::fault_server::FaultServer;
use crate::response;
use crate::test_client;
use crate::third_party::ThirdParty;

/// Polls a future this often and then drops it. `None` if it was not finished by then.
async fn polled<F: Future>(future: F, mut polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            // Drops it at once, and not at the next event.
            Poll::Pending if polls == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Counts the attempts that a client started.
#[derive(Clone, Debug, Default)]
struct StartedAttempts(Arc<AtomicUsize>);

impl Interceptor for StartedAttempts {
    fn before_signing(&self, _: &Exchange<'_>, _: &mut HeaderMapMut) -> Result<(), String> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// The response in pieces, so that there are many points to stop at.
fn responds_in_pieces() -> Arc<Fault> {
    let mut script = vec![Step::TakeAll, Step::Pause(Duration::from_millis(1)), Step::Commit];
    for piece in 0..6 {
        script.push(write(move |context| {
            let whole = response::json(&context.body);
            let size = whole.len().div_ceil(6);
            whole.chunks(size).nth(piece).unwrap_or_default().to_vec()
        }));
        script.push(Step::Pause(Duration::from_millis(1)));
    }
    Arc::new(Fault::new("responds in pieces", Conclusion::Done, script))
}

fn plans() -> Vec<(&'static str, Vec<Arc<Fault>>)> {
    vec![
        ("served", vec![]),
        ("in pieces", vec![responds_in_pieces()]),
        ("throttled, in pieces", vec![fault::named("RequestLimitExceeded"), responds_in_pieces()]),
        ("lost, in pieces", vec![fault::named("commits and resets"), responds_in_pieces()]),
        ("503, lost, served", {
            vec![fault::named("503 page"), fault::named("commits and closes")]
        }),
        ("refused token, in pieces", vec![fault::named("TokenFailure"), responds_in_pieces()]),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_call_sends_nothing_more_and_client_stays_usable() {
    let mut running = JoinSet::new();
    for dialect in Dialect::ALL {
        for call in Call::ALL {
            for (name, plan) in plans() {
                running.spawn(every_poll(dialect, call, name, plan));
            }
        }
    }
    let points: usize = running.join_all().await.into_iter().sum();
    println!("{points} points to drop a call");
    assert!(points >= 500, "{points}");
}

/// Drops the call after 0, 1, 2, … polls, until it completes before. Returns how many polls that took.
async fn every_poll(
    dialect: Dialect,
    call: Call,
    name: &'static str,
    plan: Vec<Arc<Fault>>,
) -> usize {
    for polls in 0.. {
        let third_party = ThirdParty::open().await;
        let server = FaultServer::start(third_party.address).await;
        let started = StartedAttempts::default();
        let builder =
            test_client::builder(&server.endpoint(), dialect, test_client::long_timeouts());
        let client = builder.interceptor(started.clone()).build().unwrap();
        server.plan(plan.iter().cloned());
        let done = polled(call.make(&client), polls).await.is_some();
        let started = started.0.load(Ordering::SeqCst);
        let case = format!("{name}, {call} in {dialect}, dropped after {polls} polls");
        // Data that was being sent may still arrive, but nothing else.
        server.settle().await;
        next_call(&server, &client, &case).await;
        let ledger = server.ledger().lock();
        if let [.., last, next] = &ledger.requests[..] {
            // An error response was read to its end before the pause in which the call was dropped.
            let is_open = !done && !["RequestLimitExceeded", "TokenFailure"].contains(&last.fault);
            let is_reused = next.connection == last.connection;
            assert!(!(is_open && is_reused), "{case}: a response may still arrive\n{ledger}");
        }
        assert!(
            ledger.requests.len() <= started + 1,
            "{case}: something is still being sent\n{ledger}"
        );
        assert!(ledger.instances.len() <= 1 && ledger.charges <= 1, "{case}\n{ledger}");
        assert!(
            ledger.recycled <= 1 && ledger.destroys == 0 && ledger.stops <= 1,
            "{case}\n{ledger}"
        );
        if call.is_sent_once() {
            assert!(ledger.commits(call.action()) <= 1, "{case}\n{ledger}");
        }
        if polls == 0 {
            assert_eq!(started, 0, "{case}: a future that is not polled does nothing\n{ledger}");
        }
        assert!(server.failures().is_empty(), "{case}: {:?}", server.failures());
        if done {
            return polls;
        }
    }
    unreachable!("polls are counted without end")
}

async fn next_call(server: &FaultServer, client: &Client, case: &str) {
    // The rest of the plan was meant for the dropped call.
    server.forget_plan();
    let next = Call::Describe.make(client).await.result;
    let done = next.unwrap_or_else(|error| panic!("{case}: {error:?}"));
    let ledger = server.ledger().lock();
    let own = format!("r-{}", ledger.requests.len() - 1);
    assert_eq!(
        done.report.request_id, own,
        "{case}: the response belongs to another call\n{ledger}"
    );
    assert_eq!(done.ids.len(), 1 + ledger.instances.len(), "{case}\n{ledger}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_calls_return_their_retry_budget() {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let client =
        test_client::client(&server.endpoint(), Dialect::Tc3, test_client::long_timeouts());
    // Each call spends 14 of 500 tokens for its retry and is dropped while that hangs.
    for round in 1..=60 {
        server.plan([fault::named("503 page"), fault::named("reads all and stalls")]);
        tokio::select! {
            ended = Call::Describe.make(&client) => panic!("{ended:?}"),
            () = server.wait_for_requests(2 * round) => {}
        }
    }
    server.plan(std::iter::repeat_n(fault::named("503 page"), 3));
    let done = Call::Describe.make(&client).await.result.expect("budget for three retries");
    assert_eq!(done.report.attempts.len(), 4);
}
