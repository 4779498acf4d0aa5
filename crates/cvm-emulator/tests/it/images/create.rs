//! Images created from instances and snapshots, and launches from them.

use serde_json::{Value, json};

use super::*;
use crate::support::*;

const WINDOWS: &str = "img-9id7emv7";

#[test]
fn instance_is_busy_while_its_image_is_created() {
    let cloud = cloud();
    let instance = launch_running(&cloud, json!({ "ImageId": UBUNTU }));
    let tags = json!([{ "ResourceType": "image", "Tags": [{ "Key": "team", "Value": "blue" }] }]);
    let members =
        json!({ "ImageDescription": "with tools", "ImageFamily": "web", "TagSpecification": tags });
    let id = create(&cloud, &instance, "web-1", members);
    let actual = image(&cloud, &id);
    for (member, expected) in [
        ("ImageState", json!("CREATING")),
        ("ImageName", json!("web-1")),
        ("ImageDescription", json!("with tools")),
        ("ImageType", json!("PRIVATE_IMAGE")),
        ("ImageSource", json!("CREATE_IMAGE")),
        ("OsName", json!("Ubuntu Server 22.04 LTS 64bit")),
        ("Platform", json!("Ubuntu")),
        ("ImageSize", json!(50)),
        ("CreatedTime", json!("2023-11-14T22:13:40Z")),
        ("ImageFamily", json!("web")),
        ("ImageDeprecated", json!(false)),
        ("SyncPercent", json!(0)),
        ("Tags", json!([{ "Key": "team", "Value": "blue" }])),
    ] {
        assert_eq!(actual[member], expected, "{member}");
    }
    assert_eq!(actual["SnapshotSet"][0]["DiskUsage"], "SYSTEM_DISK");
    let again = json!({ "InstanceId": instance, "ImageName": "web-2" });
    assert_eq!(send_err(&cloud, "CreateImage", again), "MutexOperation.TaskRunning");
    let stop = json!({ "InstanceIds": [instance] });
    let expected = "OperationDenied.InstanceOperationInProgress";
    assert_eq!(send_err(&cloud, "StopInstances", stop), expected);
    assert_eq!(describe(&cloud, &instance)["LatestOperation"], "CreateImage");
    advance(&cloud, 119);
    assert_eq!(image_state(&cloud, &id), "CREATING");
    advance(&cloud, 1);
    assert_eq!(image_state(&cloud, &id), "NORMAL");
    assert_eq!(describe(&cloud, &instance)["LatestOperationState"], "SUCCESS");
    assert_eq!(state(&cloud, &instance), "RUNNING");
}

#[test]
fn forced_poweroff_restarts_only_running_instances() {
    let cloud = cloud();
    let instance = launch_running(&cloud, json!({}));
    let id = create(&cloud, &instance, "cold", json!({ "ForcePoweroff": "true" }));
    for (seconds, instance_state, expected) in [
        (0, "STOPPING", "CREATING"),
        (5, "STOPPED", "CREATING"),
        (120, "STARTING", "NORMAL"),
        (10, "RUNNING", "NORMAL"),
    ] {
        advance(&cloud, seconds);
        assert_eq!(state(&cloud, &instance), instance_state);
        assert_eq!(image_state(&cloud, &id), expected, "{instance_state}");
    }
    let ids = json!({ "InstanceIds": [instance] });
    send_ok(&cloud, "StopInstances", ids);
    let early = json!({ "InstanceId": instance, "ImageName": "early" });
    let expected = "UnsupportedOperation.InstanceStateStopping";
    assert_eq!(send_err(&cloud, "CreateImage", early), expected);
    advance(&cloud, 15);
    create(&cloud, &instance, "stopped", json!({ "ForcePoweroff": "true" }));
    advance(&cloud, 120);
    assert_eq!(state(&cloud, &instance), "STOPPED");
    send_ok(&cloud, "StartInstances", json!({ "InstanceIds": [instance] }));
    advance(&cloud, 10);
    let stop = json!({ "InstanceIds": [instance], "StoppedMode": "STOP_CHARGING" });
    send_ok(&cloud, "StopInstances", stop);
    advance(&cloud, 15);
    let free = json!({ "InstanceId": instance, "ImageName": "free" });
    let expected = "UnsupportedOperation.StoppedModeStopCharging";
    assert_eq!(send_err(&cloud, "CreateImage", free), expected);
}

