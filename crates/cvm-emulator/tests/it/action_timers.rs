//! Action timers: they terminate instances, in one order with all other scheduled events.

use std::time::Duration;

use cvm_emulator::{Cloud, Emulator, Repair, RepairMethod, Timestamp};
use cvm_models::actions::{DescribeInstancesActionTimer, DescribeTaskInfo};
use serde_json::{Value, json};

use crate::support::*;
use crate::tasks::{HOUR, announce, at, listed, plain};

fn timer(ids: &[&String], seconds: u64) -> Value {
    json!({ "InstanceIds": ids,
        "ActionTimer": { "TimerAction": "TerminateInstances", "ActionTime": at(seconds) } })
}

fn import(cloud: &Cloud, ids: &[&String], seconds: u64) -> Vec<String> {
    let response = send_ok(cloud, "ImportInstancesActionTimer", timer(ids, seconds));
    let ids = response["ActionTimerIds"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn timers(cloud: &Cloud, body: Value) -> Vec<Value> {
    let response = send_ok(cloud, "DescribeInstancesActionTimer", body);
    response["ActionTimers"].as_array().unwrap().clone()
}

fn status(cloud: &Cloud, timer_id: &str) -> String {
    let found = timers(cloud, json!({ "ActionTimerIds": [timer_id] }));
    found.first().map_or("gone", |timer| timer["Status"].as_str().unwrap()).to_owned()
}

#[test]
fn timer_terminates_its_instance() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let timer_id = import(&cloud, &[&id], HOUR).remove(0);
    assert_eq!(
        timers(&cloud, json!({})),
        [json!({
            "TimerAction": "TerminateInstances",
            "ActionTime": at(HOUR),
            "Externals": {},
            "ActionTimerId": timer_id,
            "Status": "UNDO",
            "InstanceId": id,
        })]
    );
    advance(&cloud, HOUR - 21);
    assert_eq!(
        (status(&cloud, &timer_id).as_str(), state(&cloud, &id).as_str()),
        ("UNDO", "RUNNING")
    );
    advance(&cloud, 1);
    assert_eq!(
        (status(&cloud, &timer_id).as_str(), state(&cloud, &id).as_str()),
        ("DOING", "TERMINATING")
    );
    let code =
        send_err(&cloud, "DeleteInstancesActionTimer", json!({ "ActionTimerIds": [timer_id] }));
    assert_eq!(code, "UnsupportedOperation");
    advance(&cloud, 10);
    assert_eq!((status(&cloud, &timer_id).as_str(), state(&cloud, &id).as_str()), ("DONE", "gone"));
}

#[test]
fn state_does_not_depend_on_polling() {
    let outcome = |steps: &[u64]| {
        let cloud = cloud();
        let ids = launch(&cloud, json!({ "InstanceCount": 3 }));
        import(&cloud, &[&ids[0]], 400);
        import(&cloud, &[&ids[1]], 420);
        let repair = Repair::new("ap-guangzhou", &*ids[2]);
        for seconds in [405, 410] {
            let repair = repair.clone().deadline(Duration::from_secs(seconds));
            cloud.schedule_repair(&repair).unwrap();
        }
        advance(&cloud, 395);
        // One instance is busy when its timer is due; the others are not.
        send_ok(&cloud, "RebootInstances", json!({ "InstanceIds": [ids[0]] }));
        steps.iter().for_each(|seconds| {
            advance(&cloud, *seconds);
            send_ok(&cloud, "DescribeZones", json!({}));
        });
        let instances = send_ok(&cloud, "DescribeInstances", json!({}))["InstanceSet"].clone();
        (timers(&cloud, json!({})), listed(&cloud, json!({})), instances)
    };
    for total in [5, 9, 10, 19, 20, 24, 25, 30, 34, 35, 70, 129, 130] {
        let small = vec![1; usize::try_from(total).unwrap()];
        assert_eq!(outcome(&[total]), outcome(&small), "after {total} s");
    }
    let (timers, tasks, instances) = outcome(&[75]);
    assert!(timers.iter().all(|timer| timer["Status"] == "DONE"), "{timers:?}");
    // The second repair started when the first one ended, at 465 s.
    assert_eq!((&tasks[0]["EndTime"], &tasks[0]["TaskStatus"]), (&json!(plain(465)), &json!(3)));
    assert_eq!((&tasks[1]["AuthTime"], &tasks[1]["TaskStatus"]), (&json!(plain(410)), &json!(2)));
    assert_eq!(instances.as_array().unwrap().len(), 1);
}

#[test]
fn responses_contain_every_guaranteed_member() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    import(&cloud, &[&id], HOUR);
    announce(&cloud, &id, RepairMethod::Shutdown);
    let timers = decode_complete::<DescribeInstancesActionTimer>(&cloud, &json!({}));
    assert_eq!(timers.action_timers.len(), 1);
    let body = json!({ "Limit": 1, "Offset": 0 });
    let tasks = decode_complete::<DescribeTaskInfo>(&cloud, &body);
    assert_eq!(tasks.repair_task_info_set.len(), 1);
}

