//! How images are made of instances and snapshots, and how instances start from them.

use serde_json::{Value, json};

use super::*;
use crate::support::*;

const WINDOWS: &str = "img-9id7emv7";

#[test]
fn instance_is_busy_while_its_image_is_created() {
    let cloud = cloud();
    let instance = running(&cloud, json!({ "ImageId": UBUNTU }));
    let tags = json!([{ "ResourceType": "image", "Tags": [{ "Key": "team", "Value": "blue" }] }]);
    let members =
        json!({ "ImageDescription": "with tools", "ImageFamily": "web", "TagSpecification": tags });
    let id = create(&cloud, &instance, "web-1", members);
    let shown = image(&cloud, &id);
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
        ("SyncPercent", Value::Null),
        ("Tags", json!([{ "Key": "team", "Value": "blue" }])),
    ] {
        assert_eq!(shown[member], expected, "{member}");
    }
    assert_eq!(shown["SnapshotSet"][0]["DiskUsage"], "SYSTEM_DISK");
    let again = json!({ "InstanceId": instance, "ImageName": "web-2" });
    assert_eq!(refused(&cloud, "CreateImage", again), "MutexOperation.TaskRunning");
    let stop = json!({ "InstanceIds": [instance] });
    let expected = "OperationDenied.InstanceOperationInProgress";
    assert_eq!(refused(&cloud, "StopInstances", stop), expected);
    assert_eq!(show(&cloud, &instance)["LatestOperation"], "CreateImage");
    pass(&cloud, 119);
    assert_eq!(image_state(&cloud, &id), "CREATING");
    pass(&cloud, 1);
    assert_eq!(image_state(&cloud, &id), "NORMAL");
    assert_eq!(show(&cloud, &instance)["LatestOperationState"], "SUCCESS");
    assert_eq!(state(&cloud, &instance), "RUNNING");
}

#[test]
fn forced_poweroff_restarts_only_running_instances() {
    let cloud = cloud();
    let instance = running(&cloud, json!({}));
    let id = create(&cloud, &instance, "cold", json!({ "ForcePoweroff": "true" }));
    for (seconds, instance_state, expected) in [
        (0, "STOPPING", "CREATING"),
        (5, "STOPPED", "CREATING"),
        (120, "STARTING", "NORMAL"),
        (10, "RUNNING", "NORMAL"),
    ] {
        pass(&cloud, seconds);
        assert_eq!(state(&cloud, &instance), instance_state);
        assert_eq!(image_state(&cloud, &id), expected, "{instance_state}");
    }
    let ids = json!({ "InstanceIds": [instance] });
    done(&cloud, "StopInstances", ids);
    let early = json!({ "InstanceId": instance, "ImageName": "early" });
    let expected = "UnsupportedOperation.InstanceStateStopping";
    assert_eq!(refused(&cloud, "CreateImage", early), expected);
    pass(&cloud, 15);
    create(&cloud, &instance, "stopped", json!({ "ForcePoweroff": "true" }));
    pass(&cloud, 120);
    assert_eq!(state(&cloud, &instance), "STOPPED");
    done(&cloud, "StartInstances", json!({ "InstanceIds": [instance] }));
    pass(&cloud, 10);
    let stop = json!({ "InstanceIds": [instance], "StoppedMode": "STOP_CHARGING" });
    done(&cloud, "StopInstances", stop);
    pass(&cloud, 15);
    let free = json!({ "InstanceId": instance, "ImageName": "free" });
    let expected = "UnsupportedOperation.StoppedModeStopCharging";
    assert_eq!(refused(&cloud, "CreateImage", free), expected);
}

