//! Actions that cost money or interrupt an instance: every such action under every fault, and never twice.

use std::sync::Arc;

use cvm_models::config::Dialect;
use cvm_models::protocol::{ActionInfo, RetryClass};
use cvm_models::{ACTIONS, Error, action};
use serde_json::{Value, json};

use crate::fault::{self, Conclusion, Fault};
use crate::fault_server::FaultServer;
use crate::rerun::{BrokenRules, Failure, TimeScale, run_all};
use crate::service::INSTANCE;
use crate::test_client::{self, PASSWORD, SECRETS};
use crate::third_party::ThirdParty;

/// Actions that are charged each time, and actions that interrupt an instance each time.
fn requests() -> Vec<(&'static str, Value)> {
    let ids = json!([INSTANCE]);
    vec![
        ("RenewInstances", json!({ "InstanceIds": ids, "InstanceChargePrepaid": { "Period": 1 } })),
        ("RenewHosts", json!({ "HostIds": ["host-1"], "HostChargePrepaid": { "Period": 1 } })),
        ("ResizeInstanceDisks", json!({ "InstanceId": INSTANCE, "ForceStop": true })),
        ("PurchaseResourcePoolPacks", json!({ "Zone": "ap-guangzhou-3", "Period": 1 })),
        (
            "ModifyInstancesChargeType",
            json!({ "InstanceIds": ids, "InstanceChargeType": "PREPAID" }),
        ),
        ("RebootInstances", json!({ "InstanceIds": ids, "StopType": "HARD" })),
        (
            "ResetInstance",
            json!({ "InstanceId": INSTANCE, "LoginSettings": { "Password": PASSWORD } }),
        ),
        (
            "ResetInstancesPassword",
            json!({ "InstanceIds": ids, "Password": PASSWORD, "ForceStop": true }),
        ),
        ("ResetInstancesType", json!({ "InstanceIds": ids, "InstanceType": "S5.MEDIUM4" })),
    ]
}

fn info_of(name: &str) -> &'static ActionInfo {
    action(name).unwrap_or_else(|| panic!("there is no action {name}"))
}

