//! A batch that took effect in part before the response was lost: a reconciliation shows which part.

use std::time::Duration;

use cvm_models::actions::{StopInstances, TerminateInstances};
use cvm_models::config::Dialect;
use cvm_models::waiters;
use cvm_models::waiting::Reconciliation;
use tokio::task::JoinSet;

use crate::fault::{Conclusion, Fault, Step};
use crate::fault_server::FaultServer;
use crate::ledger::InstanceState;
use crate::test_client;
use crate::third_party::ThirdParty;

const REQUESTED: usize = 100;
const DONE: usize = 37;
/// The settle time. Each read may take as long again.
const SETTLE: Duration = Duration::from_secs(6);

fn carried_out_in_part(then: Step) -> std::sync::Arc<Fault> {
    let script = vec![Step::TakeAll, Step::CommitFirst(DONE), then];
    std::sync::Arc::new(Fault::new("commits a part", Conclusion::Ambiguous, script))
}

fn ids() -> Vec<String> {
    (0..REQUESTED).map(|number| format!("ins-{number:08}")).collect()
}

fn listed(resources: &[cvm_models::waiting::WaitedResource]) -> Vec<String> {
    resources.iter().map(|resource| resource.id.clone()).collect()
}

fn assert_lists(outcome: &Reconciliation, done: &[String], not_done: &[String]) {
    assert_eq!(listed(&outcome.done), done);
    assert_eq!(listed(&outcome.not_done), not_done);
    assert!(outcome.unknown.is_empty(), "{:?}", outcome.unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconciliation_shows_which_part_of_a_batch_took_effect() {
    let mut running = JoinSet::new();
    for dialect in [Dialect::Tc3, Dialect::V1Sha256] {
        for then in [Step::Reset, Step::Close] {
            running.spawn(async move {
                let third_party = ThirdParty::open().await;
                let server = FaultServer::start(third_party.address).await;
                let client =
                    test_client::client(&server.endpoint(), dialect, test_client::long_timeouts());
                server.plan([carried_out_in_part(then)]);
                let stop = StopInstances { instance_ids: ids(), ..Default::default() };
                let error = client.send(stop).await.unwrap_err();
                assert!(
                    error.outcome_unknown().is_some() && error.attempts().len() == 1,
                    "{error:?}"
                );

                let stopped = waiters::InstancesStopped::of(ids());
                let outcome = client.reconcile(stopped).settle(SETTLE).await.unwrap();
                let ledger = server.ledger().lock();
                let is_stopped =
                    |id: &String| ledger.instance_states.get(id) == Some(&InstanceState::Stopped);
                let (done, not_done): (Vec<_>, Vec<_>) = ids().into_iter().partition(is_stopped);
                assert_eq!((done.len(), not_done.len()), (DONE, REQUESTED - DONE));
                assert_lists(&outcome, &done, &not_done);
                assert_eq!(ledger.commits("StopInstances"), 1, "nothing was retried\n{ledger}");
            });
        }
    }
    running.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partial_termination_destroys_no_prepaid_instance() {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let client =
        test_client::client(&server.endpoint(), Dialect::Tc3, test_client::long_timeouts());
    server.plan([carried_out_in_part(Step::Reset)]);
    let terminate = TerminateInstances { instance_ids: ids(), ..Default::default() };
    let error = client.send(terminate).await.unwrap_err();
    assert!(error.outcome_unknown().is_some(), "{error:?}");

    let (recycled, running) = (ids()[..DONE].to_vec(), ids()[DONE..].to_vec());
    let isolated = waiters::InstancesIsolated::of(ids());
    let gone = waiters::InstancesTerminated::of(ids());
    let (outcome, whether_gone) = tokio::join!(
        client.reconcile(isolated).settle(SETTLE).into_future(),
        client.reconcile(gone).settle(SETTLE).into_future(),
    );
    assert_lists(&outcome.unwrap(), &recycled, &running);

    // A reconciliation for "terminated" does not call instances in the recycle bin "not done": a second
    // termination would destroy them.
    let outcome = whether_gone.unwrap();
    assert_eq!(listed(&outcome.unknown), recycled);
    assert_eq!(listed(&outcome.not_done), running);
    assert!(outcome.done.is_empty());
    let ledger = server.ledger().lock();
    assert_eq!((ledger.recycled as usize, ledger.destroys), (DONE, 0), "{ledger}");
    assert_eq!(ledger.commits("TerminateInstances"), 1, "{ledger}");
}
