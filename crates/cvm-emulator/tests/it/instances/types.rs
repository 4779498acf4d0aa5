//! Instance families and types: zones, prices, filters and order.

use cvm_models::actions::{DescribeAccountQuota, DescribeZoneInstanceConfigInfos};
use serde_json::{Value, json};

use super::list::filter;
use crate::support::*;

pub fn filters(pairs: &[(&str, &[&str])]) -> Value {
    let filter = |(name, values): &(&str, &[&str])| json!({ "Name": name, "Values": values });
    json!({ "Filters": pairs.iter().map(filter).collect::<Vec<_>>() })
}

fn column(rows: &Value, member: &str) -> Vec<String> {
    let text = |row: &Value| match &row[member] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut column: Vec<_> = rows.as_array().unwrap().iter().map(text).collect();
    column.dedup();
    column
}

#[test]
fn responses_contain_every_guaranteed_member() {
    let cloud = cloud();
    decode_complete::<DescribeAccountQuota>(&cloud, &json!({}));
    decode_complete::<DescribeZoneInstanceConfigInfos>(&cloud, &json!({}));
}

#[test]
fn region_lists_the_families_of_its_zones() {
    let cloud = cloud();
    let names = |region: &str| {
        let call = Call::new("DescribeInstanceFamilyConfigs").region(region);
        column(&read(&cloud.handle(&call.json("{}")))["InstanceFamilyConfigSet"], "InstanceFamily")
    };
    let all = [
        "S1",
        "S2",
        "S3",
        "S5",
        "S6",
        "S9",
        "SA2",
        "SA3",
        "SA5",
        "SA9",
        "C3",
        "M5",
        "IT5",
        "GN7",
        "HCCIC5",
        "HCCPNV4ane",
    ];
    assert_eq!(names("ap-guangzhou"), all);
    // Its only zone has no GPUs.
    let some = ["S1", "S2", "S3", "S5", "SA2", "SA5", "SA9", "C3", "M5"];
    assert_eq!(names("ap-chongqing"), some);
    let response = send_ok(&cloud, "DescribeInstanceFamilyConfigs", json!({}));
    assert_eq!(response["InstanceFamilyConfigSet"][3]["InstanceFamilyName"], "标准型S5");
}

#[test]
fn offered_types_show_the_launch_price() {
    let cloud = cloud();
    let pairs: &[(&str, &[&str])] =
        &[("zone", &["ap-guangzhou-3"]), ("instance-type", &["S5.MEDIUM4"])];
    let response = send_ok(&cloud, "DescribeZoneInstanceConfigInfos", filters(pairs));
    let rows = &response["InstanceTypeQuotaSet"];
    assert_eq!(column(rows, "InstanceChargeType"), ["PREPAID", "POSTPAID_BY_HOUR", "SPOTPAID"]);
    for (pointer, expected) in [
        ("/0/Price/OriginalPrice", json!(154.8)),
        ("/0/Price/DiscountPriceOneYear", json!(1541.81)),
        ("/1/Price/UnitPrice", json!(0.43)),
        ("/1/Price/ChargeUnit", json!("HOUR")),
        ("/2/Price/UnitPriceDiscount", json!(0.086)),
        ("/0/Cpu", json!(2)),
        ("/0/Memory", json!(4)),
        ("/0/InstanceFamily", json!("S5")),
        ("/0/TypeName", json!("标准型S5")),
        ("/0/Status", json!("SELL")),
        ("/0/StatusCategory", json!("EnoughStock")),
        ("/0/SoldOutReason", json!("")),
        ("/0/Gpu", json!(0)),
        ("/0/LocalDiskTypeList/0/Type", json!("LOCAL_BASIC")),
    ] {
        assert_eq!(rows.pointer(pointer), Some(&expected), "{pointer}");
    }
    // The launch price includes the disk: 50 · 0.0006.
    let launch = send_ok(&cloud, "InquiryPriceRunInstances", run_request(json!({})));
    assert_eq!(launch["Price"]["InstancePrice"]["UnitPrice"], 0.46);
}

