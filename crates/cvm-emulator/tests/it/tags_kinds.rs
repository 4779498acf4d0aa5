//! Tags of every kind of resource, seen from the service of the resource and from the tag service.

use std::collections::BTreeSet;

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;
use crate::tags::{call, listed, name, ok, pairs, tagged, tagged_launch};

/// A resource with the tag `team=blue`.
struct Tagged {
    prefix: &'static str,
    id: String,
    /// The action that lists resources of this kind, and the member with the list.
    list: (&'static str, &'static str),
}

/// A resource of each kind.
fn one_of_each(cloud: &Cloud) -> Vec<Tagged> {
    let tags = |prefix: &str| tagged(prefix, &[("team", "blue")]);
    let create = |action: &str, body: Value, path: &str| {
        let response = send_ok(cloud, action, body);
        string(response.pointer(path).unwrap())
    };
    let host = json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "HostChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
        "TagSpecification": tags("host"),
    });
    let stopped = launch_stopped(cloud, json!({}));
    let image = json!({
        "ImageName": "base", "InstanceId": stopped, "TagSpecification": tags("image"),
    });
    let group = json!({ "Name": "web", "Type": "HOST", "TagSpecification": tags("ps") });
    let cluster = json!({
        "Zone": "ap-guangzhou-6", "Name": "web", "TagSpecification": tags("hpc"),
    });
    let pair = json!({ "KeyName": "web", "ProjectId": 0, "TagSpecification": tags("keypair") });
    let template = run_request(json!({
        "LaunchTemplateName": "web", "LaunchTemplateTagSpecification": tags("launch-template"),
    }));
    let instance = run_request(tagged_launch(&tags("instance")));
    let one = |prefix, id, action, list| Tagged { prefix, id, list: (action, list) };
    vec![
        one(
            "instance",
            create("RunInstances", instance, "/InstanceIdSet/0"),
            "DescribeInstances",
            "InstanceSet",
        ),
        one(
            "keypair",
            create("CreateKeyPair", pair, "/KeyPair/KeyId"),
            "DescribeKeyPairs",
            "KeyPairSet",
        ),
        one("host", create("AllocateHosts", host, "/HostIdSet/0"), "DescribeHosts", "HostSet"),
        one(
            "hpc",
            create("CreateHpcCluster", cluster, "/HpcClusterSet/0/HpcClusterId"),
            "DescribeHpcClusters",
            "HpcClusterSet",
        ),
        one("image", create("CreateImage", image, "/ImageId"), "DescribeImages", "ImageSet"),
        one(
            "launch-template",
            create("CreateLaunchTemplate", template, "/LaunchTemplateId"),
            "DescribeLaunchTemplates",
            "LaunchTemplateSet",
        ),
        one(
            "ps",
            create("CreateDisasterRecoverGroup", group, "/DisasterRecoverGroupId"),
            "DescribeDisasterRecoverGroups",
            "DisasterRecoverGroupSet",
        ),
    ]
}

/// The resources of a kind that a filter finds.
fn found(cloud: &Cloud, one: &Tagged, name: &str, value: &str) -> Vec<Value> {
    let (action, list) = one.list;
    let body = json!({ "Filters": [{ "Name": name, "Values": [value] }] });
    send_ok(cloud, action, body)[list].as_array().unwrap().clone()
}

