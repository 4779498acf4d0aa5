//! What happens to the system of an instance: reinstallation, passwords, rescue mode, conversion.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

pub const WINDOWS: &str = "img-9id7emv7";
pub const PASSWORD: &str = "Qcloud@TestApi123++";

pub fn stopped(cloud: &Cloud, members: Value) -> String {
    let id = running(cloud, members);
    done(cloud, "StopInstances", json!({ "InstanceIds": [id] }));
    pass(cloud, 15);
    assert_eq!(state(cloud, &id), "STOPPED");
    id
}

/// The body of a call on one instance, with further members.
pub fn on(id: &str, members: Value) -> Value {
    let mut body = json!({ "InstanceId": id });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

/// Looks at the state after every span of seconds.
pub fn passes_through(cloud: &Cloud, id: &str, states: &[(u64, &str)]) {
    for (seconds, expected) in states {
        pass(cloud, *seconds);
        let shown = show(cloud, id);
        assert_eq!(shown["InstanceState"], *expected, "{seconds} s later");
    }
    assert_eq!(show(cloud, id)["LatestOperationState"], "SUCCESS");
}

/// Each of these calls is refused with its code, and leaves the instance as it is.
pub fn all_refused(cloud: &Cloud, action: &str, id: &str, table: &[(Value, &str)]) {
    let before = show(cloud, id);
    for (members, expected) in table {
        let code = refused(cloud, action, on(id, members.clone()));
        assert_eq!(code, *expected, "{action} {members}");
    }
    assert_eq!(show(cloud, id), before);
}

#[test]
fn running_instance_is_reinstalled_with_another_image() {
    let cloud = cloud();
    let id = running(&cloud, json!({ "SystemDisk": { "DiskType": "CLOUD_SSD", "DiskSize": 50 } }));
    let body = json!({ "ImageId": WINDOWS, "HostName": "win-1", "SystemDisk": { "DiskSize": 60 },
        "LoginSettings": { "Password": PASSWORD }, "UserData": "aGk=" });
    let answer = done(&cloud, "ResetInstance", on(&id, body));
    let shown = show(&cloud, &id);
    assert_eq!((&shown["ImageId"], &shown["DefaultLoginUser"]), (&json!(IMAGE), &json!("root")));
    assert_eq!(shown["LatestOperation"], "ResetInstance");
    assert_eq!(shown["LatestOperationState"], "OPERATING");
    assert_eq!(shown["LatestOperationRequestId"], answer["RequestId"]);
    let states = [(0, "STOPPING"), (5, "STOPPED"), (59, "STOPPED"), (1, "STARTING")];
    for (seconds, expected) in states {
        pass(&cloud, seconds);
        assert_eq!(state(&cloud, &id), expected);
    }
    assert_eq!(show(&cloud, &id)["SystemDisk"]["DiskSize"], 50);
    passes_through(&cloud, &id, &[(10, "RUNNING")]);
    let after = show(&cloud, &id);
    for (pointer, expected) in [
        ("/ImageId", json!(WINDOWS)),
        ("/OsName", json!("Windows Server 2016 Datacenter 64bit EN")),
        ("/DefaultLoginUser", json!("Administrator")),
        ("/DefaultLoginPort", json!(3389)),
        ("/HostName", json!("win-1")),
        ("/SystemDisk/DiskSize", json!(60)),
        ("/SystemDisk/DiskType", json!("CLOUD_SSD")),
    ] {
        assert_eq!(after.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(after["SystemDisk"]["DiskId"], shown["SystemDisk"]["DiskId"]);
    assert!(!after.to_string().contains(PASSWORD));
}

#[test]
fn stopped_instance_is_reinstalled_with_its_own_image() {
    let cloud = cloud();
    let id = stopped(&cloud, json!({ "HostName": "web" }));
    done(&cloud, "ResetInstance", on(&id, json!({})));
    passes_through(&cloud, &id, &[(0, "STOPPED"), (60, "STARTING"), (10, "RUNNING")]);
    let shown = show(&cloud, &id);
    assert_eq!((&shown["ImageId"], &shown["HostName"]), (&json!(IMAGE), &json!("web")));
}

#[test]
fn invalid_reinstallations_are_rejected() {
    let cloud = cloud();
    let disk =
        |size: i64| json!({ "SystemDisk": { "DiskType": "CLOUD_PREMIUM", "DiskSize": size } });
    let login = |members: Value| json!({ "LoginSettings": members });
    let windows =
        |password: &str| json!({ "ImageId": WINDOWS, "LoginSettings": { "Password": password } });
    let id = running(&cloud, disk(50));
    all_refused(
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
    let small = running(&cloud, disk(20));
    let local = running(&cloud, json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC" } }));
    let unfit = "InvalidParameterValue.InvalidImageIdForRetsetInstance";
    all_refused(&cloud, "ResetInstance", &small, &[(json!({ "ImageId": WINDOWS }), unfit)]);
    let growth = json!({ "SystemDisk": { "DiskSize": 60 } });
    let table = [(json!({ "ImageId": WINDOWS }), unfit), (growth, "InvalidParameterValue")];
    all_refused(&cloud, "ResetInstance", &local, &table);
    // Another Linux is no other kind of system.
    done(&cloud, "ResetInstance", on(&local, json!({ "ImageId": "img-487zeit5" })));
    pass(&cloud, 75);
    assert_eq!(show(&cloud, &local)["DefaultLoginUser"], "ubuntu");
}

#[test]
fn password_reset_stops_and_restarts_running_instances() {
    let cloud = cloud();
    let (down, up) = (stopped(&cloud, json!({})), running(&cloud, json!({})));
    let body = |force: bool| json!({ "InstanceIds": [down, up], "Password": PASSWORD, "ForceStop": force });
    let before = (show(&cloud, &down), show(&cloud, &up));
    let code = refused(&cloud, "ResetInstancesPassword", body(false));
    assert_eq!(code, "UnsupportedOperation.InstanceStateRunning");
    assert_eq!((show(&cloud, &down), show(&cloud, &up)), before, "all or none");
    done(&cloud, "ResetInstancesPassword", body(true));
    assert_eq!(show(&cloud, &down)["LatestOperationState"], "OPERATING");
    passes_through(&cloud, &down, &[(5, "STOPPED")]);
    passes_through(&cloud, &up, &[(0, "STOPPED"), (5, "STARTING"), (10, "RUNNING")]);
    let all = done(&cloud, "DescribeInstances", json!({})).to_string();
    assert!(!all.contains(PASSWORD), "{all}");
}

#[test]
fn weak_passwords_are_rejected() {
    let cloud = cloud();
    let linux = stopped(&cloud, json!({}));
    let windows = stopped(&cloud, json!({ "ImageId": WINDOWS }));
    let body = |ids: &[&String], password: &str, user: &str| json!({ "InstanceIds": ids, "Password": password, "UserName": user });
    for (ids, password, user) in [
        (vec![&linux], "abcdefg1", ""),
        (vec![&linux], "/Abcdefg1", ""),
        (vec![&linux], "Abcd efg1", ""),
        (vec![&linux, &windows], "Abcdefg1", ""),
        (vec![&windows], "1administratoR", ""),
        (vec![&windows], "Abcdefghij-anna-1", "Anna"),
    ] {
        let answer = send(&cloud, "ResetInstancesPassword", body(&ids, password, user));
        assert_eq!(code(&answer), "InvalidParameterValue.InvalidPassword", "{password}");
        assert!(!answer.to_string().contains(password));
    }
    done(&cloud, "ResetInstancesPassword", body(&[&linux], "Abcdefg1", "anna"));
    done(&cloud, "ResetInstancesPassword", body(&[&windows], "Abcdefghij-1", ""));
    let unknown = json!({ "InstanceIds": [linux, "ins-zzzzzzzz"], "Password": PASSWORD });
    let code = refused(&cloud, "ResetInstancesPassword", unknown);
    assert_eq!(code, "InvalidInstanceId.NotFound");
}

#[test]
fn each_action_rejects_unsuitable_states() {
    let states = ["PENDING", "RUNNING", "STOPPED", "STOPPING", "RESCUE_MODE"];
    let busy = "OperationDenied.InstanceOperationInProgress";
    let password = json!({ "Password": PASSWORD });
    // In the order of the states: the end of the code, or the code; empty where it is allowed.
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
        for (wanted, expected) in states.into_iter().zip(codes) {
            let cloud = cloud();
            let id = brought_to(&cloud, wanted);
            let answer = send(&cloud, action, on(&id, members.clone()));
            if expected.is_empty() {
                assert!(answer.get("Error").is_none(), "{action} {wanted}: {answer}");
                continue;
            }
            let named = format!("UnsupportedOperation.InstanceState{expected}");
            let expected = if expected == busy { busy } else { &named };
            assert_eq!(code(&answer), expected, "{action} {wanted}");
            assert_eq!(state(&cloud, &id), wanted, "a refused action changes nothing");
        }
    }
}

fn brought_to(cloud: &Cloud, wanted: &str) -> String {
    match wanted {
        "PENDING" => launch(cloud, json!({})).remove(0),
        "STOPPED" => stopped(cloud, json!({})),
        "STOPPING" => {
            let id = running(cloud, json!({}));
            done(cloud, "StopInstances", json!({ "InstanceIds": [id] }));
            id
        }
        "RESCUE_MODE" => {
            let id = running(cloud, json!({}));
            done(cloud, "EnterRescueMode", on(&id, json!({ "Password": PASSWORD })));
            pass(cloud, 30);
            id
        }
        _ => running(cloud, json!({})),
    }
}

#[test]
fn stop_charging_mode_rejects_operations_on_hardware() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let body = json!({ "InstanceIds": [id], "StoppedMode": "STOP_CHARGING" });
    done(&cloud, "StopInstances", body);
    pass(&cloud, 15);
    let code = "UnsupportedOperation.StoppedModeStopCharging";
    let system = json!({ "SystemDisk": { "DiskSize": 60 } });
    all_refused(&cloud, "ResetInstance", &id, &[(json!({}), code)]);
    all_refused(&cloud, "ResizeInstanceDisks", &id, &[(system, code)]);
    all_refused(&cloud, "EnterRescueMode", &id, &[(json!({ "Password": PASSWORD }), code)]);
}

#[test]
fn centos_converts_to_tencentos() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let body = |dry: bool| json!({ "InstanceIds": [id], "DryRun": dry });
    let before = show(&cloud, &id);
    let answer = done(&cloud, "ConvertOperatingSystems", body(true));
    let target = json!([{ "TargetOSType": "TencentOS", "TargetOSVersion": "2.4" }]);
    assert_eq!(answer["SupportTargetOSList"], target);
    assert!(answer["TaskId"].is_null(), "{answer}");
    assert_eq!(show(&cloud, &id), before, "a check converts nothing");
    let answer = done(&cloud, "ConvertOperatingSystems", body(false));
    assert!(answer["TaskId"].as_str().is_some_and(|id| id.parse::<u64>().is_ok()), "{answer}");
    assert_eq!(refused(&cloud, "ConvertOperatingSystems", body(false)), "ResourceInUse");
    pass(&cloud, 300);
    assert_eq!(show(&cloud, &id)["OsName"], "CentOS 7.2 64bit");
    passes_through(&cloud, &id, &[(0, "REBOOTING"), (20, "RUNNING")]);
    let shown = show(&cloud, &id);
    assert_eq!(shown["OsName"], "TencentOS Server 2.4");
    assert_eq!(shown["ImageId"], IMAGE);
    let code = refused(&cloud, "ConvertOperatingSystems", body(false));
    assert_eq!(code, "UnsupportedOperation.InstanceOsConvertOsNotSupport");
}

#[test]
fn unsupported_systems_are_not_converted() {
    let cloud = cloud();
    let good = running(&cloud, json!({}));
    let silent = json!({ "EnhancedService": { "AutomationService": { "Enabled": false } } });
    let mute = running(&cloud, silent.clone());
    for (id, expected) in [
        (running(&cloud, json!({ "ImageId": WINDOWS })), "UnsupportedOperation.InstanceOsWindows"),
        (
            running(&cloud, json!({ "ImageId": "img-l8og963d" })),
            "UnsupportedOperation.InstanceOsConvertOsNotSupport",
        ),
        (
            running(&cloud, json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC" } })),
            "InvalidParameter.AutoSnapshotNotSupported",
        ),
        (stopped(&cloud, json!({})), "UnsupportedOperation.InstanceStateNotRunning"),
        (mute.clone(), "UnsupportedOperation.TatAgentNotOnline"),
        ("ins-zzzzzzzz".to_owned(), "InvalidInstanceId.NotFound"),
    ] {
        for dry in [true, false] {
            let body = json!({ "InstanceIds": [good, id], "DryRun": dry });
            let code = refused(&cloud, "ConvertOperatingSystems", body);
            assert_eq!(code, expected, "dry={dry}");
        }
        assert_eq!(show(&cloud, &good)["LatestOperation"], "RunInstances", "all or none");
    }
    // A reinstallation brings the agent, or keeps it out.
    done(&cloud, "ResetInstance", on(&mute, json!({})));
    done(&cloud, "ResetInstance", on(&good, silent));
    pass(&cloud, 75);
    let convert =
        |id: &str| send(&cloud, "ConvertOperatingSystems", json!({ "InstanceIds": [id] }));
    assert!(convert(&mute).get("Error").is_none());
    assert_eq!(code(&convert(&good)), "UnsupportedOperation.TatAgentNotOnline");
}

#[test]
fn fpga_programming_is_rejected_without_fpga_cards() {
    let cloud = cloud();
    let id = running(&cloud, json!({}));
    let body = |address: &str| json!({ "FPGAUrl": "https://a.example/b.bin", "DBDFs": [address] });
    let table = [
        (body("0000:00:08.0"), "UnsupportedOperation.NotFpgaInstance"),
        (body("0000:00:08"), "InvalidParameterValue.IncorrectFormat"),
        (body("00:08.0"), "InvalidParameterValue.IncorrectFormat"),
    ];
    all_refused(&cloud, "ProgramFpgaImage", &id, &table);
    let unknown = on("ins-zzzzzzzz", json!({ "FPGAUrl": "https://a.example/b.bin" }));
    assert_eq!(refused(&cloud, "ProgramFpgaImage", unknown), "InvalidInstanceId.NotFound");
}
