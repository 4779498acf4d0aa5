//! Clusters for high-performance computing.

use serde_json::json;

use super::{Baseline, done, filter, tags};

pub const BASELINES: &[Baseline] = &[
    done("CreateHpcCluster", |_| {
        json!({
            "Zone": "ap-guangzhou-6",
            "Name": "simulation",
            "Remark": "for the nightly run",
            "HpcClusterType": "STANDARD",
            "TagSpecification": tags("hpc"),
        })
    }),
    done("CreateHpcCluster", |_| {
        json!({
            "Zone": "ap-guangzhou-6",
            "Name": "at home",
            "HpcClusterType": "CDC",
            "HpcClusterBusinessId": "cluster-1a2b3c4d",
        })
    }),
    done("DescribeHpcClusters", |scene| {
        json!({
            "HpcClusterIds": [scene.hpc_cluster],
            "Name": "simulation",
            "Zone": "ap-guangzhou-6",
            "Offset": 0,
            "Limit": 10,
            "HpcClusterType": "STANDARD",
        })
    }),
    done("DescribeHpcClusters", |_| {
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
    done(
        "ModifyHpcClusterAttribute",
        |scene| json!({ "HpcClusterId": scene.hpc_cluster, "Name": "renamed", "Remark": "for tests" }),
    ),
    done("DeleteHpcClusters", |scene| json!({ "HpcClusterIds": [scene.hpc_cluster] })),
];
