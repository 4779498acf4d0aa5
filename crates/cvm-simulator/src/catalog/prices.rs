//! Prices from one table of coefficients. They are made up: about as high as real prices, and the same in every run,
//! so that tests can rely on them.

use crate::catalog::{HostType, InstanceType, PackType, Region};

/// List prices per hour, in CNY.
const VCPU: f64 = 0.115;
const MEMORY_GIB: f64 = 0.05;

/// Price of a GPU card, by model.
const GPUS: &[(&str, f64)] = &[("NVIDIA T4", 8.0)];

/// Price of a GiB of disk, by type. Disks that come with an instance type are included in its price.
const DISK_GIB: &[(&str, f64)] = &[
    ("LOCAL_BASIC", 0.0003),
    ("LOCAL_SSD", 0.0011),
    ("CLOUD_BASIC", 0.0004),
    ("CLOUD_PREMIUM", 0.0006),
    ("CLOUD_BSSD", 0.0008),
    ("CLOUD_SSD", 0.0014),
    ("CLOUD_HSSD", 0.0017),
    ("CLOUD_TSSD", 0.003),
];

/// Price of a Mbps of bandwidth, up to a limit and above it.
const CHEAP_MBPS: i64 = 5;
const CHEAP_BANDWIDTH: f64 = 0.063;
const FURTHER_BANDWIDTH: f64 = 0.248;

/// Price of a GB of outgoing traffic.
const TRAFFIC_GB: f64 = 0.8;

/// The factor of each region where it is not 1.
const REGIONS: &[(&str, f64)] = &[
    ("ap-hongkong", 1.3),
    ("ap-taipei", 1.3),
    ("ap-singapore", 1.25),
    ("ap-jakarta", 1.25),
    ("ap-bangkok", 1.25),
    ("ap-mumbai", 1.15),
    ("ap-seoul", 1.3),
    ("ap-tokyo", 1.35),
    ("na-siliconvalley", 1.2),
    ("na-ashburn", 1.15),
    ("na-toronto", 1.2),
    ("sa-saopaulo", 1.5),
    ("eu-frankfurt", 1.25),
    ("ap-shanghai-fsi", 1.6),
    ("ap-shenzhen-fsi", 1.6),
];

/// The share of the hours of a month that a subscription costs.
const MONTH_SHARE: f64 = 0.5;
const MONTH_HOURS: f64 = 24.0 * 30.0;

/// The share of the list price of a subscription, from this many months on.
const TERMS: &[(i64, f64)] = &[(36, 0.5), (24, 0.7), (12, 0.83)];

/// The share of the list price of a spot instance.
const SPOT_SHARE: f64 = 0.2;

/// The prices of a region. All amounts are list prices in CNY.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tariff {
    factor: f64,
}

impl Tariff {
    pub(crate) fn of(region: &Region) -> Self {
        Self { factor: coefficient(REGIONS, region.name).unwrap_or(1.0) }
    }

    /// The price of an hour of an instance without its disks: a·vCPU + b·GiB + c·cards.
    pub(crate) fn instance(self, vcpus: i64, memory_gib: i64, gpus: Option<(&str, f64)>) -> f64 {
        let gpus =
            gpus.map_or(0.0, |(model, count)| coefficient(GPUS, model).unwrap_or_default() * count);
        (VCPU * vcpus as f64 + MEMORY_GIB * memory_gib as f64 + gpus) * self.factor
    }

    /// The price of an hour of an instance type, without disks.
    pub(crate) fn instance_type(self, InstanceType { family, size }: InstanceType) -> f64 {
        let gpus = family.gpu.as_ref().map(|gpu| (gpu.model, size.gpus as f64));
        self.instance(size.vcpus, size.memory_gib, gpus)
    }

    /// The price of an hour of a dedicated host: processors, memory and local disks.
    pub(crate) fn host(self, kind: &HostType) -> f64 {
        self.instance(i64::from(kind.vcpus), i64::from(kind.memory_gib), None)
            + self.disk(kind.disk_type, i64::from(kind.disk_gib))
    }

