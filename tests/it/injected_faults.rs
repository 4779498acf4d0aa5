//! The client against the injected faults of the emulator: each effect has the documented outcome, and the state agrees.

use cvm_emulator::{Emulator, FaultEffect};
use cvm_models::Client;
use cvm_models::actions::*;
use cvm_models::config::Dialect;
use cvm_models::retry::Outcome;
use cvm_models::types::{Instance, Placement};

use crate::cloud::{builder, client};
use crate::predicates::predicates;

async fn start() -> (Emulator, Client) {
    let emulator = builder().instant().start().await.unwrap();
    let client = client(&emulator, Dialect::Tc3);
    (emulator, client)
}

fn launch() -> RunInstances {
    RunInstances {
        placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S5.SMALL2".into()),
        ..Default::default()
    }
}

async fn instances(client: &Client) -> Vec<Instance> {
    client.send(DescribeInstances::default()).await.unwrap().instance_set
}

#[tokio::test]
async fn launch_with_a_lost_response_creates_one_instance() {
    for effect in [
        FaultEffect::LoseResponse,
        FaultEffect::ResetAfterCommit,
        FaultEffect::TruncatedJson,
        FaultEffect::DamagedJson,
        FaultEffect::HttpStatus { status: 504, applied: true },
    ] {
        let (emulator, client) = start().await;
        let faults = emulator.cloud().faults();
        faults.on::<RunInstances>().nth(1).effect(effect.clone()).unwrap();
        let (launched, report) = client.send_with_report(launch()).await.unwrap();
        let outcomes: Vec<_> = report.attempts.iter().map(|attempt| attempt.outcome).collect();
        assert_eq!(outcomes, [Outcome::Ambiguous, Outcome::Success], "{effect:?}");
        let instances = instances(&client).await;
        assert_eq!(instances.len(), 1, "{effect:?}: one was requested");
        assert_eq!(launched.instance_id_set, [instances[0].instance_id.clone()]);
        let firings = faults.firings();
        assert_eq!((firings.len(), firings[0].applied), (1, true), "{effect:?}");
    }
}

#[tokio::test]
async fn outcome_of_an_unsafe_request_is_unknown_and_the_state_agrees_with_the_effect() {
    for effect in [
        FaultEffect::ResetBeforeCommit,
        FaultEffect::ResetAfterCommit,
        FaultEffect::LoseResponse,
        FaultEffect::DamagedJson,
        FaultEffect::TruncatedJson,
        FaultEffect::HttpStatus { status: 503, applied: false },
        FaultEffect::HttpStatus { status: 503, applied: true },
        FaultEffect::HtmlPage { status: 502, applied: false },
        FaultEffect::HtmlPage { status: 502, applied: true },
        FaultEffect::HtmlPage { status: 200, applied: true },
    ] {
        let (emulator, client) = start().await;
        let id = client.send(launch()).await.unwrap().instance_id_set.remove(0);
        let faults = emulator.cloud().faults();
        faults.on::<RebootInstances>().effect(effect.clone()).unwrap();
        let reboot = RebootInstances { instance_ids: vec![id], ..Default::default() };
        let error = client.send(reboot).await.unwrap_err();
        assert!(error.outcome_unknown().is_some(), "{effect:?}: {error}");
        let firings = faults.firings();
        assert_eq!(firings.len(), 1, "{effect:?}: it is sent once");
        assert_eq!(firings[0].applied, effect.is_applied());
        let latest = instances(&client).await.remove(0).latest_operation;
        let is_rebooted = latest.as_deref() == Some("RebootInstances");
        assert_eq!(is_rebooted, effect.is_applied(), "{effect:?}");
    }
}

#[tokio::test]
async fn throttled_request_is_retried() {
    let (emulator, client) = start().await;
    let id = client.send(launch()).await.unwrap().instance_id_set.remove(0);
    let faults = emulator.cloud().faults();
    let rule = faults.on::<TerminateInstances>().times(2);
    rule.error("RequestLimitExceeded", "slow down").unwrap();
    let terminate = TerminateInstances { instance_ids: vec![id], ..Default::default() };
    let (_, report) = client.send_with_report(terminate).await.unwrap();
    let outcomes: Vec<_> = report.attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Outcome::Throttled, Outcome::Throttled, Outcome::Success]);
    assert!(faults.firings().iter().all(|firing| !firing.applied));
    assert_eq!(instances(&client).await, []);
}

#[tokio::test]
async fn injected_error_has_its_code_and_message() {
    let (emulator, client) = start().await;
    let faults = emulator.cloud().faults();
    faults.on::<DescribeZones>().error("FailedOperation.New", "a \"quoted\" message").unwrap();
    let error = client.send(DescribeZones::default()).await.unwrap_err();
    assert_eq!(predicates(&error), ["service"], "{error}");
    let text = error.to_string();
    assert!(text.contains("FailedOperation.New"), "{text}");
    assert!(text.contains("a \"quoted\" message"), "{text}");
}

#[tokio::test]
async fn read_is_retried_after_each_fault_of_the_connection_and_of_a_proxy() {
    for effect in [
        FaultEffect::ResetBeforeCommit,
        FaultEffect::LoseResponse,
        FaultEffect::TruncatedJson,
        FaultEffect::HttpStatus { status: 502, applied: false },
    ] {
        let (emulator, client) = start().await;
        emulator.cloud().faults().on_any().nth(1).effect(effect.clone()).unwrap();
        let (zones, report) = client.send_with_report(DescribeZones::default()).await.unwrap();
        assert_eq!((report.attempts.len(), zones.total_count > 0), (2, true), "{effect:?}");
    }
}
