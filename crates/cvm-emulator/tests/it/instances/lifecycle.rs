//! The lifecycle of instances: operations, the states that they need, and errors.

use std::time::Duration;

use cvm_emulator::{Cloud, Emulator};
use serde_json::{Value, json};

use crate::support::*;

fn operate(cloud: &Cloud, action: &str, id: &str) -> Value {
    send_ok(cloud, action, json!({ "InstanceIds": [id] }))
}

fn operate_err(cloud: &Cloud, action: &str, id: &str) -> String {
    send_err(cloud, action, json!({ "InstanceIds": [id] }))
}

#[test]
fn each_operation_passes_through_its_states() {
    let cloud = cloud();
    let id = launch(&cloud, json!({})).remove(0);
    assert_eq!(state(&cloud, &id), "PENDING");
    advance(&cloud, 19);
    assert_eq!(state(&cloud, &id), "PENDING");
    advance(&cloud, 1);
    assert_eq!(state(&cloud, &id), "RUNNING");
    for (action, transitional, seconds, end) in [
        ("RebootInstances", "REBOOTING", 20, "RUNNING"),
        ("StopInstances", "STOPPING", 15, "STOPPED"),
        ("StartInstances", "STARTING", 10, "RUNNING"),
        ("TerminateInstances", "TERMINATING", 10, "gone"),
    ] {
        let request_id = operate(&cloud, action, &id)["RequestId"].clone();
        let actual = describe(&cloud, &id);
        assert_eq!(actual["InstanceState"], transitional, "{action}");
        assert_eq!(actual["LatestOperation"], action);
        assert_eq!(actual["LatestOperationState"], "OPERATING");
        assert_eq!(actual["LatestOperationRequestId"], request_id);
        advance(&cloud, seconds);
        assert_eq!(state(&cloud, &id), end, "{action}");
        if end != "gone" {
            let actual = describe(&cloud, &id);
            assert_eq!(actual["LatestOperationState"], "SUCCESS", "{action}");
            assert_eq!(actual["LatestOperationRequestId"], request_id);
        }
    }
}

/// The calendar of the API ends with the year 9999. The clock stops there, and all scheduled events have happened.
#[test]
fn operations_still_complete_at_the_end_of_the_calendar() {
    let cloud = cloud();
    let early = launch_running(&cloud, json!({}));
    cloud.clock().advance(Duration::MAX);
    let late = launch(&cloud, json!({})).remove(0);
    assert_eq!(describe(&cloud, &late)["CreatedTime"], "9999-12-31T23:59:59Z");
    for id in [early, late] {
        assert_eq!(state(&cloud, &id), "RUNNING");
        operate(&cloud, "StopInstances", &id);
        assert_eq!(state(&cloud, &id), "STOPPED");
        operate(&cloud, "TerminateInstances", &id);
        assert_eq!(state(&cloud, &id), "gone");
    }
}

#[test]
fn terminated_instances_reject_every_operation() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    operate(&cloud, "TerminateInstances", &id);
    for action in ["StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"] {
        let expected = "UnsupportedOperation.InstanceStateTerminating";
        assert_eq!(operate_err(&cloud, action, &id), expected, "{action}");
    }
    let status = send_ok(&cloud, "DescribeInstancesStatus", json!({}));
    assert_eq!(status["InstanceStatusSet"][0]["InstanceState"], "TERMINATING");
    advance(&cloud, 10);
    for action in ["StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"] {
        assert_eq!(operate_err(&cloud, action, &id), "InvalidInstanceId.NotFound", "{action}");
    }
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
}

