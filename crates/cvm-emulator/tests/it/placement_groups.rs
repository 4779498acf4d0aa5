//! Placement groups and their instances.

use cvm_emulator::Cloud;
use cvm_models::actions::{CreateDisasterRecoverGroup, DescribeDisasterRecoverGroups};
use serde_json::{Value, json};

use crate::support::*;

const NO_GROUP: &str = "ps-00000000";

/// Creates a group that spreads instances over switches, with further members.
fn group(cloud: &Cloud, members: Value) -> String {
    let body = merge(json!({ "Name": "apart", "Type": "SW" }), members);
    let response = send_ok(cloud, "CreateDisasterRecoverGroup", body);
    response["DisasterRecoverGroupId"].as_str().unwrap().to_owned()
}

fn in_group(group: &str, members: Value) -> Value {
    merge(members, json!({ "DisasterRecoverGroupIds": [group] }))
}

fn groups(cloud: &Cloud, members: Value) -> Value {
    send_ok(cloud, "DescribeDisasterRecoverGroups", members)
}

fn describe_group(cloud: &Cloud, id: &str) -> Value {
    groups(cloud, json!({ "DisasterRecoverGroupIds": [id] }))["DisasterRecoverGroupSet"][0].clone()
}

fn ids(response: &Value) -> Vec<&str> {
    let set = response["DisasterRecoverGroupSet"].as_array().unwrap();
    set.iter().map(|group| group["DisasterRecoverGroupId"].as_str().unwrap()).collect()
}

fn members(cloud: &Cloud, group: &str) -> usize {
    let actual = describe_group(cloud, group);
    let listed = actual["InstanceIds"].as_array().unwrap().len();
    assert_eq!(actual["CurrentNum"], listed, "{actual}");
    listed
}

/// The group of an instance. Checks that the old and the new member agree.
fn group_of(cloud: &Cloud, instance: &str) -> String {
    let actual = describe(cloud, instance);
    let old = actual["DisasterRecoverGroupId"].as_str().unwrap().to_owned();
    let new: Vec<_> = if old.is_empty() { vec![] } else { vec![old.clone()] };
    let ids = actual["DisasterRecoverGroupIds"].as_array().cloned().unwrap_or_default();
    assert_eq!(ids, new);
    old
}

#[test]
fn group_has_the_requested_attributes() {
    let cloud = cloud();
    let body = json!({ "Name": "分散", "Type": "RACK", "Strategy": "PARTITION",
        "PartitionCount": 5, "Affinity": 3,
        "TagSpecification": [{ "ResourceType": "ps", "Tags": [{ "Key": "a", "Value": "b" }] }] });
    let made = send_ok(&cloud, "CreateDisasterRecoverGroup", body.clone());
    let id = made["DisasterRecoverGroupId"].as_str().unwrap();
    assert!(id.starts_with("ps-") && id.len() == 11, "{id}");
    let expected = json!({ "DisasterRecoverGroupId": id, "Name": "分散", "Type": "RACK",
        "CvmQuotaTotal": 20, "CurrentNum": 0, "InstanceIds": [],
        "CreateTime": "2023-11-14T22:13:20Z", "Affinity": 3, "Strategy": "PARTITION",
        "PartitionCount": 5, "Tags": [{ "Key": "a", "Value": "b" }] });
    assert_eq!(describe_group(&cloud, id), expected);
    for (member, value) in made.as_object().unwrap() {
        assert!(member == "RequestId" || expected[member] == *value, "{member}: {value}");
    }
    decode_complete::<CreateDisasterRecoverGroup>(&cloud, &body);
    decode_complete::<DescribeDisasterRecoverGroups>(&cloud, &json!({}));
    let plain = describe_group(&cloud, &group(&cloud, json!({ "Type": "HOST" })));
    assert_eq!((&plain["Affinity"], &plain["Strategy"]), (&json!(1), &json!("SPREAD")));
    assert_eq!((&plain["CvmQuotaTotal"], &plain["PartitionCount"]), (&json!(50), &Value::Null));
}

