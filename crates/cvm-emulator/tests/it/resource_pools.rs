//! Resource packs: purchase, paged lists, filters and termination.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;

const WHOLE: &str = "SA9.96XLARGE1152";

fn order(members: Value) -> Value {
    merge(
        json!({
            "Zone": "ap-guangzhou-3",
            "InstanceType": WHOLE,
            "InstanceCount": 1,
            "Period": 1,
        }),
        members,
    )
}

fn purchase(cloud: &Cloud, members: Value) -> Vec<String> {
    let response = send_ok(cloud, "PurchaseResourcePoolPacks", order(members));
    strings(&response["DedicatedResourcePackIdSet"])
}

fn filter(name: &str, value: &str) -> Value {
    json!({ "Filters": [{ "Name": name, "Values": [value] }] })
}

fn packs(cloud: &Cloud, body: Value) -> Vec<Value> {
    let response = send_ok(cloud, "DescribeResourcePoolPacks", body);
    response["DedicatedResourcePackSet"].as_array().unwrap().clone()
}

fn pack(cloud: &Cloud, id: &str) -> Value {
    let found = packs(cloud, filter("dedicated-resource-pack-id", id));
    found.first().cloned().unwrap_or_default()
}

#[test]
fn pack_goes_from_creating_to_active_to_retired() {
    let cloud = cloud();
    let name = json!({ "DedicatedResourcePoolPackName": "渲染-pool_1", "AutoPlacement": false });
    let id = purchase(&cloud, name).remove(0);
    let new = pack(&cloud, &id);
    for (pointer, expected) in [
        ("/Status", json!("CREATING")),
        ("/DedicatedResourcePackName", json!("渲染-pool_1")),
        ("/InstanceType", json!(WHOLE)),
        ("/InstanceFamily", json!("SA9")),
        ("/Zone", json!("ap-guangzhou-3")),
        ("/ResourcePoolPackType", json!("EXCLUSIVE")),
        ("/AutoPlacement", json!(false)),
        ("/RenewFlag", json!("NOTIFY_AND_MANUAL_RENEW")),
        ("/StartTime", json!("2023-11-14T22:13:20Z")),
        ("/EndTime", json!("2023-12-14T22:13:20Z")),
        ("/TotalCapacity/Cpu", json!(384)),
        ("/TotalCapacity/Memory", json!(1152)),
        ("/AvailableCapacity/Cpu", json!(0)),
    ] {
        assert_eq!(new.pointer(pointer), Some(&expected), "{pointer}");
    }
    for (seconds, expected, cpu) in [
        (29, "CREATING", 0),
        (1, "ACTIVE", 384),
        (30 * 86_400 - 31, "ACTIVE", 384),
        (1, "RETIRED", 0),
        (86_400, "RETIRED", 0),
    ] {
        advance(&cloud, seconds);
        let now = pack(&cloud, &id);
        assert_eq!(now["Status"], expected, "after {seconds} s more");
        assert_eq!(now["AvailableCapacity"]["Cpu"], cpu, "after {seconds} s more");
    }
}

#[test]
fn packs_can_renew_automatically() {
    let cloud = cloud();
    let id = purchase(&cloud, json!({ "RenewFlag": "NOTIFY_AND_AUTO_RENEW" })).remove(0);
    advance(&cloud, 45 * 86_400);
    let now = pack(&cloud, &id);
    assert_eq!(
        (&now["Status"], &now["EndTime"]),
        (&json!("ACTIVE"), &json!("2024-01-14T22:13:20Z"))
    );
}

