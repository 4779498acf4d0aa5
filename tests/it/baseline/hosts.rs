//! Dedicated hosts.

use serde_json::json;

use super::{Baseline, accepted, filter, tags, zone};

pub const BASELINES: &[Baseline] = &[
    accepted("AllocateHosts", |_| {
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
    accepted("DescribeHosts", |fixture| {
        let filters =
            [zone(), filter("host-id", &[&fixture.host]), filter("host-state", &["RUNNING"])];
        json!({ "Filters": filters, "Offset": 0, "Limit": 10 })
    }),
    accepted("DescribeHosts", |_| {
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
    accepted(
        "ModifyHostsAttribute",
        |fixture| json!({ "HostIds": [fixture.host], "HostName": "renamed", "ProjectId": 1_001 }),
    ),
    accepted(
        "ModifyHostsAttribute",
        |fixture| json!({ "HostIds": [fixture.host], "RenewFlag": "NOTIFY_AND_AUTO_RENEW" }),
    ),
    accepted("RenewHosts", |fixture| {
        json!({
            "HostIds": [fixture.host],
            "HostChargePrepaid": { "Period": 12, "RenewFlag": "NOTIFY_AND_AUTO_RENEW" },
        })
    }),
];
