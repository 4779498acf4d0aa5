//! From PENDING to gone: which action moves what, in which state, and what it says otherwise.

use std::time::Duration;

use cvm_emulator::{Cloud, Emulator};
use serde_json::{Value, json};

use crate::support::*;

fn act(cloud: &Cloud, action: &str, id: &str) -> Value {
    done(cloud, action, json!({ "InstanceIds": [id] }))
}

fn refusal(cloud: &Cloud, action: &str, id: &str) -> String {
    refused(cloud, action, json!({ "InstanceIds": [id] }))
}

#[test]
fn each_operation_passes_through_its_states() {
    let cloud = cloud();
    let id = launch(&cloud, json!({})).remove(0);
    assert_eq!(state(&cloud, &id), "PENDING");
    pass(&cloud, 19);
    assert_eq!(state(&cloud, &id), "PENDING");
    pass(&cloud, 1);
    assert_eq!(state(&cloud, &id), "RUNNING");
    for (action, meanwhile, seconds, end) in [
        ("RebootInstances", "REBOOTING", 20, "RUNNING"),
        ("StopInstances", "STOPPING", 15, "STOPPED"),
        ("StartInstances", "STARTING", 10, "RUNNING"),
        ("TerminateInstances", "TERMINATING", 10, "gone"),
    ] {
        let request_id = act(&cloud, action, &id)["RequestId"].clone();
        let shown = show(&cloud, &id);
        assert_eq!(shown["InstanceState"], meanwhile, "{action}");
        assert_eq!(shown["LatestOperation"], action);
        assert_eq!(shown["LatestOperationState"], "OPERATING");
        assert_eq!(shown["LatestOperationRequestId"], request_id);
        pass(&cloud, seconds);
        assert_eq!(state(&cloud, &id), end, "{action}");
        if end != "gone" {
            let shown = show(&cloud, &id);
            assert_eq!(shown["LatestOperationState"], "SUCCESS", "{action}");
            assert_eq!(shown["LatestOperationRequestId"], request_id);
        }
    }
}

/// The calendar of the API ends with the year 9999. There the clock stands still, and all that is due has happened.
#[test]
fn operations_still_complete_at_the_end_of_the_calendar() {
    let cloud = cloud();
    let early = running(&cloud, json!({}));
    cloud.clock().advance(Duration::MAX);
    let late = launch(&cloud, json!({})).remove(0);
    assert_eq!(show(&cloud, &late)["CreatedTime"], "9999-12-31T23:59:59Z");
    for id in [early, late] {
        assert_eq!(state(&cloud, &id), "RUNNING");
        act(&cloud, "StopInstances", &id);
        assert_eq!(state(&cloud, &id), "STOPPED");
        act(&cloud, "TerminateInstances", &id);
        assert_eq!(state(&cloud, &id), "gone");
    }
}