#[test]
fn invalid_orders_and_dry_runs_buy_nothing() {
    let cloud = cloud();
    let kind = |name: &str| json!({ "InstanceType": name });
    let name = |name: &str| json!({ "DedicatedResourcePoolPackName": name });
    for (members, expected) in [
        (json!({ "Zone": "ap-shanghai-2" }), "InvalidZone.MismatchRegion"),
        (kind("SA9"), "InvalidInstanceType.Malformed"),
        (kind("S5.MEDIUM4"), "InvalidParameter.InstanceTypeNotSupport"),
        (kind("SA99.96XLARGE1152"), "ResourceNotFound.InvalidZoneInstanceType"),
        (json!({ "Zone": "ap-guangzhou-7" }), "ResourceNotFound.InvalidZoneInstanceType"),
        (name("a b"), "InvalidParameterValue.DedicatedResourcePackName"),
        (name(&"x".repeat(61)), "InvalidParameterValue.DedicatedResourcePackName"),
        (
            json!({ "ResourcePoolPackType": "SHARED" }),
            "InvalidParameterValue.ResourcePoolPackTypeNotSupported",
        ),
        (json!({ "InstanceCount": 101 }), "InvalidParameterValue.Range"),
        (json!({ "Period": 61 }), "InvalidPeriod"),
    ] {
        for dry in [false, true] {
            let mut body = order(members.clone());
            body["DryRun"] = json!(dry);
            assert_eq!(send_err(&cloud, "PurchaseResourcePoolPacks", body), expected, "{members}");
        }
    }
    let dry = send_ok(&cloud, "PurchaseResourcePoolPacks", order(json!({ "DryRun": true })));
    assert_eq!(dry.as_object().unwrap().len(), 1);
    assert_eq!(packs(&cloud, json!({})).len(), 0);
}

#[test]
fn packs_are_listed_newest_first_in_stable_pages() {
    let cloud = cloud();
    let ids = purchase(&cloud, json!({ "InstanceCount": 25 }));
    let page = |token: &str| {
        let response = send_ok(&cloud, "DescribeResourcePoolPacks", json!({ "NextToken": token }));
        let set = response["DedicatedResourcePackSet"].as_array().unwrap();
        let id = |pack: &Value| pack["DedicatedResourcePackId"].as_str().unwrap().to_owned();
        let next = response["NextToken"].as_str().unwrap().to_owned();
        (set.iter().map(id).collect::<Vec<_>>(), next)
    };
    let (mut seen, mut token) = page("");
    assert_eq!(seen.len(), 10);
    purchase(&cloud, json!({}));
    while !token.is_empty() {
        let (more, next) = page(&token);
        seen.extend(more);
        token = next;
    }
    seen.reverse();
    assert_eq!(seen, ids);
    for token in ["x", "000000000000001G", "+00000000000001f"] {
        let body = json!({ "NextToken": token });
        assert_eq!(send_err(&cloud, "DescribeResourcePoolPacks", body), "InvalidParameterValue");
    }
    // A page that ends exactly with the last pack is the last page.
    let exact = send_ok(&cloud, "DescribeResourcePoolPacks", json!({ "MaxResults": 26 }));
    assert_eq!(exact["NextToken"], "");
}

#[test]
fn filters_select_packs_and_their_instances() {
    let cloud = cloud();
    let whole = purchase(&cloud, json!({})).remove(0);
    advance(&cloud, 30);
    let half = json!({ "InstanceType": "S9.36XLARGE576", "Zone": "ap-guangzhou-2" });
    let half = purchase(&cloud, half).remove(0);
    for (name, value, expected) in [
        ("dedicated-resource-pack-id", half.as_str(), Some(&half)),
        ("dedicated-resource-pack-id", "rpp-zzzzzzzz", None),
        ("zone", "ap-guangzhou-2", Some(&half)),
        ("instance-family", "SA9", Some(&whole)),
        ("instance-type", "S9.36XLARGE576", Some(&half)),
        ("status", "CREATING", Some(&half)),
        ("status", "ACTIVE", Some(&whole)),
        ("status", "RETIRED", None),
    ] {
        let found = packs(&cloud, filter(name, value));
        let ids: Vec<_> = found.iter().map(|one| &one["DedicatedResourcePackId"]).collect();
        let expected: Vec<_> = expected.map(|id| json!(id)).into_iter().collect();
        assert_eq!(ids, expected.iter().collect::<Vec<_>>(), "{name} {value}");
    }
    for (name, value, expected) in [
        ("status", "FAILED", "InvalidParameterValue"),
        ("zone", "ap-beijing-3", "InvalidZone.MismatchRegion"),
        ("color", "red", "InvalidFilter"),
    ] {
        let code = send_err(&cloud, "DescribeResourcePoolPacks", filter(name, value));
        assert_eq!(code, expected, "{name} {value}");
    }
    let body = json!({ "DedicatedResourcePackIds": [whole, "rpp-zzzzzzzz", half] });
    let response = send_ok(&cloud, "DescribeResourcePoolPackInstances", body);
    let entry = |id: &str, kind: &str, zone: &str| {
        json!({
            "DedicatedResourcePackId": id,
            "InstanceIdSet": [],
            "InstanceFamily": kind.split('.').next(),
            "InstanceType": kind,
            "Zone": zone,
        })
    };
    let expected = json!([
        entry(&half, "S9.36XLARGE576", "ap-guangzhou-2"),
        entry(&whole, WHOLE, "ap-guangzhou-3"),
    ]);
    assert_eq!(response["DedicatedResourcePackInstanceSet"], expected);
}

