//! Launches on dedicated hosts, in resource packs and in HPC clusters.

use cvm_emulator::Cloud;
use cvm_models::actions::DescribeInstances;
use serde_json::{Value, json};

use crate::support::*;
use crate::tasks::{HOUR, at};

const NO_ROOM: &str = "ResourceInsufficient.SpecifiedInstanceType";

/// Allocates HS50 hosts (116 cores, 448 GiB) in zone 3. They are still `PENDING`.
fn hosts(cloud: &Cloud, count: u64) -> Vec<String> {
    let order = json!({
        "Placement": { "Zone": "ap-guangzhou-3" },
        "HostType": "HS50",
        "HostCount": count,
        "HostChargePrepaid": { "Period": 1 },
    });
    strings(&send_ok(cloud, "AllocateHosts", order)["HostIdSet"])
}

fn on_hosts(ids: &[&str], size: &str, members: Value) -> Value {
    merge(
        run_request(json!({
            "Placement": { "Zone": "ap-guangzhou-3", "HostIds": ids },
            "InstanceChargeType": "CDHPAID",
            "InstanceType": size,
        })),
        members,
    )
}

fn host(cloud: &Cloud, id: &str) -> Value {
    let filter = json!({ "Filters": [{ "Name": "host-id", "Values": [id] }] });
    send_ok(cloud, "DescribeHosts", filter)["HostSet"][0].clone()
}

fn launched(cloud: &Cloud, body: Value) -> Vec<String> {
    strings(&send_ok(cloud, "RunInstances", body)["InstanceIdSet"])
}

pub fn instance_count(cloud: &Cloud) -> Value {
    send_ok(cloud, "DescribeInstances", json!({}))["TotalCount"].clone()
}

#[test]
fn instances_use_host_capacity() {
    let cloud = cloud();
    let ids = hosts(&cloud, 2);
    let (a, b) = (ids[0].as_str(), ids[1].as_str());
    advance(&cloud, 60);
    let new = launched(&cloud, on_hosts(&[a, b, a], "CDH_40C100G", json!({ "InstanceCount": 3 })));
    let placements: Vec<_> =
        new.iter().map(|id| describe(&cloud, id)["Placement"]["HostId"].clone()).collect();
    assert_eq!(placements, [a, b, a]);
    let actual = describe(&cloud, &new[0]);
    for (pointer, expected) in [
        ("/InstanceType", json!("CDH_40C100G")),
        ("/InstanceChargeType", json!("CDHPAID")),
        ("/CPU", json!(40)),
        ("/Memory", json!(100)),
        (
            "/Placement",
            json!({ "Zone": "ap-guangzhou-3", "ProjectId": 0, "HostIds": [], "HostId": a }),
        ),
    ] {
        assert_eq!(actual.pointer(pointer), Some(&expected), "{pointer}");
    }
    let first = host(&cloud, a);
    assert_eq!(first["InstanceIds"], json!([new[2], new[0]]));
    assert_eq!(first["HostResource"]["CpuAvailable"], 36);
    assert_eq!(first["HostResource"]["MemAvailable"], 248.0);
    // Terminating an instance frees its capacity.
    advance(&cloud, 20);
    let more = on_hosts(&[a], "CDH_40C100G", json!({}));
    assert_eq!(send_err(&cloud, "RunInstances", more.clone()), NO_ROOM);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [new[0]] }));
    advance(&cloud, 10);
    assert_eq!(launched(&cloud, more).len(), 1);
}

#[test]
fn host_and_size_are_chosen_when_omitted() {
    let cloud = cloud();
    let id = hosts(&cloud, 1).remove(0);
    let mut body = on_hosts(&[], "", json!({}));
    let none = "InvalidParameter.InstanceTypeSupportedHostNotFound";
    assert_eq!(
        send_err(&cloud, "RunInstances", body.clone()),
        none,
        "the host is still being set up"
    );
    advance(&cloud, 60);
    let new = describe(&cloud, &launched(&cloud, body.clone())[0]);
    assert_eq!(
        (&new["Placement"]["HostId"], &new["InstanceType"]),
        (&json!(id), &json!("CDH_1C1G"))
    );
    body["InstanceType"] = json!("CDH_117C1G");
    assert_eq!(send_err(&cloud, "RunInstances", body), none);
}

#[test]
fn auto_renewed_host_still_accepts_launches() {
    let cloud = cloud();
    let id = hosts(&cloud, 1).remove(0);
    // No request reads the hosts in between.
    advance(&cloud, 45 * 86_400);
    assert_eq!(launched(&cloud, on_hosts(&[&id], "CDH_1C1G", json!({}))).len(), 1);
}

