//! Attributes of instances: changes, when they become visible, and invalid requests.

use cvm_emulator::{Cloud, TimeMode};
use serde_json::{Value, json};

use crate::support::*;

const PROGRESS: &str = "OperationDenied.InstanceOperationInProgress";

/// A request body for instances, with further members.
pub fn for_instances(ids: &[&str], members: Value) -> Value {
    merge(json!({ "InstanceIds": ids }), members)
}

/// Makes a change that is applied at once.
pub fn change(cloud: &Cloud, action: &str, id: &str, members: Value) {
    let before = state(cloud, id);
    let request_id = send_ok(cloud, action, for_instances(&[id], members))["RequestId"].clone();
    let actual = describe(cloud, id);
    assert_eq!(actual["LatestOperation"], action);
    assert_eq!(actual["LatestOperationState"], "SUCCESS", "{action}");
    assert_eq!(actual["LatestOperationRequestId"], request_id);
    assert_eq!(actual["InstanceState"], before, "{action}");
}

/// Makes a change in the background that does not stop the instance, and advances the clock until it ends.
fn change_in_background(cloud: &Cloud, action: &str, id: &str, members: Value) {
    let before = state(cloud, id);
    let request_id = send_ok(cloud, action, for_instances(&[id], members))["RequestId"].clone();
    let actual = describe(cloud, id);
    assert_eq!(actual["LatestOperation"], action);
    assert_eq!(actual["LatestOperationState"], "OPERATING", "{action}");
    assert_eq!(actual["InstanceState"], before, "{action}");
    advance(cloud, 2);
    let actual = describe(cloud, id);
    assert_eq!(actual["LatestOperationState"], "SUCCESS", "{action}");
    assert_eq!(actual["LatestOperationRequestId"], request_id);
}

fn stop(cloud: &Cloud, id: &str, mode: &str) {
    send_ok(cloud, "StopInstances", for_instances(&[id], json!({ "StoppedMode": mode })));
    advance(cloud, 15);
}

#[test]
fn attributes_change_at_once() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({ "CamRoleName": "first" }));
    for (members, pointer, expected) in [
        (json!({ "InstanceName": "web" }), "/InstanceName", json!("web")),
        (
            json!({ "SecurityGroups": ["sg-00000002", "sg-00000001", "sg-00000002"] }),
            "/SecurityGroupIds",
            json!(["sg-00000002", "sg-00000001"]),
        ),
        (json!({ "CamRoleName": "a.role_1" }), "/CamRoleName", json!("a.role_1")),
        (json!({ "CamRoleName": "" }), "/CamRoleName", json!("")),
        (json!({ "DisableApiTermination": true }), "/DisableApiTermination", json!(true)),
        (json!({ "HostName": "host-1", "AutoReboot": false }), "/HostName", json!("host-1")),
    ] {
        change(&cloud, "ModifyInstancesAttribute", &id, members);
        assert_eq!(describe(&cloud, &id).pointer(pointer), Some(&expected), "{pointer}");
    }
    send_ok(&cloud, "StopInstances", for_instances(&[&id], json!({})));
    let body = for_instances(&[&id], json!({ "InstanceName": "later" }));
    let code = send_err(&cloud, "ModifyInstancesAttribute", body);
    assert_eq!(code, "UnsupportedOperation.InstanceStateStopping");
}

/// A client may send every attribute that it knows, with the default or empty ones beside the one that changes.
#[test]
fn defaults_and_empty_texts_are_ignored_beside_an_attribute() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({ "UserData": "ZWNobyAx" }));
    let shown = |member: &str| describe(&cloud, &id)[member].clone();
    for (number, others) in [
        json!({ "DisableApiTermination": false }),
        json!({ "UserData": "" }),
        json!({ "HostName": "" }),
        json!({ "SecurityGroups": [] }),
        json!({ "UserData": "", "HostName": "", "DisableApiTermination": false }),
    ]
    .into_iter()
    .enumerate()
    {
        let protect = json!({ "DisableApiTermination": true });
        change(&cloud, "ModifyInstancesAttribute", &id, protect);
        let (before, name) = (shown("HostName"), format!("name-{number}"));
        let members = merge(others.clone(), json!({ "InstanceName": name }));
        change(&cloud, "ModifyInstancesAttribute", &id, members);
        assert_eq!(shown("InstanceName"), name, "{others}");
        assert_eq!(shown("HostName"), before, "{others}");
        assert_eq!(shown("DisableApiTermination"), true, "{others}");
    }
    change(&cloud, "ModifyInstancesAttribute", &id, json!({ "DisableApiTermination": false }));
    assert_eq!(shown("DisableApiTermination"), false);
}

