//! HPC clusters: creation, lists, attributes and deletion.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

const ZONE: &str = "ap-guangzhou-6";

fn create(cloud: &Cloud, members: Value) -> Value {
    let response = send_ok(cloud, "CreateHpcCluster", cluster_request(members));
    let clusters = response["HpcClusterSet"].as_array().unwrap();
    assert_eq!(clusters.len(), 1);
    clusters[0].clone()
}

fn cluster_request(members: Value) -> Value {
    merge(json!({ "Zone": ZONE, "Name": "render" }), members)
}

fn listed(cloud: &Cloud, body: Value) -> Vec<String> {
    let response = send_ok(cloud, "DescribeHpcClusters", body);
    let clusters = response["HpcClusterSet"].as_array().unwrap();
    clusters.iter().map(|one| one["HpcClusterId"].as_str().unwrap().to_owned()).collect()
}

fn id(cluster: &Value) -> &str {
    cluster["HpcClusterId"].as_str().unwrap()
}

#[test]
fn new_cluster_is_empty_and_has_the_requested_attributes() {
    let cloud = cloud();
    let tags = json!([{ "ResourceType": "hpc", "Tags": [{ "Key": "team", "Value": "blue" }] }]);
    let created = create(&cloud, json!({ "Remark": "frames", "TagSpecification": tags }));
    for (member, expected) in [
        ("Name", json!("render")),
        ("Remark", json!("frames")),
        ("Zone", json!(ZONE)),
        ("CurrentNum", json!(0)),
        ("InstanceIds", json!([])),
        ("CreateTime", json!("2023-11-14T22:13:20Z")),
        ("HpcClusterType", json!("STANDARD")),
        ("Tags", json!([{ "Key": "team", "Value": "blue" }])),
    ] {
        assert_eq!(created[member], expected, "{member}");
    }
    assert!(created["CvmQuotaTotal"].as_u64().unwrap() > 0);
    let response =
        send_ok(&cloud, "DescribeHpcClusters", json!({ "HpcClusterIds": [id(&created)] }));
    assert_eq!(response["HpcClusterSet"], json!([created]));
    assert_eq!(response["TotalCount"], 1);
}

#[test]
fn invalid_requests_create_nothing() {
    let cloud = cloud();
    let business = "InvalidParameterValue.HpcClusterBusinessIdNotSupported";
    let tag = |kind: &str, count: usize| {
        let tags = vec![json!({ "Key": "team", "Value": "blue" }); count];
        json!({ "TagSpecification": [{ "ResourceType": kind, "Tags": tags }] })
    };
    for (members, expected) in [
        (json!({ "Zone": "ap-shanghai-2" }), "InvalidZone.MismatchRegion"),
        (json!({ "Zone": "ap-guangzhou-7" }), "UnsupportedOperation.InvalidZone"),
        (json!({ "HpcClusterBusinessId": "cluster-12345678" }), business),
        (json!({ "HpcClusterType": "CDC" }), "InvalidParameterValue"),
        (json!({ "HpcClusterType": "OTHER" }), "InvalidParameterValue"),
        (json!({ "Name": "" }), "MissingParameter"),
        (json!({ "Name": "x".repeat(61) }), "InvalidParameterValue"),
        (tag("instance", 1), "InvalidParameterValue"),
        (tag("hpc", 2), "InvalidParameterValue"),
    ] {
        assert_eq!(
            send_err(&cloud, "CreateHpcCluster", cluster_request(members.clone())),
            expected,
            "{members}"
        );
    }
    assert_eq!(listed(&cloud, json!({})).len(), 0);
}

#[test]
fn region_quota_limits_clusters() {
    let cloud = cloud();
    let first = create(&cloud, json!({}));
    for _ in 1..20 {
        create(&cloud, json!({}));
    }
    let more = || send(&cloud, "CreateHpcCluster", cluster_request(json!({})));
    assert_eq!(error_code(&more()), "LimitExceeded.HpcClusterQuota");
    let body = cluster_request(json!({ "Zone": "ap-shanghai-2" })).to_string();
    let elsewhere = Call::new("CreateHpcCluster").region("ap-shanghai").json(body);
    assert!(read(&cloud.handle(&elsewhere)).get("Error").is_none());
    send_ok(&cloud, "DeleteHpcClusters", json!({ "HpcClusterIds": [id(&first)] }));
    assert!(more().get("Error").is_none());
}

