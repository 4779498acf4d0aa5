//! Operations on the system and the disks of an instance.

use serde_json::json;

use super::{Baseline, accepted, rejected};
use crate::sample::PASSWORD;

pub const BASELINES: &[Baseline] = &[
    accepted("ResetInstance", |fixture| {
        json!({
            "InstanceId": fixture.running,
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
    accepted("ResetInstance", |fixture| json!({ "InstanceId": fixture.stopped })),
    accepted(
        "ResetInstance",
        |fixture| json!({ "InstanceId": fixture.stopped, "LoginSettings": { "KeyIds": [fixture.key_pair] } }),
    ),
    accepted("ResetInstancesPassword", |fixture| {
        json!({
            "InstanceIds": [fixture.running, fixture.stopped],
            "Password": PASSWORD,
            "UserName": "root",
            "ForceStop": true,
        })
    }),
    accepted("ResizeInstanceDisks", |fixture| {
        json!({
            "InstanceId": fixture.running,
            "SystemDisk": { "DiskSize": 100 },
            "ForceStop": false,
            "ResizeOnline": true,
        })
    }),
    accepted("ResizeInstanceDisks", |fixture| {
        let disk = json!({ "DiskId": fixture.disk, "DiskSize": 200 });
        json!({ "InstanceId": fixture.stopped, "DataDisks": [disk] })
    }),
    accepted("ModifyInstanceDiskType", |fixture| {
        json!({
            "InstanceId": fixture.local,
            "SystemDisk": { "DiskType": "CLOUD_PREMIUM" },
            "DataDisks": [{ "DiskSize": 100, "DiskType": "CLOUD_PREMIUM" }],
        })
    }),
    accepted("EnterRescueMode", |fixture| {
        json!({
            "InstanceId": fixture.running,
            "Password": PASSWORD,
            "Username": "root",
            "StopType": "SOFT_FIRST",
        })
    }),
    accepted(
        "EnterRescueMode",
        |fixture| json!({ "InstanceId": fixture.stopped, "Password": PASSWORD, "ForceStop": false }),
    ),
    accepted("ExitRescueMode", |fixture| json!({ "InstanceId": fixture.rescued })),
    accepted("ConvertOperatingSystems", |fixture| {
        json!({
            "InstanceIds": [fixture.running],
            "MinimalConversion": true,
            "DryRun": false,
            "TargetOSType": "TencentOS",
        })
    }),
    rejected("ProgramFpgaImage", "UnsupportedOperation.NotFpgaInstance", |fixture| {
        json!({
            "InstanceId": fixture.running,
            "FPGAUrl": "https://images-1250000000.cos.ap-guangzhou.myqcloud.com/card.xclbin",
            "DBDFs": ["0000:00:09.0"],
            "DryRun": false,
        })
    }),
];