#[test]
fn offered_types_can_be_filtered_and_sorted() {
    let cloud = cloud();
    let rows = |pairs: &[(&str, &[&str])]| {
        send_ok(&cloud, "DescribeZoneInstanceConfigInfos", filters(pairs))["InstanceTypeQuotaSet"]
            .take()
    };
    let gpu = rows(&[("instance-family", &["GN7"]), ("instance-charge-type", &["PREPAID"])]);
    let zones = ["ap-guangzhou-2", "ap-guangzhou-3", "ap-guangzhou-6"];
    assert_eq!(column(&gpu, "Zone"), zones);
    assert_eq!(column(&gpu, "InstanceChargeType"), ["PREPAID"]);
    assert_eq!(rows(&[("zone", &["ap-guangzhou-6"]), ("instance-family", &["S1"])]), json!([]));
    assert_eq!(rows(&[("instance-charge-type", &["CDHPAID"])]), json!([]));
    let wide: &[&str] = &["S5", "M5"];
    let by = |keys: &[&str]| {
        let one: &[(&str, &[&str])] = &[
            ("zone", &["ap-guangzhou-3"]),
            ("instance-family", wide),
            ("instance-charge-type", &["PREPAID"]),
            ("sort-keys", keys),
        ];
        rows(one)
    };
    assert_eq!(
        column(&by(&["cpu:desc"]), "Cpu"),
        ["64", "48", "32", "24", "16", "8", "4", "2", "1"]
    );
    let both = by(&["cpu:asc", "mem:desc"]);
    assert_eq!(column(&both, "Cpu"), ["1", "2", "4", "8", "16", "24", "32", "48", "64"]);
    let types = column(&both, "InstanceType");
    assert_eq!(types[..4], ["M5.SMALL8", "S5.SMALL4", "S5.SMALL2", "S5.SMALL1"]);
    for (pairs, expected) in [
        (&[("zone", &["ap-beijing-3"][..])][..], "InvalidZone.MismatchRegion"),
        (&[("instance-type", &["S5"][..])], "InvalidInstanceType.Malformed"),
        (&[("instance-charge-type", &["FREE"][..])], "InvalidParameterValue"),
        (&[("sort-keys", &["price:asc"][..])], "InvalidParameterValue"),
        (&[("sort-keys", &["cpu"][..])], "InvalidParameterValue"),
        (&[("sort-keys", &["cpu:up"][..])], "InvalidParameterValue"),
        (&[("price", &["1"][..])], "InvalidFilter"),
    ] {
        let code = send_err(&cloud, "DescribeZoneInstanceConfigInfos", filters(pairs));
        assert_eq!(code, expected, "{pairs:?}");
    }
}

#[test]
fn gpu_memory_is_per_card() {
    let cloud = cloud();
    let rows = |pairs: &[(&str, &[&str])]| {
        send_ok(&cloud, "DescribeInstanceTypeConfigs", filters(pairs))["InstanceTypeConfigSet"]
            .take()
    };
    let gpus = rows(&[("zone", &["ap-guangzhou-3"]), ("instance-family", &["GN7"])]);
    let cards = column(&gpus, "GpuCount");
    assert!(cards.len() > 1 && cards.last().unwrap() != "1.0", "{cards:?}");
    assert_eq!(column(&gpus, "GpuMemory"), ["16.0"]);
    assert_eq!(column(&rows(&[("instance-type", &["S5.MEDIUM4"])]), "GpuMemory"), ["null"]);
    for (pairs, expected) in [
        (&[("zone", &["ap-beijing-3"][..])][..], "InvalidZone.MismatchRegion"),
        (&[("instance-type", &["S5"][..])], "InvalidInstanceType.Malformed"),
        (&[("instance-family", &["S5", "M5"][..])], "InvalidFilterValue.LimitExceeded"),
        (&[("price", &["1"][..])], "InvalidFilter"),
    ] {
        let code = send_err(&cloud, "DescribeInstanceTypeConfigs", filters(pairs));
        assert_eq!(code, expected, "{pairs:?}");
    }
}

#[test]
fn type_configs_match_the_catalog() {
    let cloud = cloud();
    let body = json!({ "Filters": [
        { "Name": "zone", "Values": ["ap-guangzhou-2"] },
        { "Name": "instance-type", "Values": ["GN7.2XLARGE32"] },
    ] });
    let response = send_ok(&cloud, "DescribeInstanceTypeConfigs", body);
    let configs = response["InstanceTypeConfigSet"].as_array().unwrap();
    assert_eq!(configs.len(), 1);
    assert_eq!((&configs[0]["GPU"], &configs[0]["GpuCount"]), (&json!(1), &json!(1.0)));
    let none = filter("instance-family", &["S0"]);
    let response = send_ok(&cloud, "DescribeInstanceTypeConfigs", none);
    assert_eq!(response["InstanceTypeConfigSet"], json!([]));
}
