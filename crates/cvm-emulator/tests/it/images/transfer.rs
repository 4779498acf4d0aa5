//! Private images: copies to other regions, imports and exports.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use super::*;
use crate::support::*;

const SHANGHAI: &str = "ap-shanghai";

#[test]
fn copy_progress_is_visible_in_the_target_region() {
    let cloud = cloud();
    let id = ready(&cloud, "web");
    let body = json!({ "ImageIds": [id], "DestinationRegions": [SHANGHAI, "ap-tokyo", SHANGHAI],
        "ImageSetRequired": true });
    let dry = send_ok(&cloud, "SyncImages", merge(body.clone(), json!({ "DryRun": true })));
    assert_eq!(dry["ImageSet"], json!([]));
    let set = send_ok(&cloud, "SyncImages", body.clone())["ImageSet"].clone();
    assert_eq!(set.as_array().unwrap().len(), 2);
    assert_eq!((&set[0]["Region"], &set[1]["Region"]), (&json!(SHANGHAI), &json!("ap-tokyo")));
    let copy = string(&set[0]["ImageId"]);
    assert!(image(&cloud, &copy).is_null(), "the copy is not in the source region");
    for (seconds, state, percent) in [
        (0, "SYNCING", json!(0)),
        (75, "SYNCING", json!(25)),
        (224, "SYNCING", json!(99)),
        (1, "NORMAL", json!(0)),
    ] {
        advance(&cloud, seconds);
        let ids = json!({ "ImageIds": [copy] });
        let response = send_in(&cloud, SHANGHAI, "DescribeImages", &ids);
        let actual = &response["ImageSet"][0];
        assert_eq!((&actual["ImageState"], &actual["SyncPercent"]), (&json!(state), &percent));
        assert_eq!((&actual["ImageName"], &actual["Platform"]), (&json!("web"), &json!("Ubuntu")));
        let delete =
            error_if_any(&cloud, "DeleteImages", json!({ "ImageIds": [id], "DryRun": true }));
        let expected = (state == "SYNCING").then_some("MutexOperation.TaskRunning");
        assert_eq!(delete.as_deref(), expected, "deleting the source while the copy is {state}");
    }
    let launch = json!({ "Placement": { "Zone": "ap-shanghai-2" }, "ImageId": copy });
    let launched = send_in(&cloud, SHANGHAI, "RunInstances", &launch);
    assert!(launched.get("Error").is_none(), "{launched}");
    assert_eq!(send_err(&cloud, "SyncImages", body), "InvalidImageName.Duplicate");
    let silent = json!({ "ImageIds": [id], "DestinationRegions": [SHANGHAI], "ImageName": "own" });
    assert_eq!(send_ok(&cloud, "SyncImages", silent)["ImageSet"], json!([]));
}

/// Sends a request and returns the error code if it fails.
fn error_if_any(cloud: &Cloud, action: &str, body: Value) -> Option<String> {
    send(cloud, action, body)["Error"]["Code"].as_str().map(str::to_owned)
}

#[test]
fn invalid_copies_create_nothing() {
    let cloud = cloud();
    let id = ready(&cloud, "web");
    let encrypted_id = encrypted(&cloud, &id);
    let creating = create(&cloud, &launch_running(&cloud, json!({})), "creating", json!({}));
    let code = |id: &str, regions: &[&str], members: Value| {
        let body = merge(json!({ "ImageIds": [id], "DestinationRegions": regions }), members);
        send_err(&cloud, "SyncImages", body)
    };
    let encrypt = json!({ "Encrypt": true });
    let here = "ap-guangzhou";
    for (id, target, members, expected) in [
        ("img-zzzzzzzz", SHANGHAI, json!({}), "InvalidImageId.NotFound"),
        (UBUNTU, SHANGHAI, json!({}), "InvalidParameterValue.InvalidImageId"),
        (&id, "ap-atlantis", json!({}), "InvalidRegion.NotFound"),
        (&id, "ap-shanghai-fsi", json!({}), "InvalidRegion.Unavailable"),
        (&id, here, json!({}), "InvalidParameterValue.InvalidRegion"),
        (&id, SHANGHAI, encrypt.clone(), "InvalidParameterValue.InvalidRegion"),
        (&id, here, encrypt.clone(), "InvalidImageName.Duplicate"),
        (
            &id,
            here,
            json!({ "Encrypt": true, "KmsKeyId": "key" }),
            "InvalidParameter.InvalidKmsKeyId",
        ),
        (&encrypted_id, SHANGHAI, json!({}), "UnsupportedOperation.EncryptedImagesNotSupported"),
        (&encrypted_id, here, encrypt.clone(), "UnsupportedOperation.SyncEncryptImageNotSupport"),
        (&creating, SHANGHAI, json!({}), "InvalidImageId.IncorrectState"),
    ] {
        assert_eq!(code(id, &[target], members.clone()), expected, "{id} {target} {members}");
    }
    assert_eq!(code(&id, &[SHANGHAI, "ap-atlantis"], json!({})), "InvalidRegion.NotFound");
    let private = json!({ "Filters": [{ "Name": "image-type", "Values": ["PRIVATE_IMAGE"] }] });
    assert_eq!(send_in(&cloud, SHANGHAI, "DescribeImages", &private)["TotalCount"], 0);
}