#[test]
fn timer_waits_for_a_busy_instance() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let timer_id = import(&cloud, &[&id], 400).remove(0);
    advance(&cloud, 375);
    send_ok(&cloud, "RebootInstances", json!({ "InstanceIds": [id] }));
    for (seconds, expected) in
        [(5, ("DOING", "REBOOTING")), (14, ("DOING", "REBOOTING")), (1, ("DOING", "TERMINATING"))]
    {
        advance(&cloud, seconds);
        let found = (status(&cloud, &timer_id), state(&cloud, &id));
        assert_eq!((found.0.as_str(), found.1.as_str()), expected);
    }
    advance(&cloud, 10);
    assert_eq!(status(&cloud, &timer_id), "DONE");
}

#[test]
fn timers_work_in_instant_mode() {
    let cloud = Emulator::builder().instant().start_time(Timestamp::from_unix(NOW));
    let cloud = cloud.wall_clock(|| NOW).credential(credential()).build().unwrap();
    let id = launch(&cloud, json!({})).remove(0);
    let timer_id = import(&cloud, &[&id], HOUR).remove(0);
    advance(&cloud, HOUR);
    assert_eq!((status(&cloud, &timer_id).as_str(), state(&cloud, &id).as_str()), ("DONE", "gone"));
}

#[test]
fn timers_can_be_canceled_until_they_start() {
    let cloud = cloud();
    let ids = launch(&cloud, json!({ "InstanceCount": 3 }));
    advance(&cloud, 20);
    let made = import(&cloud, &[&ids[0], &ids[1], &ids[0]], HOUR);
    assert_eq!(made.len(), 2, "a repeated id counts once");
    let cancel =
        |ids: &[&str]| send(&cloud, "DeleteInstancesActionTimer", json!({ "ActionTimerIds": ids }));
    assert_eq!(error_code(&cancel(&[&made[0], "at-zzzzzzzz"])), "InvalidParameterValue");
    assert_eq!(timers(&cloud, json!({})).len(), 2, "all or nothing");
    assert!(cancel(&[&made[0]]).get("Error").is_none());
    assert_eq!(error_code(&cancel(&[&made[0]])), "InvalidParameterValue");
    // The instance can get another timer.
    let again = import(&cloud, &[&ids[0]], 2 * HOUR).remove(0);
    assert_ne!(again, made[0]);
    advance(&cloud, HOUR);
    assert_eq!((state(&cloud, &ids[0]), state(&cloud, &ids[1])), ("RUNNING".into(), "gone".into()));
}

#[test]
fn timers_are_removed_with_their_instance() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    import(&cloud, &[&id], HOUR);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    assert_eq!(timers(&cloud, json!({})).len(), 1);
    advance(&cloud, 10);
    assert_eq!(timers(&cloud, json!({})), Vec::<Value>::new());
}

#[test]
fn invalid_timers_are_rejected() {
    let cloud = cloud();
    let good = launch_running(&cloud, json!({}));
    let prepaid = launch_running(
        &cloud,
        json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 } }),
    );
    let protected = launch_running(&cloud, json!({ "DisableApiTermination": true }));
    let ending = launch_running(&cloud, json!({}));
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [ending] }));
    let planned = launch(&cloud, json!({})).remove(0);
    import(&cloud, &[&planned], HOUR);
    let unsupported = "UnsupportedOperation.NotSupportImportInstancesActionTimer";
    let unknown = "ins-zzzzzzzz".to_owned();
    for (id, expected) in [
        (&prepaid, unsupported),
        (&protected, unsupported),
        (&ending, unsupported),
        (&planned, "FailedOperation.MutActionTimerExist"),
        (&unknown, "InvalidInstanceId.NotFound"),
    ] {
        let code = send_err(&cloud, "ImportInstancesActionTimer", timer(&[&good, id], HOUR));
        assert_eq!(code, expected);
    }
    let when = |text: Value| {
        let timer = json!({ "TimerAction": "TerminateInstances", "ActionTime": text });
        json!({ "InstanceIds": [good], "ActionTimer": timer })
    };
    for (text, expected) in [
        (json!("tomorrow"), "InvalidParameterValue.InvalidTimeFormat"),
        (json!(at(80 + 300)), "InvalidParameter"),
        (Value::Null, "MissingParameter"),
    ] {
        assert_eq!(send_err(&cloud, "ImportInstancesActionTimer", when(text)), expected);
    }
    let body = json!({ "InstanceIds": [good], "ActionTimer": { "ActionTime": at(HOUR) } });
    assert_eq!(send_err(&cloud, "ImportInstancesActionTimer", body), "MissingParameter");
    assert_eq!(timers(&cloud, json!({ "InstanceIds": [good] })), Vec::<Value>::new());
    send_ok(&cloud, "ImportInstancesActionTimer", when(json!(at(80 + 301))));
}