#[test]
fn each_action_rejects_unsuitable_states() {
    const STATES: [&str; 6] =
        ["PENDING", "RUNNING", "STOPPED", "STARTING", "STOPPING", "REBOOTING"];
    // One code suffix per state; empty if the action is allowed in that state.
    for (action, codes) in [
        ("StartInstances", ["Pending", "Running", "", "Starting", "Stopping", "Rebooting"]),
        ("StopInstances", ["Pending", "", "Stopped", "Starting", "Stopping", "Rebooting"]),
        ("RebootInstances", ["Pending", "", "Stopped", "Starting", "Stopping", "Rebooting"]),
        ("TerminateInstances", ["Pending", "", "", "Starting", "Stopping", "Rebooting"]),
    ] {
        for (initial, suffix) in STATES.into_iter().zip(codes) {
            let cloud = cloud();
            let id = launch_in_state(&cloud, initial);
            let response = send(&cloud, action, json!({ "InstanceIds": [id] }));
            if suffix.is_empty() {
                assert!(response.get("Error").is_none(), "{action} {initial}: {response}");
            } else {
                let expected = format!("UnsupportedOperation.InstanceState{suffix}");
                assert_eq!(error_code(&response), expected, "{action} {initial}");
                assert_eq!(state(&cloud, &id), initial, "a failed action changes nothing");
            }
        }
    }
}

fn launch_in_state(cloud: &Cloud, initial: &str) -> String {
    let id = launch(cloud, json!({})).remove(0);
    let stop = || {
        operate(cloud, "StopInstances", &id);
        advance(cloud, 15);
    };
    if initial != "PENDING" {
        advance(cloud, 20);
    }
    match initial {
        "STOPPED" => stop(),
        "STARTING" => {
            stop();
            operate(cloud, "StartInstances", &id);
        }
        "STOPPING" => drop(operate(cloud, "StopInstances", &id)),
        "REBOOTING" => drop(operate(cloud, "RebootInstances", &id)),
        _ => {}
    }
    assert_eq!(state(cloud, &id), initial);
    id
}

#[test]
fn batches_are_all_or_nothing() {
    let cloud = cloud();
    let first = launch_running(&cloud, json!({}));
    let second = launch(&cloud, json!({})).remove(0);
    let both = json!({ "InstanceIds": [first, second] });
    let code = send_err(&cloud, "StopInstances", both);
    assert_eq!(code, "UnsupportedOperation.InstanceStatePending");
    assert_eq!(state(&cloud, &first), "RUNNING");
    let unknown = json!({ "InstanceIds": [first, "ins-zzzzzzzz"] });
    assert_eq!(send_err(&cloud, "StopInstances", unknown), "InvalidInstanceId.NotFound");
    assert_eq!(state(&cloud, &first), "RUNNING");
    let twice = json!({ "InstanceIds": [first, first] });
    send_ok(&cloud, "StopInstances", twice);
    assert_eq!(state(&cloud, &first), "STOPPING");
}

#[test]
fn hard_stop_and_reboot_are_faster() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    for (how, stop, reboot) in [
        (json!({ "StopType": "HARD" }), 5, 10),
        (json!({ "StopType": "SOFT" }), 15, 20),
        (json!({ "StopType": "SOFT_FIRST" }), 15, 20),
        (json!({ "ForceStop": true, "ForceReboot": true }), 15, 20),
        (json!({}), 15, 20),
    ] {
        for (action, option, seconds, end) in [
            ("StopInstances", "ForceStop", stop, "STOPPED"),
            ("RebootInstances", "ForceReboot", reboot, "RUNNING"),
        ] {
            let mut body = json!({ "InstanceIds": [id] });
            for name in ["StopType", option] {
                if !how[name].is_null() {
                    body[name] = how[name].clone();
                }
            }
            send_ok(&cloud, action, body);
            advance(&cloud, seconds - 1);
            assert_ne!(state(&cloud, &id), end, "{action} {how}");
            advance(&cloud, 1);
            assert_eq!(state(&cloud, &id), end, "{action} {how}");
            if end == "STOPPED" {
                operate(&cloud, "StartInstances", &id);
                advance(&cloud, 10);
            }
        }
    }
    let both = json!({ "InstanceIds": [id], "StopType": "HARD", "ForceStop": true });
    assert_eq!(send_err(&cloud, "StopInstances", both), "InvalidParameterCombination");
    // An option that is off excludes nothing.
    let off = json!({ "InstanceIds": [id], "StopType": "HARD", "ForceStop": false });
    send_ok(&cloud, "StopInstances", off);
}