#[test]
fn zone_lists_its_pack_types() {
    let cloud = cloud();
    let types = |body: Value| {
        let response = send_ok(&cloud, "DescribeResourcePoolPackTypeConfigs", body);
        let configs = response["InstanceTypeConfigSet"].as_array().unwrap();
        let name = |one: &Value| one["InstanceType"].as_str().unwrap().to_owned();
        configs.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(types(filter("zone", "ap-guangzhou-6")), [WHOLE, "SA9.48XLARGE576"]);
    assert_eq!(types(filter("zone", "ap-guangzhou-7")), ["S9.8XLARGE64", "SA5.64XLARGE1152"]);
    assert_eq!(types(filter("zone", "ap-guangzhou-5")), [""; 0]);
    for (name, value) in [("instance-family", "S9"), ("instance-type", "S9.36XLARGE576")] {
        let zone = json!({ "Name": "zone", "Values": ["ap-guangzhou-3"] });
        let body = json!({ "Filters": [zone, { "Name": name, "Values": [value] }] });
        assert!(types(body).contains(&"S9.36XLARGE576".to_owned()), "{name}");
    }
    let code = |body| send_err(&cloud, "DescribeResourcePoolPackTypeConfigs", body);
    assert_eq!(code(filter("instance-family", "S9")), "MissingParameter");
    assert_eq!(code(filter("color", "red")), "InvalidFilter");
}

#[test]
fn terminating_packs_is_all_or_nothing() {
    let cloud = cloud();
    let instance = launch_running(&cloud, json!({}));
    let ids = purchase(&cloud, json!({ "InstanceCount": 2 }));
    let terminate = |ids: &[&str]| json!({ "DedicatedResourcePackIds": ids });
    let code = |ids: &[&str]| send_err(&cloud, "TerminateResourcePoolPacks", terminate(ids));
    assert_eq!(code(&[&ids[0]]), "InvalidParameterValue.ResourcePoolPackStatus");
    advance(&cloud, 30);
    let unknown = "ResourceNotFound.ResourcePoolPackIdNotFound";
    assert_eq!(code(&[&ids[0], "rpp-zzzzzzzz"]), unknown);
    assert_eq!(packs(&cloud, json!({})).len(), 2);
    send_ok(&cloud, "TerminateResourcePoolPacks", terminate(&[&ids[0], &ids[0]]));
    assert_eq!(pack(&cloud, &ids[0]), Value::Null);
    assert_eq!(code(&[&ids[0]]), unknown);
    assert_eq!(state(&cloud, &instance), "RUNNING");
    advance(&cloud, 30 * 86_400);
    assert_eq!(code(&[&ids[1]]), "InvalidParameterValue.ResourcePoolPackStatus");
    assert_eq!(pack(&cloud, &ids[1])["Status"], "RETIRED");
}