/// A fault and a request.
type Case = (Arc<Fault>, &'static str, Value);

/// Runs one request with one fault.
async fn run((fault, name, request): Case, scale: TimeScale) -> Option<Failure> {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    server.set_time_scale(scale);
    let timeouts = test_client::timeouts(&fault, scale);
    let client = test_client::client(&server.endpoint(), Dialect::Tc3, timeouts);
    server.plan([Arc::clone(&fault)]);
    let result = client.call(info_of(name), request).await;
    let ledger = server.ledger().lock();
    let mut broken = BrokenRules::default();
    let effects = ledger.charges + ledger.interruptions;
    broken.require(effects <= 1, "once at most");
    let is_isolated = third_party.received().connections == 0;
    broken.require(is_isolated, "third parties receive nothing");
    match &result {
        Ok(_) => broken.require(effects == 1, "no success without effect"),
        Err(error) => {
            let unknown = error.outcome_unknown();
            let is_reported = effects == 0 || unknown.is_some();
            broken.require(is_reported, "a request that took effect is not reported as failed");
            let is_ambiguous = matches!(
                fault.conclusion,
                Conclusion::Ambiguous
                    | Conclusion::AmbiguousFinal
                    | Conclusion::AmbiguousLongWait
                    | Conclusion::Misrouted
            );
            if is_ambiguous && !fault.warm {
                broken.require_in_time(unknown.is_some(), "the outcome is unknown");
                broken.require_in_time(ledger.requests.len() == 1, "it was sent once");
            }
            if let Some(unknown) = unknown {
                let text = error.to_string();
                let says_unknown = text.contains("may or may not have taken effect");
                broken.require(says_unknown, "the error says that the outcome is unknown");
                broken.require(!unknown.recovery().is_empty(), "the error says what to do");
            }
            broken.require(hides_secrets(error), "no secret is shown");
        }
    }
    for failure in server.failures() {
        broken.require(false, &failure);
    }
    let report = |rules: &str| format!("{:?} × {name}: {rules}: {result:?}\n{ledger}", fault.name);
    broken.failure(fault.can_fail_by_timing(), report)
}

fn hides_secrets(error: &Error) -> bool {
    let shown = format!("{error} {error:?}");
    SECRETS.iter().all(|secret| !shown.contains(secret))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_charge_or_interruption_happens_twice() {
    let mut cases: Vec<Case> = Vec::new();
    for (name, request) in requests() {
        assert_eq!(info_of(name).retry, RetryClass::Hazard, "{name}");
        cases.extend(fault::all().into_iter().map(|fault| (fault, name, request.clone())));
    }
    let count = cases.len();
    let broken = run_all(cases, |(fault, ..)| fault.can_fail_by_timing(), run).await;
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
const AMBIGUOUS_FAULTS: [&str; 6] = [
    "reads all and closes",
    "reads all and resets",
    "InternalError, not carried out",
    "500 page",
    "200 page",
    "307 to another port",
];

/// The actions that are not retried after an ambiguous attempt.
fn unsafe_actions() -> impl Iterator<Item = &'static ActionInfo> {
    let is_unsafe = |class| matches!(class, RetryClass::Guarded | RetryClass::Hazard);
    ACTIONS.iter().copied().filter(move |info| is_unsafe(info.retry))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsafe_actions_are_sent_once() {
    assert!(unsafe_actions().next().is_some());
    let third_party = ThirdParty::open().await;
    for info in unsafe_actions() {
        for fault in AMBIGUOUS_FAULTS {
            let server = FaultServer::start(third_party.address).await;
            let client =
                test_client::client(&server.endpoint(), Dialect::Tc3, test_client::long_timeouts());
            server.plan([fault::named(fault)]);
            let error = client.call(info, json!({})).await.expect_err(info.name);
            let case = format!("{fault} × {}: {error:?}", info.name);
            let unknown = error.outcome_unknown().expect(&case);
            assert_eq!(error.attempts().len(), 1, "{case}");
            assert_eq!(server.ledger().lock().requests.len(), 1, "{case}");
            match &info.reconcile {
                Some(facts) => assert!(unknown.recovery().contains(facts.list), "{case}"),
                None => {
                    assert!(unknown.recovery().contains("does not know which Describe"), "{case}")
                }
            }
        }
    }
    assert_eq!(third_party.received().connections, 0);
}

#[tokio::test]
async fn recovery_advice_names_resources_and_lost_secrets() {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let client =
        test_client::client(&server.endpoint(), Dialect::Tc3, test_client::long_timeouts());
    let recovery = async |name, request| {
        server.plan([fault::named("reads all and closes")]);
        let error: Error = client.call(info_of(name), request).await.unwrap_err();
        error.outcome_unknown().unwrap().recovery().to_owned()
    };
    let pair = recovery("CreateKeyPair", json!({ "KeyName": "deploy", "ProjectId": 0 })).await;
    for word in
        ["`deploy`", "DescribeKeyPairs", "`PrivateKey`", "is lost", "delete", "create it again"]
    {
        assert!(pair.contains(word), "{word}: {pair}");
    }
    let renewal = recovery("RenewInstances", json!({ "InstanceIds": [INSTANCE, "ins-2"] })).await;
    assert_eq!(
        renewal,
        format!("look for InstanceIds `{INSTANCE}`, `ins-2` with DescribeInstances")
    );
    // The responses of the other unsafe actions contain no secret.
    for info in unsafe_actions().filter(|info| info.name != "CreateKeyPair") {
        let advice = recovery(info.name, json!({})).await;
        assert!(!advice.contains("is lost"), "{}: {advice}", info.name);
    }
}
