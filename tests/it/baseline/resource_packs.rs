//! Resource pool packs.

use serde_json::json;

use super::{Baseline, accepted, filter, zone};

pub const BASELINES: &[Baseline] = &[
    accepted("PurchaseResourcePoolPacks", |_| {
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
    accepted("DescribeResourcePoolPacks", |_| {
        let filters = [zone(), filter("status", &["ACTIVE", "CREATING"])];
        json!({ "MaxResults": 10, "Filters": filters })
    }),
    accepted("DescribeResourcePoolPacks", |fixture| {
        let filters = [
            filter("dedicated-resource-pack-id", &[&fixture.resource_pack]),
            filter("instance-family", &["SA9"]),
            filter("instance-type", &["SA9.96XLARGE1152"]),
        ];
        json!({ "Filters": filters })
    }),
    accepted(
        "DescribeResourcePoolPackTypeConfigs",
        |_| json!({ "Filters": [zone(), filter("instance-family", &["SA9"])] }),
    ),
    accepted(
        "DescribeResourcePoolPackInstances",
        |fixture| json!({ "DedicatedResourcePackIds": [fixture.resource_pack] }),
    ),
    accepted(
        "TerminateResourcePoolPacks",
        |fixture| json!({ "DedicatedResourcePackIds": [fixture.resource_pack] }),
    ),
];