#[test]
fn terminated_instances_reject_every_operation() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    act(&cloud, "TerminateInstances", &id);
    for action in ["StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"] {
        let expected = "UnsupportedOperation.InstanceStateTerminating";
        assert_eq!(refusal(&cloud, action, &id), expected, "{action}");
    }
    let status = done(&cloud, "DescribeInstancesStatus", json!({}));
    assert_eq!(status["InstanceStatusSet"][0]["InstanceState"], "TERMINATING");
    pass(&cloud, 10);
    for action in ["StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"] {
        assert_eq!(refusal(&cloud, action, &id), "InvalidInstanceId.NotFound", "{action}");
    }
    assert_eq!(done(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
}

#[test]
fn each_action_rejects_unsuitable_states() {
    const STATES: [&str; 6] =
        ["PENDING", "RUNNING", "STOPPED", "STARTING", "STOPPING", "REBOOTING"];
    // In the order of the states; empty for a state in which the action is allowed.
    for (action, codes) in [
        ("StartInstances", ["Pending", "Running", "", "Starting", "Stopping", "Rebooting"]),
        ("StopInstances", ["Pending", "", "Stopped", "Starting", "Stopping", "Rebooting"]),
        ("RebootInstances", ["Pending", "", "Stopped", "Starting", "Stopping", "Rebooting"]),
        ("TerminateInstances", ["Pending", "", "", "Starting", "Stopping", "Rebooting"]),
    ] {
        for (wanted, suffix) in STATES.into_iter().zip(codes) {
            let cloud = cloud();
            let id = brought_to(&cloud, wanted);
            let answer = send(&cloud, action, json!({ "InstanceIds": [id] }));
            if suffix.is_empty() {
                assert!(answer.get("Error").is_none(), "{action} {wanted}: {answer}");
            } else {
                let expected = format!("UnsupportedOperation.InstanceState{suffix}");
                assert_eq!(code(&answer), expected, "{action} {wanted}");
                assert_eq!(state(&cloud, &id), wanted, "a refused action changes nothing");
            }
        }
    }
}

fn brought_to(cloud: &Cloud, wanted: &str) -> String {
    let id = launch(cloud, json!({})).remove(0);
    let stop = || {
        act(cloud, "StopInstances", &id);
        pass(cloud, 15);
    };
    if wanted != "PENDING" {
        pass(cloud, 20);
    }
    match wanted {
        "STOPPED" => stop(),
        "STARTING" => {
            stop();
            act(cloud, "StartInstances", &id);
        }
        "STOPPING" => drop(act(cloud, "StopInstances", &id)),
        "REBOOTING" => drop(act(cloud, "RebootInstances", &id)),
        _ => {}
    }
    assert_eq!(state(cloud, &id), wanted);
    id
}

#[test]
fn batches_are_all_or_nothing() {
    let cloud = cloud();
    let first = running(&cloud, json!({}));
    let second = launch(&cloud, json!({})).remove(0);
    let both = json!({ "InstanceIds": [first, second] });
    let code = refused(&cloud, "StopInstances", both);
    assert_eq!(code, "UnsupportedOperation.InstanceStatePending");
    assert_eq!(state(&cloud, &first), "RUNNING");
    let unknown = json!({ "InstanceIds": [first, "ins-zzzzzzzz"] });
    assert_eq!(refused(&cloud, "StopInstances", unknown), "InvalidInstanceId.NotFound");
    assert_eq!(state(&cloud, &first), "RUNNING");
    let twice = json!({ "InstanceIds": [first, first] });
    done(&cloud, "StopInstances", twice);
    assert_eq!(state(&cloud, &first), "STOPPING");
}

#[test]
fn hard_stop_and_reboot_are_faster() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    done(&cloud, "StopInstances", json!({ "InstanceIds": [id], "StopType": "HARD" }));
    pass(&cloud, 5);
    assert_eq!(state(&cloud, &id), "STOPPED");
    act(&cloud, "StartInstances", &id);
    pass(&cloud, 10);
    done(&cloud, "RebootInstances", json!({ "InstanceIds": [id], "ForceReboot": true }));
    pass(&cloud, 10);
    assert_eq!(state(&cloud, &id), "RUNNING");
    let both = json!({ "InstanceIds": [id], "StopType": "HARD", "ForceStop": true });
    assert_eq!(refused(&cloud, "StopInstances", both), "InvalidParameterCombination");
}

#[test]
fn stop_charging_mode_is_shown_and_restricts_operations() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let stop = json!({ "InstanceIds": [id], "StoppedMode": "STOP_CHARGING" });
    done(&cloud, "StopInstances", stop);
    assert_eq!(show(&cloud, &id)["StopChargingMode"], "NOT_APPLICABLE");
    pass(&cloud, 15);
    assert_eq!(show(&cloud, &id)["StopChargingMode"], "STOP_CHARGING");
    let reset = json!({ "InstanceIds": [id], "InstanceType": "S5.LARGE8" });
    let code = refused(&cloud, "ResetInstancesType", reset);
    assert_eq!(code, "UnsupportedOperation.StoppedModeStopCharging");
    act(&cloud, "StartInstances", &id);
    assert_eq!(show(&cloud, &id)["StopChargingMode"], "NOT_APPLICABLE");
}

#[test]
fn protected_instances_cannot_be_terminated() {
    let cloud = cloud();
    let id = running(&cloud, json!({ "DisableApiTermination": true }));
    let code = refusal(&cloud, "TerminateInstances", &id);
    assert_eq!(code, "UnsupportedOperation.InstancesProtected");
    assert_eq!(state(&cloud, &id), "RUNNING");
}

fn prepaid() -> Value {
    json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 } })
}

#[test]
fn prepaid_instances_need_two_terminations() {
    let cloud = cloud();
    let id = running(&cloud, prepaid());
    act(&cloud, "TerminateInstances", &id);
    let code = refusal(&cloud, "RebootInstances", &id);
    assert_eq!(code, "UnsupportedOperation.InstanceStateIsolating");
    pass(&cloud, 10);
    let shown = show(&cloud, &id);
    assert_eq!(shown["InstanceState"], "SHUTDOWN");
    assert_eq!(shown["IsolatedSource"], "MANMADE");
    assert_eq!(shown["RestrictState"], "PROTECTIVELY_ISOLATED");
    let code = refusal(&cloud, "StartInstances", &id);
    assert_eq!(code, "UnsupportedOperation.InstanceStateShutdown");
    act(&cloud, "TerminateInstances", &id);
    assert_eq!(state(&cloud, &id), "TERMINATING");
    pass(&cloud, 10);
    assert_eq!(state(&cloud, &id), "gone");
}

#[test]
fn terminating_mixed_charge_types_fails() {
    let cloud = cloud();
    let (hourly, prepaid) = (running(&cloud, json!({})), running(&cloud, prepaid()));
    let both = json!({ "InstanceIds": [hourly, prepaid] });
    let code = refused(&cloud, "TerminateInstances", both);
    assert_eq!(code, "UnsupportedOperation.InstanceMixedPricingModel");
    assert_eq!(
        (state(&cloud, &hourly), state(&cloud, &prepaid)),
        ("RUNNING".into(), "RUNNING".into())
    );
}

