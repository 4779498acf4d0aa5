//! Responses in a broken frame: the attempt is ambiguous, a read is retried, and an unsafe request is not.

use std::sync::Arc;

use cvm_models::config::Dialect;
use cvm_models::retry::Outcome;

use crate::call::Call;
use crate::fault::{Conclusion, Fault};
use crate::fault_server::FaultServer;
use crate::framing_faults;
use crate::rerun::{BrokenRules, Failure, TimeScale, run_all};
use crate::test_client;
use crate::third_party::ThirdParty;

/// Wrong lengths and chunks, and unreadable heads: every framing fault that proves nothing.
fn broken_frames() -> Vec<Arc<Fault>> {
    let all = framing_faults::all().into_iter();
    all.filter(|fault| fault.conclusion == Conclusion::Ambiguous).map(Arc::new).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_frame_is_ambiguous() {
    let frames = broken_frames();
    assert!(frames.len() >= 14, "{}", frames.len());
    let failures = run_all(frames, |frame| frame.can_fail_by_timing(), run).await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn run(frame: Arc<Fault>, scale: TimeScale) -> Option<Failure> {
    let third_party = ThirdParty::open().await;
    let timeouts = test_client::timeouts(&frame, scale);
    let mut broken = BrokenRules::default();

    let server = FaultServer::start(third_party.address).await;
    let client = test_client::client(&server.endpoint(), Dialect::Tc3, timeouts.clone());
    server.plan([Arc::clone(&frame)]);
    let read = Call::Describe.make(&client).await.result;
    let attempts = match &read {
        Ok(done) => &done.report.attempts[..],
        Err(error) => error.attempts(),
    };
    let outcomes: Vec<Outcome> = attempts.iter().map(|attempt| attempt.outcome).collect();
    let is_retried_once = outcomes == [Outcome::Ambiguous, Outcome::Success];
    broken.require_in_time(is_retried_once, "a read is ambiguous once, and then succeeds");

    let server = FaultServer::start(third_party.address).await;
    let client = test_client::client(&server.endpoint(), Dialect::Tc3, timeouts);
    server.plan([Arc::clone(&frame)]);
    let terminated = Call::Terminate.make(&client).await.result;
    broken.require(terminated.is_err(), "no success of a termination");
    if let Err(error) = &terminated {
        broken.require_in_time(error.outcome_unknown().is_some(), "its outcome is unknown");
        let outcomes: Vec<Outcome> = error.attempts().iter().map(|one| one.outcome).collect();
        broken.require_in_time(outcomes == [Outcome::Ambiguous], "it is sent once");
    }
    broken.require(server.ledger().lock().requests.len() <= 1, "it arrives once");
    let name = frame.name;
    broken
        .failure(frame.needs_timeout, |rules| format!("{name}: {rules}: {read:?}, {terminated:?}"))
}