#[test]
fn imports_take_time_and_can_fail() {
    let cloud = cloud();
    send_ok(&cloud, "ImportImage", import(json!({ "DryRun": true })));
    assert_eq!(total(&cloud, "image-type", &["PRIVATE_IMAGE"]), 0);
    let disks =
        json!([{ "ImageUrl": "https://b-1.cos.ap-guangzhou.myqcloud.com/data.vhd?sign=x" }]);
    let good = json!({ "ImportImageDataDiskList": disks, "OsType": "Windows Server 2019",
        "OsVersion": "Datacenter" });
    let good = string(&send_ok(&cloud, "ImportImage", import(good))["ImageId"]);
    let bad = json!({ "ImageName": "notes", "ImageUrl": "https://b-1.cos.x.com/notes.txt" });
    let bad = string(&send_ok(&cloud, "ImportImage", import(bad))["ImageId"]);
    advance(&cloud, 599);
    assert_eq!(
        (&*image_state(&cloud, &good), &*image_state(&cloud, &bad)),
        ("IMPORTING", "IMPORTING")
    );
    advance(&cloud, 1);
    assert_eq!(
        (&*image_state(&cloud, &good), &*image_state(&cloud, &bad)),
        ("NORMAL", "IMPORTFAILED")
    );
    let actual = image(&cloud, &good);
    assert_eq!(actual["OsName"], "Windows Server 2019 Datacenter 64bit");
    assert_eq!(
        (&actual["Platform"], &actual["ImageSource"]),
        (&json!("Windows"), &json!("EXTERNAL_IMPORT"))
    );
    assert_eq!(actual["SnapshotSet"].as_array().unwrap().len(), 2);
    for (members, expected) in [
        (json!({ "ImageName": "imported" }), "InvalidImageName.Duplicate"),
        (json!({ "OsType": "Plan 9" }), "InvalidImageOsType.Unsupported"),
        (json!({ "OsVersion": "4" }), "InvalidImageOsVersion.Unsupported"),
        (json!({ "OsType": "CoreOS", "Architecture": "i386" }), "InvalidParameterValue"),
        (
            json!({ "ImageUrl": "ftp://b.example/x.raw" }),
            "InvalidParameter.InvalidParameterUrlError",
        ),
        (json!({ "ImageUrl": "https://b.example/" }), "InvalidParameter.InvalidParameterUrlError"),
        (
            json!({ "ImageUrl": "https://b.example/x.ISO" }),
            "InvalidParameterValue.ISOMustImportByForce",
        ),
        (
            json!({ "Architecture": "arm_64", "BootMode": "Legacy BIOS" }),
            "InvalidParameterValue.InvalidBootMode",
        ),
        (json!({ "ImageFamily": "a/b" }), "InvalidParameterValue.InvalidImageFamily"),
    ] {
        let body = merge(import(json!({ "ImageName": "next" })), members.clone());
        assert_eq!(send_err(&cloud, "ImportImage", body), expected, "{members}");
    }
    let forced = json!({ "ImageName": "old", "OsVersion": "4", "Force": true });
    assert_eq!(image(&cloud, &imported(&cloud, forced))["IsSupportCloudinit"], false);
}