#[test]
fn stop_charging_mode_is_shown_and_restricts_operations() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let stop = json!({ "InstanceIds": [id], "StoppedMode": "STOP_CHARGING" });
    send_ok(&cloud, "StopInstances", stop);
    assert_eq!(describe(&cloud, &id)["StopChargingMode"], "NOT_APPLICABLE");
    advance(&cloud, 15);
    assert_eq!(describe(&cloud, &id)["StopChargingMode"], "STOP_CHARGING");
    let reset = json!({ "InstanceIds": [id], "InstanceType": "S5.LARGE8" });
    let code = send_err(&cloud, "ResetInstancesType", reset);
    assert_eq!(code, "UnsupportedOperation.StoppedModeStopCharging");
    operate(&cloud, "StartInstances", &id);
    assert_eq!(describe(&cloud, &id)["StopChargingMode"], "NOT_APPLICABLE");
}

#[test]
fn protected_instances_cannot_be_terminated() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({ "DisableApiTermination": true }));
    let code = operate_err(&cloud, "TerminateInstances", &id);
    assert_eq!(code, "UnsupportedOperation.InstancesProtected");
    assert_eq!(state(&cloud, &id), "RUNNING");
}

fn prepaid() -> Value {
    json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 } })
}

#[test]
fn prepaid_instances_need_two_terminations() {
    let cloud = cloud();
    let id = launch_running(&cloud, prepaid());
    operate(&cloud, "TerminateInstances", &id);
    let code = operate_err(&cloud, "RebootInstances", &id);
    assert_eq!(code, "UnsupportedOperation.InstanceStateIsolating");
    advance(&cloud, 10);
    let actual = describe(&cloud, &id);
    assert_eq!(actual["InstanceState"], "SHUTDOWN");
    assert_eq!(actual["IsolatedSource"], "MANMADE");
    assert_eq!(actual["RestrictState"], "PROTECTIVELY_ISOLATED");
    let code = operate_err(&cloud, "StartInstances", &id);
    assert_eq!(code, "UnsupportedOperation.InstanceStateShutdown");
    operate(&cloud, "TerminateInstances", &id);
    assert_eq!(state(&cloud, &id), "TERMINATING");
    advance(&cloud, 10);
    assert_eq!(state(&cloud, &id), "gone");
}

#[test]
fn terminating_mixed_charge_types_fails() {
    let cloud = cloud();
    let (hourly, prepaid) = (launch_running(&cloud, json!({})), launch_running(&cloud, prepaid()));
    let both = json!({ "InstanceIds": [hourly, prepaid] });
    let code = send_err(&cloud, "TerminateInstances", both);
    assert_eq!(code, "UnsupportedOperation.InstanceMixedPricingModel");
    assert_eq!(
        (state(&cloud, &hourly), state(&cloud, &prepaid)),
        ("RUNNING".into(), "RUNNING".into())
    );
}

#[test]
fn dry_run_of_the_old_gateway_terminates_nothing() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let pairs = [("InstanceIds.0", id.as_str()), ("DryRun", "TRUE")];
    let request = Call::new("TerminateInstances").v1(Dialect::OldGateway, &pairs);
    let response = read(&cloud.handle(&request));
    assert_eq!(response.as_object().unwrap().len(), 1, "{response}");
    assert_eq!(state(&cloud, &id), "RUNNING");
    let pairs = [("InstanceIds.0", "ins-zzzzzzzz"), ("DryRun", "TRUE")];
    let request = Call::new("TerminateInstances").v1(Dialect::OldGateway, &pairs);
    assert_eq!(error_code(&read(&cloud.handle(&request))), "InvalidInstanceId.NotFound");
}