#[test]
fn data_disks_are_imaged_and_invalid_sources_are_rejected() {
    let cloud = cloud();
    let data = json!([{ "DiskType": "CLOUD_SSD", "DiskSize": 100 },
        { "DiskType": "LOCAL_BASIC", "DiskSize": 100 }]);
    let instance = launch_running(&cloud, json!({ "DataDisks": data }));
    let actual = describe(&cloud, &instance);
    let disk = |pointer: &str| string(actual.pointer(pointer).unwrap());
    let (system, cloud_disk) = (disk("/SystemDisk/DiskId"), disk("/DataDisks/0/DiskId"));
    let members = json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC", "DiskSize": 50 },
        "DataDisks": [{ "DiskType": "CLOUD_SSD", "DiskSize": 100 }] });
    let local = launch_running(&cloud, members);
    let local_data = string(&describe(&cloud, &local)["DataDisks"][0]["DiskId"]);
    let encrypted_id = launch_running(&cloud, json!({ "SystemDisk": { "Encrypt": true } }));
    ready(&cloud, "taken");
    let code = |id: &str, members: Value| {
        let body = merge(json!({ "InstanceId": id, "ImageName": "new" }), members);
        send_err(&cloud, "CreateImage", body)
    };
    let data = |id: &str| json!({ "DataDiskIds": [id] });
    for (id, members, expected) in [
        ("ins-zzzzzzzz", json!({}), "InvalidInstanceId.NotFound"),
        (&instance, data(&system), "InvalidParameter.DataDiskIdContainsRootDisk"),
        (&instance, data("disk-zzz"), "InvalidParameter.DataDiskNotBelongSpecifiedInstance"),
        (&instance, data(&disk("/DataDisks/1/DiskId")), "InvalidParameter.LocalDataDiskNotSupport"),
        (&local, data(&local_data), "UnsupportedOperation.NotSupportInstanceImage"),
        (&encrypted_id, json!({}), "UnsupportedOperation.EncryptedImagesNotSupported"),
        (&instance, json!({ "Sysprep": "true" }), "InvalidParameter.InvalidDependence"),
        (&instance, json!({ "ImageName": "taken" }), "InvalidImageName.Duplicate"),
        (&instance, json!({ "ImageName": " " }), "InvalidParameterValue"),
        (&instance, json!({ "ImageFamily": "a b" }), "InvalidParameterValue.InvalidImageFamily"),
        (
            &instance,
            json!({ "TagSpecification": [{ "ResourceType": "host",
            "Tags": [{ "Key": "a", "Value": "b" }] }] }),
            "InvalidParameterValue",
        ),
    ] {
        assert_eq!(code(id, members.clone()), expected, "{id} {members}");
    }
    let dry = json!({ "InstanceId": instance, "ImageName": "dry", "DryRun": true });
    assert!(send_ok(&cloud, "CreateImage", dry).get("ImageId").is_none());
    assert_eq!(total(&cloud, "image-type", &["PRIVATE_IMAGE"]), 1);
    assert_eq!(state(&cloud, &instance), "RUNNING");
    let id = create(&cloud, &instance, "whole", data(&cloud_disk));
    let snapshots = image(&cloud, &id)["SnapshotSet"].clone();
    assert_eq!(
        (&snapshots[1]["DiskUsage"], &snapshots[1]["DiskSize"]),
        (&json!("DATA_DISK"), &json!(100))
    );
    // A launch can create the data disk from its snapshot once the snapshot is complete.
    let named = |size: i64| {
        let data = json!({ "DiskType": "CLOUD_SSD", "DiskSize": size,
            "SnapshotId": snapshots[1]["SnapshotId"] });
        run_request(json!({ "DataDisks": [data] }))
    };
    assert_eq!(send_err(&cloud, "RunInstances", named(100)), "InvalidParameter.SnapshotNotFound");
    advance(&cloud, 120);
    let expected = "FailedOperation.SnapshotSizeLargerThanDataSize";
    assert_eq!(send_err(&cloud, "RunInstances", named(90)), expected);
    let launched = string(&send_ok(&cloud, "RunInstances", named(100))["InstanceIdSet"][0]);
    let actual = describe(&cloud, &launched)["DataDisks"][0].clone();
    assert_eq!(actual["SnapshotId"], snapshots[1]["SnapshotId"]);
    for (action, members) in [
        ("SyncImages", json!({ "ImageIds": [id], "DestinationRegions": ["ap-shanghai"] })),
        (
            "ModifyImageSharePermission",
            json!({ "ImageId": id, "AccountIds": ["100000000002"], "Permission": "SHARE" }),
        ),
    ] {
        let expected = "InvalidParameter.InstanceImageNotSupport";
        assert_eq!(send_err(&cloud, action, members), expected, "{action}");
    }
}

