//! Maintenance tasks: the operator announces them, and the owner of the instance approves them.

use std::time::Duration;

use cvm_emulator::{Cloud, Repair, RepairMethod, RepairReason, Timestamp};
use serde_json::{Value, json};

use crate::support::*;

pub const HOUR: u64 = 3600;

/// A timestamp after the start of the test, in the format of timers.
pub fn at(seconds: u64) -> String {
    Timestamp::from_unix(NOW + seconds).to_string()
}

/// The same timestamp in the format of tasks.
pub fn plain(seconds: u64) -> String {
    at(seconds).replace('T', " ").replace('Z', "")
}

pub fn announce(cloud: &Cloud, id: &str, method: RepairMethod) -> String {
    let repair = Repair::new("ap-guangzhou", id).reason(RepairReason::DiskFault).method(method);
    cloud.schedule_repair(&repair.detail("A disk fails.")).unwrap()
}

pub fn listed(cloud: &Cloud, members: Value) -> Vec<Value> {
    let body = merge(json!({ "Limit": 100, "Offset": 0 }), members);
    send_ok(cloud, "DescribeTaskInfo", body)["RepairTaskInfoSet"].as_array().unwrap().clone()
}

fn task(cloud: &Cloud, task_id: &str) -> Value {
    let mut found = listed(cloud, json!({ "TaskIds": [task_id], "StartDate": plain(0) }));
    assert_eq!(found.len(), 1);
    let task = found.remove(0);
    assert_eq!(task["TaskStatus"], task["DeviceStatus"]);
    assert_eq!(task["TaskStatus"], task["OperateStatus"]);
    task
}

fn approval(task_id: &str, id: &str, members: Value) -> Value {
    merge(
        json!({ "Product": "CVM", "InstanceIds": [id], "TaskId": task_id,
        "Operate": "AuthorizeRepair" }),
        members,
    )
}

#[test]
fn approved_maintenance_reboots_the_instance() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({ "InstanceName": "web" }));
    let task_id = announce(&cloud, &id, RepairMethod::Shutdown);
    let actual = task(&cloud, &task_id);
    for (member, expected) in [
        ("InstanceId", json!(id)),
        ("Alias", json!("web")),
        ("TaskTypeId", json!(103)),
        ("TaskTypeName", json!("实例硬盘异常")),
        ("TaskStatus", json!(1)),
        ("CreateTime", json!(plain(20))),
        ("AuthTime", Value::Null),
        ("EndTime", Value::Null),
        ("TaskDetail", json!("A disk fails.")),
        ("Zone", json!("ap-guangzhou-3")),
        ("Region", json!("ap-guangzhou")),
        ("Product", json!("CVM")),
        ("AuthType", json!(2)),
        ("AuthSource", json!("Waiting_auth")),
        ("LanIp", describe(&cloud, &id)["PrivateIpAddresses"][0].clone()),
    ] {
        assert_eq!(actual[member], expected, "{member}");
    }
    let response = send_ok(&cloud, "RepairTaskControl", approval(&task_id, &id, json!({})));
    assert_eq!(response["TaskId"], json!(task_id));
    let actual = task(&cloud, &task_id);
    assert_eq!(
        (&actual["TaskStatus"], &actual["AuthSource"]),
        (&json!(2), &json!("Customer_auth"))
    );
    assert_eq!(
        (&actual["AuthTime"], state(&cloud, &id).as_str()),
        (&json!(plain(20)), "REBOOTING")
    );
    advance(&cloud, 59);
    assert_eq!(task(&cloud, &task_id)["TaskStatus"], 2);
    advance(&cloud, 1);
    let actual = task(&cloud, &task_id);
    assert_eq!((&actual["TaskStatus"], &actual["EndTime"]), (&json!(3), &json!(plain(80))));
    assert_eq!(state(&cloud, &id), "RUNNING");
}

#[test]
fn scheduled_maintenance_waits_for_a_busy_instance() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let task_id = announce(&cloud, &id, RepairMethod::LossyMigration);
    let later = json!({ "OrderAuthTime": plain(HOUR), "TaskSubMethod": "LossyLocal" });
    send_ok(&cloud, "RepairTaskControl", approval(&task_id, &id, later));
    assert_eq!(task(&cloud, &task_id)["TaskStatus"], 4);
    advance(&cloud, HOUR - 25);
    // The instance is busy at the scheduled time.
    send_ok(&cloud, "StopInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, 10);
    assert_eq!(
        (&task(&cloud, &task_id)["TaskStatus"], state(&cloud, &id).as_str()),
        (&json!(4), "STOPPING")
    );
    advance(&cloud, 5);
    assert_eq!(
        (&task(&cloud, &task_id)["TaskStatus"], state(&cloud, &id).as_str()),
        (&json!(2), "STOPPED")
    );
    advance(&cloud, 60);
    assert_eq!(
        (&task(&cloud, &task_id)["TaskStatus"], state(&cloud, &id).as_str()),
        (&json!(3), "STOPPED")
    );
}

#[test]
fn live_migration_does_not_interrupt_and_deadlines_force_approval() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let live = announce(&cloud, &id, RepairMethod::LiveMigration);
    send_ok(&cloud, "RepairTaskControl", approval(&live, &id, json!({})));
    advance(&cloud, 30);
    assert_eq!(
        (&task(&cloud, &live)["TaskStatus"], state(&cloud, &id).as_str()),
        (&json!(2), "RUNNING")
    );
    advance(&cloud, 30);
    assert_eq!(task(&cloud, &live)["TaskStatus"], 3);
    let repair = Repair::new("ap-guangzhou", &*id).deadline(Duration::from_secs(HOUR));
    let urgent = cloud.schedule_repair(&repair).unwrap();
    let late = json!({ "OrderAuthTime": plain(2 * HOUR) });
    let code = send_err(&cloud, "RepairTaskControl", approval(&urgent, &id, late));
    assert_eq!(code, "InvalidParameter");
    advance(&cloud, HOUR);
    let actual = task(&cloud, &urgent);
    assert_eq!(
        (&actual["TaskStatus"], &actual["AuthSource"]),
        (&json!(2), &json!("System_mandatory_auth"))
    );
    assert_eq!(state(&cloud, &id), "REBOOTING");
}

