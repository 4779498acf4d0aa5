//! Prices of changes to an instance: charge type, instance type, disks, reinstallation and bandwidth.

use serde_json::{Value, json};

use super::{bandwidth, prepaid, price};
use crate::support::*;

#[test]
fn charge_type_changes_are_priced_in_both_directions() {
    let cloud = cloud();
    let action = "InquiryPriceModifyInstancesChargeType";
    let hourly = launch_running(&cloud, bandwidth("BANDWIDTH_POSTPAID_BY_HOUR", 1));
    let prepaid_id = launch_running(&cloud, merge(prepaid(1), bandwidth("BANDWIDTH_PREPAID", 1)));
    let body = |id: &str, members| merge(json!({ "InstanceIds": [id] }), members);
    let to_hourly = json!({ "InstanceChargeType": "POSTPAID_BY_HOUR" });
    let to_prepaid = price(&cloud, action, body(&hourly, prepaid(12)));
    assert_eq!(to_prepaid["InstancePrice"]["DiscountPrice"], 1649.38);
    assert_eq!(to_prepaid["BandwidthPrice"]["OriginalPrice"], 272.16);
    let from_prepaid = price(&cloud, action, body(&prepaid_id, to_hourly.clone()));
    assert_eq!(from_prepaid["InstancePrice"]["UnitPrice"], 0.46);
    assert_eq!(from_prepaid["BandwidthPrice"]["UnitPriceDiscount"], 0.063);
    let spot = launch_running(&cloud, json!({ "InstanceChargeType": "SPOTPAID" }));
    for (id, members) in [(&prepaid_id, prepaid(1)), (&hourly, to_hourly), (&spot, prepaid(1))] {
        let code = send_err(&cloud, action, body(id, members));
        assert_eq!(code, "UnsupportedOperation.InstanceChargeType");
    }
    let stop = json!({ "InstanceIds": [hourly], "StoppedMode": "STOP_CHARGING" });
    send_ok(&cloud, "StopInstances", stop);
    advance(&cloud, 15);
    let code = send_err(&cloud, action, body(&hourly, prepaid(1)));
    assert_eq!(code, "InvalidInstance.NotSupported");
}

#[test]
fn type_change_costs_the_difference_or_the_new_rate() {
    let cloud = cloud();
    let ask = |id: &str, kind: &str| {
        let body = json!({ "InstanceIds": [id], "InstanceType": kind });
        price(&cloud, "InquiryPriceResetInstancesType", body)["InstancePrice"].take()
    };
    let hourly = launch_running(&cloud, json!({}));
    assert_eq!(ask(&hourly, "S5.LARGE8")["UnitPrice"], 0.89);
    let prepaid_id = launch(&cloud, prepaid(12)).remove(0);
    // 0.43 more per hour, 154.8 per month, for twelve months; then for half of the term.
    let full = ask(&prepaid_id, "S5.LARGE8");
    assert_eq!((&full["OriginalPrice"], &full["DiscountPrice"]), (&json!(1857.6), &json!(1541.81)));
    advance(&cloud, 183 * 86_400);
    let half = ask(&prepaid_id, "S5.LARGE8");
    assert_eq!((&half["OriginalPrice"], &half["DiscountPrice"]), (&json!(928.8), &json!(770.9)));
    assert_eq!(ask(&prepaid_id, "S5.SMALL1")["DiscountPrice"], -475.09);
    let same = ask(&prepaid_id, "S5.MEDIUM4")["DiscountPrice"].as_f64().unwrap();
    assert!(same == 0.0 && same.is_sign_positive());
}

#[test]
fn incompatible_type_changes_have_no_price() {
    let cloud = cloud();
    let code = |id: &str, kind: &str| {
        let body = json!({ "InstanceIds": [id], "InstanceType": kind });
        send_err(&cloud, "InquiryPriceResetInstancesType", body)
    };
    let plain = launch_running(&cloud, json!({}));
    let gpu = launch_running(&cloud, json!({ "InstanceType": "GN7.2XLARGE32" }));
    let basic = launch_running(&cloud, json!({ "SystemDisk": { "DiskType": "CLOUD_BASIC" } }));
    let local = json!({ "DataDisks": [{ "DiskType": "LOCAL_BASIC", "DiskSize": 100 }] });
    let local = launch_running(&cloud, local);
    let uncharged = launch_running(&cloud, json!({}));
    let stop = json!({ "InstanceIds": [uncharged], "StoppedMode": "STOP_CHARGING" });
    send_ok(&cloud, "StopInstances", stop);
    advance(&cloud, 15);
    for (id, kind, expected) in [
        (&plain, "S5", "InvalidInstanceType.Malformed"),
        (&plain, "S99.LARGE8", "ResourceUnavailable.InstanceType"),
        (&plain, "GN7.2XLARGE32", "InvalidParameterValue.GPUInstanceFamily"),
        (&gpu, "S5.LARGE8", "UnsupportedOperation.HeterogeneousChangeInstanceFamily"),
        (&basic, "S5.LARGE8", "InvalidInstance.NotSupported"),
        (&local, "S3.LARGE8", "UnsupportedOperation.LocalDataDiskChangeInstanceFamily"),
        (&uncharged, "S5.LARGE8", "UnsupportedOperation.StoppedModeStopChargingSameFamily"),
        (&uncharged, "S3.LARGE8", "UnsupportedOperation.StoppedModeStopCharging"),
        (&"ins-00000000".into(), "S5.LARGE8", "InvalidInstanceId.NotFound"),
    ] {
        assert_eq!(code(id, kind), expected, "{kind}");
    }
}

