//! What disks the disk service sells, and at which prices.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::cbs::*;
use crate::support::*;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

fn price_of_disks(cloud: &Cloud, members: Value) -> Value {
    let body = merge(json!({ "DiskType": "CLOUD_SSD", "DiskSize": 200 }), members);
    cbs_ok(cloud, "InquiryPriceCreateDisks", body)["DiskPrice"].clone()
}

fn price_of_launch(cloud: &Cloud, members: Value) -> Value {
    send_ok(cloud, "InquiryPriceRunInstances", run_request(members))["Price"]["InstancePrice"]
        .clone()
}

#[test]
fn price_of_a_disk_is_its_part_of_the_price_of_a_launch() {
    let cloud = cloud();
    let disks = json!([{ "DiskType": "CLOUD_SSD", "DiskSize": 200 }, { "DiskType": "CLOUD_SSD", "DiskSize": 200 }]);
    let hourly =
        price_of_disks(&cloud, json!({ "DiskChargeType": "POSTPAID_BY_HOUR", "DiskCount": 2 }));
    let with = price_of_launch(&cloud, json!({ "DataDisks": disks }));
    let without = price_of_launch(&cloud, json!({}));
    let difference = number(&with["UnitPrice"]) - number(&without["UnitPrice"]);
    assert!((difference - number(&hourly["UnitPrice"])).abs() < 1e-3, "{hourly} {difference}");
    assert_eq!((&hourly["ChargeUnit"], &hourly["UnitPriceHigh"]), (&json!("HOUR"), &json!("0.56")));
    assert_eq!(
        (&hourly["OriginalPrice"], &hourly["DiscountPriceHigh"]),
        (&json!(null), &json!(null))
    );

    let year =
        json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 12 } });
    let prepaid = json!({ "DiskChargeType": "PREPAID", "DiskCount": 2, "DiskChargePrepaid": { "Period": 12 } });
    let prepaid = price_of_disks(&cloud, prepaid);
    let with = price_of_launch(&cloud, merge(year.clone(), json!({ "DataDisks": disks })));
    let without = price_of_launch(&cloud, year);
    for member in ["OriginalPrice", "DiscountPrice"] {
        let difference = number(&with[member]) - number(&without[member]);
        assert!((difference - number(&prepaid[member])).abs() < 0.02, "{member}: {prepaid}");
    }
    assert_eq!((&prepaid["UnitPrice"], &prepaid["ChargeUnit"]), (&json!(null), &json!(null)));
}

#[test]
fn price_of_a_disk_that_is_not_sold_is_an_error() {
    let cloud = cloud();
    let hourly = |members: Value| {
        let body = json!({ "DiskChargeType": "POSTPAID_BY_HOUR", "DiskType": "CLOUD_SSD", "DiskSize": 200 });
        merge(body, members)
    };
    for (members, code) in [
        (json!({ "DiskSize": 10 }), "InvalidParameterValue"),
        (json!({ "DiskCount": 51 }), "InvalidParameterValue"),
        (json!({ "ThroughputPerformance": 100 }), "InvalidParameterValue"),
        (json!({ "DiskChargeType": "PREPAID" }), "MissingParameter"),
    ] {
        let body = hourly(members);
        assert_eq!(cbs_err(&cloud, "InquiryPriceCreateDisks", body.clone()), code, "{body}");
    }
    // The published sample asks for a medium that is sold only with an instance.
    cbs_ok(
        &cloud,
        "InquiryPriceCreateDisks",
        hourly(json!({ "DiskType": "CLOUD_TSSD", "DiskSize": 500, "ThroughputPerformance": 100 })),
    );
}

#[test]
fn configurations_are_those_of_the_request() {
    let cloud = cloud();
    let configs = |body: Value| {
        let listed = cbs_ok(&cloud, "DescribeDiskConfigQuota", body);
        listed["DiskConfigSet"].as_array().unwrap().clone()
    };
    let alone = configs(json!({
        "InquiryType": "INQUIRY_CBS_CONFIG",
        "DiskChargeType": "POSTPAID_BY_HOUR",
        "Zones": ["ap-guangzhou-3"],
        "DiskTypes": ["CLOUD_PREMIUM", "CLOUD_TSSD"],
    }));
    let [premium, fast] = alone.as_slice() else { panic!("{alone:?}") };
    for (member, expected) in [
        ("Available", json!(true)),
        ("Zone", json!("ap-guangzhou-3")),
        ("DiskType", json!("CLOUD_PREMIUM")),
        ("DiskUsage", json!("DATA_DISK")),
        ("DiskChargeType", json!("POSTPAID_BY_HOUR")),
        ("MinDiskSize", json!(10)),
        ("MaxDiskSize", json!(32_000)),
        ("StepSize", json!(1)),
        ("InstanceFamily", json!(null)),
        ("DeviceClass", json!(null)),
    ] {
        assert_eq!(premium[member], expected, "{member}");
    }
    assert_eq!(
        (&fast["Available"], &fast["ExtraPerformanceRange"]),
        (&json!(false), &json!([0, 650]))
    );
    let with_instances = configs(json!({
        "InquiryType": "INQUIRY_CVM_CONFIG",
        "InstanceFamilies": ["S5"],
        "Zones": ["ap-guangzhou-3"],
        "DiskUsage": "SYSTEM_DISK",
        "DiskTypes": ["CLOUD_PREMIUM"],
        "CPU": 2,
        "Memory": 4,
    }));
    assert_eq!(with_instances.len(), 2, "prepaid and hourly: {with_instances:?}");
    assert!(with_instances.iter().all(|config| config["InstanceFamily"] == "S5"));
    let none = json!({ "InquiryType": "INQUIRY_CVM_CONFIG", "InstanceFamilies": ["S5"], "CPU": 3 });
    assert_eq!(configs(none), Vec::<Value>::new());
    let elsewhere = json!({ "InquiryType": "INQUIRY_CBS_CONFIG", "Zones": ["ap-beijing-3"] });
    assert_eq!(cbs_err(&cloud, "DescribeDiskConfigQuota", elsewhere), "InvalidParameterValue");
}