#[test]
fn dry_run_of_the_old_gateway_terminates_nothing() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let pairs = [("InstanceIds.0", id.as_str()), ("DryRun", "TRUE")];
    let request = Call::new("TerminateInstances").flat(Dialect::OldGateway, &pairs);
    let answer = read(&cloud.handle(&request));
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    assert_eq!(state(&cloud, &id), "RUNNING");
    let pairs = [("InstanceIds.0", "ins-zzzzzzzz"), ("DryRun", "TRUE")];
    let request = Call::new("TerminateInstances").flat(Dialect::OldGateway, &pairs);
    assert_eq!(code(&read(&cloud.handle(&request))), "InvalidInstanceId.NotFound");
}

#[test]
fn local_system_disk_prevents_type_changes() {
    let cloud = cloud();
    let local = json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC" }, "InstanceType": "S1.SMALL1" });
    let id = running(&cloud, local);
    for force in [false, true] {
        let reset =
            json!({ "InstanceIds": [id], "InstanceType": "S2.MEDIUM4", "ForceStop": force });
        let code = refused(&cloud, "ResetInstancesType", reset);
        assert_eq!(code, "UnsupportedOperation.SystemDiskType", "ForceStop={force}");
    }
    assert_eq!(show(&cloud, &id)["InstanceType"], "S1.SMALL1");
}

#[test]
fn type_change_stops_and_restarts_the_instance() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let reset = |force: bool| json!({ "InstanceIds": [id], "InstanceType": "S2.MEDIUM4", "ForceStop": force });
    let code = refused(&cloud, "ResetInstancesType", reset(false));
    assert_eq!(code, "UnsupportedOperation.InstanceStateRunning");
    done(&cloud, "ResetInstancesType", reset(true));
    for (seconds, expected) in [(0, "STOPPING"), (5, "STOPPED"), (10, "STARTING"), (10, "RUNNING")]
    {
        pass(&cloud, seconds);
        assert_eq!(state(&cloud, &id), expected);
    }
    let shown = show(&cloud, &id);
    assert_eq!((&shown["InstanceType"], &shown["CPU"]), (&json!("S2.MEDIUM4"), &json!(2)));
    assert_eq!(shown["LatestOperationState"], "SUCCESS");
}

#[test]
fn only_one_operation_runs_at_a_time() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    act(&cloud, "StopInstances", &id);
    pass(&cloud, 15);
    let reset = json!({ "InstanceIds": [id], "InstanceType": "S2.MEDIUM4" });
    done(&cloud, "ResetInstancesType", reset.clone());
    assert_eq!(state(&cloud, &id), "STOPPED");
    let expected = "OperationDenied.InstanceOperationInProgress";
    assert_eq!(refusal(&cloud, "StartInstances", &id), expected);
    assert_eq!(refused(&cloud, "ResetInstancesType", reset), expected);
    assert_eq!(refusal(&cloud, "TerminateInstances", &id), expected);
    pass(&cloud, 20);
    assert_eq!(state(&cloud, &id), "RUNNING");
}

#[test]
fn new_type_must_be_offered_and_compatible() {
    let cloud = cloud();
    let id =
        running(&cloud, json!({ "DataDisks": [{ "DiskType": "LOCAL_SSD", "DiskSize": 100 }] }));
    for (name, expected) in [
        ("nonsense", "InvalidInstanceType.Malformed"),
        ("Z9.PLURAL1", "ResourceNotFound.InvalidZoneInstanceType"),
        ("S3.MEDIUM4", "UnsupportedOperation.LocalDataDiskChangeInstanceFamily"),
    ] {
        let reset = json!({ "InstanceIds": [id], "InstanceType": name, "ForceStop": true });
        assert_eq!(refused(&cloud, "ResetInstancesType", reset), expected, "{name}");
    }
    let id = running(&cloud, json!({}));
    let reset = json!({ "InstanceIds": [id], "InstanceType": "GN7.2XLARGE32", "ForceStop": true });
    let code = refused(&cloud, "ResetInstancesType", reset);
    assert_eq!(code, "InvalidParameterValue.InvalidGPUFamilyChange");
}

#[test]
fn instant_mode_completes_operations_before_the_next_request() {
    let cloud =
        Emulator::builder().instant().wall_clock(|| NOW).credential(credential()).build().unwrap();
    let id = launch(&cloud, json!({})).remove(0);
    assert_eq!(state(&cloud, &id), "RUNNING");
    let reset = json!({ "InstanceIds": [id], "InstanceType": "S2.MEDIUM4", "ForceStop": true });
    done(&cloud, "ResetInstancesType", reset);
    assert_eq!(show(&cloud, &id)["InstanceType"], "S2.MEDIUM4");
    act(&cloud, "StopInstances", &id);
    act(&cloud, "TerminateInstances", &id);
    assert_eq!(refusal(&cloud, "StartInstances", &id), "InvalidInstanceId.NotFound");
}
