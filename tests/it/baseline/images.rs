//! Images, public and private.

use serde_json::{Value, json};

use super::{Baseline, Fixture, accepted, filter, tags};

pub const BASELINES: &[Baseline] = &[
    accepted(
        "DescribeImages",
        |_| json!({ "ImageIds": ["img-pmqg1cw7"], "Offset": 0, "Limit": 10 }),
    ),
    accepted("DescribeImages", |_| {
        let filters = [filter("image-type", &["PUBLIC_IMAGE"])];
        json!({ "Filters": filters, "InstanceType": "S5.SMALL2" })
    }),
    accepted("DescribeImages", |fixture| {
        let filters = [
            filter("image-id", &[&fixture.image]),
            filter("image-name", &["golden"]),
            filter("platform", &["CentOS"]),
            filter("tag-key", &["team"]),
            filter("tag-value", &["blue"]),
            filter("tag:team", &["blue"]),
        ];
        json!({ "Filters": filters, "Limit": 100 })
    }),
    accepted("CreateImage", of_stopped),
    accepted(
        "CreateImage",
        |fixture| json!({ "ImageName": "put together", "SnapshotIds": fixture.snapshots }),
    ),
    accepted("CreateImage", |fixture| {
        let id = &fixture.running;
        json!({ "ImageName": "as-it-runs", "InstanceId": id, "ForcePoweroff": "false" })
    }),
    accepted(
        "DeleteImages",
        |fixture| json!({ "ImageIds": [fixture.image], "DeleteBindedSnap": true, "DryRun": false }),
    ),
    accepted("ModifyImageAttribute", |fixture| {
        json!({
            "ImageId": fixture.image,
            "ImageName": "renamed",
            "ImageDescription": "no longer golden",
            "ImageFamily": "brass",
            "ImageDeprecated": true,
        })
    }),
    accepted("ModifyImageSharePermission", |fixture| {
        let accounts = ["700000000001", "700000000002"];
        json!({ "ImageId": fixture.image, "AccountIds": accounts, "Permission": "SHARE" })
    }),
    accepted("ModifyImageSharePermission", |fixture| {
        let accounts = ["700000000001"];
        json!({ "ImageId": fixture.shared_image, "AccountIds": accounts, "Permission": "CANCEL" })
    }),
    accepted("DescribeImageSharePermission", |fixture| json!({ "ImageId": fixture.shared_image })),
    accepted("DescribeImageQuota", |_| json!({})),
    accepted("DescribeImportImageOs", |_| json!({})),
    accepted("DescribeImageFromFamily", |_| json!({ "ImageFamily": "golden" })),
    accepted("SyncImages", |fixture| {
        json!({
            "ImageIds": [fixture.image],
            "DestinationRegions": ["ap-shanghai"],
            "DryRun": false,
            "ImageName": "a-copy",
            "ImageSetRequired": true,
            "Encrypt": false,
        })
    }),
    accepted("SyncImages", |fixture| {
        json!({
            "ImageIds": [fixture.image],
            "DestinationRegions": ["ap-guangzhou"],
            "ImageName": "under lock and key",
            "Encrypt": true,
            "KmsKeyId": "kms-1a2b3c4d",
        })
    }),
    accepted("ImportImage", |_| {
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
    accepted("ExportImages", |fixture| {
        json!({
            "BucketName": "backup-1250000000",
            "ImageIds": [fixture.image],
            "ExportFormat": "QCOW2",
            "FileNamePrefixList": ["golden"],
            "OnlyExportRootDisk": true,
            "DryRun": false,
            "RoleName": "CVM_QcsRole",
        })
    })
    .without_visible_effect(),
];

fn of_stopped(fixture: &Fixture) -> Value {
    json!({
        "ImageName": "another",
        "InstanceId": fixture.stopped,
        "ImageDescription": "as it was in November",
        "ForcePoweroff": "true",
        "Sysprep": "false",
        "DataDiskIds": [fixture.disk],
        "DryRun": false,
        "TagSpecification": tags("image"),
        "ImageFamily": "golden",
    })
}
