//! Timers that end instances, in one order with everything else that is due.

use std::time::Duration;

use cvm_emulator::{Cloud, Emulator, Repair, RepairMethod, Timestamp};
use cvm_models::actions::{DescribeInstancesActionTimerResponse, DescribeTaskInfoResponse};
use cvm_protocol::envelope;
use serde_json::{Value, json};

use crate::support::*;
use crate::tasks::{HOUR, announce, at, listed, plain};

fn timer(ids: &[&String], seconds: u64) -> Value {
    json!({ "InstanceIds": ids,
        "ActionTimer": { "TimerAction": "TerminateInstances", "ActionTime": at(seconds) } })
}

fn import(cloud: &Cloud, ids: &[&String], seconds: u64) -> Vec<String> {
    let answer = done(cloud, "ImportInstancesActionTimer", timer(ids, seconds));
    let ids = answer["ActionTimerIds"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn timers(cloud: &Cloud, body: Value) -> Vec<Value> {
    let answer = done(cloud, "DescribeInstancesActionTimer", body);
    answer["ActionTimers"].as_array().unwrap().clone()
}

fn status(cloud: &Cloud, timer_id: &str) -> String {
    let found = timers(cloud, json!({ "ActionTimerIds": [timer_id] }));
    found.first().map_or("gone", |timer| timer["Status"].as_str().unwrap()).to_owned()
}

#[test]
fn timer_terminates_its_instance() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let timer_id = import(&cloud, &[&id], HOUR).remove(0);
    assert_eq!(
        timers(&cloud, json!({})),
        [json!({
            "TimerAction": "TerminateInstances",
            "ActionTime": at(HOUR),
            "Externals": { "ReleaseAddress": true },
            "ActionTimerId": timer_id,
            "Status": "UNDO",
            "InstanceId": id,
        })]
    );
    pass(&cloud, HOUR - 21);
    assert_eq!(
        (status(&cloud, &timer_id).as_str(), state(&cloud, &id).as_str()),
        ("UNDO", "RUNNING")
    );
    pass(&cloud, 1);
    assert_eq!(
        (status(&cloud, &timer_id).as_str(), state(&cloud, &id).as_str()),
        ("DOING", "TERMINATING")
    );
    let code =
        refused(&cloud, "DeleteInstancesActionTimer", json!({ "ActionTimerIds": [timer_id] }));
    assert_eq!(code, "UnsupportedOperation");
    pass(&cloud, 10);
    assert_eq!((status(&cloud, &timer_id).as_str(), state(&cloud, &id).as_str()), ("DONE", "gone"));
}

#[test]
fn state_does_not_depend_on_polling() {
    let run = |steps: &[u64]| {
        let cloud = cloud();
        let ids = launch(&cloud, json!({ "InstanceCount": 3 }));
        import(&cloud, &[&ids[0]], 400);
        import(&cloud, &[&ids[1]], 420);
        let repair = Repair::new("ap-guangzhou", &*ids[2]);
        for seconds in [405, 410] {
            let repair = repair.clone().deadline(Duration::from_secs(seconds));
            cloud.schedule_repair(&repair).unwrap();
        }
        pass(&cloud, 395);
        // One is busy when its time comes; the others are not.
        done(&cloud, "RebootInstances", json!({ "InstanceIds": [ids[0]] }));
        steps.iter().for_each(|seconds| {
            pass(&cloud, *seconds);
            done(&cloud, "DescribeZones", json!({}));
        });
        let instances = done(&cloud, "DescribeInstances", json!({}))["InstanceSet"].clone();
        (timers(&cloud, json!({})), listed(&cloud, json!({})), instances)
    };
    for total in [5, 9, 10, 19, 20, 24, 25, 30, 34, 35, 70, 129, 130] {
        let small = vec![1; usize::try_from(total).unwrap()];
        assert_eq!(run(&[total]), run(&small), "after {total} s");
    }
    let (timers, tasks, instances) = run(&[75]);
    assert!(timers.iter().all(|timer| timer["Status"] == "DONE"), "{timers:?}");
    // The second work began when the first had ended, at 465.
    assert_eq!((&tasks[0]["EndTime"], &tasks[0]["TaskStatus"]), (&json!(plain(465)), &json!(3)));
    assert_eq!((&tasks[1]["AuthTime"], &tasks[1]["TaskStatus"]), (&json!(plain(410)), &json!(2)));
    assert_eq!(instances.as_array().unwrap().len(), 1);
}

#[test]
fn responses_contain_every_guaranteed_member() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    import(&cloud, &[&id], HOUR);
    announce(&cloud, &id, RepairMethod::Shutdown);
    let mut timers = DescribeInstancesActionTimerResponse::default();
    let answer = cloud.handle(&Call::new("DescribeInstancesActionTimer").json("{}"));
    let report = envelope::decode(&mut timers, answer.body()).unwrap().report;
    assert!(report.is_clean() && timers.action_timers.len() == 1, "{report:?}");
    let mut tasks = DescribeTaskInfoResponse::default();
    let body = json!({ "Limit": 1, "Offset": 0 }).to_string();
    let answer = cloud.handle(&Call::new("DescribeTaskInfo").json(body));
    let report = envelope::decode(&mut tasks, answer.body()).unwrap().report;
    assert!(report.is_clean() && tasks.repair_task_info_set.len() == 1, "{report:?}");
}