#[test]
fn disk_growth_is_priced() {
    let cloud = cloud();
    let action = "InquiryPriceResizeInstanceDisks";
    let disks = json!({ "DataDisks": [{ "DiskType": "CLOUD_SSD", "DiskSize": 100 },
        { "DiskType": "LOCAL_BASIC", "DiskSize": 100 }] });
    let hourly = launch_running(&cloud, disks.clone());
    let prepaid_id = launch(&cloud, merge(prepaid(10), disks)).remove(0);
    let disk = |id: &str, index: usize| describe(&cloud, id)["DataDisks"][index]["DiskId"].clone();
    let data = |id: &str, index, gib: Value| json!({ "InstanceId": id, "DataDisks": [{ "DiskId": disk(id, index), "DiskSize": gib }] });
    let system = |id: &str, members: Value| json!({ "InstanceId": id, "SystemDisk": members });
    // 200 · 0.0014 per hour; 100 · 0.0014 · 360 · 10 until the end of the term.
    let rate = price(&cloud, action, data(&hourly, 0, json!(200)));
    assert_eq!(rate["InstancePrice"]["UnitPrice"], 0.28);
    // The documented example gives only a size.
    let unnamed = json!({ "InstanceId": hourly, "DataDisks": [{ "DiskSize": 200 }] });
    assert_eq!(price(&cloud, action, unnamed), rate);
    let sum = price(&cloud, action, data(&prepaid_id, 0, json!(200)));
    assert_eq!(sum["InstancePrice"]["DiscountPrice"], 504.0);
    let rate = price(&cloud, action, system(&hourly, json!({ "DiskSize": 75 })));
    assert_eq!(rate["InstancePrice"]["UnitPrice"], 0.045);
    let unknown = json!([{ "DiskId": "disk-00000000", "DiskSize": 200 }]);
    for (body, expected) in [
        (data(&hourly, 0, json!(90)), "InvalidParameterValue"),
        (data(&hourly, 0, json!(100)), "InvalidParameterValue"),
        (data(&hourly, 0, json!(205)), "InvalidParameterValue"),
        (data(&hourly, 0, json!(50_000)), "ResourceInsufficient.CloudDiskUnavailable"),
        (data(&hourly, 0, Value::Null), "MissingParameter"),
        (data(&hourly, 1, json!(200)), "UnsupportedOperation.InvalidDisk"),
        (json!({ "InstanceId": hourly, "DataDisks": unknown }), "InvalidParameterValue"),
        (system(&hourly, json!({ "DiskSize": 40 })), "InvalidParameterValue"),
        (system(&hourly, json!({ "DiskSize": 2000 })), "ResourceInsufficient.CloudDiskUnavailable"),
        (
            system(&hourly, json!({ "DiskSize": 60, "DiskType": "CLOUD_SSD" })),
            "InvalidParameterValue",
        ),
        (system("ins-00000000", json!({ "DiskSize": 60 })), "InvalidInstanceId.NotFound"),
    ] {
        assert_eq!(send_err(&cloud, action, body.clone()), expected, "{body}");
    }
    let local = launch_running(&cloud, json!({ "SystemDisk": { "DiskType": "LOCAL_BASIC" } }));
    let code = send_err(&cloud, action, system(&local, json!({ "DiskSize": 60 })));
    assert_eq!(code, "UnsupportedOperation.InvalidDisk");
    send_ok(&cloud, "StopInstances", json!({ "InstanceIds": [hourly] }));
    advance(&cloud, 15);
    price(&cloud, action, system(&hourly, json!({ "DiskSize": 60 })));
    let online = merge(system(&hourly, json!({ "DiskSize": 60 })), json!({ "ResizeOnline": true }));
    assert_eq!(send_err(&cloud, action, online), "UnsupportedOperation.InstanceStateStopped");
}

