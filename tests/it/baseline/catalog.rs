//! Regions, instance types and quotas.

use serde_json::json;

use super::{Baseline, accepted, filter, zone};

pub const BASELINES: &[Baseline] = &[
    accepted("DescribeRegions", |_| json!({})),
    accepted("DescribeZones", |_| json!({})),
    accepted("DescribeInstanceTypeConfigs", |_| json!({ "Filters": [zone()] })),
    accepted("DescribeInstanceTypeConfigs", |_| {
        let family = filter("instance-family", &["S5"]);
        json!({ "Filters": [family, filter("instance-type", &["S5.MEDIUM4"])] })
    }),
    accepted("DescribeInstanceFamilyConfigs", |_| json!({})),
    accepted("DescribeInternetChargeTypeConfigs", |_| json!({})),
    accepted("DescribeZoneInstanceConfigInfos", |_| {
        json!({ "Filters": [
            zone(),
            filter("instance-family", &["S5", "SA2"]),
            filter("instance-type", &["S5.MEDIUM4", "SA2.MEDIUM4"]),
            filter("instance-charge-type", &["POSTPAID_BY_HOUR"]),
            filter("sort-keys", &["cpu:desc", "mem:asc"]),
        ] })
    }),
    accepted("DescribeAccountQuota", |_| json!({})),
    accepted("DescribeAccountQuota", |_| {
        let kinds = ["PostPaidQuotaSet", "ImageQuotaSet"];
        json!({ "Filters": [zone(), filter("quota-type", &kinds)] })
    }),
    accepted(
        "DescribeInstanceInternetBandwidthConfigs",
        |fixture| json!({ "InstanceId": fixture.prepaid }),
    ),
];
