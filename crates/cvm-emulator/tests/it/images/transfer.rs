//! The account's own images on the move: copied to other regions, brought in and sent out.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use super::*;
use crate::support::*;

const SHANGHAI: &str = "ap-shanghai";

fn in_region(cloud: &Cloud, region: &str, action: &str, body: Value) -> Value {
    read(&cloud.handle(&Call::new(action).region(region).json(body.to_string())))
}

#[test]
fn copy_progress_is_visible_in_the_target_region() {
    let cloud = cloud();
    let id = ready(&cloud, "web");
    let body = json!({ "ImageIds": [id], "DestinationRegions": [SHANGHAI, "ap-tokyo", SHANGHAI],
        "ImageSetRequired": true });
    let dry = done(&cloud, "SyncImages", with(body.clone(), json!({ "DryRun": true })));
    assert_eq!(dry["ImageSet"], json!([]));
    let set = done(&cloud, "SyncImages", body.clone())["ImageSet"].clone();
    assert_eq!(set.as_array().unwrap().len(), 2);
    assert_eq!((&set[0]["Region"], &set[1]["Region"]), (&json!(SHANGHAI), &json!("ap-tokyo")));
    let copy = text(&set[0]["ImageId"]);
    assert!(image(&cloud, &copy).is_null(), "it is not here");
    for (seconds, state, percent) in [
        (0, "SYNCING", json!(0)),
        (75, "SYNCING", json!(25)),
        (224, "SYNCING", json!(99)),
        (1, "NORMAL", Value::Null),
    ] {
        pass(&cloud, seconds);
        let ids = json!({ "ImageIds": [copy] });
        let answer = in_region(&cloud, SHANGHAI, "DescribeImages", ids);
        let shown = &answer["ImageSet"][0];
        assert_eq!((&shown["ImageState"], &shown["SyncPercent"]), (&json!(state), &percent));
        assert_eq!((&shown["ImageName"], &shown["Platform"]), (&json!("web"), &json!("Ubuntu")));
        let delete =
            refused_or_not(&cloud, "DeleteImages", json!({ "ImageIds": [id], "DryRun": true }));
        let expected = (state == "SYNCING").then_some("MutexOperation.TaskRunning");
        assert_eq!(delete.as_deref(), expected, "the source, when the copy is {state}");
    }
    let launch = json!({ "Placement": { "Zone": "ap-shanghai-2" }, "ImageId": copy });
    let launched = in_region(&cloud, SHANGHAI, "RunInstances", launch);
    assert!(launched.get("Error").is_none(), "{launched}");
    assert_eq!(refused(&cloud, "SyncImages", body), "InvalidImageName.Duplicate");
    let silent = json!({ "ImageIds": [id], "DestinationRegions": [SHANGHAI], "ImageName": "own" });
    assert_eq!(done(&cloud, "SyncImages", silent)["ImageSet"], json!([]));
}

/// The code of a refusal, if it is one.
fn refused_or_not(cloud: &Cloud, action: &str, body: Value) -> Option<String> {
    send(cloud, action, body)["Error"]["Code"].as_str().map(str::to_owned)
}

#[test]
fn invalid_copies_create_nothing() {
    let cloud = cloud();
    let id = ready(&cloud, "web");
    let secret = encrypted(&cloud, &id);
    let young = create(&cloud, &running(&cloud, json!({})), "young", json!({}));
    let code = |id: &str, regions: &[&str], members: Value| {
        let body = with(json!({ "ImageIds": [id], "DestinationRegions": regions }), members);
        refused(&cloud, "SyncImages", body)
    };
    let secretly = json!({ "Encrypt": true });
    let here = "ap-guangzhou";
    for (id, target, members, expected) in [
        ("img-zzzzzzzz", SHANGHAI, json!({}), "InvalidImageId.NotFound"),
        (UBUNTU, SHANGHAI, json!({}), "InvalidParameterValue.InvalidImageId"),
        (&id, "ap-atlantis", json!({}), "InvalidRegion.NotFound"),
        (&id, "ap-shanghai-fsi", json!({}), "InvalidRegion.Unavailable"),
        (&id, here, json!({}), "InvalidParameterValue.InvalidRegion"),
        (&id, SHANGHAI, secretly.clone(), "InvalidParameterValue.InvalidRegion"),
        (&id, here, secretly.clone(), "InvalidImageName.Duplicate"),
        (
            &id,
            here,
            json!({ "Encrypt": true, "KmsKeyId": "key" }),
            "InvalidParameter.InvalidKmsKeyId",
        ),
        (&secret, SHANGHAI, json!({}), "UnsupportedOperation.EncryptedImagesNotSupported"),
        (&secret, here, secretly.clone(), "UnsupportedOperation.SyncEncryptImageNotSupport"),
        (&young, SHANGHAI, json!({}), "InvalidImageId.IncorrectState"),
    ] {
        assert_eq!(code(id, &[target], members.clone()), expected, "{id} {target} {members}");
    }
    assert_eq!(code(&id, &[SHANGHAI, "ap-atlantis"], json!({})), "InvalidRegion.NotFound");
    let none = json!({ "Filters": [{ "Name": "image-type", "Values": ["PRIVATE_IMAGE"] }] });
    assert_eq!(in_region(&cloud, SHANGHAI, "DescribeImages", none)["TotalCount"], 0);
}

