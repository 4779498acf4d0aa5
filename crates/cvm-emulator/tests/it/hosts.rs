//! Dedicated hosts: allocation, lists, attributes, renewal and expiry.

use serde_json::{Value, json};

use crate::support::*;

const NOVEMBER: u64 = 30 * 86_400;

fn order(members: Value) -> Value {
    merge(
        json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "HostChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
        }),
        members,
    )
}

fn allocate(cloud: &cvm_emulator::Cloud, members: Value) -> Vec<String> {
    let response = send_ok(cloud, "AllocateHosts", order(members));
    let ids = response["HostIdSet"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn listed(cloud: &cvm_emulator::Cloud, name: &str, values: &[&str]) -> Vec<Value> {
    let body = json!({ "Filters": [{ "Name": name, "Values": values }] });
    let response = send_ok(cloud, "DescribeHosts", body);
    let hosts = response["HostSet"].as_array().unwrap().clone();
    assert_eq!(response["TotalCount"], hosts.len(), "{name}");
    hosts
}

fn host(cloud: &cvm_emulator::Cloud, id: &str) -> Value {
    listed(cloud, "host-id", &[id]).first().cloned().unwrap_or_default()
}

#[test]
fn host_goes_from_pending_to_running_to_expired() {
    let cloud = cloud();
    let tags = json!([{ "ResourceType": "host", "Tags": [{ "Key": "team", "Value": "blue" }] }]);
    let id = allocate(&cloud, json!({ "HostType": "HI20", "TagSpecification": tags })).remove(0);
    let new = host(&cloud, &id);
    for (pointer, expected) in [
        ("/HostState", json!("PENDING")),
        ("/HostType", json!("HI20")),
        ("/HostChargeType", json!("PREPAID")),
        ("/RenewFlag", json!("NOTIFY_AND_MANUAL_RENEW")),
        ("/Placement/Zone", json!("ap-guangzhou-3")),
        ("/Placement/ProjectId", json!(0)),
        ("/CreatedTime", json!("2023-11-14T22:13:20Z")),
        ("/ExpiredTime", json!("2023-12-14T22:13:20Z")),
        ("/InstanceIds", json!([])),
        ("/HostResource/DiskType", json!("LOCAL_SSD")),
        ("/HostResource/GpuTotal", json!(0)),
        ("/Tags/0/Value", json!("blue")),
    ] {
        assert_eq!(new.pointer(pointer), Some(&expected), "{pointer}");
    }
    let resource = &new["HostResource"];
    for name in ["Cpu", "Mem", "Disk"] {
        assert_eq!(resource[format!("{name}Total")], resource[format!("{name}Available")]);
        assert!(resource[format!("{name}Total")].as_f64().unwrap() > 0.0, "{name}");
    }
    for (seconds, expected) in [
        (59, json!("PENDING")),
        (1, json!("RUNNING")),
        (NOVEMBER - 61, json!("RUNNING")),
        (1, json!("EXPIRED")),
        (7 * 86_400 - 1, json!("EXPIRED")),
        (1, Value::Null),
    ] {
        advance(&cloud, seconds);
        assert_eq!(host(&cloud, &id)["HostState"], expected, "after {seconds} s more");
    }
    let renew = json!({ "HostIds": [id], "HostChargePrepaid": { "Period": 1 } });
    assert_eq!(send_err(&cloud, "RenewHosts", renew), "InvalidHostId.NotFound");
}

#[test]
fn hosts_renew_automatically_by_default() {
    let cloud = cloud();
    let id = allocate(&cloud, json!({ "HostChargePrepaid": { "Period": 1 } })).remove(0);
    assert_eq!(host(&cloud, &id)["RenewFlag"], "NOTIFY_AND_AUTO_RENEW");
    advance(&cloud, 3 * NOVEMBER);
    let later = host(&cloud, &id);
    assert_eq!(later["HostState"], "RUNNING");
    assert_eq!(later["ExpiredTime"], "2024-02-14T22:13:20Z");
    let flag = json!({ "HostIds": [id], "RenewFlag": "DISABLE_NOTIFY_AND_MANUAL_RENEW" });
    send_ok(&cloud, "ModifyHostsAttribute", flag);
    advance(&cloud, 8 * 86_400);
    assert_eq!(host(&cloud, &id)["HostState"], "EXPIRED");
    advance(&cloud, 86_400);
    assert_eq!(host(&cloud, &id), Value::Null);
}

#[test]
fn invalid_orders_buy_nothing() {
    let cloud = cloud();
    let zone = |zone: &str| json!({ "Placement": { "Zone": zone } });
    let tag = |kind: &str, count: usize| {
        let tags = vec![json!({ "Key": "team", "Value": "blue" }); count];
        json!({ "TagSpecification": [{ "ResourceType": kind, "Tags": tags }] })
    };
    for (members, expected) in [
        (zone("ap-shanghai-2"), "InvalidZone.MismatchRegion"),
        (zone("ap-guangzhou-7"), "InvalidParameterValue.ZoneNotSupported"),
        (
            merge(zone("ap-guangzhou-6"), json!({ "HostType": "HM1" })),
            "ResourceInsufficient.ZoneSoldOutForSpecifiedInstance",
        ),
        (json!({ "HostType": "HS999" }), "InvalidParameterValue"),
        (json!({ "HostCount": 0 }), "InvalidParameterValue.Range"),
        (json!({ "HostCount": 101 }), "InvalidParameterValue.Range"),
        (json!({ "HostChargePrepaid": { "Period": 13 } }), "InvalidPeriod"),
        (json!({ "HostChargePrepaid": null }), "MissingParameter"),
        (
            json!({ "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": -1 } }),
            "InvalidProjectId.NotFound",
        ),
        (
            json!({ "Placement": { "Zone": "ap-guangzhou-3", "HostIds": ["x"] } }),
            "InvalidHostId.Malformed",
        ),
        (tag("instance", 1), "InvalidParameterValue"),
        (tag("host", 2), "InvalidParameterValue"),
    ] {
        let code = send_err(&cloud, "AllocateHosts", order(members.clone()));
        assert_eq!(code, expected, "{members}");
    }
    assert_eq!(send_ok(&cloud, "DescribeHosts", json!({}))["TotalCount"], 0);
}

#[test]
fn client_token_makes_allocation_idempotent() {
    let cloud = cloud();
    let buy = |count| json!({ "ClientToken": "t-1", "HostCount": count });
    let first = allocate(&cloud, buy(2));
    assert_eq!(allocate(&cloud, buy(2)), first);
    assert_eq!(send_err(&cloud, "AllocateHosts", order(buy(3))), "InvalidParameterValue");
    // A launch can use the same token, because it is another action.
    let launch = send_ok(&cloud, "RunInstances", run_request(json!({ "ClientToken": "t-1" })));
    assert_eq!(launch["InstanceIdSet"].as_array().unwrap().len(), 1);
    assert_eq!(allocate(&cloud, buy(2)), first);
    assert_eq!(send_ok(&cloud, "DescribeHosts", json!({}))["TotalCount"], 2);
    advance(&cloud, 86_400);
    assert_eq!(allocate(&cloud, buy(2)), first);
}

#[test]
fn hosts_are_listed_newest_first_filtered_and_paged() {
    let cloud = cloud();
    let placement = json!({ "Zone": "ap-guangzhou-4", "ProjectId": 7 });
    let old = allocate(&cloud, json!({ "Placement": placement, "HostType": "HS20" })).remove(0);
    advance(&cloud, 60);
    let tags = json!([{ "ResourceType": "host", "Tags": [{ "Key": "team", "Value": "blue" }] }]);
    let new = allocate(&cloud, json!({ "HostCount": 24, "TagSpecification": tags }));
    let name = json!({ "HostIds": [new[0], old], "HostName": "build" });
    send_ok(&cloud, "ModifyHostsAttribute", name);
    for (name, values, expected) in [
        ("zone", ["ap-guangzhou-4"], 1),
        ("project-id", ["7"], 1),
        ("host-id", [old.as_str()], 1),
        ("host-id", ["host-zzzzzzzz"], 0),
        ("host-name", ["build"], 2),
        ("host-name", ["buil"], 0),
        ("host-state", ["RUNNING"], 1),
        ("host-state", ["LAUNCH_FAILURE"], 0),
        ("host-type", ["HS20"], 1),
    ] {
        assert_eq!(listed(&cloud, name, &values).len(), expected, "{name} {values:?}");
    }
    for (name, value) in [
        ("host-state", "PENDING"),
        ("host-type", "HS1"),
        ("tag-key", "team"),
        ("tag-value", "blue"),
        ("tag:team", "blue"),
    ] {
        let body = json!({ "Filters": [{ "Name": name, "Values": [value] }], "Limit": 10 });
        let response = send_ok(&cloud, "DescribeHosts", body);
        assert_eq!(response["TotalCount"], 24, "{name}");
        assert_eq!(response["HostSet"].as_array().unwrap().len(), 10, "{name}");
    }
    assert_eq!(listed(&cloud, "tag:team", &["red"]).len(), 0);
    let first = send_ok(&cloud, "DescribeHosts", json!({}));
    assert_eq!(first["HostSet"].as_array().unwrap().len(), 20);
    assert_eq!(first["HostSet"][0]["HostId"], json!(new[23]));
    let last = send_ok(&cloud, "DescribeHosts", json!({ "Offset": 24, "Limit": 20 }));
    assert_eq!(last["HostSet"][0]["HostId"], json!(old));
    assert_eq!(last["TotalCount"], 25);
    let filter = |name: &str, value: &str| {
        send_err(
            &cloud,
            "DescribeHosts",
            json!({ "Filters": [{ "Name": name, "Values": [value] }] }),
        )
    };
    assert_eq!(filter("color", "red"), "InvalidFilter");
    assert_eq!(filter("zone", "ap-beijing-3"), "InvalidZone.MismatchRegion");
    assert_eq!(filter("host-id", "x"), "InvalidHostId.Malformed");
    assert_eq!(filter("host-state", "LAUNCH_FAILED"), "InvalidParameterValue");
    let elsewhere = Call::new("DescribeHosts").region("ap-shanghai").json("{}");
    assert_eq!(read(&cloud.handle(&elsewhere))["TotalCount"], 0);
}

#[test]
fn attribute_changes_are_all_or_nothing() {
    let cloud = cloud();
    let ids = allocate(&cloud, json!({ "HostCount": 2 }));
    let change = |members: Value| merge(json!({ "HostIds": ids }), members);
    send_ok(&cloud, "ModifyHostsAttribute", change(json!({ "HostName": "a", "ProjectId": 3 })));
    send_ok(
        &cloud,
        "ModifyHostsAttribute",
        change(json!({ "RenewFlag": "NOTIFY_AND_AUTO_RENEW" })),
    );
    for id in &ids {
        let actual = host(&cloud, id);
        assert_eq!(
            (&actual["HostName"], &actual["Placement"]["ProjectId"]),
            (&json!("a"), &json!(3))
        );
        assert_eq!(actual["RenewFlag"], "NOTIFY_AND_AUTO_RENEW");
    }
    // As the Terraform provider does.
    send_ok(&cloud, "ModifyHostsAttribute", change(json!({ "ProjectId": 4 })));
    assert_eq!(host(&cloud, &ids[0])["Placement"]["ProjectId"], 4);
    for (members, expected) in [
        (json!({}), "MissingParameter"),
        (json!({ "HostName": "b", "RenewFlag": "NOTIFY_AND_AUTO_RENEW" }), "InvalidParameter"),
        (
            json!({ "HostIds": [ids[0], "host-zzzzzzzz"], "HostName": "b" }),
            "InvalidHostId.NotFound",
        ),
        (json!({ "HostIds": ["x"], "HostName": "b" }), "InvalidHostId.Malformed"),
    ] {
        let code = send_err(&cloud, "ModifyHostsAttribute", change(members.clone()));
        assert_eq!(code, expected, "{members}");
    }
    let manual = json!({ "RenewFlag": "NOTIFY_AND_MANUAL_RENEW", "HostIds": [ids[0]] });
    send_ok(&cloud, "ModifyHostsAttribute", change(manual));
    advance(&cloud, NOVEMBER);
    let name = change(json!({ "HostName": "b" }));
    assert_eq!(send_err(&cloud, "ModifyHostsAttribute", name), "InvalidHost.NotSupported");
    assert_eq!(listed(&cloud, "host-name", &["a"]).len(), 2);
}

#[test]
fn renewal_extends_all_terms_or_none() {
    let cloud = cloud();
    let ids = allocate(&cloud, json!({ "HostCount": 2 }));
    let renew =
        |ids: &[&str], prepaid: Value| json!({ "HostIds": ids, "HostChargePrepaid": prepaid });
    let (one, other) = (ids[0].as_str(), ids[1].as_str());
    let year = json!({ "Period": 12, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" });
    let code = send_err(&cloud, "RenewHosts", renew(&[one], year.clone()));
    assert_eq!(code, "InvalidHost.NotSupported");
    advance(&cloud, 60);
    send_ok(&cloud, "RenewHosts", renew(&[one, one], year));
    assert_eq!(host(&cloud, one)["ExpiredTime"], "2024-12-14T22:13:20Z");
    assert_eq!(host(&cloud, one)["RenewFlag"], "NOTIFY_AND_MANUAL_RENEW");
    advance(&cloud, NOVEMBER);
    assert_eq!(host(&cloud, other)["HostState"], "EXPIRED");
    let month = json!({ "Period": 1 });
    for (ids, prepaid, expected) in [
        (vec![other, "host-zzzzzzzz"], &month, "InvalidHostId.NotFound"),
        (vec![other], &json!({ "Period": 48 }), "InvalidPeriod"),
        (vec![other; 101], &month, "InvalidParameterValue.LimitExceeded"),
    ] {
        assert_eq!(send_err(&cloud, "RenewHosts", renew(&ids, prepaid.clone())), expected);
    }
    assert_eq!(host(&cloud, other)["ExpiredTime"], "2023-12-14T22:13:20Z");
    send_ok(&cloud, "RenewHosts", renew(&[other], month));
    let renewed = host(&cloud, other);
    assert_eq!(
        (&renewed["HostState"], &renewed["RenewFlag"]),
        (&json!("RUNNING"), &json!("NOTIFY_AND_AUTO_RENEW"))
    );
    assert_eq!(renewed["ExpiredTime"], "2024-01-14T22:13:20Z");
}
