//! Images, public and private.

use serde_json::{Value, json};

use super::{Baseline, Scene, done, filter, tags};

pub const BASELINES: &[Baseline] = &[
    done("DescribeImages", |_| json!({ "ImageIds": ["img-pmqg1cw7"], "Offset": 0, "Limit": 10 })),
    done("DescribeImages", |_| {
        let filters = [filter("image-type", &["PUBLIC_IMAGE"])];
        json!({ "Filters": filters, "InstanceType": "S5.SMALL2" })
    }),
    done("DescribeImages", |scene| {
        let filters = [
            filter("image-id", &[&scene.image]),
            filter("image-name", &["golden"]),
            filter("platform", &["CentOS"]),
            filter("tag-key", &["team"]),
            filter("tag-value", &["blue"]),
            filter("tag:team", &["blue"]),
        ];
        json!({ "Filters": filters, "Limit": 100 })
    }),
    done("CreateImage", of_stopped),
    done(
        "CreateImage",
        |scene| json!({ "ImageName": "put together", "SnapshotIds": scene.snapshots }),
    ),
    done("CreateImage", |scene| {
        let id = &scene.running;
        json!({ "ImageName": "as-it-runs", "InstanceId": id, "ForcePoweroff": "false" })
    }),
    done(
        "DeleteImages",
        |scene| json!({ "ImageIds": [scene.image], "DeleteBindedSnap": true, "DryRun": false }),
    ),
    done("ModifyImageAttribute", |scene| {
        json!({
            "ImageId": scene.image,
            "ImageName": "renamed",
            "ImageDescription": "no longer golden",
            "ImageFamily": "brass",
            "ImageDeprecated": true,
        })
    }),
    done("ModifyImageSharePermission", |scene| {
        let accounts = ["700000000001", "700000000002"];
        json!({ "ImageId": scene.image, "AccountIds": accounts, "Permission": "SHARE" })
    }),
    done("ModifyImageSharePermission", |scene| {
        let accounts = ["700000000001"];
        json!({ "ImageId": scene.shared_image, "AccountIds": accounts, "Permission": "CANCEL" })
    }),
    done("DescribeImageSharePermission", |scene| json!({ "ImageId": scene.shared_image })),
    done("DescribeImageQuota", |_| json!({})),
    done("DescribeImportImageOs", |_| json!({})),
    done("DescribeImageFromFamily", |_| json!({ "ImageFamily": "golden" })),
    done("SyncImages", |scene| {
        json!({
            "ImageIds": [scene.image],
            "DestinationRegions": ["ap-shanghai"],
            "DryRun": false,
            "ImageName": "a-copy",
            "ImageSetRequired": true,
            "Encrypt": false,
        })
    }),
    done("SyncImages", |scene| {
        json!({
            "ImageIds": [scene.image],
            "DestinationRegions": ["ap-guangzhou"],
            "ImageName": "under lock and key",
            "Encrypt": true,
            "KmsKeyId": "kms-1a2b3c4d",
        })
    }),
    done("ImportImage", |_| {
        json!({
            "Architecture": "x86_64",
            "OsType": "CentOS",
            "OsVersion": "7",
            "ImageUrl": "https://images-1250000000.cos.ap-guangzhou.myqcloud.com/system.qcow2",
            "ImageName": "imported",
            "ImageDescription": "made elsewhere",
            "DryRun": false,
            "Force": true,
            "TagSpecification": tags("image"),
            "LicenseType": "TencentCloud",
            "BootMode": "Legacy BIOS",
            "ImageFamily": "foreign",
            "ImportImageDataDiskList": [
                { "ImageUrl": "https://images-1250000000.cos.ap-guangzhou.myqcloud.com/data.qcow2" },
            ],
        })
    }),
    // The exported files are stored by another service.
    done("ExportImages", |scene| {
        json!({
            "BucketName": "backup-1250000000",
            "ImageIds": [scene.image],
            "ExportFormat": "QCOW2",
            "FileNamePrefixList": ["golden"],
            "OnlyExportRootDisk": true,
            "DryRun": false,
            "RoleName": "CVM_QcsRole",
        })
    })
    .unseen(),
];

fn of_stopped(scene: &Scene) -> Value {
    json!({
        "ImageName": "another",
        "InstanceId": scene.stopped,
        "ImageDescription": "as it was in November",
        "ForcePoweroff": "true",
        "Sysprep": "false",
        "DataDiskIds": [scene.disk],
        "DryRun": false,
        "TagSpecification": tags("image"),
        "ImageFamily": "golden",
    })
}