/// The calls of the Terraform provider: one after another, without a wait.
#[test]
fn attributes_change_in_a_row_in_every_time_mode() {
    for mode in [TimeMode::Real, TimeMode::Scaled(10.0), TimeMode::Instant, TimeMode::Manual] {
        let cloud = builder().time_mode(mode).credential(credential()).build().unwrap();
        let id = launch_running(&cloud, json!({}));
        let rename = |name: &str, host: &str, project: i64| {
            for (action, members) in [
                ("ModifyInstancesAttribute", json!({ "InstanceName": name })),
                ("ModifyInstancesAttribute", json!({ "HostName": host })),
                ("ModifyInstancesAttribute", json!({ "DisableApiTermination": project == 1 })),
                ("ModifyInstancesAttribute", json!({ "CamRoleName": name })),
                ("ModifyInstancesAttribute", json!({ "SecurityGroups": ["sg-00000001"] })),
                ("ModifyInstancesProject", json!({ "ProjectId": project })),
                ("AssociateSecurityGroups", json!({ "SecurityGroupIds": ["sg-00000002"] })),
                ("DisassociateSecurityGroups", json!({ "SecurityGroupIds": ["sg-00000001"] })),
            ] {
                send_ok(&cloud, action, for_instances(&[&id], members));
            }
            let actual = describe(&cloud, &id);
            for (pointer, expected) in [
                ("/InstanceName", json!(name)),
                ("/HostName", json!(host)),
                ("/DisableApiTermination", json!(project == 1)),
                ("/CamRoleName", json!(name)),
                ("/SecurityGroupIds", json!(["sg-00000002"])),
                ("/Placement/ProjectId", json!(project)),
            ] {
                assert_eq!(actual.pointer(pointer), Some(&expected), "{mode:?} {pointer}");
            }
            // Until it ends, the restart for the host name stays the latest operation.
            let latest = if actual["InstanceState"] == "REBOOTING" {
                [json!("ModifyInstancesAttribute"), json!("OPERATING")]
            } else {
                [json!("DisassociateSecurityGroups"), json!("SUCCESS")]
            };
            let found = [&actual["LatestOperation"], &actual["LatestOperationState"]];
            assert_eq!(found.map(Value::clone), latest, "{mode:?}");
        };
        rename("first", "host-1", 1);
        rename("second", "host-2", 2);

        let term = json!({
            "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 },
            "InternetAccessible": {
                "InternetChargeType": "TRAFFIC_POSTPAID_BY_HOUR", "InternetMaxBandwidthOut": 5,
            },
        });
        let id = launch_running(&cloud, term);
        for (flag, mbps) in [("NOTIFY_AND_AUTO_RENEW", 7), ("DISABLE_NOTIFY_AND_MANUAL_RENEW", 9)] {
            let internet = json!({ "InternetAccessible": { "InternetMaxBandwidthOut": mbps } });
            let renewal = json!({ "RenewFlag": flag });
            change(&cloud, "ModifyInstancesRenewFlag", &id, renewal);
            change(&cloud, "ResetInstancesInternetMaxBandwidth", &id, internet);
            let actual = describe(&cloud, &id);
            let shown = &actual["InternetAccessible"]["InternetMaxBandwidthOut"];
            assert_eq!((&actual["RenewFlag"], shown), (&json!(flag), &json!(mbps)), "{mode:?}");
        }
    }
}

