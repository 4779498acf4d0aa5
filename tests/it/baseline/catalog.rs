//! Regions, instance types and quotas.

use serde_json::json;

use super::{Baseline, done, filter, zone};

pub const BASELINES: &[Baseline] = &[
    done("DescribeRegions", |_| json!({})),
    done("DescribeZones", |_| json!({})),
    done("DescribeInstanceTypeConfigs", |_| json!({ "Filters": [zone()] })),
    done("DescribeInstanceTypeConfigs", |_| {
        let family = filter("instance-family", &["S5"]);
        json!({ "Filters": [family, filter("instance-type", &["S5.MEDIUM4"])] })
    }),
    done("DescribeInstanceFamilyConfigs", |_| json!({})),
    done("DescribeInternetChargeTypeConfigs", |_| json!({})),
    done("DescribeZoneInstanceConfigInfos", |_| {
        json!({ "Filters": [
            zone(),
            filter("instance-family", &["S5", "SA2"]),
            filter("instance-type", &["S5.MEDIUM4", "SA2.MEDIUM4"]),
            filter("instance-charge-type", &["POSTPAID_BY_HOUR"]),
            filter("sort-keys", &["cpu:desc", "mem:asc"]),
        ] })
    }),
    done("DescribeAccountQuota", |_| json!({})),
    done("DescribeAccountQuota", |_| {
        let kinds = ["PostPaidQuotaSet", "ImageQuotaSet"];
        json!({ "Filters": [zone(), filter("quota-type", &kinds)] })
    }),
    done(
        "DescribeInstanceInternetBandwidthConfigs",
        |scene| json!({ "InstanceId": scene.prepaid }),
    ),
];
