//! An answer in a broken frame is never an answer: the attempt is in doubt, a read is sent again, and what
//! must not be repeated is not.

use std::sync::Arc;

use cvm_models::{Dialect, Outcome};

use crate::call::Call;
use crate::customer;
use crate::fault::{Claim, Fault};
use crate::faultd::Faultd;
use crate::framing_faults;
use crate::third_party::ThirdParty;

/// Lengths and chunks that lie, heads that cannot be read: everything of a frame that proves nothing.
fn broken_frames() -> Vec<Arc<Fault>> {
    let all = framing_faults::all().into_iter();
    all.filter(|fault| fault.claim == Claim::Nothing).map(Arc::new).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_frame_is_doubt_and_never_a_refusal() {
    let frames = broken_frames();
    assert!(frames.len() >= 14, "{}", frames.len());
    let mut running = tokio::task::JoinSet::new();
    for frame in frames {
        running.spawn(async move {
            let stranger = ThirdParty::open().await;
            let timeouts = if frame.waits { customer::hurried() } else { customer::patient() };
            let name = frame.name;

            let server = Faultd::open(stranger.address).await;
            let client = customer::client(&server.endpoint(), Dialect::Tc3, timeouts.clone());
            server.plan([Arc::clone(&frame)]);
            let done = Call::Describe.make(&client).await.result;
            let done = done.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let outcomes: Vec<Outcome> =
                done.report.attempts.iter().map(|attempt| attempt.outcome).collect();
            assert_eq!(outcomes, [Outcome::Ambiguous, Outcome::Success], "{name}");

            let server = Faultd::open(stranger.address).await;
            let client = customer::client(&server.endpoint(), Dialect::Tc3, timeouts);
            server.plan([frame]);
            let error = Call::Terminate.make(&client).await.result.expect_err(name);
            assert!(error.outcome_unknown().is_some(), "{name}: {error:?}");
            assert_eq!(error.attempts().len(), 1, "{name}: {error:?}");
            assert_eq!(error.attempts()[0].outcome, Outcome::Ambiguous, "{name}");
            assert_eq!(server.ledger().open().arrivals.len(), 1, "{name}");
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}