#[test]
fn every_listed_system_can_be_imported() {
    let cloud = cloud();
    let response = send_ok(&cloud, "DescribeImportImageOs", json!({}));
    let listed = &response["ImportImageOsListSupported"];
    let count = |list: &Value| list.as_array().unwrap().len();
    let systems = response["ImportImageOsVersionSet"].as_array().unwrap();
    assert_eq!(count(&listed["Windows"]) + count(&listed["Linux"]), systems.len());
    for (index, system) in systems.iter().enumerate() {
        let members = json!({ "ImageName": format!("image-{index}"), "OsType": system["OsName"],
            "OsVersion": system["OsVersions"][0], "Architecture": system["Architecture"][0] });
        send_ok(&cloud, "ImportImage", import(members));
    }
}

#[test]
fn export_keeps_its_image_busy() {
    let cloud = cloud();
    let id = ready(&cloud, "web");
    let encrypted_id = encrypted(&cloud, &id);
    let of = |os: &str, version: &str, name: &str| {
        imported(&cloud, json!({ "OsType": os, "OsVersion": version, "ImageName": name }))
    };
    let windows = of("Windows Server 2019", "Standard", "windows");
    let red_hat = of("Red Hat Enterprise Linux", "8", "hat");
    let creating = create(&cloud, &launch_running(&cloud, json!({})), "creating", json!({}));
    let body = |id: &str| json!({ "BucketName": "backup-1250000000", "ImageIds": [id] });
    let code = |body: Value| send_err(&cloud, "ExportImages", body);
    for (id, expected) in [
        ("img-zzzzzzzz", "InvalidImageId.NotFound"),
        (UBUNTU, "UnsupportedOperation.PublicImageExportUnsupported"),
        (&windows, "UnsupportedOperation.WindowsImageExportUnsupported"),
        (&red_hat, "UnsupportedOperation.RedHatImageExportUnsupported"),
        (&encrypted_id, "UnsupportedOperation.EncryptedImagesNotSupported"),
        (&creating, "InvalidParameterValue.InvalidImageState"),
    ] {
        assert_eq!(code(body(id)), expected, "{id}");
    }
    for (member, value, expected) in [
        ("ImageIds", json!([]), "InvalidParameter.ImageIdsSnapshotIdsMustOne"),
        ("BucketName", json!("backup"), "InvalidParameterValue.BucketNotFound"),
        (
            "FileNamePrefixList",
            json!(["a", "b"]),
            "InvalidParameterValue.InvalidFileNamePrefixList",
        ),
    ] {
        let mut body = body(&id);
        body[member] = value;
        assert_eq!(code(body), expected, "{member}");
    }
    let dry = send_ok(&cloud, "ExportImages", merge(body(&id), json!({ "DryRun": true })));
    assert_eq!((&dry["TaskId"], &dry["CosPaths"]), (&json!(0), &json!([])));
    let full = json!({ "FileNamePrefixList": ["mine"], "ExportFormat": "QCOW2" });
    let response = send_ok(&cloud, "ExportImages", merge(body(&id), full));
    assert!(
        response["TaskId"].as_u64().is_some_and(|task| task > 99_999_999 && task < 1_000_000_000)
    );
    let snapshot = string(&image(&cloud, &id)["SnapshotSet"][0]["SnapshotId"]);
    assert_eq!(response["CosPaths"], json!([format!("/mine_{id}_system_{snapshot}.qcow2")]));
    assert_eq!(image_state(&cloud, &id), "NORMAL");
    let delete = json!({ "ImageIds": [id] });
    assert_eq!(send_err(&cloud, "DeleteImages", delete.clone()), "MutexOperation.TaskRunning");
    assert_eq!(code(body(&id)), "InvalidParameterValue.InvalidImageState");
    let mut others: Vec<_> =
        (0..5).map(|index| imported(&cloud, json!({ "ImageName": format!("i{index}") }))).collect();
    let last = others.pop().unwrap();
    send_ok(&cloud, "ExportImages", body(&id));
    others.iter().for_each(|id| drop(send_ok(&cloud, "ExportImages", body(id))));
    assert_eq!(code(body(&last)), "LimitExceeded.ExportImageTaskLimitExceeded");
    advance(&cloud, 600);
    send_ok(&cloud, "ExportImages", body(&last));
    send_ok(&cloud, "DeleteImages", delete);
}