#[test]
fn images_can_be_created_from_snapshots_that_outlive_them() {
    let cloud = cloud();
    let disks = json!([{ "DiskType": "CLOUD_SSD", "DiskSize": 100 }]);
    let instance = launch_running(&cloud, json!({ "DataDisks": disks }));
    let data = string(&describe(&cloud, &instance)["DataDisks"][0]["DiskId"]);
    let first = create(&cloud, &instance, "first", json!({ "DataDiskIds": [data] }));
    let set = image(&cloud, &first)["SnapshotSet"].clone();
    let (system, data) = (string(&set[0]["SnapshotId"]), string(&set[1]["SnapshotId"]));
    let body = |ids: &[&str]| json!({ "ImageName": "second", "SnapshotIds": ids });
    let code = |body: Value| send_err(&cloud, "CreateImage", body);
    assert_eq!(code(body(&[&system])), "ResourceUnavailable.SnapshotCreating");
    advance(&cloud, 120);
    let other = ready(&cloud, "other");
    let other = string(&image(&cloud, &other)["SnapshotSet"][0]["SnapshotId"]);
    for (ids, expected) in [
        (vec!["snap-zzzzzzzz"], "InvalidParameter.SnapshotNotFound"),
        (vec![&data], "InvalidParameter.SystemSnapshotNotFound"),
        (vec![&system, &other], "InvalidParameter.DuplicateSystemSnapshots"),
    ] {
        assert_eq!(code(body(&ids)), expected, "{ids:?}");
    }
    let mut sysprep = body(&[&system]);
    sysprep["Sysprep"] = json!("true");
    assert_eq!(code(sysprep), "InvalidParameter.InvalidDependence");
    let second = string(&send_ok(&cloud, "CreateImage", body(&[&data, &system]))["ImageId"]);
    assert_eq!(image(&cloud, &second)["SnapshotSet"], set);
    advance(&cloud, 120);
    // Snapshots stay while an image uses them. On request, they are deleted with the last image.
    let delete = |id: &str| json!({ "ImageIds": [id], "DeleteBindedSnap": true });
    send_ok(&cloud, "DeleteImages", delete(&first));
    let third = json!({ "ImageName": "third", "SnapshotIds": [system] });
    let third = string(&send_ok(&cloud, "CreateImage", third)["ImageId"]);
    assert_eq!(image(&cloud, &third)["Platform"], "CentOS");
    advance(&cloud, 120);
    send_ok(&cloud, "DeleteImages", json!({ "ImageIds": [second, third] }));
    // An empty id counts as absent.
    let fourth = json!({ "ImageName": "fourth", "InstanceId": "", "SnapshotIds": [system] });
    let fourth = string(&send_ok(&cloud, "CreateImage", fourth)["ImageId"]);
    advance(&cloud, 120);
    send_ok(&cloud, "DeleteImages", delete(&fourth));
    assert_eq!(code(body(&[&system])), "InvalidParameter.SnapshotNotFound");
}

#[test]
fn instances_launch_from_a_private_image_once_it_is_ready() {
    let cloud = cloud();
    let instance = launch_running(&cloud, json!({ "ImageId": WINDOWS }));
    let id = create(&cloud, &instance, "desk", json!({ "Sysprep": "TRUE" }));
    let code = |members: Value| send_err(&cloud, "RunInstances", run_request(members));
    let of = |id: &str| json!({ "ImageId": id });
    assert_eq!(code(of(&id)), "InvalidParameterValue.InvalidImageState");
    advance(&cloud, 120);
    let weak = json!({ "ImageId": id, "LoginSettings": { "Password": "abcdefg1" } });
    assert_eq!(code(weak), "InvalidPassword", "the password rules of Windows apply");
    let small = json!({ "ImageId": id, "SystemDisk": { "DiskSize": 40 } });
    assert_eq!(code(small), "InvalidParameterValue.Range");
    let launched = launch_running(&cloud, of(&id));
    let actual = describe(&cloud, &launched);
    assert_eq!((&actual["ImageId"], &actual["DefaultLoginPort"]), (&json!(id), &json!(3389)));
    assert_eq!(actual["OsName"], "Windows Server 2016 Datacenter 64bit Chinese");
    // The system of an instance stays known after its image is deleted.
    send_ok(&cloud, "DeleteImages", json!({ "ImageIds": [id] }));
    assert_eq!(code(of(&id)), "InvalidImageId.NotFound");
    let again = create(&cloud, &launched, "desk", json!({}));
    assert_eq!(image(&cloud, &again)["Platform"], "Windows");
    let arm = json!({ "Architecture": "arm_64", "BootMode": "UEFI" });
    let arm = imported(&cloud, arm);
    assert_eq!(image(&cloud, &arm)["Architecture"], "arm");
    assert_eq!(code(of(&arm)), "InvalidParameterValue.InvalidImageForGivenInstanceType");
    let typed = json!({ "InstanceType": "S5.MEDIUM4", "ImageIds": [arm, again] });
    let typed = send_ok(&cloud, "DescribeImages", typed);
    assert_eq!(typed["ImageSet"].as_array().unwrap().len(), 1);
}

#[test]
fn encryption_is_inherited() {
    let cloud = cloud();
    let encrypted_id = encrypted(&cloud, &ready(&cloud, "plain"));
    let snapshot = image(&cloud, &encrypted_id)["SnapshotSet"][0]["SnapshotId"].clone();
    let disks = json!([{ "DiskType": "CLOUD_SSD", "DiskSize": 50, "SnapshotId": snapshot }]);
    let launched = launch(&cloud, json!({ "ImageId": encrypted_id, "DataDisks": disks })).remove(0);
    let actual = describe(&cloud, &launched);
    assert_eq!(actual["SystemDisk"]["Encrypt"], true);
    assert_eq!(actual["DataDisks"][0]["Encrypt"], true);
    advance(&cloud, 20);
    for source in [json!({ "InstanceId": launched }), json!({ "SnapshotIds": [snapshot] })] {
        let body = merge(source.clone(), json!({ "ImageName": "open" }));
        let expected = "UnsupportedOperation.EncryptedImagesNotSupported";
        assert_eq!(send_err(&cloud, "CreateImage", body), expected, "{source}");
    }
}