#[test]
fn invalid_host_launches_create_nothing() {
    let cloud = cloud();
    let id = hosts(&cloud, 1).remove(0);
    let zoned = |zone: &str| json!({ "Placement": { "Zone": zone, "HostIds": [id] } });
    let code_of = |size: &str, members: Value| {
        send_err(&cloud, "RunInstances", on_hosts(&[&id], size, members))
    };
    assert_eq!(code_of("CDH_1C1G", json!({})), "InvalidParameter.HostIdStatusNotSupport");
    advance(&cloud, 60);
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
        // This host type has no local disks.
        ("CDH_1C1G", local, "InvalidParameter.HostIdInstanceTypeNotSupport"),
        ("CDH_50C1G", json!({ "InstanceCount": 3 }), NO_ROOM),
        ("CDH_50C1G", many, "ResourceInsufficient.InsufficientOfferingMinimum"),
        ("CDH_1C1G", timed, "UnsupportedOperation.NotSupportImportInstancesActionTimer"),
    ] {
        assert_eq!(code_of(size, members.clone()), expected, "{size} {members}");
    }
    assert_eq!(instance_count(&cloud), 0);
    let fewer = json!({ "InstanceCount": 3, "MinCount": 1, "InstanceName": "web" });
    let new = launched(&cloud, on_hosts(&[&id], "CDH_50C1G", fewer));
    assert_eq!(new.len(), 2, "as many instances as fit");
    assert_eq!(describe(&cloud, &new[1])["InstanceName"], "web2");
}

#[test]
fn instances_on_a_host_cannot_change_type() {
    let cloud = cloud();
    let host = hosts(&cloud, 1).remove(0);
    advance(&cloud, 60);
    let id = launched(&cloud, on_hosts(&[&host], "CDH_1C1G", json!({}))).remove(0);
    advance(&cloud, 20);
    for name in ["S5.MEDIUM4", "CDH_2C2G"] {
        let body = json!({ "InstanceIds": [id], "InstanceType": name, "ForceStop": true });
        let code = send_err(&cloud, "ResetInstancesType", body);
        assert_eq!(code, "UnsupportedOperation.OriginalInstanceTypeInvalid", "{name}");
    }
    assert_eq!(describe(&cloud, &id)["InstanceType"], "CDH_1C1G");
}

#[test]
fn sizes_on_dedicated_hosts_are_well_formed_in_every_action() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({}));
    let images = |name: &str| {
        send_ok(&cloud, "DescribeImages", json!({ "InstanceType": name }))["TotalCount"].clone()
    };
    assert_eq!(images("CDH_1C1G"), images("S5.MEDIUM4"));
    let filter = json!({ "Filters": [{ "Name": "instance-type", "Values": ["CDH_1C1G"] }] });
    let listed = send_ok(&cloud, "DescribeInstanceTypeConfigs", filter);
    assert_eq!(listed["InstanceTypeConfigSet"], json!([]), "no zone sells it");
    let hourly = run_request(json!({ "InstanceType": "CDH_1C1G" }));
    let change = json!({ "InstanceIds": [id], "InstanceType": "CDH_1C1G", "ForceStop": true });
    let price = json!({ "InstanceIds": [id], "InstanceType": "CDH_1C1G" });
    for (action, body) in [
        ("RunInstances", hourly.clone()),
        ("InquiryPriceRunInstances", hourly),
        ("ResetInstancesType", change),
        ("InquiryPriceResetInstancesType", price),
    ] {
        let code = send_err(&cloud, action, body);
        let expected = "InvalidParameter.HostIdCustomizedInstanceTypeNotSupport";
        assert_eq!(code, expected, "{action}");
    }
}

/// Purchases packs of half a server (192 cores, 576 GiB) in zone 3. They are still `CREATING`.
fn packs(cloud: &Cloud, members: Value) -> Vec<String> {
    let order = merge(
        json!({
            "Zone": "ap-guangzhou-3",
            "InstanceType": "SA9.48XLARGE576",
            "InstanceCount": 1,
            "Period": 1,
        }),
        members,
    );
    let response = send_ok(cloud, "PurchaseResourcePoolPacks", order);
    strings(&response["DedicatedResourcePackIdSet"])
}