#[test]
fn quotas_are_reported_and_enforced() {
    let cloud = cloud();
    let first = group(&cloud, json!({}));
    (1..10).for_each(|_| drop(group(&cloud, json!({}))));
    let mut quota = send_ok(&cloud, "DescribeDisasterRecoverGroupQuota", json!({}));
    quota.as_object_mut().unwrap().remove("RequestId");
    let expected = json!({ "GroupQuota": 10, "CurrentNum": 10, "CvmInHostGroupQuota": 50,
        "CvmInSwGroupQuota": 20, "CvmInSwitchGroupQuota": 20, "CvmInRackGroupQuota": 20 });
    assert_eq!(quota, expected);
    let body = json!({ "Name": "one more", "Type": "HOST" });
    let code = send_err(&cloud, "CreateDisasterRecoverGroup", body.clone());
    assert_eq!(code, "ResourceInsufficient.InsufficientGroupQuota");
    assert_eq!(groups(&cloud, json!({}))["TotalCount"], 10);
    // Each region has its own quota.
    let request =
        Call::new("CreateDisasterRecoverGroup").region("ap-shanghai").json(body.to_string());
    assert!(read(&cloud.handle(&request)).get("Error").is_none());
    send_ok(&cloud, "DeleteDisasterRecoverGroups", json!({ "DisasterRecoverGroupIds": [first] }));
    send_ok(&cloud, "CreateDisasterRecoverGroup", body);
}

#[test]
fn invalid_groups_are_rejected() {
    let cloud = cloud();
    let tags = |kind: &str, keys: [&str; 2]| {
        let tags = keys.map(|key| json!({ "Key": key, "Value": "v" }));
        json!({ "TagSpecification": [{ "ResourceType": kind, "Tags": tags }] })
    };
    for (members, expected) in [
        (json!({ "PartitionCount": 3 }), "InvalidParameterValue"),
        (json!({ "Strategy": "PARTITION" }), "MissingParameter"),
        (json!({ "Affinity": 11 }), "InvalidParameterValue.Range"),
        (tags("instance", ["a", "b"]), "InvalidParameterValue"),
        (tags("ps", ["a", "a"]), "InvalidParameterValue"),
    ] {
        let body = merge(json!({ "Name": "apart", "Type": "SW" }), members.clone());
        assert_eq!(send_err(&cloud, "CreateDisasterRecoverGroup", body), expected, "{members}");
    }
    assert_eq!(groups(&cloud, json!({}))["TotalCount"], 0);
}

#[test]
fn client_token_makes_creation_idempotent() {
    let cloud = cloud();
    let body = json!({ "Name": "apart", "Type": "SW", "ClientToken": "t-1" });
    let first = send_ok(&cloud, "CreateDisasterRecoverGroup", body.clone());
    let id = first["DisasterRecoverGroupId"].as_str().unwrap();
    launch(&cloud, in_group(id, json!({ "ClientToken": "t-1" })));
    advance(&cloud, 60);
    let second = send_ok(&cloud, "CreateDisasterRecoverGroup", body.clone());
    assert_eq!(second["DisasterRecoverGroupId"], id);
    assert_eq!(second["CreateTime"], first["CreateTime"]);
    assert_eq!(second["CurrentNum"], 1);
    let other = json!({ "Name": "other", "Type": "SW", "ClientToken": "t-1" });
    assert_eq!(send_err(&cloud, "CreateDisasterRecoverGroup", other), "InvalidParameterValue");
    advance(&cloud, 86_400);
    assert_eq!(
        send_ok(&cloud, "CreateDisasterRecoverGroup", body.clone())["DisasterRecoverGroupId"],
        id
    );
    let mut body = body;
    body["ClientToken"] = json!("t-2");
    let response = send_ok(&cloud, "CreateDisasterRecoverGroup", body.clone());
    let gone = json!({ "DisasterRecoverGroupIds": [response["DisasterRecoverGroupId"]] });
    send_ok(&cloud, "DeleteDisasterRecoverGroups", gone);
    assert_eq!(send_err(&cloud, "CreateDisasterRecoverGroup", body), "InvalidParameterValue");
}

#[test]
fn groups_are_listed_newest_first_filtered_and_paged() {
    let cloud = cloud();
    let tag = |key: &str, value: &str| {
        let tag = json!({ "Key": key, "Value": value });
        json!([{ "ResourceType": "ps", "Tags": [tag] }])
    };
    let a = group(&cloud, json!({ "Name": "web-a", "TagSpecification": tag("team", "blue") }));
    let b = group(&cloud, json!({ "Name": "web-b", "TagSpecification": tag("blue", "team") }));
    let c = group(&cloud, json!({ "Name": "db" }));
    let filter =
        |name: &str, value: &str| json!({ "Filters": [{ "Name": name, "Values": [value] }] });
    for (members, expected, total) in [
        (json!({}), vec![&c, &b, &a], 3),
        (json!({ "Offset": 1, "Limit": 1 }), vec![&b], 3),
        (json!({ "Offset": 3 }), vec![], 3),
        (json!({ "Name": "eb-" }), vec![&b, &a], 2),
        (json!({ "DisasterRecoverGroupIds": [a, c, NO_GROUP] }), vec![&c, &a], 2),
        (json!({ "DisasterRecoverGroupIds": [a, c], "Name": "web" }), vec![&a], 1),
        (filter("tag-key", "team"), vec![&a], 1),
        (filter("tag-value", "team"), vec![&b], 1),
        (filter("tag:team", "blue"), vec![&a], 1),
        (filter("tag:team", "team"), vec![], 0),
    ] {
        let response = groups(&cloud, members.clone());
        assert_eq!(ids(&response), expected, "{members}");
        assert_eq!(response["TotalCount"], total, "{members}");
    }
    let request = Call::new("DescribeDisasterRecoverGroups").region("ap-shanghai").json("{}");
    assert_eq!(read(&cloud.handle(&request))["TotalCount"], 0);
}

