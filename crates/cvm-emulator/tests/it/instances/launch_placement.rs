//! Launches onto dedicated hosts, into resource packs and HPC clusters, and with a planned end.

use cvm_emulator::Cloud;
use cvm_models::actions::DescribeInstancesResponse;
use cvm_protocol::envelope;
use serde_json::{Value, json};

use crate::support::*;
use crate::tasks::{HOUR, at};

const NO_ROOM: &str = "ResourceInsufficient.SpecifiedInstanceType";

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// HS50 hosts, with 116 cores and 448 GiB, in zone 3; still being set up.
fn hosts(cloud: &Cloud, count: u64) -> Vec<String> {
    let order = json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "HostType": "HS50",
        "HostCount": count,
        "HostChargePrepaid": { "Period": 1 },
    });
    texts(&done(cloud, "AllocateHosts", order)["HostIdSet"])
}

fn on_hosts(ids: &[&str], size: &str, members: Value) -> Value {
    let mut body = run(json!({
        "Placement": { "Zone": "ap-guangzhou-3", "HostIds": ids },
        "InstanceChargeType": "CDHPAID",
        "InstanceType": size,
    }));
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn host(cloud: &Cloud, id: &str) -> Value {
    let filter = json!({ "Filters": [{ "Name": "host-id", "Values": [id] }] });
    done(cloud, "DescribeHosts", filter)["HostSet"][0].clone()
}

fn made(cloud: &Cloud, body: Value) -> Vec<String> {
    texts(&done(cloud, "RunInstances", body)["InstanceIdSet"])
}

pub fn instances(cloud: &Cloud) -> Value {
    done(cloud, "DescribeInstances", json!({}))["TotalCount"].clone()
}

#[test]
fn instances_use_host_capacity() {
    let cloud = cloud();
    let ids = hosts(&cloud, 2);
    let (a, b) = (ids[0].as_str(), ids[1].as_str());
    pass(&cloud, 60);
    let new = made(&cloud, on_hosts(&[a, b, a], "CDH_40C100G", json!({ "InstanceCount": 3 })));
    let places: Vec<_> =
        new.iter().map(|id| show(&cloud, id)["Placement"]["HostId"].clone()).collect();
    assert_eq!(places, [a, b, a]);
    let shown = show(&cloud, &new[0]);
    for (pointer, expected) in [
        ("/InstanceType", json!("CDH_40C100G")),
        ("/InstanceChargeType", json!("CDHPAID")),
        ("/CPU", json!(40)),
        ("/Memory", json!(100)),
        ("/Placement", json!({ "Zone": "ap-guangzhou-3", "ProjectId": 0, "HostId": a })),
    ] {
        assert_eq!(shown.pointer(pointer), Some(&expected), "{pointer}");
    }
    let first = host(&cloud, a);
    assert_eq!(first["InstanceIds"], json!([new[2], new[0]]));
    assert_eq!(first["HostResource"]["CpuAvailable"], 36);
    assert_eq!(first["HostResource"]["MemAvailable"], 248.0);
    // Room comes back with the end of an instance.
    pass(&cloud, 20);
    let more = on_hosts(&[a], "CDH_40C100G", json!({}));
    assert_eq!(refused(&cloud, "RunInstances", more.clone()), NO_ROOM);
    done(&cloud, "TerminateInstances", json!({ "InstanceIds": [new[0]] }));
    pass(&cloud, 10);
    assert_eq!(made(&cloud, more).len(), 1);
}

#[test]
fn host_and_size_are_chosen_when_omitted() {
    let cloud = cloud();
    let id = hosts(&cloud, 1).remove(0);
    let mut body = on_hosts(&[], "", json!({}));
    let none = "InvalidParameter.InstanceTypeSupportedHostNotFound";
    assert_eq!(refused(&cloud, "RunInstances", body.clone()), none, "it is not yet set up");
    pass(&cloud, 60);
    let new = show(&cloud, &made(&cloud, body.clone())[0]);
    assert_eq!(
        (&new["Placement"]["HostId"], &new["InstanceType"]),
        (&json!(id), &json!("CDH_1C1G"))
    );
    body["InstanceType"] = json!("CDH_117C1G");
    assert_eq!(refused(&cloud, "RunInstances", body), none);
}

#[test]
fn auto_renewed_host_still_accepts_launches() {
    let cloud = cloud();
    let id = hosts(&cloud, 1).remove(0);
    // Nobody looks at the hosts meanwhile.
    pass(&cloud, 45 * 86_400);
    assert_eq!(made(&cloud, on_hosts(&[&id], "CDH_1C1G", json!({}))).len(), 1);
}

#[test]
fn invalid_host_launches_create_nothing() {
    let cloud = cloud();
    let id = hosts(&cloud, 1).remove(0);
    let zoned = |zone: &str| json!({ "Placement": { "Zone": zone, "HostIds": [id] } });
    let go = |size: &str, members: Value| {
        refused(&cloud, "RunInstances", on_hosts(&[&id], size, members))
    };
    assert_eq!(go("CDH_1C1G", json!({})), "InvalidParameter.HostIdStatusNotSupport");
    pass(&cloud, 60);
    let unknown =
        json!({ "Placement": { "Zone": "ap-guangzhou-3", "HostIds": [id, "host-zzzzzzzz"] } });
    let packed = json!({ "Placement": { "Zone": "ap-guangzhou-3", "HostIds": [id],
        "DedicatedResourcePackTenancy": "ResourcePool" } });
    let local = json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC", "DiskSize": 50 } });
    let prepaid = json!({ "InstanceChargeType": "POSTPAID_BY_HOUR" });
    let many = json!({ "InstanceCount": 3, "MinCount": 3 });
    let timed =
        json!({ "ActionTimer": { "TimerAction": "TerminateInstances", "ActionTime": at(HOUR) } });
    for (size, members, expected) in [
        ("CDH_1C1G", unknown, "InvalidHostId.NotFound"),
        ("CDH_1C1G", zoned("ap-guangzhou-4"), "InvalidParameterCombination"),
        ("CDH_1C1G", packed, "InvalidParameterCombination"),
        ("S5.MEDIUM4", prepaid, "InvalidParameterCombination"),
        ("S5.MEDIUM4", json!({}), "InvalidParameter.HostIdStandardInstanceTypeNotSupport"),
        ("CDH_0C1G", json!({}), "InvalidInstanceType.Malformed"),
        ("CDH_117C1G", json!({}), "InvalidParameter.HostIdInstanceTypeNotSupport"),
        ("CDH_1C449G", json!({}), "InvalidParameter.HostIdInstanceTypeNotSupport"),
        // This model has no local disks.
        ("CDH_1C1G", local, "InvalidParameter.HostIdInstanceTypeNotSupport"),
        ("CDH_50C1G", json!({ "InstanceCount": 3 }), NO_ROOM),
        ("CDH_50C1G", many, "ResourceInsufficient.InsufficientOfferingMinimum"),
        ("CDH_1C1G", timed, "UnsupportedOperation.NotSupportImportInstancesActionTimer"),
    ] {
        assert_eq!(go(size, members.clone()), expected, "{size} {members}");
    }
    assert_eq!(instances(&cloud), 0);
    let fewer = json!({ "InstanceCount": 3, "MinCount": 1, "InstanceName": "web" });
    let new = made(&cloud, on_hosts(&[&id], "CDH_50C1G", fewer));
    assert_eq!(new.len(), 2, "as many as there is room for");
    assert_eq!(show(&cloud, &new[1])["InstanceName"], "web2");
}

#[test]
fn instances_on_a_host_cannot_change_type() {
    let cloud = cloud();
    let host = hosts(&cloud, 1).remove(0);
    pass(&cloud, 60);
    let id = made(&cloud, on_hosts(&[&host], "CDH_1C1G", json!({}))).remove(0);
    pass(&cloud, 20);
    let body = json!({ "InstanceIds": [id], "InstanceType": "S5.MEDIUM4", "ForceStop": true });
    assert_eq!(refused(&cloud, "ResetInstancesType", body), "UnsupportedOperation");
    assert_eq!(show(&cloud, &id)["InstanceType"], "CDH_1C1G");
}

/// Half machines with 192 cores and 576 GiB in zone 3; still being created.
fn packs(cloud: &Cloud, members: Value) -> Vec<String> {
    let mut order = json!({
        "Zone": "ap-guangzhou-3",
        "InstanceType": "SA9.48XLARGE576",
        "InstanceCount": 1,
        "Period": 1,
    });
    order.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let answer = done(cloud, "PurchaseResourcePoolPacks", order);
    texts(&answer["DedicatedResourcePackIdSet"])
}

fn in_packs(ids: &[&str], members: Value) -> Value {
    let mut body = run(json!({ "InstanceType": "S5.4XLARGE64", "Placement": {
        "Zone": "ap-guangzhou-3",
        "DedicatedResourcePackTenancy": "ResourcePool",
        "DedicatedResourcePackIds": ids,
    } }));
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn pack(cloud: &Cloud, id: &str) -> Value {
    let filter = json!({ "Filters": [{ "Name": "dedicated-resource-pack-id", "Values": [id] }] });
    done(cloud, "DescribeResourcePoolPacks", filter)["DedicatedResourcePackSet"][0].clone()
}

#[test]
fn instances_use_pack_capacity_and_outlive_the_pack() {
    let cloud = cloud();
    let id = packs(&cloud, json!({})).remove(0);
    pass(&cloud, 30);
    let new = made(&cloud, in_packs(&[&id], json!({ "InstanceCount": 9 })));
    let bought = pack(&cloud, &id);
    assert_eq!(bought["AvailableCapacity"]["Cpu"], 192 - 9 * 16);
    // 9 · 64 GiB are all of its memory.
    assert_eq!(bought["AvailableCapacity"]["Memory"], 0);
    assert_eq!(refused(&cloud, "RunInstances", in_packs(&[&id], json!({}))), NO_ROOM);
    let placement = show(&cloud, &new[0])["Placement"].clone();
    let expected = json!({
        "Zone": "ap-guangzhou-3", "ProjectId": 0, "DedicatedResourcePackTenancy": "ResourcePool",
        "DedicatedResourcePackIds": [id], "RackId": bought["RackId"],
    });
    assert_eq!(placement, expected);
    let body = json!({ "DedicatedResourcePackIds": [id] });
    let inside = done(&cloud, "DescribeResourcePoolPackInstances", body.clone());
    let listed = texts(&inside["DedicatedResourcePackInstanceSet"][0]["InstanceIdSet"]);
    assert_eq!(listed, new.iter().rev().cloned().collect::<Vec<_>>());

    pass(&cloud, 20);
    done(&cloud, "TerminateResourcePoolPacks", body);
    let freed = show(&cloud, &new[0]);
    assert_eq!(freed["InstanceState"], "RUNNING");
    assert_eq!(freed["Placement"]["Zone"], "ap-guangzhou-3");
    for member in ["DedicatedResourcePackIds", "DedicatedResourcePackTenancy", "RackId"] {
        let left = &freed["Placement"][member];
        assert!(left.is_null() || *left == json!([]), "{member}: {left}");
    }
}

#[test]
fn launch_without_a_pack_uses_auto_placement_packs() {
    let cloud = cloud();
    let closed = packs(&cloud, json!({ "AutoPlacement": false })).remove(0);
    pass(&cloud, 30);
    let invalid = "InvalidParameterValue.DedicatedResourcePackNotValid";
    assert_eq!(refused(&cloud, "RunInstances", in_packs(&[], json!({}))), invalid);
    let open = packs(&cloud, json!({})).remove(0);
    pass(&cloud, 30);
    made(&cloud, in_packs(&[], json!({})));
    assert_eq!(pack(&cloud, &open)["AvailableCapacity"]["Cpu"], 176);
    assert_eq!(pack(&cloud, &closed)["AvailableCapacity"]["Cpu"], 192);
    // Ordinary stock is used where nothing of the kind is asked for.
    launch(&cloud, json!({}));
    assert_eq!(pack(&cloud, &open)["AvailableCapacity"]["Cpu"], 176);
}

#[test]
fn invalid_pack_launches_are_rejected() {
    let cloud = cloud();
    let id = packs(&cloud, json!({})).remove(0);
    let go = |body: Value| refused(&cloud, "RunInstances", body);
    let invalid = "InvalidParameterValue.DedicatedResourcePackNotValid";
    assert_eq!(go(in_packs(&[&id], json!({}))), invalid, "it is being created");
    pass(&cloud, 30);
    let mut elsewhere = in_packs(&[&id], json!({}));
    elsewhere["Placement"]["Zone"] = json!("ap-guangzhou-2");
    let mut alone = in_packs(&[&id], json!({}));
    alone["Placement"].as_object_mut().unwrap().remove("DedicatedResourcePackTenancy");
    let unknown = in_packs(&[&id, "rpp-zzzzzzzz"], json!({}));
    let minimum = json!({ "InstanceCount": 12, "MinCount": 10 });
    for (body, expected) in [
        (elsewhere, invalid),
        (alone, "InvalidParameterValue.DedicatedResourcePackTenancyMismatch"),
        (unknown, "InvalidParameterValue.DedicatedResourcePackIdsNotFound"),
        (in_packs(&[&id], json!({ "InstanceCount": 10 })), NO_ROOM),
        (in_packs(&[&id], minimum), "ResourceInsufficient.InsufficientOfferingMinimum"),
    ] {
        assert_eq!(go(body.clone()), expected, "{body}");
    }
    pass(&cloud, 40 * 86_400);
    assert_eq!(go(in_packs(&[&id], json!({}))), invalid, "its term is over");
    assert_eq!(instances(&cloud), 0);
}

const HIGH: &str = "HCCIC5.24XLARGE384";

fn cluster(cloud: &Cloud, zone: &str) -> String {
    let answer = done(cloud, "CreateHpcCluster", json!({ "Zone": zone, "Name": "render" }));
    answer["HpcClusterSet"][0]["HpcClusterId"].as_str().unwrap().to_owned()
}

fn joining(id: &str, kind: &str, count: u64) -> Value {
    run(json!({
        "Placement": { "Zone": "ap-guangzhou-6" },
        "InstanceType": kind,
        "HpcClusterId": id,
        "InstanceCount": count,
    }))
}

#[test]
fn cluster_with_instances_cannot_be_deleted() {
    let cloud = cloud();
    let id = cluster(&cloud, "ap-guangzhou-6");
    let new = made(&cloud, joining(&id, HIGH, 2));
    assert_eq!(show(&cloud, &new[0])["HpcClusterId"], id.as_str());
    let body = json!({ "HpcClusterIds": [id] });
    let shown = &done(&cloud, "DescribeHpcClusters", body.clone())["HpcClusterSet"][0];
    assert_eq!(
        (&shown["CurrentNum"], &shown["InstanceIds"]),
        (&json!(2), &json!([new[1], new[0]]))
    );
    for (kind, expected) in [(HIGH, 1), ("S5.MEDIUM4", 0)] {
        let answer = done(&cloud, "DescribeHpcClusters", json!({ "InstanceType": kind }));
        assert_eq!(answer["TotalCount"], expected, "{kind}");
    }
    assert_eq!(refused(&cloud, "DeleteHpcClusters", body.clone()), "ResourceInUse.HpcCluster");
    let both = json!({ "HpcClusterIds": [cluster(&cloud, "ap-guangzhou-6"), id] });
    assert_eq!(refused(&cloud, "DeleteHpcClusters", both), "ResourceInUse.HpcCluster");
    assert_eq!(done(&cloud, "DescribeHpcClusters", json!({}))["TotalCount"], 2, "all or none");
    pass(&cloud, 20);
    done(&cloud, "TerminateInstances", json!({ "InstanceIds": new }));
    pass(&cloud, 10);
    done(&cloud, "DeleteHpcClusters", body);
}

#[test]
fn incompatible_clusters_and_types_are_rejected() {
    let cloud = cloud();
    let (id, far) = (cluster(&cloud, "ap-guangzhou-6"), cluster(&cloud, "ap-guangzhou-5"));
    for (body, expected) in [
        (joining("hpc-zzzzzzzz", HIGH, 1), "ResourceNotFound.HpcCluster"),
        (joining(&far, HIGH, 1), "InvalidParameterValue.HpcClusterIdZoneIdNotMatch"),
        (joining(&id, "S5.MEDIUM4", 1), "InvalidParameterValue.InstanceTypeNotSupportHpcCluster"),
        (joining("", HIGH, 1), "InvalidParameterValue.InstanceTypeRequiredHpcCluster"),
        (joining(&id, HIGH, 129), "LimitExceeded"),
    ] {
        assert_eq!(refused(&cloud, "RunInstances", body.clone()), expected, "{body}");
    }
    assert_eq!(instances(&cloud), 0);
    made(&cloud, joining(&id, HIGH, 128));
    assert_eq!(refused(&cloud, "RunInstances", joining(&id, HIGH, 1)), "LimitExceeded");
}

#[test]
fn responses_contain_every_guaranteed_member() {
    let cloud = cloud();
    let host = hosts(&cloud, 1).remove(0);
    let pack = packs(&cloud, json!({})).remove(0);
    pass(&cloud, 60);
    made(&cloud, on_hosts(&[&host], "CDH_1C1G", json!({})));
    made(&cloud, in_packs(&[&pack], json!({})));
    let answer = cloud.handle(&Call::new("DescribeInstances").json("{}"));
    let mut shown = DescribeInstancesResponse::default();
    let report = envelope::decode(&mut shown, answer.body()).unwrap().report;
    assert!(report.is_clean() && shown.instance_set.len() == 2, "{report:?}");
}
