//! Catalogs of users: types, zones, images, stock and prices that differ from the built-in ones.

use cvm_emulator::{Catalog, Cloud};
use serde_json::{Value, json};

use crate::support::*;

fn cloud_with(catalog: &Value) -> Cloud {
    let catalog = Catalog::builtin().with_json(&catalog.to_string()).unwrap();
    builder().credential(credential()).catalog(catalog).build().unwrap()
}

#[test]
fn type_of_a_file_can_be_launched() {
    let kind = json!({ "name": "S5.OWN", "vcpus": 3, "memory_gib": 5 });
    let cloud = cloud_with(&json!({ "types": [kind] }));
    let id = launch_running(&cloud, json!({ "InstanceType": "S5.OWN" }));
    let actual = describe(&cloud, &id);
    assert_eq!((&actual["CPU"], &actual["Memory"]), (&json!(3), &json!(5)));
    let price = run_request(json!({ "InstanceType": "S5.OWN" }));
    let price = send_ok(&cloud, "InquiryPriceRunInstances", price);
    // 3 · 0.115 + 5 · 0.05 + 50 · 0.0006
    assert_eq!(price["Price"]["InstancePrice"]["UnitPrice"], 0.625);
    let reset = json!({ "InstanceIds": [id], "InstanceType": "S5.OWN", "ForceStop": true });
    send_ok(&cloud, "ResetInstancesType", reset);
    // Other emulators in the same process have the built-in catalog.
    let unknown = run_request(json!({ "InstanceType": "S5.OWN" }));
    let code = send_err(&crate::support::cloud(), "RunInstances", unknown);
    assert_eq!(code, "InvalidParameterValue.InstanceTypeNotFound");
}

#[test]
fn zones_of_a_file_replace_the_built_in_ones() {
    let cloud = cloud_with(&json!({
        "replace": ["regions", "zones"],
        "regions": [{ "name": "xx-lab", "title": "Lab (Lab)" }],
        "zones": [{ "name": "xx-lab-1", "id": "77", "title": "Lab Zone 1" }],
    }));
    let zones = send_in(&cloud, "xx-lab", "DescribeZones", &json!({}));
    assert_eq!((&zones["TotalCount"], &zones["ZoneSet"][0]["ZoneId"]), (&json!(1), &json!("77")));
    let launch = run_request(json!({ "Placement": { "Zone": "xx-lab-1" } }));
    let launched = send_in(&cloud, "xx-lab", "RunInstances", &launch);
    assert_eq!(launched["InstanceIdSet"].as_array().unwrap().len(), 1, "{launched}");
    let regions = send_in(&cloud, "xx-lab", "DescribeRegions", &json!({}));
    assert_eq!(regions["RegionSet"][0]["Region"], "xx-lab");
    assert_eq!(send_err(&cloud, "DescribeZones", json!({})), "UnsupportedRegion");
}

#[test]
fn sold_out_type_is_listed_and_cannot_be_launched() {
    let row =
        json!({ "types": ["S5.MEDIUM4"], "zones": ["ap-guangzhou-3"], "status": "WithoutStock" });
    let cloud = cloud_with(&json!({ "stock": [row] }));
    let offers = |zone: &str| {
        let filters = json!({ "Filters": [
            { "Name": "zone", "Values": [zone] },
            { "Name": "instance-type", "Values": ["S5.MEDIUM4"] },
        ] });
        let response = send_ok(&cloud, "DescribeZoneInstanceConfigInfos", filters);
        response["InstanceTypeQuotaSet"][0].clone()
    };
    let sold_out = offers("ap-guangzhou-3");
    assert_eq!(sold_out["Status"], "SOLD_OUT");
    assert_eq!(sold_out["StatusCategory"], "WithoutStock");
    assert_eq!(sold_out["SoldOutReason"], "ResourcesSoldOut.SpecifiedInstanceType");
    assert_eq!(offers("ap-guangzhou-4")["Status"], "SELL");
    let code = send_err(&cloud, "RunInstances", run_request(json!({})));
    assert_eq!(code, "ResourceInsufficient.SpecifiedInstanceType");
    launch(&cloud, json!({ "Placement": { "Zone": "ap-guangzhou-4" } }));
    let other = launch_running(&cloud, json!({ "InstanceType": "S5.LARGE8" }));
    let reset = |dry: &str| json!({ "InstanceIds": [dry], "InstanceType": "S5.MEDIUM4", "ForceStop": true });
    let code = send_err(&cloud, "ResetInstancesType", reset(&other));
    assert_eq!(code, "ResourceInsufficient.SpecifiedInstanceType");
}

#[test]
fn images_of_a_file_can_be_launched_unless_their_architecture_differs() {
    let image = |id: &str, architecture: &str| {
        json!({
            "id": id, "name": "Own 1.0", "platform": "Ubuntu", "family": "own", "size_gib": 30,
            "created": "2030-01-01T00:00:00Z", "architecture": architecture,
        })
    };
    let images = [image("img-own00001", "x86_64"), image("img-own00002", "arm")];
    let cloud = cloud_with(&json!({ "images": images }));
    let id = launch_running(&cloud, json!({ "ImageId": "img-own00001" }));
    assert_eq!(describe(&cloud, &id)["OsName"], "Own 1.0");
    let family = json!({ "ImageFamily": "own" });
    let newest = send_ok(&cloud, "DescribeImageFromFamily", family);
    assert_eq!(newest["Image"]["CreatedTime"], "2030-01-01T00:00:00Z");
    let code = send_err(&cloud, "RunInstances", run_request(json!({ "ImageId": "img-own00002" })));
    assert_eq!(code, "InvalidParameterValue.InvalidImageForGivenInstanceType");
    let small = json!({ "ImageId": "img-own00001", "SystemDisk": { "DiskSize": 20 } });
    let code = send_err(&cloud, "RunInstances", run_request(small));
    assert_eq!(code, "InvalidParameterValue.Range");
}

/// The calls of a Terraform acceptance test.
#[test]
fn host_of_the_type_hc20_has_its_documented_resources() {
    let cloud = cloud();
    let order = json!({
        "Placement": { "Zone": "ap-guangzhou-3" }, "HostType": "HC20",
        "HostChargePrepaid": { "Period": 1 },
    });
    let ids = send_ok(&cloud, "AllocateHosts", order)["HostIdSet"].clone();
    let filter = json!({ "Name": "host-id", "Values": ids });
    let hosts = send_ok(&cloud, "DescribeHosts", json!({ "Filters": [filter] }));
    let resource = &hosts["HostSet"][0]["HostResource"];
    for (name, expected) in [
        ("CpuTotal", json!(32)),
        ("MemTotal", json!(96.0)),
        ("DiskTotal", json!(1000)),
        ("DiskType", json!("LOCAL_SSD")),
    ] {
        assert_eq!(resource[name], expected, "{name}");
    }
}