#[test]
fn name_changes_and_affinity_only_grows() {
    let cloud = cloud();
    let id = group(&cloud, json!({ "Affinity": 4 }));
    let body = |id: &str, affinity: i64| {
        merge(
            json!({ "DisasterRecoverGroupId": id, "Name": "new" }),
            json!({ "Affinity": affinity }),
        )
    };
    let change = |body| send_err(&cloud, "ModifyDisasterRecoverGroupAttribute", body);
    assert_eq!(change(body(&id, 3)), "InvalidParameterValue");
    assert_eq!(change(body(NO_GROUP, 5)), "ResourceNotFound.InvalidPlacementSet");
    assert_eq!(describe_group(&cloud, &id)["Name"], "apart");
    let name_alone = json!({ "DisasterRecoverGroupId": id, "Name": "new" });
    for (body, affinity) in [(body(&id, 4), 4), (body(&id, 10), 10), (name_alone, 10)] {
        send_ok(&cloud, "ModifyDisasterRecoverGroupAttribute", body);
        let actual = describe_group(&cloud, &id);
        assert_eq!((&actual["Name"], &actual["Affinity"]), (&json!("new"), &json!(affinity)));
    }
}

#[test]
fn only_empty_groups_are_deleted_all_or_nothing() {
    let cloud = cloud();
    let (empty, full) = (group(&cloud, json!({})), group(&cloud, json!({})));
    let instance = launch_running(&cloud, in_group(&full, json!({})));
    assert_eq!(group_of(&cloud, &instance), full);
    assert_eq!(describe_group(&cloud, &full)["InstanceIds"], json!([instance]));
    let delete = |ids: Value| json!({ "DisasterRecoverGroupIds": ids });
    for (ids, expected) in [
        (json!([empty, full]), "FailedOperation.PlacementSetNotEmpty"),
        (json!([empty, NO_GROUP]), "ResourceNotFound.InvalidPlacementSet"),
    ] {
        assert_eq!(send_err(&cloud, "DeleteDisasterRecoverGroups", delete(ids)), expected);
        assert_eq!(groups(&cloud, json!({}))["TotalCount"], 2);
    }
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [instance] }));
    assert_eq!(members(&cloud, &full), 1, "the instance is still being terminated");
    advance(&cloud, 10);
    assert_eq!(members(&cloud, &full), 0);
    send_ok(&cloud, "DeleteDisasterRecoverGroups", delete(json!([empty, full, empty])));
    assert_eq!(groups(&cloud, json!({}))["TotalCount"], 0);
}

#[test]
fn full_group_rejects_more_instances() {
    let cloud = cloud();
    let id = group(&cloud, json!({}));
    let expected = "ResourceInsufficient.DisasterRecoverGroupCvmQuota";
    let launch_of = |count: i64| run_request(in_group(&id, json!({ "InstanceCount": count })));
    assert_eq!(send_err(&cloud, "RunInstances", launch_of(21)), expected);
    assert_eq!(members(&cloud, &id), 0);
    send_ok(&cloud, "RunInstances", launch_of(19));
    assert_eq!(send_err(&cloud, "RunInstances", launch_of(2)), expected);
    let two = launch(&cloud, json!({ "InstanceCount": 2 }));
    advance(&cloud, 20);
    let to = |ids: &[String]| json!({ "InstanceIds": ids, "DisasterRecoverGroupIds": [id] });
    assert_eq!(send_err(&cloud, "ModifyInstancesDisasterRecoverGroup", to(&two)), expected);
    assert_eq!(members(&cloud, &id), 19);
    send_ok(&cloud, "ModifyInstancesDisasterRecoverGroup", to(&two[..1]));
    assert_eq!(members(&cloud, &id), 20);
}