#[test]
fn maintenance_of_terminated_instances_is_canceled() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let task_id = announce(&cloud, &id, RepairMethod::Shutdown);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    advance(&cloud, HOUR);
    let actual = task(&cloud, &task_id);
    assert_eq!((&actual["TaskStatus"], &actual["EndTime"]), (&json!(5), &json!(plain(30))));
    let code = send_err(&cloud, "RepairTaskControl", approval(&task_id, &id, json!({})));
    assert_eq!(code, "InvalidParameter");
    assert_eq!(cloud.schedule_repair(&Repair::new("ap-guangzhou", &*id)), None);
    assert_eq!(cloud.schedule_repair(&Repair::new("nowhere", &*id)), None);
}

#[test]
fn invalid_approvals_are_rejected() {
    let cloud = cloud();
    let ids = launch(&cloud, json!({ "InstanceCount": 2 }));
    advance(&cloud, 20);
    let task_id = announce(&cloud, &ids[0], RepairMethod::Shutdown);
    for body in [
        approval("rep-zzzzzzzz", &ids[0], json!({})),
        approval(&task_id, &ids[1], json!({})),
        approval(&task_id, &ids[0], json!({ "Product": "CDH" })),
        approval(&task_id, &ids[0], json!({ "OrderAuthTime": plain(20 + 299) })),
        approval(&task_id, &ids[0], json!({ "OrderAuthTime": plain(20 + 48 * HOUR + 1) })),
    ] {
        assert_eq!(
            send_err(&cloud, "RepairTaskControl", body.clone()),
            "InvalidParameter",
            "{body}"
        );
    }
    assert_eq!(task(&cloud, &task_id)["TaskStatus"], 1);
    let body = approval(&task_id, &ids[0], json!({ "OrderAuthTime": plain(20 + 300) }));
    send_ok(&cloud, "RepairTaskControl", body.clone());
    assert_eq!(send_err(&cloud, "RepairTaskControl", body), "InvalidParameter");
}

#[test]
fn tasks_can_be_filtered_and_sorted() {
    let cloud = cloud();
    let ids = launch(&cloud, json!({ "InstanceCount": 2, "InstanceName": "web" }));
    advance(&cloud, 20);
    let first = announce(&cloud, &ids[0], RepairMethod::LiveWork);
    // Midnight is 6400 s after the start.
    advance(&cloud, 7000);
    let repair = Repair::new("ap-guangzhou", &*ids[1]).reason(RepairReason::Upgrade);
    let second = cloud.schedule_repair(&repair).unwrap();
    let third = announce(&cloud, &ids[1], RepairMethod::LiveWork);
    send_ok(&cloud, "RepairTaskControl", approval(&third, &ids[1], json!({})));
    advance(&cloud, 60);
    send_ok(
        &cloud,
        "RepairTaskControl",
        approval(&first, &ids[0], json!({ "OrderAuthTime": plain(8000) })),
    );
    let since = |members: Value| merge(json!({ "StartDate": plain(0) }), members);
    let names = [&first, &second, &third];
    for (body, expected) in [
        (json!({}), vec![1, 2]),
        (since(json!({})), vec![0, 1, 2]),
        (since(json!({ "EndDate": plain(7019) })), vec![0]),
        (since(json!({ "Order": 1 })), vec![2, 1, 0]),
        (since(json!({ "OrderField": "AuthTime" })), vec![1, 2, 0]),
        (since(json!({ "OrderField": "EndTime", "Order": 1, "TaskStatus": [3, 4] })), vec![2, 0]),
        (since(json!({ "Product": "CVM" })), vec![0, 1, 2]),
        (since(json!({ "Product": "CDH" })), vec![]),
        (since(json!({ "TaskStatus": [1] })), vec![1]),
        (since(json!({ "TaskTypeIds": [103] })), vec![0, 2]),
        (since(json!({ "TaskIds": [second, "rep-zzzzzzzz"] })), vec![1]),
        (since(json!({ "InstanceIds": [ids[0]] })), vec![0]),
        (since(json!({ "Aliases": ["web2"] })), vec![1, 2]),
        (since(json!({ "Limit": 1, "Offset": 1 })), vec![1]),
        (since(json!({ "Limit": 2, "Offset": 3 })), vec![]),
    ] {
        let found = listed(&cloud, body.clone());
        let found: Vec<_> = found.iter().map(|task| task["TaskId"].as_str().unwrap()).collect();
        let expected: Vec<_> =
            expected.into_iter().map(|index: usize| names[index].as_str()).collect();
        assert_eq!(found, expected, "{body}");
    }
    let page = json!({ "Limit": 1, "Offset": 0, "StartDate": plain(0) });
    assert_eq!(send_ok(&cloud, "DescribeTaskInfo", page)["TotalCount"], 3);
    let body = json!({ "Limit": 1, "Offset": 0, "StartDate": "x" });
    assert_eq!(send_err(&cloud, "DescribeTaskInfo", body), "InvalidParameterValue");
    let elsewhere = Call::new("DescribeTaskInfo").region("ap-beijing");
    let body = json!({ "Limit": 1, "Offset": 0, "StartDate": plain(0) }).to_string();
    assert_eq!(read(&cloud.handle(&elsewhere.json(body)))["TotalCount"], 0);
}