#[test]
fn data_disks_are_imaged_and_invalid_sources_are_rejected() {
    let cloud = cloud();
    let data = json!([{ "DiskType": "CLOUD_SSD", "DiskSize": 100 },
        { "DiskType": "LOCAL_BASIC", "DiskSize": 100 }]);
    let instance = running(&cloud, json!({ "DataDisks": data }));
    let shown = show(&cloud, &instance);
    let disk = |pointer: &str| text(shown.pointer(pointer).unwrap());
    let (system, cloud_disk) = (disk("/SystemDisk/DiskId"), disk("/DataDisks/0/DiskId"));
    let members = json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC", "DiskSize": 50 },
        "DataDisks": [{ "DiskType": "CLOUD_SSD", "DiskSize": 100 }] });
    let local = running(&cloud, members);
    let local_data = text(&show(&cloud, &local)["DataDisks"][0]["DiskId"]);
    let secret = running(&cloud, json!({ "SystemDisk": { "Encrypt": true } }));
    ready(&cloud, "taken");
    let code = |id: &str, members: Value| {
        let body = with(json!({ "InstanceId": id, "ImageName": "new" }), members);
        refused(&cloud, "CreateImage", body)
    };
    let data = |id: &str| json!({ "DataDiskIds": [id] });
    for (id, members, expected) in [
        ("ins-zzzzzzzz", json!({}), "InvalidInstanceId.NotFound"),
        (&instance, data(&system), "InvalidParameter.DataDiskIdContainsRootDisk"),
        (&instance, data("disk-zzz"), "InvalidParameter.DataDiskNotBelongSpecifiedInstance"),
        (&instance, data(&disk("/DataDisks/1/DiskId")), "InvalidParameter.LocalDataDiskNotSupport"),
        (&local, data(&local_data), "UnsupportedOperation.NotSupportInstanceImage"),
        (&secret, json!({}), "UnsupportedOperation.EncryptedImagesNotSupported"),
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
    assert!(done(&cloud, "CreateImage", dry).get("ImageId").is_none());
    assert_eq!(total(&cloud, "image-type", &["PRIVATE_IMAGE"]), 1);
    assert_eq!(state(&cloud, &instance), "RUNNING");
    let id = create(&cloud, &instance, "whole", data(&cloud_disk));
    let snapshots = image(&cloud, &id)["SnapshotSet"].clone();
    assert_eq!(
        (&snapshots[1]["DiskUsage"], &snapshots[1]["DiskSize"]),
        (&json!("DATA_DISK"), &json!(100))
    );
    // The data disk comes back where a launch names its snapshot, once that is taken.
    let named = |size: i64| {
        let data = json!({ "DiskType": "CLOUD_SSD", "DiskSize": size,
            "SnapshotId": snapshots[1]["SnapshotId"] });
        run(json!({ "DataDisks": [data] }))
    };
    assert_eq!(refused(&cloud, "RunInstances", named(100)), "InvalidParameter.SnapshotNotFound");
    pass(&cloud, 120);
    let expected = "FailedOperation.SnapshotSizeLargerThanDataSize";
    assert_eq!(refused(&cloud, "RunInstances", named(90)), expected);
    let launched = text(&done(&cloud, "RunInstances", named(100))["InstanceIdSet"][0]);
    let shown = show(&cloud, &launched)["DataDisks"][0].clone();
    assert_eq!(shown["SnapshotId"], snapshots[1]["SnapshotId"]);
    for (action, members) in [
        ("SyncImages", json!({ "ImageIds": [id], "DestinationRegions": ["ap-shanghai"] })),
        (
            "ModifyImageSharePermission",
            json!({ "ImageId": id, "AccountIds": ["100000000002"], "Permission": "SHARE" }),
        ),
    ] {
        let expected = "InvalidParameter.InstanceImageNotSupport";
        assert_eq!(refused(&cloud, action, members), expected, "{action}");
    }
}

#[test]
fn images_can_be_created_from_snapshots_that_outlive_them() {
    let cloud = cloud();
    let disks = json!([{ "DiskType": "CLOUD_SSD", "DiskSize": 100 }]);
    let instance = running(&cloud, json!({ "DataDisks": disks }));
    let data = text(&show(&cloud, &instance)["DataDisks"][0]["DiskId"]);
    let first = create(&cloud, &instance, "first", json!({ "DataDiskIds": [data] }));
    let set = image(&cloud, &first)["SnapshotSet"].clone();
    let (system, data) = (text(&set[0]["SnapshotId"]), text(&set[1]["SnapshotId"]));
    let body = |ids: &[&str]| json!({ "ImageName": "second", "SnapshotIds": ids });
    let code = |body: Value| refused(&cloud, "CreateImage", body);
    assert_eq!(code(body(&[&system])), "ResourceUnavailable.SnapshotCreating");
    pass(&cloud, 120);
    let other = ready(&cloud, "other");
    let other = text(&image(&cloud, &other)["SnapshotSet"][0]["SnapshotId"]);
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
    let second = text(&done(&cloud, "CreateImage", body(&[&data, &system]))["ImageId"]);
    assert_eq!(image(&cloud, &second)["SnapshotSet"], set);
    pass(&cloud, 120);
    // The snapshots stay as long as one image needs them, and go with the last one on request.
    let delete = |id: &str| json!({ "ImageIds": [id], "DeleteBindedSnap": true });
    done(&cloud, "DeleteImages", delete(&first));
    let third = json!({ "ImageName": "third", "SnapshotIds": [system] });
    let third = text(&done(&cloud, "CreateImage", third)["ImageId"]);
    assert_eq!(image(&cloud, &third)["Platform"], "CentOS");
    pass(&cloud, 120);
    done(&cloud, "DeleteImages", json!({ "ImageIds": [second, third] }));
    let fourth = json!({ "ImageName": "fourth", "SnapshotIds": [system] });
    let fourth = text(&done(&cloud, "CreateImage", fourth)["ImageId"]);
    pass(&cloud, 120);
    done(&cloud, "DeleteImages", delete(&fourth));
    assert_eq!(code(body(&[&system])), "InvalidParameter.SnapshotNotFound");
}