#[test]
fn tags_of_every_kind_are_one_list_for_both_services() {
    let cloud = cloud();
    for one in one_of_each(&cloud) {
        let prefix = one.prefix;
        assert_eq!(listed(&cloud, prefix, &one.id), pairs(&[("team", "blue")]), "{prefix}");
        assert_eq!(found(&cloud, &one, "tag:team", "blue").len(), 1, "{prefix}");
        let body = json!({
            "Resource": name(prefix, &one.id),
            "ReplaceTags": [{ "TagKey": "owner", "TagValue": "ops" }],
            "DeleteTags": [{ "TagKey": "team" }],
        });
        ok(&cloud, "ModifyResourceTags", &body);
        assert_eq!(listed(&cloud, prefix, &one.id), pairs(&[("owner", "ops")]), "{prefix}");
        for (filter, value, count) in [
            ("tag:team", "blue", 0),
            ("tag-key", "team", 0),
            ("tag:owner", "ops", 1),
            ("tag-key", "owner", 1),
            ("tag-value", "ops", 1),
        ] {
            assert_eq!(found(&cloud, &one, filter, value).len(), count, "{prefix} {filter}");
        }
        // A launch template does not show its tags.
        if prefix != "launch-template" {
            let shown = found(&cloud, &one, "tag-key", "owner")[0]["Tags"].clone();
            assert_eq!(shown, json!([{ "Key": "owner", "Value": "ops" }]), "{prefix}");
        }
    }
}

#[test]
fn resources_of_every_kind_are_listed_with_their_names() {
    let cloud = cloud();
    let expected: Vec<_> = one_of_each(&cloud)
        .into_iter()
        .map(|one| match one.prefix {
            // It belongs to no region.
            "keypair" => format!("qcs::cvm::uin/100000000001:keypair/{}", one.id),
            prefix => name(prefix, &one.id),
        })
        .collect();
    let names = |response: &Value| {
        let list = response["ResourceTagMappingList"].as_array().unwrap();
        list.iter().map(|one| string(&one["Resource"])).collect::<Vec<_>>()
    };
    // The stopped instance has no tags.
    assert_eq!(names(&call(&cloud, "GetResources", &json!({}))), expected);
    // The names that the service returns are names that it accepts.
    let body = json!({ "ResourceList": expected });
    assert_eq!(names(&call(&cloud, "GetResources", &body)), expected);
    let body = json!({ "ResourceList": expected, "TagKeys": ["team"] });
    let failed = call(&cloud, "UnTagResources", &body);
    assert_eq!(failed["FailedResources"], json!([]));
    assert_eq!(names(&call(&cloud, "GetResources", &json!({}))), [""; 0]);
}

/// What Terraform sends to update and to read tags: a name without an account, then one of two lists.
#[test]
fn terraform_updates_and_reads_tags_of_its_resources() {
    let cloud = cloud();
    for one in one_of_each(&cloud) {
        let (prefix, id) = (one.prefix, &one.id);
        let update = json!({
            "Resource": format!("qcs::cvm:ap-guangzhou:uin/:{prefix}/{id}"),
            "ReplaceTags": [
                { "TagKey": "team", "TagValue": "red" },
                { "TagKey": "owner", "TagValue": "ops" },
            ],
            "DeleteTags": [{ "TagKey": "unknown" }],
        });
        ok(&cloud, "ModifyResourceTags", &update);
        let read = json!({
            "ServiceType": "cvm", "ResourcePrefix": prefix, "ResourceRegion": "ap-guangzhou",
            "ResourceId": id, "Offset": 0, "Limit": 20,
        });
        let response = call(&cloud, "DescribeResourceTags", &read);
        let rows = response["Rows"].as_array().unwrap();
        let tags: Vec<_> =
            rows.iter().map(|row| (string(&row["TagKey"]), string(&row["TagValue"]))).collect();
        assert_eq!(tags, pairs(&[("team", "red"), ("owner", "ops")]), "{prefix}");
        assert_eq!(response["TotalCount"], 2, "{prefix}");
        assert_eq!(listed(&cloud, prefix, id), tags, "{prefix}");
    }
}

