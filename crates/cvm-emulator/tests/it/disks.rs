//! Disks of an instance: resizing, and conversion of local disks to cloud disks.

use serde_json::{Value, json};

use crate::instances::reinstall::{assert_all_fail, assert_states, for_instance};
use crate::support::*;

fn with_data_disks() -> Value {
    json!({ "DataDisks": [
        { "DiskType": "CLOUD_PREMIUM", "DiskSize": 100 },
        { "DiskType": "CLOUD_SSD", "DiskSize": 100 },
        { "DiskType": "CLOUD_SSD", "DiskSize": 200 },
        { "DiskType": "LOCAL_BASIC", "DiskSize": 100 },
    ] })
}

#[test]
fn disks_resize_stopped_online_or_with_a_forced_stop() {
    let cloud = cloud();
    let id = launch_stopped(&cloud, with_data_disks());
    let system = json!({ "SystemDisk": { "DiskSize": 60 } });
    send_ok(&cloud, "ResizeInstanceDisks", for_instance(&id, system));
    assert_eq!(describe(&cloud, &id)["SystemDisk"]["DiskSize"], 50);
    assert_states(&cloud, &id, &[(0, "STOPPED"), (10, "STOPPED")]);
    assert_eq!(describe(&cloud, &id)["SystemDisk"]["DiskSize"], 60);

    let running_id = launch_running(&cloud, with_data_disks());
    let by_type = json!({ "DiskType": "CLOUD_PREMIUM", "DiskSize": 110 });
    let grow = |disk: &Value, online: bool, force: bool| {
        for_instance(
            &running_id,
            json!({ "DataDisks": [disk], "ResizeOnline": online, "ForceStop": force }),
        )
    };
    let code = send_err(&cloud, "ResizeInstanceDisks", grow(&by_type, false, false));
    assert_eq!(code, "UnsupportedOperation.InstanceStateRunning");
    send_ok(&cloud, "ResizeInstanceDisks", grow(&by_type, true, true));
    assert_states(&cloud, &running_id, &[(0, "RUNNING"), (9, "RUNNING"), (1, "RUNNING")]);
    let disks = describe(&cloud, &running_id)["DataDisks"].clone();
    assert_eq!(disks[0]["DiskSize"], 110);
    let by_id = json!({ "DiskId": disks[2]["DiskId"], "DiskSize": 300 });
    send_ok(&cloud, "ResizeInstanceDisks", grow(&by_id, false, true));
    let states = [(14, "STOPPING"), (1, "STOPPED"), (10, "STARTING"), (10, "RUNNING")];
    for (seconds, expected) in states {
        advance(&cloud, seconds);
        assert_eq!(state(&cloud, &running_id), expected);
    }
    let sizes = describe(&cloud, &running_id)["DataDisks"].clone();
    let sizes: Vec<_> = sizes.as_array().unwrap().iter().map(|disk| &disk["DiskSize"]).collect();
    assert_eq!(sizes, [110, 100, 300, 100]);
}

