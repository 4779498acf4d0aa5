//! Injected faults: which requests a rule affects, and what the simulated cloud does then.

use std::time::Duration;

use axum::body::Body;
use cvm_emulator::{AccountId, Cloud, FaultEffect, FaultId, FaultRule, Preset};
use cvm_models::actions::{
    CreateKeyPair, DescribeInstances, DescribeZones, RunInstances, StopInstances,
};
use cvm_signer::Credential;
use serde_json::json;
use tokio::time::{Instant, advance as advance_real, sleep};
use tower::ServiceExt as _;

use crate::support::*;

const ERROR: &str = "FailedOperation";

fn zones(cloud: &Cloud) -> Option<String> {
    let response = send(cloud, "DescribeZones", json!({}));
    response["Error"]["Code"].as_str().map(str::to_owned)
}

/// The numbers of the affected requests among the first 200.
fn affected(seed: u64) -> Vec<usize> {
    let cloud = builder().seed(seed).credential(credential()).build().unwrap();
    cloud.faults().on::<DescribeZones>().probability(0.2).error(ERROR, "no").unwrap();
    (0..200).filter(|_| zones(&cloud).is_some()).collect()
}

#[test]
fn seed_determines_which_requests_are_affected() {
    let first = affected(1);
    assert!((20..70).contains(&first.len()), "{first:?}");
    assert_eq!(affected(1), first);
    assert_ne!(affected(2), first);
}

#[test]
fn rule_affects_the_nth_request_of_its_action_region_account_and_credential() {
    let cloud = cloud();
    let other = Credential::new("AKIDOTHER", "another-key").unwrap();
    let account = cloud.add_account(other.clone()).unwrap();
    let faults = cloud.faults();
    let rule = faults.on::<DescribeZones>().region("ap-shanghai").account(account);
    rule.credential("AKIDOTHER").nth(2).error(ERROR, "no").unwrap();
    let of_other = |action: &str, region: &str| {
        let call = Call { credential: other.clone(), ..Call::new(action) };
        read(&cloud.handle(&call.region(region).json("{}")))["Error"]["Code"].clone()
    };
    let shanghai = |cloud: &Cloud| send_in(cloud, "ap-shanghai", "DescribeZones", &json!({}));
    for _ in 0..3 {
        assert_eq!(of_other("DescribeZones", "ap-guangzhou"), json!(null));
        assert_eq!(of_other("DescribeInstances", "ap-shanghai"), json!(null));
        assert!(shanghai(&cloud).get("Error").is_none());
    }
    assert_eq!(of_other("DescribeZones", "ap-shanghai"), json!(null));
    assert_eq!(of_other("DescribeZones", "ap-shanghai"), ERROR);
    assert_eq!(of_other("DescribeZones", "ap-shanghai"), json!(null));
    let status = &faults.list()[0];
    assert_eq!((status.matched, status.fired), (3, 1));
    let firings = faults.firings();
    assert_eq!(firings.len(), 1);
    let firing = &firings[0];
    assert_eq!((firing.action, firing.region), ("DescribeZones", "ap-shanghai"));
    assert_eq!((firing.account, &*firing.credential), (account.uin(), "AKIDOTHER"));
    assert_eq!((firing.effect, firing.applied), ("error", false));
}

#[test]
fn rules_are_listed_removed_and_cleared() {
    let cloud = cloud();
    let faults = cloud.faults();
    let id = faults.on_any().named("all").every(2).error(ERROR, "no").unwrap();
    assert_eq!((zones(&cloud), zones(&cloud).as_deref()), (None, Some(ERROR)));
    assert!(!faults.remove(FaultId::nth(99)));
    assert!(faults.remove(id));
    assert_eq!((zones(&cloud), zones(&cloud)), (None, None));
    assert_eq!(faults.firings()[0].name.as_deref(), Some("all"));
    faults.clear();
    assert_eq!((faults.firings().len(), faults.fired(), faults.list().len()), (0, 0, 0));
}

#[test]
fn firings_are_bounded_and_counted() {
    let cloud = cloud();
    cloud.faults().on_any().error(ERROR, "no").unwrap();
    for _ in 0..1005 {
        zones(&cloud);
    }
    let firings = cloud.faults().firings();
    assert_eq!((firings.len(), cloud.faults().fired()), (1000, 1005));
    assert_eq!((firings[0].number, firings[999].number), (6, 1005));
}