#[test]
fn timer_waits_for_a_busy_instance() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let timer_id = import(&cloud, &[&id], 400).remove(0);
    pass(&cloud, 375);
    done(&cloud, "RebootInstances", json!({ "InstanceIds": [id] }));
    for (seconds, expected) in
        [(5, ("DOING", "REBOOTING")), (14, ("DOING", "REBOOTING")), (1, ("DOING", "TERMINATING"))]
    {
        pass(&cloud, seconds);
        let found = (status(&cloud, &timer_id), state(&cloud, &id));
        assert_eq!((found.0.as_str(), found.1.as_str()), expected);
    }
    pass(&cloud, 10);
    assert_eq!(status(&cloud, &timer_id), "DONE");
}

#[test]
fn timers_work_in_instant_mode() {
    let cloud = Emulator::builder().instant().began(Timestamp::from_unix(NOW));
    let cloud = cloud.wall_clock(|| NOW).credential(credential()).build().unwrap();
    let id = launch(&cloud, json!({})).remove(0);
    let timer_id = import(&cloud, &[&id], HOUR).remove(0);
    pass(&cloud, HOUR);
    assert_eq!((status(&cloud, &timer_id).as_str(), state(&cloud, &id).as_str()), ("DONE", "gone"));
}

#[test]
fn timers_can_be_canceled_until_they_start() {
    let cloud = cloud();
    let ids = launch(&cloud, json!({ "InstanceCount": 3 }));
    pass(&cloud, 20);
    let made = import(&cloud, &[&ids[0], &ids[1], &ids[0]], HOUR);
    assert_eq!(made.len(), 2, "an id named twice counts once");
    let cancel =
        |ids: &[&str]| send(&cloud, "DeleteInstancesActionTimer", json!({ "ActionTimerIds": ids }));
    assert_eq!(code(&cancel(&[&made[0], "at-zzzzzzzz"])), "InvalidParameterValue");
    assert_eq!(timers(&cloud, json!({})).len(), 2, "all or none");
    assert!(cancel(&[&made[0]]).get("Error").is_none());
    assert_eq!(code(&cancel(&[&made[0]])), "InvalidParameterValue");
    // The instance is free for another one.
    let again = import(&cloud, &[&ids[0]], 2 * HOUR).remove(0);
    assert_ne!(again, made[0]);
    pass(&cloud, HOUR);
    assert_eq!((state(&cloud, &ids[0]), state(&cloud, &ids[1])), ("RUNNING".into(), "gone".into()));
}

#[test]
fn timers_are_removed_with_their_instance() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    import(&cloud, &[&id], HOUR);
    done(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    assert_eq!(timers(&cloud, json!({})).len(), 1);
    pass(&cloud, 10);
    assert_eq!(timers(&cloud, json!({})), Vec::<Value>::new());
}