fn in_packs(ids: &[&str], members: Value) -> Value {
    merge(
        run_request(json!({ "InstanceType": "S5.4XLARGE64", "Placement": {
        "Zone": "ap-guangzhou-3",
        "DedicatedResourcePackTenancy": "ResourcePool",
        "DedicatedResourcePackIds": ids,
    } })),
        members,
    )
}

fn pack(cloud: &Cloud, id: &str) -> Value {
    let filter = json!({ "Filters": [{ "Name": "dedicated-resource-pack-id", "Values": [id] }] });
    send_ok(cloud, "DescribeResourcePoolPacks", filter)["DedicatedResourcePackSet"][0].clone()
}

#[test]
fn instances_use_pack_capacity_and_outlive_the_pack() {
    let cloud = cloud();
    let id = packs(&cloud, json!({})).remove(0);
    advance(&cloud, 30);
    let new = launched(&cloud, in_packs(&[&id], json!({ "InstanceCount": 9 })));
    let bought = pack(&cloud, &id);
    assert_eq!(bought["AvailableCapacity"]["Cpu"], 192 - 9 * 16);
    // 9 · 64 GiB is all of its memory.
    assert_eq!(bought["AvailableCapacity"]["Memory"], 0);
    assert_eq!(send_err(&cloud, "RunInstances", in_packs(&[&id], json!({}))), NO_ROOM);
    let placement = describe(&cloud, &new[0])["Placement"].clone();
    let expected = json!({
        "Zone": "ap-guangzhou-3", "ProjectId": 0, "HostIds": [],
        "DedicatedResourcePackTenancy": "ResourcePool",
        "DedicatedResourcePackIds": [id], "RackId": bought["RackId"],
    });
    assert_eq!(placement, expected);
    let body = json!({ "DedicatedResourcePackIds": [id] });
    let inside = send_ok(&cloud, "DescribeResourcePoolPackInstances", body.clone());
    let listed = strings(&inside["DedicatedResourcePackInstanceSet"][0]["InstanceIdSet"]);
    assert_eq!(listed, new.iter().rev().cloned().collect::<Vec<_>>());

    advance(&cloud, 20);
    send_ok(&cloud, "TerminateResourcePoolPacks", body);
    let freed = describe(&cloud, &new[0]);
    assert_eq!(freed["InstanceState"], "RUNNING");
    assert_eq!(freed["Placement"]["Zone"], "ap-guangzhou-3");
    for member in ["DedicatedResourcePackIds", "DedicatedResourcePackTenancy", "RackId"] {
        let value = &freed["Placement"][member];
        assert!(value.is_null() || *value == json!([]), "{member}: {value}");
    }
}

#[test]
fn launch_without_a_pack_uses_auto_placement_packs() {
    let cloud = cloud();
    let closed = packs(&cloud, json!({ "AutoPlacement": false })).remove(0);
    advance(&cloud, 30);
    let invalid = "InvalidParameterValue.DedicatedResourcePackNotValid";
    assert_eq!(send_err(&cloud, "RunInstances", in_packs(&[], json!({}))), invalid);
    let open = packs(&cloud, json!({})).remove(0);
    advance(&cloud, 30);
    launched(&cloud, in_packs(&[], json!({})));
    assert_eq!(pack(&cloud, &open)["AvailableCapacity"]["Cpu"], 176);
    assert_eq!(pack(&cloud, &closed)["AvailableCapacity"]["Cpu"], 192);
    // A launch without pack parameters uses no pack.
    launch(&cloud, json!({}));
    assert_eq!(pack(&cloud, &open)["AvailableCapacity"]["Cpu"], 176);
}

#[test]
fn invalid_pack_launches_are_rejected() {
    let cloud = cloud();
    let id = packs(&cloud, json!({})).remove(0);
    let code_of = |body: Value| send_err(&cloud, "RunInstances", body);
    let invalid = "InvalidParameterValue.DedicatedResourcePackNotValid";
    assert_eq!(code_of(in_packs(&[&id], json!({}))), invalid, "the pack is being created");
    advance(&cloud, 30);
    let mut elsewhere = in_packs(&[&id], json!({}));
    elsewhere["Placement"]["Zone"] = json!("ap-guangzhou-2");
    let mut without_tenancy = in_packs(&[&id], json!({}));
    without_tenancy["Placement"].as_object_mut().unwrap().remove("DedicatedResourcePackTenancy");
    let unknown = in_packs(&[&id, "rpp-zzzzzzzz"], json!({}));
    let minimum = json!({ "InstanceCount": 12, "MinCount": 10 });
    for (body, expected) in [
        (elsewhere, invalid),
        (without_tenancy, "InvalidParameterValue.DedicatedResourcePackTenancyMismatch"),
        (unknown, "InvalidParameterValue.DedicatedResourcePackIdsNotFound"),
        (in_packs(&[&id], json!({ "InstanceCount": 10 })), NO_ROOM),
        (in_packs(&[&id], minimum), "ResourceInsufficient.InsufficientOfferingMinimum"),
    ] {
        assert_eq!(code_of(body.clone()), expected, "{body}");
    }
    advance(&cloud, 40 * 86_400);
    assert_eq!(code_of(in_packs(&[&id], json!({}))), invalid, "the term of the pack has ended");
    assert_eq!(instance_count(&cloud), 0);
}