#[test]
fn imports_take_time_and_can_fail() {
    let cloud = cloud();
    done(&cloud, "ImportImage", import(json!({ "DryRun": true })));
    assert_eq!(total(&cloud, "image-type", &["PRIVATE_IMAGE"]), 0);
    let disks =
        json!([{ "ImageUrl": "https://b-1.cos.ap-guangzhou.myqcloud.com/data.vhd?sign=x" }]);
    let good = json!({ "ImportImageDataDiskList": disks, "OsType": "Windows Server 2019",
        "OsVersion": "Datacenter" });
    let good = text(&done(&cloud, "ImportImage", import(good))["ImageId"]);
    let bad = json!({ "ImageName": "notes", "ImageUrl": "https://b-1.cos.x.com/notes.txt" });
    let bad = text(&done(&cloud, "ImportImage", import(bad))["ImageId"]);
    pass(&cloud, 599);
    assert_eq!(
        (&*image_state(&cloud, &good), &*image_state(&cloud, &bad)),
        ("IMPORTING", "IMPORTING")
    );
    pass(&cloud, 1);
    assert_eq!(
        (&*image_state(&cloud, &good), &*image_state(&cloud, &bad)),
        ("NORMAL", "IMPORTFAILED")
    );
    let shown = image(&cloud, &good);
    assert_eq!(shown["OsName"], "Windows Server 2019 Datacenter 64bit");
    assert_eq!(
        (&shown["Platform"], &shown["ImageSource"]),
        (&json!("Windows"), &json!("EXTERNAL_IMPORT"))
    );
    assert_eq!(shown["SnapshotSet"].as_array().unwrap().len(), 2);
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
        let body = with(import(json!({ "ImageName": "next" })), members.clone());
        assert_eq!(refused(&cloud, "ImportImage", body), expected, "{members}");
    }
    let forced = json!({ "ImageName": "old", "OsVersion": "4", "Force": true });
    assert_eq!(image(&cloud, &imported(&cloud, forced))["IsSupportCloudinit"], false);
}

#[test]
fn every_listed_system_can_be_imported() {
    let cloud = cloud();
    let answer = done(&cloud, "DescribeImportImageOs", json!({}));
    let listed = &answer["ImportImageOsListSupported"];
    let count = |list: &Value| list.as_array().unwrap().len();
    let systems = answer["ImportImageOsVersionSet"].as_array().unwrap();
    assert_eq!(count(&listed["Windows"]) + count(&listed["Linux"]), systems.len());
    for (place, system) in systems.iter().enumerate() {
        let members = json!({ "ImageName": format!("image-{place}"), "OsType": system["OsName"],
            "OsVersion": system["OsVersions"][0], "Architecture": system["Architecture"][0] });
        done(&cloud, "ImportImage", import(members));
    }
}

#[test]
fn export_keeps_its_image_busy() {
    let cloud = cloud();
    let id = ready(&cloud, "web");
    let secret = encrypted(&cloud, &id);
    let of = |os: &str, version: &str, name: &str| {
        imported(&cloud, json!({ "OsType": os, "OsVersion": version, "ImageName": name }))
    };
    let windows = of("Windows Server 2019", "Standard", "windows");
    let red_hat = of("Red Hat Enterprise Linux", "8", "hat");
    let young = create(&cloud, &running(&cloud, json!({})), "young", json!({}));
    let body = |id: &str| json!({ "BucketName": "backup-1250000000", "ImageIds": [id] });
    let code = |body: Value| refused(&cloud, "ExportImages", body);
    for (id, expected) in [
        ("img-zzzzzzzz", "InvalidImageId.NotFound"),
        (UBUNTU, "UnsupportedOperation.PublicImageExportUnsupported"),
        (&windows, "UnsupportedOperation.WindowsImageExportUnsupported"),
        (&red_hat, "UnsupportedOperation.RedHatImageExportUnsupported"),
        (&secret, "UnsupportedOperation.EncryptedImagesNotSupported"),
        (&young, "InvalidParameterValue.InvalidImageState"),
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
    let dry = done(&cloud, "ExportImages", with(body(&id), json!({ "DryRun": true })));
    assert_eq!((&dry["TaskId"], &dry["CosPaths"]), (&json!(0), &json!([])));
    let full = json!({ "FileNamePrefixList": ["mine"], "ExportFormat": "QCOW2" });
    let answer = done(&cloud, "ExportImages", with(body(&id), full));
    assert!(answer["TaskId"].as_u64().is_some_and(|task| task > 0));
    let snapshot = text(&image(&cloud, &id)["SnapshotSet"][0]["SnapshotId"]);
    assert_eq!(answer["CosPaths"], json!([format!("mine_{id}_system_{snapshot}.qcow2")]));
    assert_eq!(image_state(&cloud, &id), "NORMAL");
    let delete = json!({ "ImageIds": [id] });
    assert_eq!(refused(&cloud, "DeleteImages", delete.clone()), "MutexOperation.TaskRunning");
    assert_eq!(code(body(&id)), "InvalidParameterValue.InvalidImageState");
    let mut others: Vec<_> =
        (0..5).map(|place| imported(&cloud, json!({ "ImageName": format!("i{place}") }))).collect();
    let last = others.pop().unwrap();
    done(&cloud, "ExportImages", body(&id));
    others.iter().for_each(|id| drop(done(&cloud, "ExportImages", body(id))));
    assert_eq!(code(body(&last)), "LimitExceeded.ExportImageTaskLimitExceeded");
    pass(&cloud, 600);
    done(&cloud, "ExportImages", body(&last));
    done(&cloud, "DeleteImages", delete);
}
