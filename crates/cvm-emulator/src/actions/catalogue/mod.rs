//! What the service offers: regions, zones, types and quotas.

mod describe_account_quota;
mod describe_instance_family_configs;
mod describe_instance_internet_bandwidth_configs;
pub(super) mod describe_instance_type_configs;
mod describe_internet_charge_type_configs;
mod describe_regions;
mod describe_zone_instance_config_infos;
mod describe_zones;

use cvm_models::actions::{
    DescribeAccountQuota, DescribeInstanceFamilyConfigs, DescribeInstanceInternetBandwidthConfigs,
    DescribeInstanceTypeConfigs, DescribeInternetChargeTypeConfigs, DescribeRegions,
    DescribeZoneInstanceConfigInfos, DescribeZones,
};

use super::Family;
use crate::decision::{Decision, assumed};
use crate::dispatch::Handler;

pub(super) const FAMILY: Family = Family {
    modelled: &[
        Handler::of::<DescribeAccountQuota>(),
        Handler::of::<DescribeInstanceFamilyConfigs>(),
        Handler::of::<DescribeInstanceInternetBandwidthConfigs>(),
        Handler::of::<DescribeInstanceTypeConfigs>(),
        Handler::of::<DescribeInternetChargeTypeConfigs>(),
        Handler::of::<DescribeRegions>(),
        Handler::of::<DescribeZoneInstanceConfigInfos>(),
        Handler::of::<DescribeZones>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("DescribeInstanceInternetBandwidthConfigs", "the latest first; an instance without a public address is FailedOperation.NotFoundEIP"),
    assumed("catalogue", "which zone offers which family, the ids of images other than img-pmqg1cw7"),
    assumed("catalogue", "processors, clocks, network cards, private bandwidth and packets a second of instance types"),
    assumed("catalogue", "a filter `zone` with a zone of another region is InvalidZone.MismatchRegion where published"),
    assumed("DescribeAccountQuota", "500 hourly instances, 200 prepaid a month and 2000 vCPUs of spot instances a zone, raised by as many whenever they are used up, since quotas never end"),
    assumed("DescribeAccountQuota", "prepaid instances that exist and were made this month count as bought in it; quotas of the region are told whatever the zone"),
    assumed("DescribeZoneInstanceConfigInfos", "every type is sold prepaid, hourly and as spot, with any local disk; stock never ends, so Status is SELL and StatusCategory EnoughStock"),
    assumed("DescribeZoneInstanceConfigInfos", "without `sort-keys` zone by zone, as the catalogue has them; its keys are `cpu` and `mem`, the first counts most"),
];