#[test]
fn clusters_are_listed_newest_first_and_filtered() {
    let cloud = cloud();
    let tags = json!([{ "ResourceType": "hpc", "Tags": [{ "Key": "team", "Value": "blue" }] }]);
    let old = create(&cloud, json!({ "TagSpecification": tags }));
    let near = create(&cloud, json!({ "Zone": "ap-guangzhou-3", "Name": "near" }));
    let business = "cluster-12345678";
    let dedicated = json!({ "HpcClusterType": "CDC", "HpcClusterBusinessId": business });
    let dedicated = create(&cloud, dedicated);
    let (old, near, dedicated) = (id(&old), id(&near), id(&dedicated));
    let filter =
        |name: &str, value: &str| json!({ "Filters": [{ "Name": name, "Values": [value] }] });
    for (body, expected) in [
        (json!({}), vec![near, old]),
        (json!({ "Limit": 1 }), vec![near]),
        (json!({ "Offset": 1 }), vec![old]),
        (json!({ "Name": "near" }), vec![near]),
        (json!({ "Name": "nea" }), vec![]),
        (json!({ "Zone": ZONE }), vec![old]),
        (json!({ "HpcClusterType": "CDC" }), vec![dedicated]),
        (json!({ "HpcClusterType": "CHC" }), vec![]),
        (json!({ "HpcClusterType": "CDC", "HpcClusterBusinessId": business }), vec![dedicated]),
        (json!({ "HpcClusterType": "CDC", "HpcClusterBusinessId": "cluster-0" }), vec![]),
        (json!({ "HpcClusterIds": [old, dedicated, "hpc-zzzzzzzz"] }), vec![dedicated, old]),
        (json!({ "InstanceType": "S5.MEDIUM4" }), vec![]),
        (filter("tag-key", "team"), vec![old]),
        (filter("tag-value", "blue"), vec![old]),
        (filter("tag:team", "blue"), vec![old]),
        (filter("tag:team", "red"), vec![]),
    ] {
        assert_eq!(listed(&cloud, body.clone()), expected, "{body}");
    }
    let response = send_ok(&cloud, "DescribeHpcClusters", json!({ "Limit": 1 }));
    assert_eq!(response["TotalCount"], 2);
    for (body, expected) in [
        (json!({ "Zone": "ap-shanghai-2" }), "InvalidZone.MismatchRegion"),
        (json!({ "Zone": "ap-guangzhou-1" }), "UnsupportedOperation.InvalidZone"),
        (json!({ "HpcClusterIds": [old, near], "Limit": 1 }), "InvalidParameterValue"),
        (json!({ "HpcClusterIds": vec![old; 21] }), "InvalidParameterValue"),
    ] {
        assert_eq!(send_err(&cloud, "DescribeHpcClusters", body.clone()), expected, "{body}");
    }
}

#[test]
fn name_and_remark_can_be_changed() {
    let cloud = cloud();
    let created = create(&cloud, json!({ "Remark": "frames" }));
    let current = || {
        let body = json!({ "HpcClusterIds": [id(&created)] });
        send_ok(&cloud, "DescribeHpcClusters", body)["HpcClusterSet"][0].clone()
    };
    send_ok(
        &cloud,
        "ModifyHpcClusterAttribute",
        json!({ "HpcClusterId": id(&created), "Name": "b" }),
    );
    assert_eq!((&current()["Name"], &current()["Remark"]), (&json!("b"), &json!("frames")));
    send_ok(
        &cloud,
        "ModifyHpcClusterAttribute",
        json!({ "HpcClusterId": id(&created), "Remark": "r" }),
    );
    assert_eq!((&current()["Name"], &current()["Remark"]), (&json!("b"), &json!("r")));
    let unknown = json!({ "HpcClusterId": "hpc-zzzzzzzz", "Name": "c" });
    assert_eq!(
        send_err(&cloud, "ModifyHpcClusterAttribute", unknown),
        "ResourceNotFound.HpcCluster"
    );
    let code = send_err(
        &cloud,
        "ModifyHpcClusterAttribute",
        json!({ "HpcClusterId": id(&created), "Name": "x".repeat(61) }),
    );
    assert_eq!((code.as_str(), &current()["Name"]), ("InvalidParameterValue", &json!("b")));
}

#[test]
fn deleting_clusters_is_all_or_nothing() {
    let cloud = cloud();
    let (one, other) = (create(&cloud, json!({})), create(&cloud, json!({})));
    let delete = |ids: &[&str]| json!({ "HpcClusterIds": ids });
    let code = send_err(&cloud, "DeleteHpcClusters", delete(&[id(&one), "hpc-zzzzzzzz"]));
    assert_eq!(code, "ResourceNotFound.HpcCluster");
    assert_eq!(listed(&cloud, json!({})).len(), 2);
    send_ok(&cloud, "DeleteHpcClusters", delete(&[id(&one), id(&one)]));
    assert_eq!(listed(&cloud, json!({})), [id(&other)]);
    let again = send_err(&cloud, "DeleteHpcClusters", delete(&[id(&one)]));
    assert_eq!(again, "ResourceNotFound.HpcCluster");
}