#[test]
fn reinstallation_costs_only_disk_growth() {
    let cloud = cloud();
    let action = "InquiryPriceResetInstance";
    let ask = |id: &str, members| {
        let body = merge(json!({ "InstanceId": id }), members);
        price(&cloud, action, body)["InstancePrice"].take()
    };
    let hourly = launch_running(&cloud, json!({}));
    assert_eq!(ask(&hourly, json!({}))["UnitPrice"], 0.0);
    let larger = json!({ "SystemDisk": { "DiskSize": 100 }, "ImageId": "img-9id7emv7" });
    assert_eq!(ask(&hourly, larger.clone())["UnitPrice"], 0.03);
    let prepaid_id = launch(&cloud, prepaid(1)).remove(0);
    assert_eq!(ask(&prepaid_id, larger)["OriginalPrice"], 10.8);
    let small = launch_running(&cloud, json!({ "SystemDisk": { "DiskSize": 20 } }));
    let basic = launch_running(&cloud, json!({ "SystemDisk": { "DiskType": "CLOUD_BASIC" } }));
    for (id, members, expected) in [
        (&hourly, json!({ "ImageId": "img-00000000" }), "InvalidImageId.NotFound"),
        (&hourly, json!({ "SystemDisk": { "DiskSize": 40 } }), "InvalidParameterValue"),
        (&hourly, json!({ "SystemDisk": { "DiskType": "CLOUD_SSD" } }), "InvalidParameterValue"),
        (
            &hourly,
            json!({ "SystemDisk": { "Encrypt": true } }),
            "UnsupportedOperation.ModifyEncryptionNotSupported",
        ),
        (
            &hourly,
            json!({ "SystemDisk": { "DiskSize": 4000 } }),
            "ResourceInsufficient.CloudDiskUnavailable",
        ),
        (&small, json!({ "ImageId": "img-9id7emv7" }), "InvalidParameterValue"),
        (
            &basic,
            json!({ "ImageId": "img-9id7emv7" }),
            "InvalidParameterValue.InvalidImageIdForRetsetInstance",
        ),
        (&"ins-00000000".into(), json!({}), "InvalidInstanceId.NotFound"),
    ] {
        let body = merge(json!({ "InstanceId": id }), members);
        assert_eq!(send_err(&cloud, action, body.clone()), expected, "{body}");
    }
}

#[test]
fn bandwidth_increases_are_priced() {
    let cloud = cloud();
    let action = "InquiryPriceResetInstancesInternetMaxBandwidth";
    let body = |ids: &[&String], mbps: i64, others: Value| {
        let line = json!({ "InternetMaxBandwidthOut": mbps });
        merge(json!({ "InstanceIds": ids, "InternetAccessible": line }), others)
    };
    let window = |start: &str, end: &str| json!({ "StartTime": start, "EndTime": end });
    let prepaid_id = launch_running(&cloud, merge(prepaid(1), bandwidth("BANDWIDTH_PREPAID", 2)));
    let hourly = launch_running(&cloud, bandwidth("BANDWIDTH_POSTPAID_BY_HOUR", 2));
    let traffic =
        [(); 2].map(|()| launch_running(&cloud, bandwidth("TRAFFIC_POSTPAID_BY_HOUR", 2)));
    let package = launch_running(&cloud, bandwidth("BANDWIDTH_PACKAGE", 2));
    // Three more Mbps for ten days: 3 · 0.063 · 360 · 10 / 30.
    let ten = window("2023-11-14", "2023-11-23");
    let sum = price(&cloud, action, body(&[&prepaid_id], 5, ten.clone()));
    assert_eq!(sum["BandwidthPrice"]["DiscountPrice"], 22.68);
    assert!(sum["InstancePrice"].is_null());
    let rate = price(&cloud, action, body(&[&hourly], 6, json!({})));
    assert_eq!(rate["BandwidthPrice"]["UnitPrice"], 0.563);
    let rate = price(&cloud, action, body(&[&traffic[0], &traffic[1]], 6, json!({})));
    assert_eq!(rate["BandwidthPrice"]["ChargeUnit"], "GB");
    let value = "InvalidParameterValue";
    for (ids, mbps, others, expected) in [
        (vec![&prepaid_id], 2, ten.clone(), value),
        (vec![&prepaid_id], 5, window("2023-11-13", "2023-11-23"), value),
        (vec![&prepaid_id], 5, window("2023-11-23", "2023-11-22"), value),
        (vec![&prepaid_id], 5, window("2023-11-14", "2023-12-15"), value),
        (vec![&prepaid_id], 5, window("today", "2023-11-22"), value),
        (vec![&prepaid_id], 5, json!({ "StartTime": "2023-11-14" }), "MissingParameter"),
        (vec![&hourly], 5, ten, "InvalidParameterCombination"),
        (vec![&hourly], -1, json!({}), "InvalidParameterValue.Range"),
        (vec![&hourly, &traffic[0]], 5, json!({}), "InvalidParameterCombination"),
        (vec![&package], 5, json!({}), "UnsupportedOperation.BandwidthPackageIdNotSupported"),
    ] {
        let body = body(&ids, mbps, others);
        assert_eq!(send_err(&cloud, action, body.clone()), expected, "{body}");
    }
    let second = launch_running(&cloud, bandwidth("BANDWIDTH_POSTPAID_BY_HOUR", 2));
    let code = send_err(&cloud, action, body(&[&hourly, &second], 5, json!({})));
    assert_eq!(code, "InvalidParameterValue.LimitExceeded");
    let nothing = json!({ "InstanceIds": [hourly], "InternetAccessible": {} });
    assert_eq!(send_err(&cloud, action, nothing), "MissingParameter");
}