#[test]
fn invalid_timers_are_rejected() {
    let cloud = cloud();
    let good = running(&cloud, json!({}));
    let prepaid = running(
        &cloud,
        json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 } }),
    );
    let protected = running(&cloud, json!({ "DisableApiTermination": true }));
    let ending = running(&cloud, json!({}));
    done(&cloud, "TerminateInstances", json!({ "InstanceIds": [ending] }));
    let planned = launch(&cloud, json!({})).remove(0);
    import(&cloud, &[&planned], HOUR);
    let unsuited = "UnsupportedOperation.NotSupportImportInstancesActionTimer";
    let unknown = "ins-zzzzzzzz".to_owned();
    for (id, expected) in [
        (&prepaid, unsuited),
        (&protected, unsuited),
        (&ending, unsuited),
        (&planned, "FailedOperation.MutActionTimerExist"),
        (&unknown, "InvalidInstanceId.NotFound"),
    ] {
        let code = refused(&cloud, "ImportInstancesActionTimer", timer(&[&good, id], HOUR));
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
        assert_eq!(refused(&cloud, "ImportInstancesActionTimer", when(text)), expected);
    }
    let body = json!({ "InstanceIds": [good], "ActionTimer": { "ActionTime": at(HOUR) } });
    assert_eq!(refused(&cloud, "ImportInstancesActionTimer", body), "MissingParameter");
    assert_eq!(timers(&cloud, json!({ "InstanceIds": [good] })), Vec::<Value>::new());
    done(&cloud, "ImportInstancesActionTimer", when(json!(at(80 + 301))));
}

#[test]
fn instances_with_a_timer_reject_protection_and_prepaid_charging() {
    let cloud = cloud();
    let ids = launch(&cloud, json!({ "InstanceCount": 2 }));
    pass(&cloud, 20);
    let timer_id = import(&cloud, &[&ids[1]], HOUR).remove(0);
    let both = |members: Value| {
        let mut body = json!({ "InstanceIds": ids });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    let protect = |is_on: bool| both(json!({ "DisableApiTermination": is_on }));
    let subscribe =
        both(json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 } }));
    let before = ids.iter().map(|id| show(&cloud, id)).collect::<Vec<_>>();
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
        assert_eq!(refused(&cloud, action, body), expected, "{action}");
    }
    assert_eq!(ids.iter().map(|id| show(&cloud, id)).collect::<Vec<_>>(), before);
    // To lift a protection stands against nothing.
    done(&cloud, "ModifyInstancesAttribute", protect(false));
    pass(&cloud, 2);
    done(&cloud, "DeleteInstancesActionTimer", json!({ "ActionTimerIds": [timer_id] }));
    done(&cloud, "ModifyInstancesAttribute", protect(true));
    pass(&cloud, 2);
    done(&cloud, "InquiryPriceModifyInstancesChargeType", subscribe.clone());
    done(&cloud, "ModifyInstancesChargeType", subscribe);
    pass(&cloud, 2);
    for id in &ids {
        let shown = show(&cloud, id);
        assert_eq!(shown["DisableApiTermination"], true);
        assert_eq!(shown["InstanceChargeType"], "PREPAID");
    }
}

#[test]
fn protection_in_progress_defeats_the_timer() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let protect = json!({ "InstanceIds": [id], "DisableApiTermination": true });
    done(&cloud, "ModifyInstancesAttribute", protect);
    let timer_id = import(&cloud, &[&id], HOUR).remove(0);
    pass(&cloud, HOUR);
    let found = (status(&cloud, &timer_id), state(&cloud, &id));
    assert_eq!((found.0.as_str(), found.1.as_str()), ("DONE", "RUNNING"));
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
    pass(&cloud, HOUR);
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
            expected.into_iter().map(|place: usize| made[place].as_str()).collect();
        assert_eq!(found, expected, "{body}");
    }
    let code = refused(&cloud, "DescribeInstancesActionTimer", json!({ "EndActionTime": "x" }));
    assert_eq!(code, "InvalidParameterValue.InvalidTimeFormat");
}

#[test]
fn extreme_time_spans_do_not_overflow() {
    for seconds in [1 << 40, i64::MAX as u64, u64::MAX] {
        let cloud = cloud();
        let id = running(&cloud, json!({}));
        import(&cloud, &[&id], HOUR);
        let repair = Repair::new("ap-guangzhou", &id).deadline(Duration::from_secs(seconds));
        cloud.schedule_repair(&repair).unwrap();
        pass(&cloud, seconds);
        done(&cloud, "DescribeTaskInfo", json!({ "Limit": 100, "Offset": 0 }));
        done(&cloud, "DescribeInstances", json!({}));
        launch(&cloud, json!({}));
        pass(&cloud, seconds);
        done(&cloud, "DescribeInstances", json!({}));
    }
}
