//! Launches with a planned end.

use cvm_emulator::Cloud;
use cvm_models::actions::DescribeLaunchTemplateVersionsResponse;
use cvm_protocol::envelope;
use serde_json::{Value, json};

use super::launch_placement::instances;
use crate::support::*;
use crate::tasks::{HOUR, at};

fn timer(time: &str) -> Value {
    json!({ "ActionTimer": { "TimerAction": "TerminateInstances", "ActionTime": time } })
}

fn timers(cloud: &Cloud) -> Vec<Value> {
    let answer = done(cloud, "DescribeInstancesActionTimer", json!({}));
    answer["ActionTimers"].as_array().unwrap().clone()
}

#[test]
fn launch_timer_terminates_its_instances() {
    let cloud = cloud();
    let mut body = timer(&at(HOUR));
    body["InstanceCount"] = json!(2);
    body["DryRun"] = json!(true);
    done(&cloud, "RunInstances", run(body.clone()));
    assert_eq!(timers(&cloud).len(), 0, "a dry run plans nothing");
    body["DryRun"] = json!(false);
    let ids = launch(&cloud, body);
    let planned = timers(&cloud);
    assert_eq!(planned.len(), 2);
    for (timer, id) in planned.iter().zip(ids.iter().rev()) {
        assert_eq!((&timer["InstanceId"], &timer["Status"]), (&json!(id), &json!("UNDO")));
        assert_eq!(timer["ActionTime"], at(HOUR));
        assert!(timer["ActionTimerId"].as_str().unwrap().starts_with("at-"));
    }
    let more = json!({ "InstanceIds": [ids[0]], "ActionTimer": timer(&at(HOUR))["ActionTimer"] });
    let code = refused(&cloud, "ImportInstancesActionTimer", more);
    assert_eq!(code, "FailedOperation.MutActionTimerExist");
    pass(&cloud, HOUR);
    assert_eq!(state(&cloud, &ids[0]), "TERMINATING");
    pass(&cloud, 10);
    assert_eq!(instances(&cloud), 0);
}

#[test]
fn invalid_launch_timer_fails_the_launch() {
    let cloud = cloud();
    let soon = at(300);
    let unsuited = "UnsupportedOperation.NotSupportImportInstancesActionTimer";
    let with = |members: Value| {
        let mut body = timer(&at(HOUR));
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    let period = json!({ "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" });
    for (members, expected) in [
        (timer("tomorrow"), "InvalidParameterValue.InvalidTimeFormat"),
        (timer(&soon), "InvalidParameter"),
        (timer(""), "MissingParameter"),
        (json!({ "ActionTimer": { "ActionTime": at(HOUR) } }), "MissingParameter"),
        (with(json!({ "DisableApiTermination": true })), unsuited),
        (
            with(json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": period })),
            unsuited,
        ),
    ] {
        assert_eq!(refused(&cloud, "RunInstances", run(members.clone())), expected, "{members}");
    }
    assert_eq!((instances(&cloud), timers(&cloud).len()), (json!(0), 0));
}

#[test]
fn template_timer_applies_to_its_launches() {
    let cloud = cloud();
    let mut body = run(timer(&at(HOUR)));
    body["LaunchTemplateName"] = json!("lease");
    let made = done(&cloud, "CreateLaunchTemplate", body);
    let id = made["LaunchTemplateId"].clone();
    let versions = json!({ "LaunchTemplateId": id }).to_string();
    let answer = cloud.handle(&Call::new("DescribeLaunchTemplateVersions").json(versions));
    let mut shown = DescribeLaunchTemplateVersionsResponse::default();
    let report = envelope::decode(&mut shown, answer.body()).unwrap().report;
    assert!(report.is_clean(), "{report:?}");
    let stored =
        read(&answer)["LaunchTemplateVersionSet"][0]["LaunchTemplateVersionData"]["ActionTimer"]
            .clone();
    let expected = json!({
        "TimerAction": "TerminateInstances", "ActionTime": at(HOUR),
        "Externals": { "ReleaseAddress": true },
        "ActionTimerId": "", "Status": "UNDO", "InstanceId": "",
    });
    assert_eq!(stored, expected);
    assert_eq!(timers(&cloud).len(), 0);
    let launch = json!({ "LaunchTemplate": { "LaunchTemplateId": id } });
    done(&cloud, "RunInstances", launch.clone());
    assert_eq!(timers(&cloud).len(), 1);
    pass(&cloud, HOUR);
    assert_eq!(refused(&cloud, "RunInstances", launch), "InvalidParameter");
}