#[test]
fn partitions_are_chosen_or_assigned() {
    let cloud = cloud();
    let spread = group(&cloud, json!({}));
    let parts = group(&cloud, json!({ "Strategy": "PARTITION", "PartitionCount": 3 }));
    let assigned = launch(&cloud, in_group(&parts, json!({ "InstanceCount": 12 })));
    let number = |id: &String| describe(&cloud, id)["PartitionNumber"].as_i64().unwrap();
    let numbers: Vec<_> = assigned.iter().map(number).collect();
    assert!(numbers.iter().all(|number| (1..=3).contains(number)), "{numbers:?}");
    assert!((1..=3).all(|number| numbers.contains(&number)), "{numbers:?}");
    let chosen = launch_running(&cloud, in_group(&parts, json!({ "PartitionNumber": 2 })));
    assert_eq!(number(&chosen), 2);
    for (members, expected) in [
        (in_group(&parts, json!({ "PartitionNumber": 4 })), "InvalidParameterValue.Range"),
        (in_group(&parts, json!({ "PartitionNumber": 0 })), "InvalidParameterValue.Range"),
        (in_group(&spread, json!({ "PartitionNumber": 1 })), "InvalidParameterCombination"),
        (json!({ "PartitionNumber": 1 }), "InvalidParameterCombination"),
        (in_group(NO_GROUP, json!({})), "FailedOperation.DisasterRecoverGroupNotFound"),
    ] {
        assert_eq!(
            send_err(&cloud, "RunInstances", run_request(members.clone())),
            expected,
            "{members}"
        );
    }
    let leave = json!({ "InstanceIds": [chosen], "DisasterRecoverGroupIds": [parts] });
    send_ok(&cloud, "DeleteInstancesDisasterRecoverGroups", leave);
    assert_eq!(describe(&cloud, &chosen)["PartitionNumber"], Value::Null);
    let join = json!({ "InstanceIds": [chosen], "DisasterRecoverGroupIds": [parts],
        "PartitionNumber": 3 });
    send_ok(&cloud, "ModifyInstancesDisasterRecoverGroup", join);
    assert_eq!(number(&chosen), 3);
}

#[test]
fn group_change_reboots_only_when_forced() {
    let cloud = cloud();
    let (a, b) = (group(&cloud, json!({})), group(&cloud, json!({})));
    let id = launch_running(&cloud, in_group(&a, json!({})));
    let stopped = launch_running(&cloud, json!({}));
    send_ok(&cloud, "StopInstances", json!({ "InstanceIds": [stopped] }));
    advance(&cloud, 15);
    let assert_operation = |id: &str, state: &str, operation: &str| {
        let actual = describe(&cloud, id);
        assert_eq!(actual["InstanceState"], state);
        assert_eq!(actual["LatestOperation"], "ModifyInstancesDisasterRecoverGroup");
        assert_eq!(actual["LatestOperationState"], operation);
    };
    // The old parameter for the target, together with the new one.
    let body = json!({ "InstanceIds": [id, stopped], "DisasterRecoverGroupIds": [b],
        "DisasterRecoverGroupId": b });
    send_ok(&cloud, "ModifyInstancesDisasterRecoverGroup", body);
    assert_eq!((members(&cloud, &a), members(&cloud, &b)), (0, 2));
    assert_eq!(group_of(&cloud, &id), b);
    advance(&cloud, 9);
    assert_operation(&id, "RUNNING", "OPERATING");
    assert_operation(&stopped, "STOPPED", "OPERATING");
    advance(&cloud, 1);
    assert_operation(&id, "RUNNING", "SUCCESS");
    assert_operation(&stopped, "STOPPED", "SUCCESS");
    let body = json!({ "InstanceIds": [id, stopped], "DisasterRecoverGroupId": a, "Force": true });
    send_ok(&cloud, "ModifyInstancesDisasterRecoverGroup", body);
    assert_eq!((members(&cloud, &a), members(&cloud, &b)), (2, 0));
    assert_operation(&id, "REBOOTING", "OPERATING");
    assert_operation(&stopped, "STOPPED", "OPERATING");
    advance(&cloud, 20);
    assert_operation(&id, "RUNNING", "SUCCESS");
}