    /// The price of an hour of a resource pool pack, which has no disks.
    pub(crate) fn pack(self, kind: &PackType) -> f64 {
        self.instance(i64::from(kind.vcpus), i64::from(kind.memory_gib), None)
    }

    /// The price of an hour of a disk: d·GiB, by type.
    pub(crate) fn disk(self, kind: &str, gib: i64) -> f64 {
        coefficient(DISK_GIB, kind).unwrap_or_default() * gib as f64 * self.factor
    }

    /// The price of an hour of bandwidth: e·Mbps up to 5, f·Mbps above.
    pub(crate) fn bandwidth(self, mbps: i64) -> f64 {
        let cheap = mbps.clamp(0, CHEAP_MBPS);
        let further = mbps.max(CHEAP_MBPS) - CHEAP_MBPS;
        (CHEAP_BANDWIDTH * cheap as f64 + FURTHER_BANDWIDTH * further as f64) * self.factor
    }

    /// The price of a GB of outgoing traffic.
    pub(crate) fn traffic(self) -> f64 {
        TRAFFIC_GB * self.factor
    }
}

/// The price of a month of a subscription, from the price of an hour: hour · 24 · 30 · ½.
pub(crate) fn month(hour: f64) -> f64 {
    hour * MONTH_HOURS * MONTH_SHARE
}

/// The share of the list price of a subscription for this many months.
pub(crate) fn term_share(months: i64) -> f64 {
    TERMS.iter().find(|(min, _)| months >= *min).map_or(1.0, |(_, share)| *share)
}

/// The price of an hour of a spot instance without its disks. It never changes.
pub(crate) fn spot(hour: f64) -> f64 {
    hour * SPOT_SHARE
}

fn coefficient(table: &[(&str, f64)], name: &str) -> Option<f64> {
    table.iter().find(|(known, _)| *known == name).map(|(_, coefficient)| *coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{disk_type, instance_types, region};

    fn tariff(name: &str) -> Tariff {
        Tariff::of(region(name, false).unwrap())
    }

    #[test]
    fn every_price_belongs_to_an_offer() {
        for (name, _) in REGIONS {
            assert!(region(name, false).is_some(), "{name}");
        }
        for (name, _) in DISK_GIB {
            assert!(disk_type(name).is_some(), "{name}");
        }
        for gpu in instance_types().filter_map(|one| one.family.gpu.as_ref()) {
            assert!(coefficient(GPUS, gpu.model).is_some(), "{}", gpu.model);
        }
    }

    #[test]
    fn bandwidth_above_5_mbps_costs_more() {
        let tariff = tariff("ap-guangzhou");
        assert_eq!(tariff.bandwidth(0), 0.0);
        assert!((tariff.bandwidth(5) - 0.315).abs() < 1e-9);
        assert!((tariff.bandwidth(7) - 0.811).abs() < 1e-9);
        assert_eq!(tariff.bandwidth(-1), 0.0);
    }

    #[test]
    fn region_factor_applies_to_all_prices() {
        let (near, far) = (tariff("ap-guangzhou"), tariff("ap-hongkong"));
        for (near, far) in [
            (
                near.instance(2, 4, Some(("NVIDIA T4", 1.0))),
                far.instance(2, 4, Some(("NVIDIA T4", 1.0))),
            ),
            (near.disk("CLOUD_SSD", 50), far.disk("CLOUD_SSD", 50)),
            (near.bandwidth(10), far.bandwidth(10)),
            (near.traffic(), far.traffic()),
        ] {
            assert!((far / near - 1.3).abs() < 1e-9);
        }
    }

    #[test]
    fn longer_terms_cost_less_per_month() {
        let shares = [1, 11, 12, 23, 24, 36, 60].map(term_share);
        assert_eq!(shares, [1.0, 1.0, 0.83, 0.83, 0.7, 0.5, 0.5]);
        assert_eq!(month(1.0), 360.0);
    }
}