#[test]
fn invalid_rule_is_refused() {
    let cloud = cloud();
    let error = cloud.faults().on_any().probability(2.0).lose_response().unwrap_err();
    assert!(error.to_string().contains("`probability` is 2"), "{error}");
    let rule = FaultRule::new(FaultEffect::HttpStatus { status: 200, applied: false });
    let error = builder().fault(rule).build().unwrap_err().to_string();
    assert!(error.contains("fault 1: `status` is 200"), "{error}");
}

#[test]
fn sold_out_types_are_sold_out_in_launches_and_lists() {
    let cloud = cloud();
    cloud.faults().on_any().sold_out(&["S5.*"], &["ap-guangzhou-3"]).unwrap();
    let code = "ResourceInsufficient.SpecifiedInstanceType";
    assert_eq!(send_err(&cloud, "RunInstances", run_request(json!({}))), code);
    let elsewhere = json!({ "Placement": { "Zone": "ap-guangzhou-4" } });
    assert_eq!(launch(&cloud, elsewhere).len(), 1);
    let filters = json!([
        { "Name": "zone", "Values": ["ap-guangzhou-3"] },
        { "Name": "instance-type", "Values": ["S5.MEDIUM4"] },
    ]);
    let body = json!({ "Filters": filters });
    let status = |cloud: &Cloud| {
        let offers = send_ok(cloud, "DescribeZoneInstanceConfigInfos", body.clone());
        string(&offers["InstanceTypeQuotaSet"][0]["Status"])
    };
    assert_eq!(status(&cloud), "SOLD_OUT");
    cloud.faults().clear();
    assert_eq!(status(&cloud), "SELL");
}

#[test]
fn quota_error_changes_nothing() {
    let cloud = cloud();
    let faults = cloud.faults();
    faults.on::<RunInstances>().quota_reached().unwrap();
    faults.on::<CreateKeyPair>().quota_reached().unwrap();
    let code = "LimitExceeded.InstanceQuota";
    assert_eq!(send_err(&cloud, "RunInstances", run_request(json!({}))), code);
    let wrong = run_request(json!({ "ImageId": "img-00000000" }));
    assert_eq!(send_err(&cloud, "RunInstances", wrong), "InvalidImageId.NotFound");
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
    assert!(faults.firings().iter().all(|firing| !firing.applied));
}

#[test]
fn launch_fails_in_the_background() {
    let cloud = cloud();
    cloud.faults().on::<RunInstances>().nth(1).launch_failed().unwrap();
    let failing = launch(&cloud, json!({})).remove(0);
    let working = launch(&cloud, json!({})).remove(0);
    assert_eq!(state(&cloud, &failing), "PENDING");
    advance(&cloud, 20);
    assert_eq!(state(&cloud, &failing), "LAUNCH_FAILED");
    assert_eq!(describe(&cloud, &failing)["LatestOperationState"], "FAILED");
    assert_eq!(state(&cloud, &working), "RUNNING");
}

#[test]
fn stuck_operation_never_ends() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    cloud.faults().on::<StopInstances>().nth(1).stuck_operation().unwrap();
    let stop = json!({ "InstanceIds": [id] });
    send_ok(&cloud, "StopInstances", stop.clone());
    advance(&cloud, 86_400);
    assert_eq!(state(&cloud, &id), "STOPPING");
    assert_eq!(describe(&cloud, &id)["LatestOperationState"], "OPERATING");
    assert_eq!(
        send_err(&cloud, "StopInstances", stop),
        "UnsupportedOperation.InstanceStateStopping"
    );
    let other = launch_stopped(&cloud, json!({}));
    assert_eq!(state(&cloud, &other), "STOPPED");
}

#[test]
fn stale_read_shows_the_account_before_its_last_change() {
    let cloud = cloud();
    let old = launch_running(&cloud, json!({}));
    cloud.faults().on::<DescribeInstances>().times(2).stale_read().unwrap();
    let new = launch(&cloud, json!({})).remove(0);
    assert_eq!(state(&cloud, &new), "gone");
    assert_eq!(state(&cloud, &old), "RUNNING");
    assert_eq!(state(&cloud, &new), "PENDING");
    assert_eq!(cloud.faults().fired(), 2);
}