#[test]
fn invalid_group_changes_change_nothing() {
    let cloud = cloud();
    let (a, b) = (group(&cloud, json!({})), group(&cloud, json!({})));
    let free = launch_running(&cloud, json!({}));
    let inside = launch_running(&cloud, in_group(&a, json!({})));
    let ssd = launch_running(&cloud, json!({ "SystemDisk": { "DiskType": "CLOUD_SSD" } }));
    let disks = json!([{ "DiskType": "LOCAL_BASIC", "DiskSize": 100 }]);
    let local = launch_running(&cloud, json!({ "DataDisks": disks }));
    let [stopping, uncharged, busy] = [(); 3].map(|()| launch_running(&cloud, json!({})));
    let stop = json!({ "InstanceIds": [uncharged], "StoppedMode": "STOP_CHARGING" });
    send_ok(&cloud, "StopInstances", stop);
    advance(&cloud, 15);
    let pending = launch(&cloud, json!({})).remove(0);
    send_ok(&cloud, "StopInstances", json!({ "InstanceIds": [stopping] }));
    let move_busy = json!({ "InstanceIds": [busy], "DisasterRecoverGroupIds": [b] });
    send_ok(&cloud, "ModifyInstancesDisasterRecoverGroup", move_busy);
    for (id, target, force, expected) in [
        ("ins-00000000", &a, false, "InvalidInstanceId.NotFound"),
        (&free, &NO_GROUP.to_owned(), false, "FailedOperation.DisasterRecoverGroupNotFound"),
        (&inside, &a, false, "FailedOperation.AlreadyInDisasterRecoverGroup"),
        (&ssd, &a, false, "UnsupportedOperation.CbsRemoteSsdNotSupport"),
        (&local, &a, true, "InvalidInstance.NotSupported"),
        (&stopping, &a, false, "UnsupportedOperation.InstanceStateStopping"),
        (&uncharged, &a, false, "UnsupportedOperation.StoppedModeStopCharging"),
        (&pending, &a, false, "OperationDenied.InstanceOperationInProgress"),
        (&busy, &a, false, "MutexOperation.TaskRunning"),
    ] {
        let body = json!({ "InstanceIds": [free, id], "DisasterRecoverGroupIds": [target],
            "Force": force });
        let code = send_err(&cloud, "ModifyInstancesDisasterRecoverGroup", body);
        assert_eq!(code, expected, "{id}");
        assert_eq!(group_of(&cloud, &free), "", "all or nothing: {expected}");
        assert_eq!(describe(&cloud, &free)["LatestOperation"], "RunInstances");
    }
    for (members, expected) in [
        (json!({}), "MissingParameter"),
        (
            json!({ "DisasterRecoverGroupIds": [a], "DisasterRecoverGroupId": b }),
            "InvalidParameterValue",
        ),
        (json!({ "DisasterRecoverGroupIds": [a], "PartitionNumber": 1 }), "InvalidParameterValue"),
    ] {
        let body = merge(members, json!({ "InstanceIds": [free] }));
        assert_eq!(send_err(&cloud, "ModifyInstancesDisasterRecoverGroup", body), expected);
    }
    // Without `Force`, a local disk is allowed.
    let body = json!({ "InstanceIds": [local], "DisasterRecoverGroupIds": [a] });
    send_ok(&cloud, "ModifyInstancesDisasterRecoverGroup", body);
    assert_eq!(members(&cloud, &a), 2);
}

#[test]
fn instances_leave_the_given_groups() {
    let cloud = cloud();
    let (a, b) = (group(&cloud, json!({})), group(&cloud, json!({})));
    let in_a = launch_running(&cloud, in_group(&a, json!({})));
    let in_b = launch_running(&cloud, in_group(&b, json!({})));
    let body = |instances: &[&str], groups: &[&str]| {
        merge(json!({ "InstanceIds": instances }), json!({ "DisasterRecoverGroupIds": groups }))
    };
    for (request, expected) in [
        (body(&[&in_a, "ins-00000000"], &[&a]), "ResourceNotFound.InvalidInstanceIdNotFound"),
        (body(&[&in_a], &[&a, NO_GROUP]), "FailedOperation.DisasterRecoverGroupNotFound"),
        (body(&[&in_a, &in_b], &[&a]), "FailedOperation.DisasterRecoverGroupNotMatch"),
    ] {
        let code = send_err(&cloud, "DeleteInstancesDisasterRecoverGroups", request);
        assert_eq!(code, expected);
        assert_eq!((members(&cloud, &a), members(&cloud, &b)), (1, 1));
    }
    send_ok(&cloud, "DeleteInstancesDisasterRecoverGroups", body(&[&in_a, &in_b], &[&a, &b]));
    assert_eq!((members(&cloud, &a), members(&cloud, &b)), (0, 0));
    assert_eq!((group_of(&cloud, &in_a), state(&cloud, &in_a)), ("".into(), "RUNNING".into()));
    let again = body(&[&in_a], &[&a]);
    let code = send_err(&cloud, "DeleteInstancesDisasterRecoverGroups", again);
    assert_eq!(code, "FailedOperation.DisasterRecoverGroupNotMatch");
}
