//! Launches with a timer that terminates the instances.

use cvm_emulator::Cloud;
use cvm_models::actions::DescribeLaunchTemplateVersions;
use serde_json::{Value, json};

use super::launch_placement::instance_count;
use crate::support::*;
use crate::tasks::{HOUR, at};

fn timer(time: &str) -> Value {
    json!({ "ActionTimer": { "TimerAction": "TerminateInstances", "ActionTime": time } })
}

fn timers(cloud: &Cloud) -> Vec<Value> {
    let response = send_ok(cloud, "DescribeInstancesActionTimer", json!({}));
    response["ActionTimers"].as_array().unwrap().clone()
}

#[test]
fn launch_timer_terminates_its_instances() {
    let cloud = cloud();
    let mut body = timer(&at(HOUR));
    body["InstanceCount"] = json!(2);
    body["DryRun"] = json!(true);
    send_ok(&cloud, "RunInstances", run_request(body.clone()));
    assert_eq!(timers(&cloud).len(), 0, "a dry run creates no timer");
    body["DryRun"] = json!(false);
    let ids = launch(&cloud, body);
    let planned = timers(&cloud);
    assert_eq!(planned.len(), 2);
    for (timer, id) in planned.iter().zip(ids.iter().rev()) {
        assert_eq!((&timer["InstanceId"], &timer["Status"]), (&json!(id), &json!("UNDO")));
        assert_eq!(timer["ActionTime"], at(HOUR));
    }
    let more = json!({ "InstanceIds": [ids[0]], "ActionTimer": timer(&at(HOUR))["ActionTimer"] });
    let code = send_err(&cloud, "ImportInstancesActionTimer", more);
    assert_eq!(code, "FailedOperation.MutActionTimerExist");
    advance(&cloud, HOUR);
    assert_eq!(state(&cloud, &ids[0]), "TERMINATING");
    advance(&cloud, 10);
    assert_eq!(instance_count(&cloud), 0);
}

#[test]
fn invalid_launch_timer_fails_the_launch() {
    let cloud = cloud();
    let soon = at(300);
    let unsupported = "UnsupportedOperation.NotSupportImportInstancesActionTimer";
    let with = |members: Value| merge(timer(&at(HOUR)), members);
    let period = json!({ "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" });
    for (members, expected) in [
        (timer("tomorrow"), "InvalidParameterValue.InvalidTimeFormat"),
        (timer(&soon), "InvalidParameter"),
        (timer(""), "MissingParameter"),
        (json!({ "ActionTimer": { "ActionTime": at(HOUR) } }), "MissingParameter"),
        (with(json!({ "DisableApiTermination": true })), unsupported),
        (
            with(json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": period })),
            unsupported,
        ),
    ] {
        assert_eq!(
            send_err(&cloud, "RunInstances", run_request(members.clone())),
            expected,
            "{members}"
        );
    }
    assert_eq!((instance_count(&cloud), timers(&cloud).len()), (json!(0), 0));
}

#[test]
fn template_timer_applies_to_its_launches() {
    let cloud = cloud();
    let mut body = run_request(timer(&at(HOUR)));
    body["LaunchTemplateName"] = json!("lease");
    let made = send_ok(&cloud, "CreateLaunchTemplate", body);
    let id = made["LaunchTemplateId"].clone();
    let body = json!({ "LaunchTemplateId": id });
    decode_complete::<DescribeLaunchTemplateVersions>(&cloud, &body);
    let versions = send_ok(&cloud, "DescribeLaunchTemplateVersions", body);
    let stored =
        &versions["LaunchTemplateVersionSet"][0]["LaunchTemplateVersionData"]["ActionTimer"];
    let expected = json!({
        "TimerAction": "TerminateInstances", "ActionTime": at(HOUR),
        "Externals": {},
        "ActionTimerId": "", "Status": "UNDO", "InstanceId": "",
    });
    assert_eq!(*stored, expected);
    assert_eq!(timers(&cloud).len(), 0);
    let launch = json!({ "LaunchTemplate": { "LaunchTemplateId": id } });
    send_ok(&cloud, "RunInstances", launch.clone());
    assert_eq!(timers(&cloud).len(), 1);
    advance(&cloud, HOUR);
    assert_eq!(send_err(&cloud, "RunInstances", launch), "InvalidParameter");
}
