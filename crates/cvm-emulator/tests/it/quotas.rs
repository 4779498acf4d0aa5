//! Account quotas: used, remaining and total.

use serde_json::json;

use crate::instances::types::filters;
use crate::support::*;

#[test]
fn quotas_count_existing_resources() {
    let cloud = cloud();
    let quota = |pairs: &[(&str, &[&str])]| {
        let response = send_ok(&cloud, "DescribeAccountQuota", filters(pairs));
        assert_eq!(response["AccountQuotaOverview"]["Region"], "ap-guangzhou");
        assert_eq!(response["AppId"], 1_250_000_000);
        response["AccountQuotaOverview"]["AccountQuota"].clone()
    };
    let zone: &[(&str, &[&str])] = &[("zone", &["ap-guangzhou-3"])];
    let counts = |set: &str| {
        let row = quota(zone)[set][0].clone();
        assert_eq!(row["Zone"], "ap-guangzhou-3");
        ["UsedQuota", "RemainingQuota", "TotalQuota"].map(|member| row[member].as_u64().unwrap())
    };
    assert_eq!(quota(&[])["PostPaidQuotaSet"].as_array().unwrap().len(), 7);
    assert_eq!(counts("PostPaidQuotaSet"), [0, 500, 500]);
    let hourly = launch(&cloud, json!({ "InstanceCount": 3 }));
    launch(&cloud, json!({ "Placement": { "Zone": "ap-guangzhou-2" } }));
    launch(&cloud, json!({ "InstanceChargeType": "SPOTPAID", "InstanceCount": 2 }));
    let month =
        json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 2 } });
    launch(&cloud, month);
    advance(&cloud, 20);
    assert_eq!(counts("PostPaidQuotaSet"), [3, 497, 500]);
    assert_eq!(counts("PrePaidQuotaSet"), [1, 199, 200]);
    assert_eq!(counts("SpotPaidQuotaSet"), [4, 1996, 2000]);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": hourly[..2] }));
    advance(&cloud, 10);
    assert_eq!(counts("PostPaidQuotaSet"), [1, 499, 500]);
    // Purchases of the previous month do not count.
    advance(&cloud, 20 * 86_400);
    assert_eq!(counts("PrePaidQuotaSet"), [0, 200, 200]);
    let images: &[(&str, &[&str])] = &[("quota-type", &["ImageQuotaSet"])];
    let only = quota(images);
    assert_eq!(only["ImageQuotaSet"], json!([{ "UsedQuota": 0, "TotalQuota": 500 }]));
    assert_eq!(only["PostPaidQuotaSet"], json!([]));
    assert_eq!(only["DisasterRecoverGroupQuotaSet"], json!([]));
    let groups = &quota(zone)["DisasterRecoverGroupQuotaSet"][0];
    assert_eq!((&groups["GroupQuota"], &groups["CurrentNum"]), (&json!(10), &json!(0)));
    for (pairs, expected) in [
        (&[("zone", &["ap-beijing-3"][..])][..], "InvalidZone.MismatchRegion"),
        (&[("quota-type", &["DiskQuotaSet"][..])], "InvalidParameterValue"),
        (&[("region", &["ap-guangzhou"][..])], "InvalidFilter"),
    ] {
        assert_eq!(send_err(&cloud, "DescribeAccountQuota", filters(pairs)), expected, "{pairs:?}");
    }
}