/// Clients wait for the latest operation before they stop or resize the instance.
#[test]
fn changes_at_once_leave_a_running_restart_the_latest_operation() {
    let prepaid = json!({
        "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 },
        "InternetAccessible": {
            "InternetChargeType": "TRAFFIC_POSTPAID_BY_HOUR", "InternetMaxBandwidthOut": 5,
        },
    });
    let rebooting = Some("UnsupportedOperation.InstanceStateRebooting");
    for (action, members, expected) in [
        ("ModifyInstancesAttribute", json!({ "InstanceName": "n" }), None),
        ("ModifyInstancesAttribute", json!({ "UserData": "ZWNobyAx" }), None),
        ("ModifyInstancesAttribute", json!({ "HostName": "h-3" }), None),
        ("ModifyInstancesAttribute", json!({ "CamRoleName": "role" }), None),
        ("ModifyInstancesAttribute", json!({ "DisableApiTermination": true }), None),
        ("ModifyInstancesAttribute", json!({ "SecurityGroups": ["sg-00000001"] }), None),
        ("ModifyInstancesAttribute", json!({ "EnableJumboFrame": true }), rebooting),
        ("ModifyInstancesProject", json!({ "ProjectId": 3 }), None),
        ("AssociateSecurityGroups", json!({ "SecurityGroupIds": ["sg-00000002"] }), None),
        ("ModifyInstancesRenewFlag", json!({ "RenewFlag": "NOTIFY_AND_AUTO_RENEW" }), rebooting),
        (
            "ResetInstancesInternetMaxBandwidth",
            json!({ "InternetAccessible": { "InternetMaxBandwidthOut": 9 } }),
            rebooting,
        ),
    ] {
        let cloud = cloud();
        let id = launch_running(&cloud, prepaid.clone());
        let rename = for_instances(&[&id], json!({ "HostName": "h-2" }));
        let request_id = send_ok(&cloud, "ModifyInstancesAttribute", rename)["RequestId"].clone();
        let latest = || {
            let actual = describe(&cloud, &id);
            let operation = [
                "LatestOperation",
                "LatestOperationState",
                "LatestOperationRequestId",
                "InstanceState",
            ];
            operation.map(|member| actual[member].clone())
        };
        let of = |result: &str, state: &str| {
            [json!("ModifyInstancesAttribute"), json!(result), request_id.clone(), json!(state)]
        };
        let response = send(&cloud, action, for_instances(&[&id], members.clone()));
        assert_eq!(response["Error"]["Code"].as_str(), expected, "{action} {members}");
        assert_eq!(latest(), of("OPERATING", "REBOOTING"), "{action} {members}");
        advance(&cloud, 20);
        assert_eq!(latest(), of("SUCCESS", "RUNNING"), "{action} {members}");
    }
}

#[test]
fn host_name_and_jumbo_frame_changes_reboot_running_instances() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    for (members, member, expected, is_at_once) in [
        (json!({ "HostName": "host-1" }), "HostName", json!("host-1"), true),
        (json!({ "EnableJumboFrame": true }), "EnableJumboFrame", json!(true), false),
    ] {
        send_ok(&cloud, "ModifyInstancesAttribute", for_instances(&[&id], members));
        let actual = describe(&cloud, &id);
        assert_eq!(actual["InstanceState"], "REBOOTING", "{member}");
        assert_eq!(actual["LatestOperationState"], "OPERATING", "{member}");
        assert_eq!(actual[member] == expected, is_at_once, "{member}");
        let reboot = send_err(&cloud, "RebootInstances", for_instances(&[&id], json!({})));
        assert_eq!(reboot, "UnsupportedOperation.InstanceStateRebooting");
        advance(&cloud, 20);
        assert_eq!(state(&cloud, &id), "RUNNING");
        assert_eq!(describe(&cloud, &id)[member], expected);
    }
    let without_reboot = json!({ "EnableJumboFrame": false, "AutoReboot": false });
    let code =
        send_err(&cloud, "ModifyInstancesAttribute", for_instances(&[&id], without_reboot.clone()));
    assert_eq!(code, "UnsupportedOperation.InstancesEnableJumboWithoutReboot");
    stop(&cloud, &id, "KEEP_CHARGING");
    change_in_background(&cloud, "ModifyInstancesAttribute", &id, without_reboot);
    change(&cloud, "ModifyInstancesAttribute", &id, json!({ "HostName": "host-2" }));
    let actual = describe(&cloud, &id);
    assert_eq!(actual["InstanceState"], "STOPPED");
    assert_eq!(
        (&actual["HostName"], &actual["EnableJumboFrame"]),
        (&json!("host-2"), &json!(false))
    );
}

