//! What can be changed of an instance: what shows afterwards, and what is refused.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

const PROGRESS: &str = "OperationDenied.InstanceOperationInProgress";

/// An action on instances, with further members.
pub fn on(ids: &[&str], members: Value) -> Value {
    let mut body = json!({ "InstanceIds": ids });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

/// Does it and waits for its end, which is that of every change that stops nothing.
pub fn change(cloud: &Cloud, action: &str, id: &str, members: Value) {
    let before = state(cloud, id);
    let request_id = done(cloud, action, on(&[id], members))["RequestId"].clone();
    let shown = show(cloud, id);
    assert_eq!(shown["LatestOperation"], action);
    assert_eq!(shown["LatestOperationState"], "OPERATING", "{action}");
    assert_eq!(shown["InstanceState"], before, "{action}");
    pass(cloud, 2);
    let shown = show(cloud, id);
    assert_eq!(shown["LatestOperationState"], "SUCCESS", "{action}");
    assert_eq!(shown["LatestOperationRequestId"], request_id);
}

fn stop(cloud: &Cloud, id: &str, mode: &str) {
    done(cloud, "StopInstances", on(&[id], json!({ "StoppedMode": mode })));
    pass(cloud, 15);
}

#[test]
fn attribute_changes_apply_when_the_operation_ends() {
    let cloud = cloud();
    let id = running(&cloud, json!({ "CamRoleName": "first" }));
    for (members, shown, expected) in [
        (json!({ "InstanceName": "web" }), "/InstanceName", json!("web")),
        (
            json!({ "SecurityGroups": ["sg-00000002", "sg-00000001", "sg-00000002"] }),
            "/SecurityGroupIds",
            json!(["sg-00000002", "sg-00000001"]),
        ),
        (json!({ "CamRoleName": "a.role_1" }), "/CamRoleName", json!("a.role_1")),
        (json!({ "CamRoleName": "" }), "/CamRoleName", Value::Null),
        (json!({ "DisableApiTermination": true }), "/DisableApiTermination", json!(true)),
        (json!({ "HostName": "host-1", "AutoReboot": false }), "/HostName", json!("host-1")),
    ] {
        change(&cloud, "ModifyInstancesAttribute", &id, members);
        assert_eq!(show(&cloud, &id).pointer(shown), Some(&expected), "{shown}");
    }
    let body = on(&[&id], json!({ "InstanceName": "later" }));
    done(&cloud, "ModifyInstancesAttribute", body.clone());
    assert_eq!(show(&cloud, &id)["InstanceName"], "web");
    let twice = refused(&cloud, "ModifyInstancesAttribute", body);
    assert_eq!(twice, "MutexOperation.TaskRunning");
    let code = refused(&cloud, "StopInstances", on(&[&id], json!({})));
    assert_eq!(code, PROGRESS);
}

#[test]
fn host_name_and_jumbo_frame_changes_reboot_running_instances() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    for (members, shown, expected) in [
        (json!({ "HostName": "host-1" }), "HostName", json!("host-1")),
        (json!({ "EnableJumboFrame": true }), "EnableJumboFrame", json!(true)),
    ] {
        done(&cloud, "ModifyInstancesAttribute", on(&[&id], members));
        assert_eq!(state(&cloud, &id), "REBOOTING", "{shown}");
        assert_ne!(show(&cloud, &id)[shown], expected);
        pass(&cloud, 20);
        assert_eq!(state(&cloud, &id), "RUNNING");
        assert_eq!(show(&cloud, &id)[shown], expected);
    }
    let quiet = json!({ "EnableJumboFrame": false, "AutoReboot": false });
    let code = refused(&cloud, "ModifyInstancesAttribute", on(&[&id], quiet.clone()));
    assert_eq!(code, "UnsupportedOperation.InstancesEnableJumboWithoutReboot");
    stop(&cloud, &id, "KEEP_CHARGING");
    change(&cloud, "ModifyInstancesAttribute", &id, quiet);
    change(&cloud, "ModifyInstancesAttribute", &id, json!({ "HostName": "host-2" }));
    let shown = show(&cloud, &id);
    assert_eq!(shown["InstanceState"], "STOPPED");
    assert_eq!((&shown["HostName"], &shown["EnableJumboFrame"]), (&json!("host-2"), &json!(false)));
}

