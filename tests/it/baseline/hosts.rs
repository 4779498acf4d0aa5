//! Dedicated hosts.

use serde_json::json;

use super::{Baseline, done, filter, tags, zone};

pub const BASELINES: &[Baseline] = &[
    done("AllocateHosts", |_| {
        json!({
            "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 0 },
            "ClientToken": "a-token-of-my-own",
            "HostChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
            "HostChargeType": "PREPAID",
            "HostType": "HS1",
            "HostCount": 2,
            "TagSpecification": tags("host"),
        })
    }),
    done("DescribeHosts", |scene| {
        let filters =
            [zone(), filter("host-id", &[&scene.host]), filter("host-state", &["RUNNING"])];
        json!({ "Filters": filters, "Offset": 0, "Limit": 10 })
    }),
    done("DescribeHosts", |_| {
        let filters = [
            filter("project-id", &["0"]),
            filter("host-name", &["web"]),
            filter("host-type", &["HS1"]),
            filter("tag-key", &["team"]),
            filter("tag-value", &["blue"]),
            filter("tag:team", &["blue", "red"]),
        ];
        json!({ "Filters": filters })
    }),
    done(
        "ModifyHostsAttribute",
        |scene| json!({ "HostIds": [scene.host], "HostName": "renamed", "ProjectId": 1_001 }),
    ),
    done(
        "ModifyHostsAttribute",
        |scene| json!({ "HostIds": [scene.host], "RenewFlag": "NOTIFY_AND_AUTO_RENEW" }),
    ),
    done("RenewHosts", |scene| {
        json!({
            "HostIds": [scene.host],
            "HostChargePrepaid": { "Period": 12, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
        })
    }),
];
