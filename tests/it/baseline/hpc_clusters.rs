//! Clusters for high-performance computing.

use serde_json::json;

use super::{Baseline, accepted, filter, tags};

pub const BASELINES: &[Baseline] = &[
    accepted("CreateHpcCluster", |_| {
        json!({
            "Zone": "ap-guangzhou-6",
            "Name": "simulation",
            "Remark": "for the nightly run",
            "HpcClusterType": "STANDARD",
            "TagSpecification": tags("hpc"),
        })
    }),
    accepted("CreateHpcCluster", |_| {
        json!({
            "Zone": "ap-guangzhou-6",
            "Name": "at home",
            "HpcClusterType": "CDC",
            "HpcClusterBusinessId": "cluster-1a2b3c4d",
        })
    }),
    accepted("DescribeHpcClusters", |fixture| {
        json!({
            "HpcClusterIds": [fixture.hpc_cluster],
            "Name": "simulation",
            "Zone": "ap-guangzhou-6",
            "Offset": 0,
            "Limit": 10,
            "HpcClusterType": "STANDARD",
        })
    }),
    accepted("DescribeHpcClusters", |_| {
        let filters = [
            filter("tag-key", &["team"]),
            filter("tag-value", &["blue"]),
            filter("tag:team", &["blue"]),
        ];
        json!({
            "HpcClusterType": "CDC",
            "HpcClusterBusinessId": "cluster-1a2b3c4d",
            "InstanceType": "S5.MEDIUM4",
            "Filters": filters,
        })
    }),
    accepted(
        "ModifyHpcClusterAttribute",
        |fixture| json!({ "HpcClusterId": fixture.hpc_cluster, "Name": "renamed", "Remark": "for tests" }),
    ),
    accepted("DeleteHpcClusters", |fixture| json!({ "HpcClusterIds": [fixture.hpc_cluster] })),
];