#[test]
fn disks_only_grow_and_only_within_limits() {
    let cloud = cloud();
    let id = launch_stopped(&cloud, with_data_disks());
    let system = |members: Value| json!({ "SystemDisk": members });
    let data = |members: Value| json!({ "DataDisks": [members] });
    assert_all_fail(
        &cloud,
        "ResizeInstanceDisks",
        &id,
        &[
            (json!({}), "MissingParameter.AtLeastOne"),
            (
                json!({ "SystemDisk": { "DiskSize": 60 }, "DataDisks": [{ "DiskSize": 300 }] }),
                "InvalidParameter",
            ),
            (system(json!({ "DiskType": "CLOUD_PREMIUM" })), "MissingParameter"),
            (system(json!({ "DiskSize": 50 })), "InvalidParameterValue"),
            (system(json!({ "DiskSize": 2000 })), "InvalidParameterValue"),
            (system(json!({ "DiskSize": 60, "DiskType": "CLOUD_SSD" })), "InvalidParameterValue"),
            (data(json!({ "DiskType": "CLOUD_PREMIUM" })), "MissingParameter"),
            (data(json!({ "DiskSize": 300 })), "InvalidParameterValue"),
            (data(json!({ "DiskSize": 300, "DiskType": "CLOUD_SSD" })), "InvalidParameterValue"),
            (data(json!({ "DiskSize": 300, "DiskType": "CLOUD_HSSD" })), "InvalidParameterValue"),
            (
                data(json!({ "DiskSize": 105, "DiskType": "CLOUD_PREMIUM" })),
                "InvalidParameterValue",
            ),
            (data(json!({ "DiskSize": 90, "DiskType": "CLOUD_PREMIUM" })), "InvalidParameterValue"),
            (
                data(json!({ "DiskSize": 50_000, "DiskType": "CLOUD_PREMIUM" })),
                "InvalidParameterValue",
            ),
            (
                data(json!({ "DiskSize": 110, "DiskType": "LOCAL_BASIC" })),
                "UnsupportedOperation.InvalidDataDisk",
            ),
        ],
    );
    let local = launch_stopped(&cloud, json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC" } }));
    let table = [(system(json!({ "DiskSize": 60 })), "InvalidParameterValue")];
    assert_all_fail(&cloud, "ResizeInstanceDisks", &local, &table);
}

#[test]
fn local_disks_become_cloud_disks() {
    let cloud = cloud();
    let both = json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC" },
        "DataDisks": [{ "DiskType": "LOCAL_SSD", "DiskSize": 10 }] });
    let id = launch_stopped(&cloud, both);
    let system = |kind: &str| json!({ "SystemDisk": { "DiskType": kind } });
    let data = |kind: &str| json!({ "DataDisks": [{ "DiskType": kind }] });
    let together = |kind: &str| json!({ "SystemDisk": { "DiskType": "CLOUD_SSD" }, "DataDisks": [{ "DiskType": kind }] });
    assert_all_fail(
        &cloud,
        "ModifyInstanceDiskType",
        &id,
        &[
            (json!({}), "MissingParameter"),
            (json!({ "DataDisks": [{ "DiskSize": 10 }] }), "MissingParameter"),
            (system("LOCAL_SSD"), "InvalidParameterValue"),
            (system("CLOUD_SSD"), "InvalidParameter"),
            (data("CLOUD_PREMIUM"), "InvalidParameter"),
            (together("CLOUD_SSD"), "InvalidParameterValue.LocalDiskSizeRange"),
        ],
    );
    send_ok(&cloud, "ModifyInstanceDiskType", for_instance(&id, together("CLOUD_PREMIUM")));
    let before = describe(&cloud, &id);
    assert_eq!(before["SystemDisk"]["DiskType"], "LOCAL_BASIC");
    let code =
        send_err(&cloud, "ModifyInstanceDiskType", for_instance(&id, together("CLOUD_PREMIUM")));
    assert_eq!(code, "MutexOperation.TaskRunning");
    assert_states(&cloud, &id, &[(59, "STOPPED"), (1, "STOPPED")]);
    let after = describe(&cloud, &id);
    assert_eq!(after["SystemDisk"]["DiskType"], "CLOUD_SSD");
    assert_eq!(after["DataDisks"][0]["DiskType"], "CLOUD_PREMIUM");
    for pointer in ["/SystemDisk/DiskId", "/DataDisks/0/DiskId"] {
        let [old, new] = [&before, &after].map(|of| string(of.pointer(pointer).unwrap()));
        assert!(old.starts_with("ldisk-") && new.starts_with("disk-"), "{old} {new}");
    }
    let unsupported = "InvalidParameter.InvalidInstanceNotSupported";
    assert_all_fail(&cloud, "ModifyInstanceDiskType", &id, &[(system("CLOUD_SSD"), unsupported)]);

    let spot = json!({ "InstanceChargeType": "SPOTPAID",
        "InstanceMarketOptions": { "SpotOptions": { "MaxPrice": "1" } },
        "SystemDisk": { "DiskType": "LOCAL_BASIC" } });
    let spot = launch_running(&cloud, spot);
    assert_all_fail(&cloud, "ModifyInstanceDiskType", &spot, &[(system("CLOUD_SSD"), unsupported)]);
    let one = launch_running(&cloud, json!({ "DataDisks": [{ "DiskSize": 50 }] }));
    let code = "UnsupportedOperation.InstanceStateRunning";
    let table = [(system("CLOUD_SSD"), "InvalidParameterValue"), (data("CLOUD_SSD"), code)];
    assert_all_fail(&cloud, "ModifyInstanceDiskType", &one, &table);
}