#[test]
fn one_invalid_attribute_fails_the_whole_request() {
    let cloud = cloud();
    let small = json!({ "InstanceType": "S3.MEDIUM4" });
    let (id, other) = (launch_running(&cloud, small), launch_running(&cloud, json!({})));
    let windows = launch_running(&cloud, json!({ "ImageId": "img-9id7emv7" }));
    let before = describe(&cloud, &other);
    for (invalid, members, expected) in [
        (&id, json!({}), "MissingParameter"),
        (&id, json!({ "AutoReboot": false }), "MissingParameter"),
        (&id, json!({ "InstanceName": "" }), "MissingParameter"),
        (&id, json!({ "InstanceName": "a", "HostName": "bb" }), "InvalidParameter"),
        (&id, json!({ "InstanceName": "a", "DisableApiTermination": true }), "InvalidParameter"),
        (&id, json!({ "InstanceName": "a", "CamRoleName": "" }), "InvalidParameter"),
        (&id, json!({ "InstanceName": "x".repeat(129) }), "InvalidInstanceName.TooLong"),
        (&id, json!({ "UserData": "no base64" }), "InvalidParameterValue.InvalidUserDataFormat"),
        (&id, json!({ "CamRoleName": "a role" }), "InvalidParameterValue.CamRoleNameMalformed"),
        (
            &id,
            json!({ "CamRoleName": "r".repeat(129) }),
            "InvalidParameterValue.CamRoleNameMalformed",
        ),
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
        let body = for_instances(&[&other, invalid], members);
        assert_eq!(send_err(&cloud, "ModifyInstancesAttribute", body.clone()), expected, "{body}");
    }
    let name = |ids: &[&str]| for_instances(ids, json!({ "InstanceName": "new" }));
    let code = send_err(&cloud, "ModifyInstancesAttribute", name(&[&other, "ins-zzzzzzzz"]));
    assert_eq!(code, "InvalidInstanceId.NotFound");
    let pending = launch(&cloud, json!({})).remove(0);
    let code = send_err(&cloud, "ModifyInstancesAttribute", name(&[&other, &pending]));
    assert_eq!(code, "UnsupportedOperation.InstanceStatePending");
    stop(&cloud, &id, "STOP_CHARGING");
    let code = send_err(&cloud, "ModifyInstancesAttribute", name(&[&other, &id]));
    assert_eq!(code, "UnsupportedOperation.StoppedModeStopCharging");
    assert_eq!(describe(&cloud, &other), before);
}

#[test]
fn user_data_is_returned_and_can_be_changed() {
    let cloud = cloud();
    let with = launch_running(&cloud, json!({ "UserData": "ZWNobyAx" }));
    let without = launch_running(&cloud, json!({}));
    let data = |ids: &[&str]| {
        let body = for_instances(ids, json!({ "Attributes": ["UserData"] }));
        let response = send_ok(&cloud, "DescribeInstancesAttributes", body);
        let entries = response["InstanceSet"].as_array().unwrap().clone();
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
    let body = for_instances(&[&with, "ins-zzzzzzzz"], json!({ "Attributes": ["UserData"] }));
    let code = send_err(&cloud, "DescribeInstancesAttributes", body);
    assert_eq!(code, "InvalidInstanceId.NotFound");
}

#[test]
fn instances_can_change_project() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    change(&cloud, "ModifyInstancesProject", &id, json!({ "ProjectId": 7 }));
    let filters = json!({ "Filters": [{ "Name": "project-id", "Values": ["7"] }] });
    assert_eq!(send_ok(&cloud, "DescribeInstances", filters)["TotalCount"], 1);
    let code = send_err(
        &cloud,
        "ModifyInstancesProject",
        for_instances(&[&id], json!({ "ProjectId": -1 })),
    );
    assert_eq!(code, "InvalidProjectId.NotFound");
    let pending = launch(&cloud, json!({})).remove(0);
    let both = for_instances(&[&id, &pending], json!({ "ProjectId": 8 }));
    assert_eq!(send_err(&cloud, "ModifyInstancesProject", both), PROGRESS);
    assert_eq!(describe(&cloud, &id)["Placement"]["ProjectId"], 7);
}

#[test]
fn each_vnc_url_is_unique() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let ask = |id: &str| send(&cloud, "DescribeInstanceVncUrl", json!({ "InstanceId": id }));
    let (first, second) = (ask(&id), ask(&id));
    let url = first["InstanceVncUrl"].as_str().unwrap();
    assert!(url.starts_with("wss%3A%2F%2F"), "{url}");
    assert_ne!(first["InstanceVncUrl"], second["InstanceVncUrl"]);
    assert_eq!(error_code(&ask("ins-zzzzzzzz")), "InvalidInstanceId.NotFound");
    send_ok(&cloud, "StopInstances", for_instances(&[&id], json!({})));
    assert_eq!(error_code(&ask(&id)), "UnsupportedOperation.InstanceStateStopping");
    advance(&cloud, 15);
    assert_eq!(error_code(&ask(&id)), "UnsupportedOperation.InstanceStateStopped");
    send_ok(&cloud, "StartInstances", for_instances(&[&id], json!({})));
    advance(&cloud, 10);
    send_ok(&cloud, "CreateImage", json!({ "InstanceId": id, "ImageName": "copy" }));
    assert_eq!(error_code(&ask(&id)), PROGRESS);
}

