//! Resource pool packs.

use serde_json::json;

use super::{Baseline, done, filter, zone};

pub const BASELINES: &[Baseline] = &[
    done("PurchaseResourcePoolPacks", |_| {
        json!({
            "Zone": "ap-guangzhou-3",
            "InstanceType": "SA9.96XLARGE1152",
            "InstanceCount": 1,
            "Period": 1,
            "ResourcePoolPackType": "EXCLUSIVE",
            "AutoPlacement": false,
            "DedicatedResourcePoolPackName": "reserve",
            "RenewFlag": "NOTIFY_AND_MANUAL_RENEW",
            "DryRun": false,
        })
    }),
    done("DescribeResourcePoolPacks", |_| {
        let filters = [zone(), filter("status", &["ACTIVE", "CREATING"])];
        json!({ "MaxResults": 10, "Filters": filters })
    }),
    done("DescribeResourcePoolPacks", |scene| {
        let filters = [
            filter("dedicated-resource-pack-id", &[&scene.resource_pack]),
            filter("instance-family", &["SA9"]),
            filter("instance-type", &["SA9.96XLARGE1152"]),
        ];
        json!({ "Filters": filters })
    }),
    done(
        "DescribeResourcePoolPackTypeConfigs",
        |_| json!({ "Filters": [zone(), filter("instance-family", &["SA9"])] }),
    ),
    done(
        "DescribeResourcePoolPackInstances",
        |scene| json!({ "DedicatedResourcePackIds": [scene.resource_pack] }),
    ),
    done(
        "TerminateResourcePoolPacks",
        |scene| json!({ "DedicatedResourcePackIds": [scene.resource_pack] }),
    ),
];
