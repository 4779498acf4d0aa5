//! Changes of elastic IPs: name, bandwidth, charge type and term.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;
use crate::vpc_addresses::{address, allocate, code, ok};

fn allocate_one(cloud: &Cloud, members: &Value) -> String {
    allocate(cloud, members).remove(0)
}

/// Paid by the month from now on.
fn monthly() -> Value {
    json!({
        "InternetChargeType": "BANDWIDTH_PREPAID_BY_MONTH",
        "InternetMaxBandwidthOut": 5,
        "AddressChargePrepaid": { "Period": 1, "AutoRenewFlag": 0 },
    })
}

#[test]
fn address_is_renamed() {
    let cloud = cloud();
    let id = allocate_one(&cloud, &json!({ "AddressName": "front" }));
    let rename = |name: &str| json!({ "AddressId": id, "AddressName": name });
    ok(&cloud, "ModifyAddressAttribute", &rename("back_1-A"));
    assert_eq!(address(&cloud, &id)["AddressName"], "back_1-A");
    assert_eq!(
        code(&cloud, "ModifyAddressAttribute", &rename("two words")),
        "InvalidParameterValue"
    );
    let direct = json!({ "AddressId": id, "EipDirectConnection": "TRUE" });
    assert_eq!(code(&cloud, "ModifyAddressAttribute", &direct), "UnsupportedOperation");
    let unknown = json!({ "AddressId": "eip-00000000", "AddressName": "a" });
    assert!(code(&cloud, "ModifyAddressAttribute", &unknown).contains("NotFound"));
    assert_eq!(address(&cloud, &id)["AddressName"], "back_1-A");
}

#[test]
fn bandwidth_changes_for_all_addresses_or_none() {
    let cloud = cloud();
    let ids = allocate(&cloud, &json!({ "AddressCount": 2 }));
    let body =
        |ids: &[String], mbps: i64| json!({ "AddressIds": ids, "InternetMaxBandwidthOut": mbps });
    let changed = ok(&cloud, "ModifyAddressesBandwidth", &body(&ids, 20));
    let task = json!({ "TaskId": changed["TaskId"].as_str().unwrap().parse::<u64>().unwrap() });
    assert_eq!(ok(&cloud, "DescribeTaskResult", &task)["Result"], "SUCCESS");
    let shown = |id: &String| address(&cloud, id)["Bandwidth"].clone();
    assert_eq!([shown(&ids[0]), shown(&ids[1])], [20, 20]);
    for mbps in [0, -1, 5000] {
        let found = code(&cloud, "ModifyAddressesBandwidth", &body(&ids, mbps));
        assert!(found.starts_with("InvalidParameterValue"), "{mbps}: {found}");
    }
    let with_unknown = [ids[0].clone(), "eip-00000000".to_owned()];
    assert!(
        code(&cloud, "ModifyAddressesBandwidth", &body(&with_unknown, 30)).contains("NotFound")
    );
    assert_eq!(shown(&ids[0]), 20);
}

#[test]
fn charge_type_of_an_address_changes_twice() {
    let cloud = cloud();
    let id = allocate_one(&cloud, &json!({}));
    let change = |members: Value| merge(json!({ "AddressId": id }), members);
    let hourly = |mbps: i64| {
        change(
            json!({ "InternetChargeType": "BANDWIDTH_POSTPAID_BY_HOUR", "InternetMaxBandwidthOut": mbps }),
        )
    };
    ok(&cloud, "ModifyAddressInternetChargeType", &hourly(10));
    let shown = address(&cloud, &id);
    assert_eq!(
        (&shown["InternetChargeType"], &shown["Bandwidth"]),
        (&json!("BANDWIDTH_POSTPAID_BY_HOUR"), &json!(10))
    );
    assert_eq!(
        code(&cloud, "ModifyAddressInternetChargeType", &hourly(20)),
        "InvalidParameterValue.InternetChargeTypeNotChanged"
    );
    ok(&cloud, "ModifyAddressInternetChargeType", &change(monthly()));
    assert_eq!(address(&cloud, &id)["InternetChargeType"], "BANDWIDTH_PREPAID_BY_MONTH");
    assert_eq!(
        code(&cloud, "ModifyAddressInternetChargeType", &hourly(10)),
        "LimitExceeded.ModifyAddressInternetChargeTypeQuota"
    );
}

#[test]
fn renewed_address_outlives_its_first_term() {
    let cloud = cloud();
    let (kept, late) = (allocate_one(&cloud, &monthly()), allocate_one(&cloud, &monthly()));
    let renew = |id: &str| json!({ "AddressIds": [id], "AddressChargePrepaid": { "Period": 2, "AutoRenewFlag": 0 } });
    ok(&cloud, "RenewAddresses", &renew(&kept));
    // The first term of both ends after a month, the renewed one after three.
    advance(&cloud, 32 * 86_400);
    let name = |id: &str| json!({ "AddressIds": [id], "InternetMaxBandwidthOut": 7 });
    ok(&cloud, "ModifyAddressesBandwidth", &name(&kept));
    let isolated = "OperationDenied.AddressInArrears";
    assert_eq!(code(&cloud, "ModifyAddressesBandwidth", &name(&late)), isolated);
    ok(&cloud, "RenewAddresses", &renew(&late));
    ok(&cloud, "ModifyAddressesBandwidth", &name(&late));
    let hourly = allocate_one(&cloud, &json!({}));
    let found = code(&cloud, "RenewAddresses", &renew(&hourly));
    assert_eq!(found, "UnsupportedOperation.InvalidAddressInternetChargeType");
    advance(&cloud, 56 * 86_400);
    ok(&cloud, "ModifyAddressesBandwidth", &name(&kept));
}