/// What an Ansible module sends for the tags of an instance.
#[test]
fn ansible_attaches_and_detaches_tags_one_by_one() {
    let cloud = cloud();
    let id = launch(&cloud, json!({})).remove(0);
    let body = |members: Value| {
        let body = json!({
            "ServiceType": "cvm", "ResourceIds": [id], "ResourceRegion": "ap-guangzhou",
            "ResourcePrefix": "instance",
        });
        merge(body, members)
    };
    let tag = |key: &str, value: &str| json!({ "TagKey": key, "TagValue": value });
    for (key, value) in [("env", "test"), ("team", "blue")] {
        ok(&cloud, "CreateTag", &tag(key, value));
        ok(&cloud, "AttachResourcesTag", &body(tag(key, value)));
    }
    ok(&cloud, "DetachResourcesTag", &body(json!({ "TagKey": "env" })));
    assert_eq!(describe(&cloud, &id)["Tags"], json!([{ "Key": "team", "Value": "blue" }]));
}

#[test]
fn resource_tags_are_found_by_each_parameter() {
    let cloud = cloud();
    let all = one_of_each(&cloud);
    let count = |body: &Value| call(&cloud, "DescribeResourceTags", body)["TotalCount"].clone();
    let instance = &all[0].id;
    for (body, expected) in [
        (json!({}), 7),
        (json!({ "ServiceType": "cvm" }), 7),
        (json!({ "ResourcePrefix": "image" }), 1),
        (json!({ "ResourceId": instance }), 1),
        (json!({ "ResourceId": "ins-00000000" }), 0),
        (json!({ "ResourceId": instance, "ResourcePrefix": "image" }), 0),
        // The key pair belongs to no region.
        (json!({ "ResourceRegion": "ap-shanghai" }), 1),
        (json!({ "ResourceRegion": "ap-guangzhou" }), 7),
        (json!({ "CreateUin": 100_000_000_001u64 }), 7),
        (json!({ "CreateUin": 7 }), 0),
    ] {
        assert_eq!(count(&body), expected, "{body}");
    }
    for body in [
        json!({ "ServiceType": "cos" }),
        json!({ "ServiceType": "cvm", "ResourcePrefix": "cluster" }),
        json!({ "ResourceId": "bucket-1250000000", "CosResourceId": 1 }),
    ] {
        let response = call(&cloud, "DescribeResourceTags", &body);
        assert_eq!(error_code(&response), "UnsupportedOperation", "{body}");
    }
}

/// A resource of the network or the disk service.
struct Neighbor {
    /// Service and prefix in names.
    name: (&'static str, &'static str),
    id: String,
    /// The service and the action that lists such resources, the member with the list, and the one with the tags.
    list: (&'static str, &'static str, &'static str, &'static str),
}

fn neighbor_call(cloud: &Cloud, service: &str, action: &str, body: &Value) -> Value {
    let response = read(&cloud.handle(&Call::of(service, VERSION, action).json(body.to_string())));
    assert!(response.get("Error").is_none(), "{service}:{action}: {response}");
    response
}

/// A resource of each kind of the network and the disk service, with the tag `team=blue`.
fn one_of_each_neighbor(cloud: &Cloud) -> Vec<Neighbor> {
    let tags = json!([{ "Key": "team", "Value": "blue" }]);
    let create = |service: &str, action: &str, members: Value, path: &str| {
        let body = merge(json!({ "Tags": tags }), members);
        string(neighbor_call(cloud, service, action, &body).pointer(path).unwrap())
    };
    let vpc = json!({ "VpcName": "net", "CidrBlock": "10.0.0.0/16" });
    let vpc = create("vpc", "CreateVpc", vpc, "/Vpc/VpcId");
    let subnet = json!({
        "VpcId": vpc, "SubnetName": "net", "CidrBlock": "10.0.1.0/24", "Zone": "ap-guangzhou-3",
    });
    let disk = json!({
        "Placement": { "Zone": "ap-guangzhou-3" }, "DiskChargeType": "POSTPAID_BY_HOUR",
        "DiskType": "CLOUD_PREMIUM", "DiskSize": 50,
    });
    let disk = create("cbs", "CreateDisks", disk, "/DiskIdSet/0");
    let snapshot = json!({ "DiskId": disk });
    advance(cloud, 60);
    let one = |service, prefix, id, list| Neighbor { name: (service, prefix), id, list };
    let all = vec![
        one(
            "cvm",
            "snapshot",
            create("cbs", "CreateSnapshot", snapshot, "/SnapshotId"),
            ("cbs", "DescribeSnapshots", "SnapshotSet", "Tags"),
        ),
        one("cvm", "volume", disk.clone(), ("cbs", "DescribeDisks", "DiskSet", "Tags")),
        one(
            "vpc",
            "subnet",
            create("vpc", "CreateSubnet", subnet, "/Subnet/SubnetId"),
            ("vpc", "DescribeSubnets", "SubnetSet", "TagSet"),
        ),
        one("vpc", "vpc", vpc.clone(), ("vpc", "DescribeVpcs", "VpcSet", "TagSet")),
    ];
    advance(cloud, 300);
    all
}

