//! The system of an instance: reinstallation, passwords, conversion and FPGA images.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

pub const WINDOWS: &str = "img-9id7emv7";
pub const PASSWORD: &str = "Qcloud@TestApi123++";

/// A request body for one instance, with further members.
pub fn for_instance(id: &str, members: Value) -> Value {
    merge(json!({ "InstanceId": id }), members)
}

/// Checks the state after each time span, and at the end that the operation succeeded.
pub fn assert_states(cloud: &Cloud, id: &str, states: &[(u64, &str)]) {
    for (seconds, expected) in states {
        advance(cloud, *seconds);
        let actual = describe(cloud, id);
        assert_eq!(actual["InstanceState"], *expected, "{seconds} s later");
    }
    assert_eq!(describe(cloud, id)["LatestOperationState"], "SUCCESS");
}

/// Checks that each request fails with its code and leaves the instance unchanged.
pub fn assert_all_fail(cloud: &Cloud, action: &str, id: &str, table: &[(Value, &str)]) {
    let before = describe(cloud, id);
    for (members, expected) in table {
        let code = send_err(cloud, action, for_instance(id, members.clone()));
        assert_eq!(code, *expected, "{action} {members}");
    }
    assert_eq!(describe(cloud, id), before);
}

#[test]
fn running_instance_is_reinstalled_with_another_image() {
    let cloud = cloud();
    let id = launch_running(
        &cloud,
        json!({ "SystemDisk": { "DiskType": "CLOUD_SSD", "DiskSize": 50 } }),
    );
    let body = json!({ "ImageId": WINDOWS, "HostName": "win-1", "SystemDisk": { "DiskSize": 60 },
        "LoginSettings": { "Password": PASSWORD }, "UserData": "aGk=" });
    let response = send_ok(&cloud, "ResetInstance", for_instance(&id, body));
    let actual = describe(&cloud, &id);
    assert_eq!((&actual["ImageId"], &actual["DefaultLoginUser"]), (&json!(IMAGE), &json!("root")));
    assert_eq!(actual["LatestOperation"], "ResetInstance");
    assert_eq!(actual["LatestOperationState"], "OPERATING");
    assert_eq!(actual["LatestOperationRequestId"], response["RequestId"]);
    let states = [(0, "STOPPING"), (5, "STOPPED"), (59, "STOPPED"), (1, "STARTING")];
    for (seconds, expected) in states {
        advance(&cloud, seconds);
        assert_eq!(state(&cloud, &id), expected);
    }
    assert_eq!(describe(&cloud, &id)["SystemDisk"]["DiskSize"], 50);
    assert_states(&cloud, &id, &[(10, "RUNNING")]);
    let after = describe(&cloud, &id);
    for (pointer, expected) in [
        ("/ImageId", json!(WINDOWS)),
        ("/OsName", json!("Windows Server 2016 Datacenter 64bit Chinese")),
        ("/DefaultLoginUser", json!("Administrator")),
        ("/DefaultLoginPort", json!(3389)),
        ("/HostName", json!("win-1")),
        ("/SystemDisk/DiskSize", json!(60)),
        ("/SystemDisk/DiskType", json!("CLOUD_SSD")),
    ] {
        assert_eq!(after.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(after["SystemDisk"]["DiskId"], actual["SystemDisk"]["DiskId"]);
    assert!(!after.to_string().contains(PASSWORD));
}

#[test]
fn stopped_instance_is_reinstalled_with_its_own_image() {
    let cloud = cloud();
    let id = launch_stopped(&cloud, json!({ "HostName": "web" }));
    send_ok(&cloud, "ResetInstance", for_instance(&id, json!({})));
    assert_states(&cloud, &id, &[(0, "STOPPED"), (60, "STARTING"), (10, "RUNNING")]);
    let actual = describe(&cloud, &id);
    assert_eq!((&actual["ImageId"], &actual["HostName"]), (&json!(IMAGE), &json!("web")));
}

#[test]
fn invalid_reinstallations_are_rejected() {
    let cloud = cloud();
    let disk =
        |size: i64| json!({ "SystemDisk": { "DiskType": "CLOUD_PREMIUM", "DiskSize": size } });
    let login = |members: Value| json!({ "LoginSettings": members });
    let windows =
        |password: &str| json!({ "ImageId": WINDOWS, "LoginSettings": { "Password": password } });
    let id = launch_running(&cloud, disk(50));
    assert_all_fail(
        &cloud,
        "ResetInstance",
        &id,
        &[
            (json!({ "UserData": "a" }), "InvalidParameterValue.InvalidUserDataFormat"),
            (json!({ "ImageId": "img-00000000" }), "InvalidImageId.NotFound"),
            (json!({ "HostName": "-x" }), "InvalidParameterValue.IllegalHostName"),
            (
                json!({ "ImageId": WINDOWS, "HostName": "a.b" }),
                "InvalidParameterValue.IllegalHostName",
            ),
            (login(json!({ "Password": "abcdefgh" })), "InvalidParameterValue.InvalidPassword"),
            (windows("abcdefg1"), "InvalidParameterValue.InvalidPassword"),
            (login(json!({ "KeepImageLogin": "true" })), "InvalidParameterValue"),
            (
                login(json!({ "KeyIds": ["skey-00000000"] })),
                "InvalidParameterValue.KeyPairNotFound",
            ),
            (
                json!({ "ImageId": WINDOWS, "LoginSettings": { "KeyIds": ["skey-00000000"] } }),
                "UnsupportedOperation.KeyPairUnsupportedWindows",
            ),
            (disk(40), "InvalidParameterValue"),
            (disk(4000), "InvalidParameterValue"),
            (json!({ "SystemDisk": { "DiskType": "CLOUD_SSD" } }), "InvalidParameterValue"),
        ],
    );
    let small = launch_running(&cloud, disk(20));
    let local = launch_running(&cloud, json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC" } }));
    let wrong_image = "InvalidParameterValue.InvalidImageIdForRetsetInstance";
    assert_all_fail(
        &cloud,
        "ResetInstance",
        &small,
        &[(json!({ "ImageId": WINDOWS }), wrong_image)],
    );
    let growth = json!({ "SystemDisk": { "DiskSize": 60 } });
    let table = [(json!({ "ImageId": WINDOWS }), wrong_image), (growth, "InvalidParameterValue")];
    assert_all_fail(&cloud, "ResetInstance", &local, &table);
    // Another Linux image is the same kind of system.
    send_ok(&cloud, "ResetInstance", for_instance(&local, json!({ "ImageId": "img-487zeit5" })));
    advance(&cloud, 75);
    assert_eq!(describe(&cloud, &local)["DefaultLoginUser"], "ubuntu");
}

#[test]
fn password_reset_stops_and_restarts_running_instances() {
    let cloud = cloud();
    let (stopped_id, running_id) =
        (launch_stopped(&cloud, json!({})), launch_running(&cloud, json!({})));
    let body = |force: bool| json!({ "InstanceIds": [stopped_id, running_id], "Password": PASSWORD, "ForceStop": force });
    let before = (describe(&cloud, &stopped_id), describe(&cloud, &running_id));
    let code = send_err(&cloud, "ResetInstancesPassword", body(false));
    assert_eq!(code, "UnsupportedOperation.InstanceStateRunning");
    assert_eq!(
        (describe(&cloud, &stopped_id), describe(&cloud, &running_id)),
        before,
        "all or nothing"
    );
    send_ok(&cloud, "ResetInstancesPassword", body(true));
    assert_eq!(describe(&cloud, &stopped_id)["LatestOperationState"], "OPERATING");
    assert_states(&cloud, &stopped_id, &[(5, "STOPPED")]);
    assert_states(
        &cloud,
        &running_id,
        &[(9, "STOPPING"), (1, "STOPPED"), (5, "STARTING"), (10, "RUNNING")],
    );
    let all = send_ok(&cloud, "DescribeInstances", json!({})).to_string();
    assert!(!all.contains(PASSWORD), "{all}");
}

#[test]
fn weak_passwords_are_rejected() {
    let cloud = cloud();
    let linux = launch_stopped(&cloud, json!({}));
    let windows = launch_stopped(&cloud, json!({ "ImageId": WINDOWS }));
    let body = |ids: &[&String], password: &str, user: &str| json!({ "InstanceIds": ids, "Password": password, "UserName": user });
    for (ids, password, user) in [
        (vec![&linux], "abcdefg1", ""),
        (vec![&linux], "/Abcdefg1", ""),
        (vec![&linux], "Abcd efg1", ""),
        (vec![&linux, &windows], "Abcdefg1", ""),
        (vec![&windows], "1administratoR", ""),
        (vec![&windows], "Abcdefghij-anna-1", "Anna"),
    ] {
        let response = send(&cloud, "ResetInstancesPassword", body(&ids, password, user));
        assert_eq!(error_code(&response), "InvalidParameterValue.InvalidPassword", "{password}");
        assert!(!response.to_string().contains(password));
    }
    send_ok(&cloud, "ResetInstancesPassword", body(&[&linux], "Abcdefg1", "anna"));
    send_ok(&cloud, "ResetInstancesPassword", body(&[&windows], "Abcdefghij-1", ""));
    let unknown = json!({ "InstanceIds": [linux, "ins-zzzzzzzz"], "Password": PASSWORD });
    let code = send_err(&cloud, "ResetInstancesPassword", unknown);
    assert_eq!(code, "InvalidInstanceId.NotFound");
}

#[test]
fn each_action_rejects_unsuitable_states() {
    let states = ["PENDING", "RUNNING", "STOPPED", "STOPPING", "RESCUE_MODE"];
    let busy = "OperationDenied.InstanceOperationInProgress";
    let password = json!({ "Password": PASSWORD });
    // One entry per state: the suffix of the code, or the whole code; empty if the action is allowed.
    for (action, members, codes) in [
        ("ResetInstance", json!({}), ["Pending", "", "", "Stopping", "RescueMode"]),
        (
            "ResizeInstanceDisks",
            json!({ "SystemDisk": { "DiskSize": 60 } }),
            ["Pending", "Running", "", "Stopping", "RescueMode"],
        ),
        ("EnterRescueMode", password, [busy, "", "", "Stopping", "RescueMode"]),
        ("ExitRescueMode", json!({}), [busy, "Running", "Stopped", "Stopping", ""]),
    ] {
        for (initial, expected) in states.into_iter().zip(codes) {
            let cloud = cloud();
            let id = launch_in_state(&cloud, initial);
            let response = send(&cloud, action, for_instance(&id, members.clone()));
            if expected.is_empty() {
                assert!(response.get("Error").is_none(), "{action} {initial}: {response}");
                continue;
            }
            let full = format!("UnsupportedOperation.InstanceState{expected}");
            let expected = if expected == busy { busy } else { &full };
            assert_eq!(error_code(&response), expected, "{action} {initial}");
            assert_eq!(state(&cloud, &id), initial, "a failed action changes nothing");
        }
    }
}

fn launch_in_state(cloud: &Cloud, initial: &str) -> String {
    match initial {
        "PENDING" => launch(cloud, json!({})).remove(0),
        "STOPPED" => launch_stopped(cloud, json!({})),
        "STOPPING" => {
            let id = launch_running(cloud, json!({}));
            send_ok(cloud, "StopInstances", json!({ "InstanceIds": [id] }));
            id
        }
        "RESCUE_MODE" => {
            let id = launch_running(cloud, json!({}));
            send_ok(cloud, "EnterRescueMode", for_instance(&id, json!({ "Password": PASSWORD })));
            advance(cloud, 30);
            id
        }
        _ => launch_running(cloud, json!({})),
    }
}

#[test]
fn stop_charging_mode_rejects_operations_on_hardware() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let body = json!({ "InstanceIds": [id], "StoppedMode": "STOP_CHARGING" });
    send_ok(&cloud, "StopInstances", body);
    advance(&cloud, 15);
    let code = "UnsupportedOperation.StoppedModeStopCharging";
    let system = json!({ "SystemDisk": { "DiskSize": 60 } });
    assert_all_fail(&cloud, "ResetInstance", &id, &[(json!({}), code)]);
    assert_all_fail(&cloud, "ResizeInstanceDisks", &id, &[(system, code)]);
    assert_all_fail(&cloud, "EnterRescueMode", &id, &[(json!({ "Password": PASSWORD }), code)]);
}

#[test]
fn centos_converts_to_tencentos() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let body = |dry: bool| json!({ "InstanceIds": [id], "DryRun": dry });
    let before = describe(&cloud, &id);
    let response = send_ok(&cloud, "ConvertOperatingSystems", body(true));
    let target = json!([{ "TargetOSType": "TencentOS", "TargetOSVersion": "2.4" }]);
    assert_eq!(response["SupportTargetOSList"], target);
    assert!(response["TaskId"].is_null(), "{response}");
    assert_eq!(describe(&cloud, &id), before, "a dry run converts nothing");
    let response = send_ok(&cloud, "ConvertOperatingSystems", body(false));
    assert!(response["TaskId"].as_str().is_some_and(|id| id.parse::<u64>().is_ok()), "{response}");
    assert_eq!(send_err(&cloud, "ConvertOperatingSystems", body(false)), "ResourceInUse");
    advance(&cloud, 300);
    assert_eq!(describe(&cloud, &id)["OsName"], "CentOS 7.2 64bit");
    assert_states(&cloud, &id, &[(0, "REBOOTING"), (20, "RUNNING")]);
    let actual = describe(&cloud, &id);
    assert_eq!(actual["OsName"], "TencentOS Server 2.4");
    assert_eq!(actual["ImageId"], IMAGE);
    let code = send_err(&cloud, "ConvertOperatingSystems", body(false));
    assert_eq!(code, "UnsupportedOperation.InstanceOsConvertOsNotSupport");
}

#[test]
fn unsupported_systems_are_not_converted() {
    let cloud = cloud();
    let good = launch_running(&cloud, json!({}));
    let no_agent = json!({ "EnhancedService": { "AutomationService": { "Enabled": false } } });
    let without_agent = launch_running(&cloud, no_agent.clone());
    for (id, expected) in [
        (
            launch_running(&cloud, json!({ "ImageId": WINDOWS })),
            "UnsupportedOperation.InstanceOsWindows",
        ),
        (
            launch_running(&cloud, json!({ "ImageId": "img-7ag0z2jt" })),
            "UnsupportedOperation.InstanceOsConvertOsNotSupport",
        ),
        (
            launch_running(&cloud, json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC" } })),
            "InvalidParameter.AutoSnapshotNotSupported",
        ),
        (launch_stopped(&cloud, json!({})), "UnsupportedOperation.InstanceStateNotRunning"),
        (without_agent.clone(), "UnsupportedOperation.TatAgentNotOnline"),
        (
            launch_running(&cloud, json!({ "EnhancedService": { "AutomationService": {} } })),
            "UnsupportedOperation.TatAgentNotOnline",
        ),
        ("ins-zzzzzzzz".to_owned(), "InvalidInstanceId.NotFound"),
    ] {
        for dry in [true, false] {
            let body = json!({ "InstanceIds": [good, id], "DryRun": dry });
            let code = send_err(&cloud, "ConvertOperatingSystems", body);
            assert_eq!(code, expected, "dry={dry}");
        }
        assert_eq!(describe(&cloud, &good)["LatestOperation"], "RunInstances", "all or nothing");
    }
    // A reinstallation installs the agent or omits it.
    send_ok(&cloud, "ResetInstance", for_instance(&without_agent, json!({})));
    send_ok(&cloud, "ResetInstance", for_instance(&good, no_agent));
    advance(&cloud, 75);
    let convert =
        |id: &str| send(&cloud, "ConvertOperatingSystems", json!({ "InstanceIds": [id] }));
    assert!(convert(&without_agent).get("Error").is_none());
    assert_eq!(error_code(&convert(&good)), "UnsupportedOperation.TatAgentNotOnline");
}

#[test]
fn fpga_programming_is_rejected_without_fpga_cards() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let body = |address: &str| json!({ "FPGAUrl": "https://a.example/b.bin", "DBDFs": [address] });
    let table = [
        (body("0000:00:08.0"), "UnsupportedOperation.NotFpgaInstance"),
        (body("0000:00:08"), "InvalidParameterValue.IncorrectFormat"),
        (body("00:08.0"), "InvalidParameterValue.IncorrectFormat"),
    ];
    assert_all_fail(&cloud, "ProgramFpgaImage", &id, &table);
    let unknown = for_instance("ins-zzzzzzzz", json!({ "FPGAUrl": "https://a.example/b.bin" }));
    assert_eq!(send_err(&cloud, "ProgramFpgaImage", unknown), "InvalidInstanceId.NotFound");
}