#[test]
fn local_system_disk_prevents_type_changes() {
    let cloud = cloud();
    let local = json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC" }, "InstanceType": "S1.SMALL1" });
    let id = launch_running(&cloud, local);
    for force in [false, true] {
        let reset =
            json!({ "InstanceIds": [id], "InstanceType": "S2.MEDIUM4", "ForceStop": force });
        let code = send_err(&cloud, "ResetInstancesType", reset);
        assert_eq!(code, "UnsupportedOperation.SystemDiskType", "ForceStop={force}");
    }
    assert_eq!(describe(&cloud, &id)["InstanceType"], "S1.SMALL1");
}

#[test]
fn type_change_stops_and_restarts_the_instance() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let reset = |force: bool| json!({ "InstanceIds": [id], "InstanceType": "S2.MEDIUM4", "ForceStop": force });
    let code = send_err(&cloud, "ResetInstancesType", reset(false));
    assert_eq!(code, "UnsupportedOperation.InstanceStateRunning");
    send_ok(&cloud, "ResetInstancesType", reset(true));
    for (seconds, expected) in [(14, "STOPPING"), (1, "STOPPED"), (10, "STARTING"), (10, "RUNNING")]
    {
        advance(&cloud, seconds);
        assert_eq!(state(&cloud, &id), expected);
    }
    let actual = describe(&cloud, &id);
    assert_eq!((&actual["InstanceType"], &actual["CPU"]), (&json!("S2.MEDIUM4"), &json!(2)));
    assert_eq!(actual["LatestOperationState"], "SUCCESS");
}

#[test]
fn only_one_operation_runs_at_a_time() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    operate(&cloud, "StopInstances", &id);
    advance(&cloud, 15);
    let reset = json!({ "InstanceIds": [id], "InstanceType": "S2.MEDIUM4" });
    send_ok(&cloud, "ResetInstancesType", reset.clone());
    assert_eq!(state(&cloud, &id), "STOPPED");
    let expected = "OperationDenied.InstanceOperationInProgress";
    assert_eq!(operate_err(&cloud, "StartInstances", &id), expected);
    assert_eq!(send_err(&cloud, "ResetInstancesType", reset), expected);
    assert_eq!(operate_err(&cloud, "TerminateInstances", &id), expected);
    advance(&cloud, 20);
    assert_eq!(state(&cloud, &id), "RUNNING");
}

#[test]
fn new_type_must_be_offered_and_compatible() {
    let cloud = cloud();
    let id = launch_running(
        &cloud,
        json!({ "DataDisks": [{ "DiskType": "LOCAL_SSD", "DiskSize": 100 }] }),
    );
    for (name, expected) in [
        ("nonsense", "InvalidInstanceType.Malformed"),
        ("Z9.PLURAL1", "ResourceNotFound.InvalidZoneInstanceType"),
        ("S3.MEDIUM4", "UnsupportedOperation.LocalDataDiskChangeInstanceFamily"),
    ] {
        let reset = json!({ "InstanceIds": [id], "InstanceType": name, "ForceStop": true });
        assert_eq!(send_err(&cloud, "ResetInstancesType", reset), expected, "{name}");
    }
    let id = launch_running(&cloud, json!({}));
    let reset = json!({ "InstanceIds": [id], "InstanceType": "GN7.2XLARGE32", "ForceStop": true });
    let code = send_err(&cloud, "ResetInstancesType", reset);
    assert_eq!(code, "InvalidParameterValue.InvalidGPUFamilyChange");
}

#[test]
fn instant_mode_completes_operations_before_the_next_request() {
    let cloud =
        Emulator::builder().instant().wall_clock(|| NOW).credential(credential()).build().unwrap();
    let id = launch(&cloud, json!({})).remove(0);
    assert_eq!(state(&cloud, &id), "RUNNING");
    let reset = json!({ "InstanceIds": [id], "InstanceType": "S2.MEDIUM4", "ForceStop": true });
    send_ok(&cloud, "ResetInstancesType", reset);
    assert_eq!(describe(&cloud, &id)["InstanceType"], "S2.MEDIUM4");
    operate(&cloud, "StopInstances", &id);
    operate(&cloud, "TerminateInstances", &id);
    assert_eq!(operate_err(&cloud, "StartInstances", &id), "InvalidInstanceId.NotFound");
}