#[test]
fn tags_of_networks_and_disks_are_one_list_for_both_services() {
    let cloud = cloud();
    let all = one_of_each_neighbor(&cloud);
    for one in &all {
        let ((service, prefix), id) = (one.name, &one.id);
        let resource = format!("qcs::{service}:ap-guangzhou:uin/:{prefix}/{id}");
        let found = |value: &str| {
            let (service, action, list, _) = one.list;
            let body = json!({ "Filters": [{ "Name": "tag:team", "Values": [value] }] });
            neighbor_call(&cloud, service, action, &body)[list].as_array().unwrap().clone()
        };
        // Snapshots have no filter for tags.
        let has_filter = prefix != "snapshot";
        assert!(!has_filter || found("blue").len() == 1, "{prefix}");
        let body = json!({
            "Resource": resource, "ReplaceTags": [{ "TagKey": "team", "TagValue": prefix }],
        });
        ok(&cloud, "ModifyResourceTags", &body);
        let body = json!({
            "ServiceType": service, "ResourcePrefix": prefix, "ResourceRegion": "ap-guangzhou",
            "ResourceIds": [id],
        });
        let read = call(&cloud, "DescribeResourceTagsByResourceIds", &body);
        let tag = (&read["Tags"][0]["TagKey"], &read["Tags"][0]["TagValue"]);
        assert_eq!(tag, (&json!("team"), &json!(prefix)), "{prefix}: {read}");
        let shown = if has_filter {
            assert_eq!(found("blue").len(), 0, "{prefix}");
            found(prefix)
        } else {
            let (service, action, list, _) = one.list;
            let body = json!({ "SnapshotIds": [id] });
            neighbor_call(&cloud, service, action, &body)[list].as_array().unwrap().clone()
        };
        assert_eq!(shown.len(), 1, "{prefix}");
        let tags = &shown[0][one.list.3];
        assert_eq!(tags, &json!([{ "Key": "team", "Value": prefix }]), "{prefix}");
    }
    let listed = call(&cloud, "GetResources", &json!({ "TagFilters": [{ "TagKey": "team" }] }));
    let listed: BTreeSet<_> = listed["ResourceTagMappingList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| string(&one["Resource"]))
        .collect();
    let expected: BTreeSet<_> = all
        .iter()
        .map(|Neighbor { name: (service, prefix), id, .. }| {
            format!("qcs::{service}:ap-guangzhou:uin/100000000001:{prefix}/{id}")
        })
        .collect();
    assert_eq!(listed, expected);
    let tags = call(&cloud, "DescribeTags", &json!({ "TagKeys": ["team"], "Limit": 100 }));
    let free = tags["Tags"].as_array().unwrap().iter().filter(|tag| tag["CanDelete"] == 1);
    let free: Vec<_> = free.map(|tag| string(&tag["TagValue"])).collect();
    assert_eq!((free, &tags["TotalCount"]), (vec!["blue".to_owned()], &json!(5)));
}