#[tokio::test(start_paused = true)]
async fn requests_above_the_rate_are_throttled_until_the_next_second() {
    let cloud = cloud();
    cloud.faults().on::<DescribeZones>().throttle_above(2).unwrap();
    let throttled = Some("RequestLimitExceeded".to_owned());
    assert_eq!([zones(&cloud), zones(&cloud)], [None, None]);
    assert_eq!(zones(&cloud), throttled);
    assert!(send_in(&cloud, "ap-shanghai", "DescribeZones", &json!({})).get("Error").is_none());
    advance_real(Duration::from_secs(1)).await;
    assert_eq!(zones(&cloud), None);
    assert_eq!(cloud.faults().fired(), 1);

    let cloud = cloud_with_documented_rates();
    let passed = (0..100).filter(|_| zones(&cloud).is_none()).count();
    let documented = cvm_models::action("DescribeZones").unwrap().rate_limit_per_second;
    assert_eq!(u32::try_from(passed).ok(), documented);
}

fn cloud_with_documented_rates() -> Cloud {
    let cloud = cloud();
    cloud.faults().on_any().throttle().unwrap();
    cloud
}

#[tokio::test(start_paused = true)]
async fn slow_response_takes_its_time_and_blocks_no_other() {
    let cloud = cloud();
    let faults = cloud.faults();
    faults.on::<RunInstances>().delay_response(Duration::from_secs(5)).unwrap();
    faults.on::<StopInstances>().delay(Duration::from_secs(5)).unwrap();
    let router = cvm_emulator::router(&cloud);
    let begin = |action: &str, body: serde_json::Value| {
        let request = Call::new(action).json(body.to_string()).map(Body::from);
        tokio::spawn(router.clone().oneshot(request))
    };
    let start = Instant::now();
    let slow = begin("RunInstances", run_request(json!({})));
    sleep(Duration::from_secs(1)).await;
    // The launch is applied, and only its response is late.
    let instances = send_ok(&cloud, "DescribeInstances", json!({}));
    let id = instances["InstanceSet"][0]["InstanceId"].clone();
    assert!(id.is_string() && !slow.is_finished());
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    advance(&cloud, 20);
    let slow = begin("StopInstances", json!({ "InstanceIds": [id] }));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(state(&cloud, id.as_str().unwrap()), "RUNNING");
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
    assert_eq!(state(&cloud, id.as_str().unwrap()), "STOPPING");
}

#[tokio::test(start_paused = true)]
async fn delay_within_a_range_depends_on_the_seed() {
    let delays = || async {
        let cloud = cloud();
        let effect = FaultEffect::Delay { ms: 100, up_to_ms: Some(900) };
        cloud.faults().on_any().effect(effect).unwrap();
        let mut delays = Vec::new();
        for _ in 0..5 {
            let start = Instant::now();
            let request = Call::new("DescribeZones").json("{}").map(Body::from);
            cvm_emulator::router(&cloud).oneshot(request).await.unwrap();
            delays.push(start.elapsed());
        }
        delays
    };
    let first = delays().await;
    // The timer of the runtime is exact to a millisecond.
    let range = Duration::from_millis(100)..=Duration::from_millis(901);
    assert!(first.iter().all(|delay| range.contains(delay)), "{first:?}");
    assert!(first.windows(2).any(|pair| pair[0] != pair[1]), "{first:?}");
    assert_eq!(delays().await, first);
}

#[test]
fn caller_without_a_connection_gets_a_status_for_its_end() {
    let cloud = cloud();
    cloud.faults().on::<RunInstances>().lose_response().unwrap();
    let response =
        cloud.handle(&Call::new("RunInstances").json(run_request(json!({})).to_string()));
    assert_eq!(response.status(), 502);
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 1);
}

#[test]
fn presets_fire() {
    for preset in Preset::ALL {
        let cloud = builder().credential(credential()).fault_preset(preset).build().unwrap();
        for _ in 0..100 {
            let _ = cloud.handle(&Call::new("DescribeZones").json("{}"));
            let _ =
                cloud.handle(&Call::new("RunInstances").json(run_request(json!({})).to_string()));
        }
        for status in cloud.faults().list() {
            assert!(status.fired > 0, "{preset}: {status:?}");
            assert_eq!(status.rule.name.as_deref(), Some(preset.name()));
        }
        let account = cloud.faults().firings()[0].account;
        assert_eq!(account, AccountId::FIRST.uin());
    }
}