#[test]
fn one_invalid_attribute_fails_the_whole_request() {
    let cloud = cloud();
    let small = json!({ "InstanceType": "S3.MEDIUM4" });
    let (id, other) = (running(&cloud, small), running(&cloud, json!({})));
    let windows = running(&cloud, json!({ "ImageId": "img-9id7emv7" }));
    let before = show(&cloud, &other);
    for (unfit, members, expected) in [
        (&id, json!({}), "MissingParameter"),
        (&id, json!({ "AutoReboot": false }), "MissingParameter"),
        (&id, json!({ "InstanceName": "" }), "MissingParameter"),
        (&id, json!({ "InstanceName": "a", "HostName": "bb" }), "InvalidParameter"),
        (&id, json!({ "InstanceName": "x".repeat(129) }), "InvalidInstanceName.TooLong"),
        (&id, json!({ "UserData": "no base64" }), "InvalidParameterValue.InvalidUserDataFormat"),
        (&id, json!({ "CamRoleName": "a role" }), "InvalidParameterValue.CamRoleNameMalformed"),
        (&id, json!({ "HostName": "-web" }), "InvalidParameterValue.IllegalHostName"),
        (&windows, json!({ "HostName": "web.example" }), "InvalidParameterValue.IllegalHostName"),
        (
            &id,
            json!({ "EnableJumboFrame": true }),
            "UnsupportedOperation.InstanceTypeNotSupportJumboFrame",
        ),
        (
            &id,
            json!({ "SecurityGroups": ["sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-6"] }),
            "LimitExceeded.AssociateUSGLimitExceeded",
        ),
    ] {
        let body = on(&[&other, unfit], members);
        assert_eq!(refused(&cloud, "ModifyInstancesAttribute", body.clone()), expected, "{body}");
    }
    let name = |ids: &[&str]| on(ids, json!({ "InstanceName": "new" }));
    let code = refused(&cloud, "ModifyInstancesAttribute", name(&[&other, "ins-zzzzzzzz"]));
    assert_eq!(code, "InvalidInstanceId.NotFound");
    let pending = launch(&cloud, json!({})).remove(0);
    let code = refused(&cloud, "ModifyInstancesAttribute", name(&[&other, &pending]));
    assert_eq!(code, "UnsupportedOperation.InstanceStatePending");
    stop(&cloud, &id, "STOP_CHARGING");
    let code = refused(&cloud, "ModifyInstancesAttribute", name(&[&other, &id]));
    assert_eq!(code, "UnsupportedOperation.StoppedModeStopCharging");
    assert_eq!(show(&cloud, &other), before);
}

#[test]
fn user_data_is_returned_and_can_be_changed() {
    let cloud = cloud();
    let with = running(&cloud, json!({ "UserData": "ZWNobyAx" }));
    let without = running(&cloud, json!({}));
    let data = |ids: &[&str]| {
        let body = on(ids, json!({ "Attributes": ["UserData"] }));
        let answer = done(&cloud, "DescribeInstancesAttributes", body);
        let entries = answer["InstanceSet"].as_array().unwrap().clone();
        let text = |entry: &Value| {
            let (id, data) = (&entry["InstanceId"], &entry["Attributes"]["UserData"]);
            (id.as_str().unwrap().to_owned(), data.as_str().unwrap().to_owned())
        };
        entries.iter().map(text).collect::<Vec<_>>()
    };
    let pair = |id: &str, data: &str| (id.to_owned(), data.to_owned());
    assert_eq!(data(&[&with, &without]), [pair(&with, "ZWNobyAx"), pair(&without, "")]);
    change(&cloud, "ModifyInstancesAttribute", &with, json!({ "UserData": "ZWNobyAy" }));
    assert_eq!(data(&[&with]), [pair(&with, "ZWNobyAy")]);
    let body = on(&[&with, "ins-zzzzzzzz"], json!({ "Attributes": ["UserData"] }));
    let code = refused(&cloud, "DescribeInstancesAttributes", body);
    assert_eq!(code, "InvalidInstanceId.NotFound");
}