#[test]
fn offered_type_changes_match_what_a_reset_accepts() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let ask = |ids: &[&str], status: Option<&str>| {
        let filters = status.map(|it| json!({ "Name": "status", "Values": [it] }));
        let filters: Vec<_> = filters.into_iter().collect();
        send_ok(
            &cloud,
            "DescribeInstancesModification",
            for_instances(ids, json!({ "Filters": filters })),
        )
    };
    let all = ask(&[&id], None);
    let entries = all["InstanceTypeConfigStatusSet"].as_array().unwrap();
    assert_eq!(all["TotalCount"], entries.len());
    for entry in entries {
        let (name, zone) =
            (&entry["InstanceTypeConfig"]["InstanceType"], &entry["InstanceTypeConfig"]["Zone"]);
        assert_eq!(zone, "ap-guangzhou-3");
        let reset = json!({ "InstanceIds": [id], "InstanceType": name });
        let code = send_err(&cloud, "ResetInstancesType", reset);
        // The instance is running, so a possible type fails only because of the state.
        let is_free = code == "UnsupportedOperation.InstanceStateRunning";
        assert_eq!(entry["Status"], if is_free { "SELL" } else { "UNAVAILABLE" }, "{entry} {code}");
        assert_eq!(entry["Message"] == "", is_free, "{entry}");
        assert_ne!(name, "S5.MEDIUM4");
    }
    let count = |status| ask(&[&id], Some(status))["TotalCount"].as_u64().unwrap();
    assert!(count("SELL") > 0 && count("UNAVAILABLE") > 0);
    assert_eq!(count("SELL") + count("UNAVAILABLE"), entries.len() as u64);

    let local = launch_running(&cloud, json!({ "SystemDisk": { "DiskType": "LOCAL_SSD" } }));
    assert_eq!(ask(&[&id, &local], Some("SELL"))["TotalCount"], 0);
    let far = launch_running(&cloud, json!({ "Placement": { "Zone": "ap-guangzhou-4" } }));
    for (ids, filter, expected) in [
        ([&id, &far], "status", "FailedOperation.ZoneInconsistent"),
        ([&id, &id], "state", "InvalidFilter"),
    ] {
        let filters = json!({ "Filters": [{ "Name": filter, "Values": ["SELL"] }] });
        let body = for_instances(&ids.map(String::as_str), filters);
        assert_eq!(send_err(&cloud, "DescribeInstancesModification", body), expected);
    }
    let body = for_instances(&["ins-zzzzzzzz"], json!({}));
    let code = send_err(&cloud, "DescribeInstancesModification", body);
    assert_eq!(code, "InvalidInstanceId.NotFound");
}

#[test]
fn prepaid_instances_can_be_downgraded_five_times() {
    let cloud = cloud();
    let prepaid =
        json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 1 } });
    let (id, hourly) = (launch_running(&cloud, prepaid), launch_running(&cloud, json!({})));
    let counts = |id: &str, operation: &str| {
        let body = for_instances(&[id], json!({ "Operation": operation }));
        let response = send_ok(&cloud, "DescribeInstancesOperationLimit", body);
        let entry = &response["InstanceOperationLimitSet"][0];
        assert_eq!((&entry["InstanceId"], &entry["Operation"]), (&json!(id), &json!(operation)));
        (entry["CurrentCount"].as_i64().unwrap(), entry["LimitCount"].as_i64().unwrap())
    };
    let reset =
        |name: &str| json!({ "InstanceIds": [id], "InstanceType": name, "ForceStop": true });
    for count in 0..5 {
        assert_eq!(counts(&id, "INSTANCE_DEGRADE"), (count, 5));
        for name in ["S5.SMALL1", "S5.LARGE8"] {
            send_ok(&cloud, "ResetInstancesType", reset(name));
            advance(&cloud, 35);
            assert_eq!(describe(&cloud, &id)["InstanceType"], name);
        }
    }
    assert_eq!(counts(&id, "INSTANCE_DEGRADE"), (5, 5));
    assert_eq!(send_err(&cloud, "ResetInstancesType", reset("S5.SMALL1")), "LimitExceeded");
    send_ok(&cloud, "ResetInstancesType", reset("S5.2XLARGE16"));
    assert_eq!(counts(&hourly, "INSTANCE_DEGRADE"), (-1, -1));
    assert_eq!(counts(&id, "INTERNET_CHARGE_TYPE_CHANGE"), (-1, -1));
    let body = for_instances(&["ins-zzzzzzzz"], json!({ "Operation": "INSTANCE_DEGRADE" }));
    let code = send_err(&cloud, "DescribeInstancesOperationLimit", body);
    assert_eq!(code, "InvalidInstanceId.NotFound");
}

