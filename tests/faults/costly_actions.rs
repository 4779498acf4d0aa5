//! Actions that cost money or interrupt an instance: every such action under every fault, and never twice.

use std::sync::Arc;

use cvm_models::protocol::RetryClass;
use cvm_models::{ACTIONS, ActionInfo, Dialect, Error, action};
use serde_json::{Value, json};

use crate::fault::{self, Claim, Fault};
use crate::fault_server::Faultd;
use crate::rerun::{Broken, Failure, TimeScale, run_all};
use crate::service::MACHINE;
use crate::test_client::{self, PASSWORD, SECRETS};
use crate::third_party::ThirdParty;

/// Actions that are charged each time, and actions that interrupt an instance each time.
fn requests() -> Vec<(&'static str, Value)> {
    let ids = json!([MACHINE]);
    vec![
        ("RenewInstances", json!({ "InstanceIds": ids, "InstanceChargePrepaid": { "Period": 1 } })),
        ("RenewHosts", json!({ "HostIds": ["host-1"], "HostChargePrepaid": { "Period": 1 } })),
        ("ResizeInstanceDisks", json!({ "InstanceId": MACHINE, "ForceStop": true })),
        ("PurchaseResourcePoolPacks", json!({ "Zone": "ap-guangzhou-3", "Period": 1 })),
        (
            "ModifyInstancesChargeType",
            json!({ "InstanceIds": ids, "InstanceChargeType": "PREPAID" }),
        ),
        ("RebootInstances", json!({ "InstanceIds": ids, "StopType": "HARD" })),
        (
            "ResetInstance",
            json!({ "InstanceId": MACHINE, "LoginSettings": { "Password": PASSWORD } }),
        ),
        (
            "ResetInstancesPassword",
            json!({ "InstanceIds": ids, "Password": PASSWORD, "ForceStop": true }),
        ),
        ("ResetInstancesType", json!({ "InstanceIds": ids, "InstanceType": "S5.MEDIUM4" })),
    ]
}

fn known(name: &str) -> &'static ActionInfo {
    action(name).unwrap_or_else(|| panic!("no action is called {name}"))
}

