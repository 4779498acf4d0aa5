//! A classic HTTP race: the server closes an idle connection while the next request is being sent.
//!
//! In one of ten rounds, the server breaks the connection at the first byte of the next request, so that round
//! certainly hits the race. In the others, it closes at some time near it, and whether that hits the race is
//! left to chance.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cvm_models::config::Dialect;
use tokio::task::JoinSet;

use crate::call::{Call, CallResult};
use crate::fault::{self, Conclusion, Fault, Step, write};
use crate::fault_server::FaultServer;
use crate::ledger::LedgerState;
use crate::response;
use crate::test_client;
use crate::third_party::ThirdParty;

/// How long after its response the server closes.
const IDLE: Duration = Duration::from_millis(3);
const ROUNDS: u32 = 200;

/// Responds, and closes soon after, whatever arrives meanwhile.
fn closes_soon() -> Arc<Fault> {
    let script = vec![
        Step::TakeAll,
        Step::Commit,
        write(|context| response::json(&context.body)),
        Step::Pause(IDLE),
        Step::Close,
    ];
    Arc::new(Fault::new("closes soon", Conclusion::Done, script))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_connection_causes_no_duplicate() {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for call in [Call::Describe, Call::Run, Call::Stop, Call::Terminate] {
        tasks.spawn(run_rounds(call));
    }
    let rounds = tasks.join_all().await.len() * ROUNDS as usize;
    println!("{rounds} rounds in {:.1} s", began.elapsed().as_secs_f64());
}

async fn run_rounds(call: Call) {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let client =
        test_client::client(&server.endpoint(), Dialect::Tc3, test_client::long_timeouts());
    for round in 0..ROUNDS {
        server.forget_plan();
        match round % 10 {
            // Served, and the connection stays, so that the next round finds it open.
            3 => {}
            4 => server.plan([fault::named("an idle connection closes as the request arrives")]),
            // The request arrives, but the response does not.
            9 => server.plan([fault::named("commits and closes"), closes_soon(), closes_soon()]),
            _ => server.plan([closes_soon(), closes_soon(), closes_soon()]),
        }
        let before = server.ledger().lock().requests.len();
        let instance = format!("ins-race{round:04}");
        let ended = call.make_on(&client, &instance).await;
        let ended_at = Instant::now();
        let case = format!("{call}, round {round}");
        {
            let ledger = server.ledger().lock();
            let hit_race = check_round(call, &ended, &ledger, before, &case);
            if round % 10 == 4 {
                assert!(hit_race, "{case}: the round hits the race");
                let [.., kept, affected] = &ledger.requests[..=before] else { unreachable!() };
                let is_kept = kept.connection == affected.connection;
                assert_eq!(is_kept, call == Call::Describe, "{case}: only reads share connections");
            }
        }
        // From a millisecond before the server closes to one after, in steps of 20 µs.
        let aim = IDLE + Duration::from_micros(u64::from(round % 100) * 20);
        let due = aim.saturating_sub(Duration::from_millis(1));
        while ended_at.elapsed() < due {
            tokio::task::yield_now().await;
        }
    }
    assert!(server.failures().is_empty(), "{:?}", server.failures());
}

/// Compares a round with the ledger. Returns whether it hit the race.
fn check_round(
    call: Call,
    ended: &CallResult,
    ledger: &LedgerState,
    before: usize,
    case: &str,
) -> bool {
    let sent = ledger.after(before);
    let commits = sent.iter().filter(|request| request.committed).count();
    assert_eq!(ledger.destroys, 0, "{case}");
    let launches: HashSet<_> =
        ledger.requests.iter().map(|request| &request.client_token).collect();
    assert!(ledger.instances.len() <= launches.len(), "{case}: a launch was duplicated");
    if call.is_sent_once() {
        assert!(commits <= 1 && sent.len() <= 1, "{case}: sent twice");
    }
    match &ended.result {
        Ok(done) => {
            assert!(commits >= 1, "{case}: success without a commit");
            if call == Call::Run {
                assert_eq!(done.ids, [ledger.instances.last().unwrap().id.clone()], "{case}");
            }
            done.report.attempts.len() > 1
        }
        Err(error) => {
            assert!(call.is_sent_once(), "{case}: a safe request succeeds: {error:?}");
            assert!(error.outcome_unknown().is_some(), "{case}: {error:?}");
            true
        }
    }
}
