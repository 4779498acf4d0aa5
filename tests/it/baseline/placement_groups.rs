//! Placement groups, and the instances in them.

use serde_json::json;

use super::{Baseline, done, filter, tags};

pub const BASELINES: &[Baseline] = &[
    done("CreateDisasterRecoverGroup", |_| {
        json!({
            "Name": "apart",
            "Type": "HOST",
            "ClientToken": "a-token-of-my-own",
            "Affinity": 2,
            "Strategy": "SPREAD",
            "TagSpecification": tags("ps"),
        })
    }),
    done(
        "CreateDisasterRecoverGroup",
        |_| json!({ "Name": "parts", "Type": "RACK", "Strategy": "PARTITION", "PartitionCount": 3 }),
    ),
    done("DescribeDisasterRecoverGroups", |scene| {
        let ids = [&scene.empty_group, &scene.group];
        json!({ "DisasterRecoverGroupIds": ids, "Name": "spread", "Offset": 0, "Limit": 10 })
    }),
    done("DescribeDisasterRecoverGroups", |_| {
        let filters = [
            filter("tag-key", &["team"]),
            filter("tag-value", &["blue"]),
            filter("tag:team", &["blue"]),
        ];
        json!({ "Filters": filters })
    }),
    done("DescribeDisasterRecoverGroupQuota", |_| json!({})),
    done(
        "ModifyDisasterRecoverGroupAttribute",
        |scene| json!({ "DisasterRecoverGroupId": scene.group, "Name": "renamed", "Affinity": 5 }),
    ),
    done("ModifyInstancesDisasterRecoverGroup", |scene| {
        json!({
            "InstanceIds": [scene.running, scene.stopped],
            "DisasterRecoverGroupIds": [scene.empty_group],
            "Force": true,
        })
    }),
    done("ModifyInstancesDisasterRecoverGroup", |scene| {
        let group = &scene.empty_group;
        json!({ "InstanceIds": [scene.stopped], "DisasterRecoverGroupId": group, "Force": true })
    }),
    done("ModifyInstancesDisasterRecoverGroup", |scene| {
        json!({
            "InstanceIds": [scene.stopped],
            "DisasterRecoverGroupIds": [scene.partition_group],
            "Force": true,
            "PartitionNumber": 2,
        })
    }),
    done(
        "DeleteInstancesDisasterRecoverGroups",
        |scene| json!({ "InstanceIds": [scene.grouped], "DisasterRecoverGroupIds": [scene.group] }),
    ),
    done(
        "DeleteDisasterRecoverGroups",
        |scene| json!({ "DisasterRecoverGroupIds": [scene.empty_group] }),
    ),
];