#[test]
fn instances_can_change_project() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    change(&cloud, "ModifyInstancesProject", &id, json!({ "ProjectId": 7 }));
    let filters = json!({ "Filters": [{ "Name": "project-id", "Values": ["7"] }] });
    assert_eq!(done(&cloud, "DescribeInstances", filters)["TotalCount"], 1);
    let code = refused(&cloud, "ModifyInstancesProject", on(&[&id], json!({ "ProjectId": -1 })));
    assert_eq!(code, "InvalidProjectId.NotFound");
    let pending = launch(&cloud, json!({})).remove(0);
    let both = on(&[&id, &pending], json!({ "ProjectId": 8 }));
    assert_eq!(refused(&cloud, "ModifyInstancesProject", both), PROGRESS);
    assert_eq!(show(&cloud, &id)["Placement"]["ProjectId"], 7);
}

#[test]
fn each_vnc_url_is_unique() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let ask = |id: &str| send(&cloud, "DescribeInstanceVncUrl", json!({ "InstanceId": id }));
    let (first, second) = (ask(&id), ask(&id));
    let url = first["InstanceVncUrl"].as_str().unwrap();
    assert!(url.starts_with("wss%3A%2F%2F"), "{url}");
    assert_ne!(first["InstanceVncUrl"], second["InstanceVncUrl"]);
    assert_eq!(code(&ask("ins-zzzzzzzz")), "InvalidInstanceId.NotFound");
    done(&cloud, "StopInstances", on(&[&id], json!({})));
    assert_eq!(code(&ask(&id)), "UnsupportedOperation.InstanceStateStopping");
    pass(&cloud, 15);
    assert_eq!(code(&ask(&id)), "UnsupportedOperation.InstanceStateStopped");
    done(&cloud, "StartInstances", on(&[&id], json!({})));
    pass(&cloud, 10);
    done(&cloud, "ModifyInstancesProject", on(&[&id], json!({ "ProjectId": 1 })));
    assert_eq!(code(&ask(&id)), PROGRESS);
}

#[test]
fn offered_type_changes_match_what_a_reset_accepts() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let ask = |ids: &[&str], status: Option<&str>| {
        let filters = status.map(|it| json!({ "Name": "status", "Values": [it] }));
        let filters: Vec<_> = filters.into_iter().collect();
        done(&cloud, "DescribeInstancesModification", on(ids, json!({ "Filters": filters })))
    };
    let all = ask(&[&id], None);
    let entries = all["InstanceTypeConfigStatusSet"].as_array().unwrap();
    assert_eq!(all["TotalCount"], entries.len());
    for entry in entries {
        let (name, zone) =
            (&entry["InstanceTypeConfig"]["InstanceType"], &entry["InstanceTypeConfig"]["Zone"]);
        assert_eq!(zone, "ap-guangzhou-3");
        let reset = json!({ "InstanceIds": [id], "InstanceType": name });
        let code = refused(&cloud, "ResetInstancesType", reset);
        // Of a running instance, what can be is refused for its state alone.
        let is_free = code == "UnsupportedOperation.InstanceStateRunning";
        assert_eq!(entry["Status"], if is_free { "SELL" } else { "UNAVAILABLE" }, "{entry} {code}");
        assert_eq!(entry["Message"] == "", is_free, "{entry}");
        assert_ne!(name, "S5.MEDIUM4");
    }
    let count = |status| ask(&[&id], Some(status))["TotalCount"].as_u64().unwrap();
    assert!(count("SELL") > 0 && count("UNAVAILABLE") > 0);
    assert_eq!(count("SELL") + count("UNAVAILABLE"), entries.len() as u64);

    let local = running(&cloud, json!({ "SystemDisk": { "DiskType": "LOCAL_SSD" } }));
    assert_eq!(ask(&[&id, &local], Some("SELL"))["TotalCount"], 0);
    let far = running(&cloud, json!({ "Placement": { "Zone": "ap-guangzhou-4" } }));
    for (ids, filter, expected) in [
        ([&id, &far], "status", "FailedOperation.ZoneInconsistent"),
        ([&id, &id], "state", "InvalidFilter"),
    ] {
        let filters = json!({ "Filters": [{ "Name": filter, "Values": ["SELL"] }] });
        let body = on(&ids.map(String::as_str), filters);
        assert_eq!(refused(&cloud, "DescribeInstancesModification", body), expected);
    }
    let body = on(&["ins-zzzzzzzz"], json!({}));
    let code = refused(&cloud, "DescribeInstancesModification", body);
    assert_eq!(code, "InvalidInstanceId.NotFound");
}

