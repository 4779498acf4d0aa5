//! Placement groups, and the instances in them.

use serde_json::json;

use super::{Baseline, accepted, filter, tags};

pub const BASELINES: &[Baseline] = &[
    accepted("CreateDisasterRecoverGroup", |_| {
        json!({
            "Name": "apart",
            "Type": "HOST",
            "ClientToken": "a-token-of-my-own",
            "Affinity": 2,
            "Strategy": "SPREAD",
            "TagSpecification": tags("ps"),
        })
    }),
    accepted(
        "CreateDisasterRecoverGroup",
        |_| json!({ "Name": "parts", "Type": "RACK", "Strategy": "PARTITION", "PartitionCount": 3 }),
    ),
    accepted("DescribeDisasterRecoverGroups", |fixture| {
        let ids = [&fixture.empty_group, &fixture.group];
        json!({ "DisasterRecoverGroupIds": ids, "Name": "spread", "Offset": 0, "Limit": 10 })
    }),
    accepted("DescribeDisasterRecoverGroups", |_| {
        let filters = [
            filter("tag-key", &["team"]),
            filter("tag-value", &["blue"]),
            filter("tag:team", &["blue"]),
        ];
        json!({ "Filters": filters })
    }),
    accepted("DescribeDisasterRecoverGroupQuota", |_| json!({})),
    accepted(
        "ModifyDisasterRecoverGroupAttribute",
        |fixture| json!({ "DisasterRecoverGroupId": fixture.group, "Name": "renamed", "Affinity": 5 }),
    ),
    accepted("ModifyInstancesDisasterRecoverGroup", |fixture| {
        json!({
            "InstanceIds": [fixture.running, fixture.stopped],
            "DisasterRecoverGroupIds": [fixture.empty_group],
            "Force": true,
        })
    }),
    accepted("ModifyInstancesDisasterRecoverGroup", |fixture| {
        let group = &fixture.empty_group;
        json!({ "InstanceIds": [fixture.stopped], "DisasterRecoverGroupId": group, "Force": true })
    }),
    accepted("ModifyInstancesDisasterRecoverGroup", |fixture| {
        json!({
            "InstanceIds": [fixture.stopped],
            "DisasterRecoverGroupIds": [fixture.partition_group],
            "Force": true,
            "PartitionNumber": 2,
        })
    }),
    accepted(
        "DeleteInstancesDisasterRecoverGroups",
        |fixture| json!({ "InstanceIds": [fixture.grouped], "DisasterRecoverGroupIds": [fixture.group] }),
    ),
    accepted(
        "DeleteDisasterRecoverGroups",
        |fixture| json!({ "DisasterRecoverGroupIds": [fixture.empty_group] }),
    ),
];