#[test]
fn instances_with_a_timer_reject_protection_and_prepaid_charging() {
    let cloud = cloud();
    let ids = launch(&cloud, json!({ "InstanceCount": 2 }));
    advance(&cloud, 20);
    let timer_id = import(&cloud, &[&ids[1]], HOUR).remove(0);
    let both = |members: Value| merge(json!({ "InstanceIds": ids }), members);
    let protect = |is_on: bool| both(json!({ "DisableApiTermination": is_on }));
    let subscribe =
        both(json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 } }));
    let before = ids.iter().map(|id| describe(&cloud, id)).collect::<Vec<_>>();
    for (action, body, expected) in [
        (
            "ModifyInstancesAttribute",
            protect(true),
            "UnsupportedOperation.InvalidInstanceNotSupportedProtectedInstance",
        ),
        ("ModifyInstancesChargeType", subscribe.clone(), "InvalidInstance.NotSupported"),
        (
            "InquiryPriceModifyInstancesChargeType",
            subscribe.clone(),
            "InvalidInstance.NotSupported",
        ),
    ] {
        assert_eq!(send_err(&cloud, action, body), expected, "{action}");
    }
    assert_eq!(ids.iter().map(|id| describe(&cloud, id)).collect::<Vec<_>>(), before);
    // Removing the protection is allowed.
    send_ok(&cloud, "ModifyInstancesAttribute", protect(false));
    advance(&cloud, 2);
    send_ok(&cloud, "DeleteInstancesActionTimer", json!({ "ActionTimerIds": [timer_id] }));
    send_ok(&cloud, "ModifyInstancesAttribute", protect(true));
    advance(&cloud, 2);
    send_ok(&cloud, "InquiryPriceModifyInstancesChargeType", subscribe.clone());
    send_ok(&cloud, "ModifyInstancesChargeType", subscribe);
    advance(&cloud, 2);
    for id in &ids {
        let actual = describe(&cloud, id);
        assert_eq!(actual["DisableApiTermination"], true);
        assert_eq!(actual["InstanceChargeType"], "PREPAID");
    }
}

#[test]
fn timers_can_be_filtered() {
    let cloud = cloud();
    let ids = launch(&cloud, json!({ "InstanceCount": 3 }));
    let made: Vec<_> = [HOUR, 2 * HOUR, 3 * HOUR]
        .into_iter()
        .zip(&ids)
        .map(|(seconds, id)| import(&cloud, &[id], seconds).remove(0))
        .collect();
    advance(&cloud, HOUR);
    for (body, expected) in [
        (json!({}), vec![2, 1, 0]),
        (json!({ "ActionTimerIds": [made[1], "at-zzzzzzzz"] }), vec![1]),
        (json!({ "InstanceIds": [ids[0], ids[2]] }), vec![2, 0]),
        (json!({ "TimerAction": "TerminateInstances" }), vec![2, 1, 0]),
        (json!({ "StartActionTime": plain(2 * HOUR) }), vec![2, 1]),
        (json!({ "EndActionTime": at(2 * HOUR) }), vec![1, 0]),
        (json!({ "StatusList": ["UNDO"] }), vec![2, 1]),
        (json!({ "StatusList": ["DOING", "DONE"] }), vec![0]),
        (json!({ "StatusList": ["DONE"] }), vec![]),
    ] {
        let found = timers(&cloud, body.clone());
        let found: Vec<_> =
            found.iter().map(|timer| timer["ActionTimerId"].as_str().unwrap()).collect();
        let expected: Vec<_> =
            expected.into_iter().map(|index: usize| made[index].as_str()).collect();
        assert_eq!(found, expected, "{body}");
    }
    let code = send_err(&cloud, "DescribeInstancesActionTimer", json!({ "EndActionTime": "x" }));
    assert_eq!(code, "InvalidParameterValue.InvalidTimeFormat");
}

#[test]
fn extreme_time_spans_do_not_overflow() {
    for seconds in [1 << 40, i64::MAX as u64, u64::MAX] {
        let cloud = cloud();
        let id = launch_running(&cloud, json!({}));
        import(&cloud, &[&id], HOUR);
        let repair = Repair::new("ap-guangzhou", &id).deadline(Duration::from_secs(seconds));
        cloud.schedule_repair(&repair).unwrap();
        advance(&cloud, seconds);
        send_ok(&cloud, "DescribeTaskInfo", json!({ "Limit": 100, "Offset": 0 }));
        send_ok(&cloud, "DescribeInstances", json!({}));
        launch(&cloud, json!({}));
        advance(&cloud, seconds);
        send_ok(&cloud, "DescribeInstances", json!({}));
    }
}