/// A fault and a request.
type Case = (Arc<Fault>, &'static str, Value);

/// Runs one request with one fault.
async fn run((fault, name, request): Case, scale: TimeScale) -> Option<Failure> {
    let stranger = ThirdParty::open().await;
    let server = Faultd::open(stranger.address).await;
    server.set_time_scale(scale);
    let timeouts = test_client::timeouts(&fault, scale);
    let client = test_client::client(&server.endpoint(), Dialect::Tc3, timeouts);
    server.plan([Arc::clone(&fault)]);
    let result = client.call(known(name), request).await;
    let book = server.ledger().open();
    let mut broken = Broken::default();
    let effects = book.charges + book.interruptions;
    broken.at_any_speed(effects <= 1, "once at most");
    let is_private = stranger.received().connections == 0;
    broken.at_any_speed(is_private, "third parties are not spoken to");
    match &result {
        Ok(_) => broken.at_any_speed(effects == 1, "no success without effect"),
        Err(error) => {
            let unknown = error.outcome_unknown();
            let is_told = effects == 0 || unknown.is_some();
            broken.at_any_speed(is_told, "what was done is not reported as failed");
            let doubt = matches!(
                fault.claim,
                Claim::Nothing | Claim::NothingFinal | Claim::NothingForLong | Claim::Misrouted
            );
            if doubt && !fault.warm {
                broken.by_time(unknown.is_some(), "the outcome is unknown");
                broken.by_time(book.arrivals.len() == 1, "it was sent once");
            }
            if let Some(unknown) = unknown {
                let text = error.to_string();
                let says_so = text.contains("may or may not have been carried out");
                broken.at_any_speed(says_so, "the error says so");
                broken.at_any_speed(!unknown.recovery().is_empty(), "and says what to do");
            }
            broken.at_any_speed(hides_secrets(error), "no secret is shown");
        }
    }
    for failure in server.failures() {
        broken.at_any_speed(false, &failure);
    }
    let tell = |rules: &str| format!("{:?} × {name}: {rules}: {result:?}\n{book}", fault.name);
    broken.failure(fault.can_fail_by_time(), tell)
}

fn hides_secrets(error: &Error) -> bool {
    let shown = format!("{error} {error:?}");
    SECRETS.iter().all(|secret| !shown.contains(secret))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_charge_or_interruption_happens_twice() {
    let mut cases: Vec<Case> = Vec::new();
    for (name, request) in requests() {
        assert_eq!(known(name).retry, RetryClass::Hazard, "{name}");
        cases.extend(fault::all().into_iter().map(|fault| (fault, name, request.clone())));
    }
    let count = cases.len();
    let broken = run_all(cases, |(fault, ..)| fault.can_fail_by_time(), run).await;
    println!("{count} cells");
    assert!(count >= 1_000, "{count}");
    assert!(
        broken.is_empty(),
        "{} of {count}:\n{}",
        broken.len(),
        broken[..broken.len().min(10)].join("\n")
    );
}

/// Faults with an unknown outcome that need no service behind them.
const DOUBTS: [&str; 6] = [
    "reads all and closes",
    "reads all and resets",
    "InternalError, not done",
    "500 page",
    "200 page",
    "307 to another port",
];

/// The actions that are not retried after an ambiguous attempt.
fn harmed() -> impl Iterator<Item = &'static ActionInfo> {
    let is_harmed = |class| matches!(class, RetryClass::Guarded | RetryClass::Hazard);
    ACTIONS.iter().copied().filter(move |info| is_harmed(info.retry))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsafe_actions_are_sent_once() {
    assert_eq!(harmed().count(), 28 + 25, "the classes of the specification");
    let stranger = ThirdParty::open().await;
    for info in harmed() {
        for doubt in DOUBTS {
            let server = Faultd::open(stranger.address).await;
            let client =
                test_client::client(&server.endpoint(), Dialect::Tc3, test_client::patient());
            server.plan([fault::named(doubt)]);
            let error = client.call(info, json!({})).await.expect_err(info.name);
            let case = format!("{doubt} × {}: {error:?}", info.name);
            let unknown = error.outcome_unknown().expect(&case);
            assert_eq!(error.attempts().len(), 1, "{case}");
            assert_eq!(server.ledger().open().arrivals.len(), 1, "{case}");
            match &info.reconcile {
                Some(facts) => assert!(unknown.recovery().contains(facts.list), "{case}"),
                None => assert!(unknown.recovery().contains("no list"), "{case}"),
            }
        }
    }
    assert_eq!(stranger.received().connections, 0);
}

#[tokio::test]
async fn recovery_advice_names_resources_and_lost_secrets() {
    let stranger = ThirdParty::open().await;
    let server = Faultd::open(stranger.address).await;
    let client = test_client::client(&server.endpoint(), Dialect::Tc3, test_client::patient());
    let recovery = async |name, request| {
        server.plan([fault::named("reads all and closes")]);
        let error: Error = client.call(known(name), request).await.unwrap_err();
        error.outcome_unknown().unwrap().recovery().to_owned()
    };
    let pair = recovery("CreateKeyPair", json!({ "KeyName": "deploy", "ProjectId": 0 })).await;
    for word in
        ["`deploy`", "DescribeKeyPairs", "`PrivateKey`", "is lost", "delete", "make another"]
    {
        assert!(pair.contains(word), "{word}: {pair}");
    }
    let renewal = recovery("RenewInstances", json!({ "InstanceIds": [MACHINE, "ins-2"] })).await;
    assert_eq!(
        renewal,
        format!("look for InstanceIds `{MACHINE}`, `ins-2` with DescribeInstances")
    );
    // The responses of the other unsafe actions contain no secret.
    for info in harmed().filter(|info| info.name != "CreateKeyPair") {
        let said = recovery(info.name, json!({})).await;
        assert!(!said.contains("is lost"), "{}: {said}", info.name);
    }
}