#[test]
fn prepaid_instances_can_be_downgraded_five_times() {
    let cloud = cloud();
    let prepaid =
        json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 } });
    let (id, hourly) = (running(&cloud, prepaid), running(&cloud, json!({})));
    let counts = |id: &str, operation: &str| {
        let body = on(&[id], json!({ "Operation": operation }));
        let answer = done(&cloud, "DescribeInstancesOperationLimit", body);
        let entry = &answer["InstanceOperationLimitSet"][0];
        assert_eq!((&entry["InstanceId"], &entry["Operation"]), (&json!(id), &json!(operation)));
        (entry["CurrentCount"].as_i64().unwrap(), entry["LimitCount"].as_i64().unwrap())
    };
    let reset =
        |name: &str| json!({ "InstanceIds": [id], "InstanceType": name, "ForceStop": true });
    for turn in 0..5 {
        assert_eq!(counts(&id, "INSTANCE_DEGRADE"), (turn, 5));
        for name in ["S5.SMALL1", "S5.LARGE8"] {
            done(&cloud, "ResetInstancesType", reset(name));
            pass(&cloud, 25);
            assert_eq!(show(&cloud, &id)["InstanceType"], name);
        }
    }
    assert_eq!(counts(&id, "INSTANCE_DEGRADE"), (5, 5));
    assert_eq!(refused(&cloud, "ResetInstancesType", reset("S5.SMALL1")), "LimitExceeded");
    done(&cloud, "ResetInstancesType", reset("S5.2XLARGE16"));
    assert_eq!(counts(&hourly, "INSTANCE_DEGRADE"), (-1, -1));
    assert_eq!(counts(&id, "INTERNET_CHARGE_TYPE_CHANGE"), (-1, -1));
    let body = on(&["ins-zzzzzzzz"], json!({ "Operation": "INSTANCE_DEGRADE" }));
    let code = refused(&cloud, "DescribeInstancesOperationLimit", body);
    assert_eq!(code, "InvalidInstanceId.NotFound");
}

fn in_subnet(subnet: &str) -> Value {
    json!({ "VirtualPrivateCloud": { "VpcId": "vpc-00000001", "SubnetId": subnet } })
}