fn in_subnet(subnet: &str) -> Value {
    json!({ "VirtualPrivateCloud": { "VpcId": "vpc-00000001", "SubnetId": subnet } })
}

#[test]
fn subnet_change_releases_the_old_address() {
    let cloud = cloud();
    let id = launch_running(&cloud, in_subnet("subnet-00000001"));
    let old = describe(&cloud, &id)["PrivateIpAddresses"][0].clone();
    let host = describe(&cloud, &id)["HostName"].clone();
    send_ok(
        &cloud,
        "ModifyInstancesVpcAttribute",
        for_instances(&[&id], in_subnet("subnet-00000002")),
    );
    for (seconds, expected) in [(0, "STOPPING"), (5, "STOPPED"), (5, "STARTING")] {
        advance(&cloud, seconds);
        let actual = describe(&cloud, &id);
        assert_eq!(actual["InstanceState"], expected);
        assert_eq!(actual["VirtualPrivateCloud"]["SubnetId"], "subnet-00000001");
    }
    let fixed = |address: &Value| {
        let mut members = in_subnet("subnet-00000001");
        members["VirtualPrivateCloud"]["PrivateIpAddresses"] = json!([address]);
        members
    };
    let other = launch_running(&cloud, in_subnet("subnet-00000001"));
    let actual = describe(&cloud, &id);
    assert_eq!(actual["InstanceState"], "RUNNING");
    assert_eq!(actual["VirtualPrivateCloud"]["SubnetId"], "subnet-00000002");
    assert_eq!(actual["HostName"], host);
    assert_ne!(actual["PrivateIpAddresses"][0], old);
    // The other instance can take the address now; the change also starts that instance.
    stop(&cloud, &other, "KEEP_CHARGING");
    let mut body = for_instances(&[&other], fixed(&old));
    body["ReserveHostName"] = json!(false);
    body["ForceStop"] = json!(false);
    send_ok(&cloud, "ModifyInstancesVpcAttribute", body);
    advance(&cloud, 15);
    let actual = describe(&cloud, &other);
    assert_eq!(
        (&actual["PrivateIpAddresses"][0], &actual["InstanceState"]),
        (&old, &json!("RUNNING"))
    );
    let name = format!("VM-{}", old.as_str().unwrap().replace('.', "-"));
    assert_eq!(actual["HostName"], name);
}

#[test]
fn one_invalid_network_change_fails_the_whole_request() {
    let cloud = cloud();
    let id = launch_running(&cloud, in_subnet("subnet-00000001"));
    let other = launch_running(&cloud, in_subnet("subnet-00000001"));
    let mut far = in_subnet("subnet-00000004");
    far["Placement"] = json!({ "Zone": "ap-guangzhou-4" });
    let far = launch_running(&cloud, far);
    let before = describe(&cloud, &id);
    let taken = describe(&cloud, &other)["PrivateIpAddresses"][0].clone();
    for (with, network, expected) in [
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
        (&other, json!({ "Ipv6AddressCount": 11 }), "LimitExceeded"),
    ] {
        let mut members = in_subnet("subnet-00000001");
        let vpc = members["VirtualPrivateCloud"].as_object_mut().unwrap();
        vpc.extend(network.as_object().unwrap().clone());
        let body = for_instances(&[&id, with], members);
        let code = send_err(&cloud, "ModifyInstancesVpcAttribute", body.clone());
        assert_eq!(code, expected, "{body}");
    }
    let mut without_force = for_instances(&[&id], in_subnet("subnet-00000001"));
    without_force["ForceStop"] = json!(false);
    let code = send_err(&cloud, "ModifyInstancesVpcAttribute", without_force);
    assert_eq!(code, "UnsupportedOperation.InstanceStateRunning");
    assert_eq!(describe(&cloud, &id), before);
}