const HPC_TYPE: &str = "HCCIC5.24XLARGE384";

fn cluster(cloud: &Cloud, zone: &str) -> String {
    let response = send_ok(cloud, "CreateHpcCluster", json!({ "Zone": zone, "Name": "render" }));
    response["HpcClusterSet"][0]["HpcClusterId"].as_str().unwrap().to_owned()
}

fn cluster_launch(id: &str, kind: &str, count: u64) -> Value {
    run_request(json!({
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
    let new = launched(&cloud, cluster_launch(&id, HPC_TYPE, 2));
    assert_eq!(describe(&cloud, &new[0])["HpcClusterId"], id.as_str());
    let body = json!({ "HpcClusterIds": [id] });
    let actual = &send_ok(&cloud, "DescribeHpcClusters", body.clone())["HpcClusterSet"][0];
    assert_eq!(
        (&actual["CurrentNum"], &actual["InstanceIds"]),
        (&json!(2), &json!([new[1], new[0]]))
    );
    for (kind, expected) in [(HPC_TYPE, 1), ("S5.MEDIUM4", 0)] {
        let response = send_ok(&cloud, "DescribeHpcClusters", json!({ "InstanceType": kind }));
        assert_eq!(response["TotalCount"], expected, "{kind}");
    }
    assert_eq!(send_err(&cloud, "DeleteHpcClusters", body.clone()), "ResourceInUse.HpcCluster");
    let both = json!({ "HpcClusterIds": [cluster(&cloud, "ap-guangzhou-6"), id] });
    assert_eq!(send_err(&cloud, "DeleteHpcClusters", both), "ResourceInUse.HpcCluster");
    assert_eq!(
        send_ok(&cloud, "DescribeHpcClusters", json!({}))["TotalCount"],
        2,
        "all or nothing"
    );
    advance(&cloud, 20);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": new }));
    advance(&cloud, 10);
    send_ok(&cloud, "DeleteHpcClusters", body);
}

#[test]
fn incompatible_clusters_and_types_are_rejected() {
    let cloud = cloud();
    let (id, far) = (cluster(&cloud, "ap-guangzhou-6"), cluster(&cloud, "ap-guangzhou-5"));
    for (body, expected) in [
        (cluster_launch("hpc-zzzzzzzz", HPC_TYPE, 1), "ResourceNotFound.HpcCluster"),
        (cluster_launch(&far, HPC_TYPE, 1), "InvalidParameterValue.HpcClusterIdZoneIdNotMatch"),
        (
            cluster_launch(&id, "S5.MEDIUM4", 1),
            "InvalidParameterValue.InstanceTypeNotSupportHpcCluster",
        ),
        (cluster_launch("", HPC_TYPE, 1), "InvalidParameterValue.InstanceTypeRequiredHpcCluster"),
        (cluster_launch(&id, HPC_TYPE, 129), "LimitExceeded"),
    ] {
        assert_eq!(send_err(&cloud, "RunInstances", body.clone()), expected, "{body}");
    }
    assert_eq!(instance_count(&cloud), 0);
    launched(&cloud, cluster_launch(&id, HPC_TYPE, 128));
    assert_eq!(send_err(&cloud, "RunInstances", cluster_launch(&id, HPC_TYPE, 1)), "LimitExceeded");
}

#[test]
fn responses_contain_every_guaranteed_member() {
    let cloud = cloud();
    let host = hosts(&cloud, 1).remove(0);
    let pack = packs(&cloud, json!({})).remove(0);
    advance(&cloud, 60);
    launched(&cloud, on_hosts(&[&host], "CDH_1C1G", json!({})));
    launched(&cloud, in_packs(&[&pack], json!({})));
    let response = decode_complete::<DescribeInstances>(&cloud, &json!({}));
    assert_eq!(response.instance_set.len(), 2);
}
