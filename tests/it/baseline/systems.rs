//! Operations on the system and the disks of an instance.

use serde_json::json;

use super::{Baseline, done, refused};
use crate::sample::PASSWORD;

pub const BASELINES: &[Baseline] = &[
    done("ResetInstance", |scene| {
        json!({
            "InstanceId": scene.running,
            "ImageId": "img-487zeit5",
            "SystemDisk": { "DiskSize": 100 },
            "LoginSettings": { "Password": PASSWORD },
            "EnhancedService": {
                "SecurityService": { "Enabled": true }, "MonitorService": { "Enabled": true },
                "AutomationService": { "Enabled": false },
            },
            "HostName": "anew",
            "UserData": "ZWNobyBieWU=",
        })
    }),
    done("ResetInstance", |scene| json!({ "InstanceId": scene.stopped })),
    done(
        "ResetInstance",
        |scene| json!({ "InstanceId": scene.stopped, "LoginSettings": { "KeyIds": [scene.key_pair] } }),
    ),
    done("ResetInstancesPassword", |scene| {
        json!({
            "InstanceIds": [scene.running, scene.stopped],
            "Password": PASSWORD,
            "UserName": "root",
            "ForceStop": true,
        })
    }),
    done("ResizeInstanceDisks", |scene| {
        json!({
            "InstanceId": scene.running,
            "SystemDisk": { "DiskSize": 100 },
            "ForceStop": false,
            "ResizeOnline": true,
        })
    }),
    done("ResizeInstanceDisks", |scene| {
        let disk = json!({ "DiskId": scene.disk, "DiskSize": 200 });
        json!({ "InstanceId": scene.stopped, "DataDisks": [disk] })
    }),
    done("ModifyInstanceDiskType", |scene| {
        json!({
            "InstanceId": scene.local,
            "SystemDisk": { "DiskType": "CLOUD_PREMIUM" },
            "DataDisks": [{ "DiskSize": 100, "DiskType": "CLOUD_PREMIUM" }],
        })
    }),
    done("EnterRescueMode", |scene| {
        json!({
            "InstanceId": scene.running,
            "Password": PASSWORD,
            "Username": "root",
            "StopType": "SOFT_FIRST",
        })
    }),
    done(
        "EnterRescueMode",
        |scene| json!({ "InstanceId": scene.stopped, "Password": PASSWORD, "ForceStop": false }),
    ),
    done("ExitRescueMode", |scene| json!({ "InstanceId": scene.rescued })),
    done("ConvertOperatingSystems", |scene| {
        json!({
            "InstanceIds": [scene.running],
            "MinimalConversion": true,
            "DryRun": false,
            "TargetOSType": "TencentOS",
        })
    }),
    refused("ProgramFpgaImage", "UnsupportedOperation.NotFpgaInstance", |scene| {
        json!({
            "InstanceId": scene.running,
            "FPGAUrl": "https://images-1250000000.cos.ap-guangzhou.myqcloud.com/card.xclbin",
            "DBDFs": ["0000:00:09.0"],
            "DryRun": false,
        })
    }),
];