#[test]
fn subnet_change_releases_the_old_address() {
    let cloud = cloud();
    let id = running(&cloud, in_subnet("subnet-00000001"));
    let old = show(&cloud, &id)["PrivateIpAddresses"][0].clone();
    let host = show(&cloud, &id)["HostName"].clone();
    done(&cloud, "ModifyInstancesVpcAttribute", on(&[&id], in_subnet("subnet-00000002")));
    for (seconds, expected) in [(0, "STOPPING"), (5, "STOPPED"), (5, "STARTING")] {
        pass(&cloud, seconds);
        let shown = show(&cloud, &id);
        assert_eq!(shown["InstanceState"], expected);
        assert_eq!(shown["VirtualPrivateCloud"]["SubnetId"], "subnet-00000001");
    }
    let fixed = |address: &Value| {
        let mut members = in_subnet("subnet-00000001");
        members["VirtualPrivateCloud"]["PrivateIpAddresses"] = json!([address]);
        members
    };
    let other = running(&cloud, in_subnet("subnet-00000001"));
    let shown = show(&cloud, &id);
    assert_eq!(shown["InstanceState"], "RUNNING");
    assert_eq!(shown["VirtualPrivateCloud"]["SubnetId"], "subnet-00000002");
    assert_eq!(shown["HostName"], host);
    assert_ne!(shown["PrivateIpAddresses"][0], old);
    // The other one may have it now, and is started for it.
    stop(&cloud, &other, "KEEP_CHARGING");
    let mut body = on(&[&other], fixed(&old));
    body["ReserveHostName"] = json!(false);
    body["ForceStop"] = json!(false);
    done(&cloud, "ModifyInstancesVpcAttribute", body);
    pass(&cloud, 15);
    let shown = show(&cloud, &other);
    assert_eq!(
        (&shown["PrivateIpAddresses"][0], &shown["InstanceState"]),
        (&old, &json!("RUNNING"))
    );
    let name = format!("VM-{}", old.as_str().unwrap().replace('.', "-"));
    assert_eq!(shown["HostName"], name);
}

#[test]
fn one_invalid_network_change_fails_the_whole_request() {
    let cloud = cloud();
    let id = running(&cloud, in_subnet("subnet-00000001"));
    let other = running(&cloud, in_subnet("subnet-00000001"));
    let basic = running(&cloud, json!({}));
    let mut far = in_subnet("subnet-00000004");
    far["Placement"] = json!({ "Zone": "ap-guangzhou-4" });
    let far = running(&cloud, far);
    let before = show(&cloud, &id);
    let taken = show(&cloud, &other)["PrivateIpAddresses"][0].clone();
    for (with, network, expected) in [
        (&basic, json!({}), "UnsupportedOperation.NoVpcNetwork"),
        (&far, json!({}), "InvalidParameterValue"),
        (&other, json!({ "SubnetId": "subnet-00000004" }), "InvalidParameterValue"),
        (&other, json!({ "VpcId": "vpc-00000002" }), "InvalidParameterValue"),
        (&other, json!({ "VpcId": "DEFAULT" }), "InvalidParameterValue"),
        (&other, json!({ "PrivateIpAddresses": ["172.16.0.9"] }), "InvalidParameterValue"),
        (&other, json!({ "PrivateIpAddresses": ["172.16.0.9", taken] }), "VpcIpIsUsed"),
        (
            &other,
            json!({ "PrivateIpAddresses": ["172.16.0.9", "nonsense"] }),
            "InvalidParameterValue.IPAddressMalformed",
        ),
        (&other, json!({ "Ipv6AddressCount": 1 }), "UnsupportedOperation"),
    ] {
        let mut members = in_subnet("subnet-00000001");
        let wanted = members["VirtualPrivateCloud"].as_object_mut().unwrap();
        wanted.extend(network.as_object().unwrap().clone());
        let body = on(&[&id, with], members);
        let code = refused(&cloud, "ModifyInstancesVpcAttribute", body.clone());
        assert_eq!(code, expected, "{body}");
    }
    let mut gentle = on(&[&id], in_subnet("subnet-00000001"));
    gentle["ForceStop"] = json!(false);
    let code = refused(&cloud, "ModifyInstancesVpcAttribute", gentle);
    assert_eq!(code, "UnsupportedOperation.InstanceStateRunning");
    assert_eq!(show(&cloud, &id), before);
}