#[test]
fn instances_launch_from_a_private_image_once_it_is_ready() {
    let cloud = cloud();
    let instance = running(&cloud, json!({ "ImageId": WINDOWS }));
    let id = create(&cloud, &instance, "desk", json!({ "Sysprep": "TRUE" }));
    let code = |members: Value| refused(&cloud, "RunInstances", run(members));
    let of = |id: &str| json!({ "ImageId": id });
    assert_eq!(code(of(&id)), "InvalidParameterValue.InvalidImageState");
    pass(&cloud, 120);
    let weak = json!({ "ImageId": id, "LoginSettings": { "Password": "abcdefg1" } });
    assert_eq!(code(weak), "InvalidPassword", "the rules of Windows");
    let small = json!({ "ImageId": id, "SystemDisk": { "DiskSize": 40 } });
    assert_eq!(code(small), "InvalidParameterValue.Range");
    let launched = running(&cloud, of(&id));
    let shown = show(&cloud, &launched);
    assert_eq!((&shown["ImageId"], &shown["DefaultLoginPort"]), (&json!(id), &json!(3389)));
    assert_eq!(shown["OsName"], "Windows Server 2016 Datacenter 64bit EN");
    // What is on an instance is known even when its image is no more.
    done(&cloud, "DeleteImages", json!({ "ImageIds": [id] }));
    assert_eq!(code(of(&id)), "InvalidImageId.NotFound");
    let again = create(&cloud, &launched, "desk", json!({}));
    assert_eq!(image(&cloud, &again)["Platform"], "Windows");
    let arm = json!({ "Architecture": "arm_64", "BootMode": "UEFI" });
    let arm = imported(&cloud, arm);
    assert_eq!(image(&cloud, &arm)["Architecture"], "arm");
    assert_eq!(code(of(&arm)), "InvalidParameterValue.InvalidImageForGivenInstanceType");
    let typed = json!({ "InstanceType": "S5.MEDIUM4", "ImageIds": [arm, again] });
    let typed = done(&cloud, "DescribeImages", typed);
    assert_eq!(typed["ImageSet"].as_array().unwrap().len(), 1);
}

#[test]
fn encryption_is_inherited() {
    let cloud = cloud();
    let secret = encrypted(&cloud, &ready(&cloud, "plain"));
    let snapshot = image(&cloud, &secret)["SnapshotSet"][0]["SnapshotId"].clone();
    let disks = json!([{ "DiskType": "CLOUD_SSD", "DiskSize": 50, "SnapshotId": snapshot }]);
    let launched = launch(&cloud, json!({ "ImageId": secret, "DataDisks": disks })).remove(0);
    let shown = show(&cloud, &launched);
    assert_eq!(shown["SystemDisk"]["Encrypt"], true);
    assert_eq!(shown["DataDisks"][0]["Encrypt"], true);
    pass(&cloud, 20);
    for source in [json!({ "InstanceId": launched }), json!({ "SnapshotIds": [snapshot] })] {
        let body = with(source.clone(), json!({ "ImageName": "open" }));
        let expected = "UnsupportedOperation.EncryptedImagesNotSupported";
        assert_eq!(refused(&cloud, "CreateImage", body), expected, "{source}");
    }
}
