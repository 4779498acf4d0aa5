//! Prices from one table of coefficients. The built-in ones are made up: about as high as real prices, and the same in
//! every run, so that tests can rely on them.

use cvm_models::enums;

use super::disks::DiskType;
use super::host_types::HostType;
use super::instance_types::{Family, InstanceType};
use super::pack_types::PackType;
use super::reader::{CatalogError, Reader, Result, shown, suggestion};
use super::regions::{Region, RegionRow};

/// The coefficients: list prices per hour, in CNY.
#[derive(Clone, Debug, Default)]
pub(super) struct Prices {
    vcpu: f64,
    memory_gib: f64,
    /// Price of a GPU card, by model.
    gpus: Vec<Coefficient>,
    /// Price of a GiB of disk, by type. Disks that come with an instance type are included in its price.
    disk_gib: Vec<Coefficient>,
    /// Price of a Mbps of bandwidth, up to a limit and above it.
    low_bandwidth_mbps: i64,
    low_bandwidth: f64,
    high_bandwidth: f64,
    /// Price of a GB of outgoing traffic.
    traffic_gb: f64,
    /// The factor of each region where it is not 1.
    regions: Vec<Coefficient>,
    /// The hours that a month of a subscription costs.
    month_hours: f64,
    /// The share of the list price of a subscription from a number of months on; the longest term comes first.
    terms: Vec<(i64, f64)>,
    /// The share of the list price of a spot instance.
    spot: f64,
}

type Coefficient = (&'static str, f64);

/// Maximum price of an hour of anything, in CNY.
const MAX_PRICE: f64 = 1_000_000.0;

/// Maximum factor of a region.
const MAX_FACTOR: f64 = 1_000.0;

/// Maximum share of a list price: nothing costs more.
const MAX_SHARE: f64 = 1.0;

/// The hours of the longest month.
const MAX_MONTH_HOURS: f64 = 744.0;

impl Prices {
    /// Changes the prices that a file has.
    pub(super) fn merge(
        &mut self,
        file: &mut Reader,
        families: &[Family],
        regions: &[RegionRow],
    ) -> Result<()> {
        let Some(mut item) = file.object("prices")? else { return Ok(()) };
        for (name, number, max) in [
            ("vcpu", &mut self.vcpu, MAX_PRICE),
            ("memory_gib", &mut self.memory_gib, MAX_PRICE),
            ("low_bandwidth", &mut self.low_bandwidth, MAX_PRICE),
            ("high_bandwidth", &mut self.high_bandwidth, MAX_PRICE),
            ("traffic_gb", &mut self.traffic_gb, MAX_PRICE),
            ("month_hours", &mut self.month_hours, MAX_MONTH_HOURS),
            ("spot", &mut self.spot, MAX_SHARE),
        ] {
            *number = item.optional_decimal(name, max)?.unwrap_or(*number);
        }
        if let Some(limit) = item.optional_number("low_bandwidth_mbps", 0..=1_000_000)? {
            self.low_bandwidth_mbps = limit;
        }
        let models: Vec<&str> =
            families.iter().filter_map(|family| family.gpu.as_ref()).map(|gpu| gpu.model).collect();
        let regions: Vec<&str> = regions.iter().map(|region| region.name).collect();
        for (name, list, known, max) in [
            ("gpus", &mut self.gpus, models.as_slice(), MAX_PRICE),
            ("disk_gib", &mut self.disk_gib, enums::DiskType::VALUES, MAX_PRICE),
            ("regions", &mut self.regions, regions.as_slice(), MAX_FACTOR),
        ] {
            for (key, number) in item.decimals(name, max)? {
                if !known.contains(&key) {
                    let (key, fix) = (shown(key), suggestion(key, known));
                    let problem = format_args!("has \"{key}\", which is unknown: {fix}");
                    return Err(item.error(name, problem));
                }
                list.retain(|(known, _)| *known != key);
                list.push((key, number));
            }
        }
        for (months, share) in item.decimals("terms", MAX_SHARE)? {
            let number = months.parse::<i64>().ok().filter(|months| *months > 0);
            let number = number.ok_or_else(|| {
                let months = shown(months);
                item.error("terms", format_args!("has \"{months}\": give a number of months"))
            })?;
            self.terms.retain(|(known, _)| *known != number);
            self.terms.push((number, share));
        }
        self.terms.sort_by_key(|(months, _)| -months);
        item.finish()
    }

    /// Checks that everything has a price.
    pub(super) fn check(&self, families: &[Family], disks: &[DiskType]) -> Result<()> {
        let missing = |noun: &str, name: &str, table: &str| {
            let fix = format!("give one in `prices.{table}`");
            Err(CatalogError::new(format!("the {noun} \"{name}\" has no price: {fix}")))
        };
        for gpu in families.iter().filter_map(|family| family.gpu.as_ref()) {
            if coefficient(&self.gpus, gpu.model).is_none() {
                return missing("GPU card", gpu.model, "gpus");
            }
        }
        for disk in disks {
            if coefficient(&self.disk_gib, disk.name).is_none() {
                return missing("disk type", disk.name, "disk_gib");
            }
        }
        Ok(())
    }
}

/// The prices of a region. All amounts are list prices in CNY.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tariff {
    prices: &'static Prices,
    factor: f64,
}

impl Tariff {
    pub(super) fn new(prices: &'static Prices, region: &Region) -> Self {
        Self { prices, factor: coefficient(&prices.regions, region.name).unwrap_or(1.0) }
    }

    /// The price of an hour of an instance without its disks: a·vCPU + b·GiB + c·cards.
    pub(crate) fn instance(self, vcpus: i64, memory_gib: i64, gpus: Option<(&str, f64)>) -> f64 {
        let Prices { vcpu, memory_gib: gib, gpus: cards, .. } = self.prices;
        let gpus = gpus
            .map_or(0.0, |(model, count)| coefficient(cards, model).unwrap_or_default() * count);
        (vcpu * vcpus as f64 + gib * memory_gib as f64 + gpus) * self.factor
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
        coefficient(&self.prices.disk_gib, kind).unwrap_or_default() * gib as f64 * self.factor
    }

    /// The price of an hour of bandwidth: e·Mbps up to a limit, f·Mbps above.
    pub(crate) fn bandwidth(self, mbps: i64) -> f64 {
        let Prices { low_bandwidth_mbps, low_bandwidth, high_bandwidth, .. } = *self.prices;
        let low = mbps.clamp(0, low_bandwidth_mbps);
        let high = mbps.max(low_bandwidth_mbps) - low_bandwidth_mbps;
        (low_bandwidth * low as f64 + high_bandwidth * high as f64) * self.factor
    }

    /// The price of a GB of outgoing traffic.
    pub(crate) fn traffic(self) -> f64 {
        self.prices.traffic_gb * self.factor
    }

    /// The price of a month of a subscription, from the price of an hour.
    pub(crate) fn month(self, hour: f64) -> f64 {
        hour * self.prices.month_hours
    }

    /// The share of the list price of a subscription for this many months.
    pub(crate) fn term_share(self, months: i64) -> f64 {
        let reached = self.prices.terms.iter().find(|(min, _)| months >= *min);
        reached.map_or(1.0, |(_, share)| *share)
    }

    /// The price of an hour of a spot instance without its disks. It never changes.
    pub(crate) fn spot(self, hour: f64) -> f64 {
        hour * self.prices.spot
    }
}

fn coefficient(table: &[Coefficient], name: &str) -> Option<f64> {
    table.iter().find(|(known, _)| *known == name).map(|(_, coefficient)| *coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn tariff(name: &str) -> Tariff {
        let catalog = Catalog::builtin();
        catalog.tariff(catalog.region(name, false).unwrap())
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
        let tariff = tariff("ap-guangzhou");
        let shares = [1, 11, 12, 23, 24, 36, 60].map(|months| tariff.term_share(months));
        assert_eq!(shares, [1.0, 1.0, 0.83, 0.83, 0.7, 0.5, 0.5]);
        assert_eq!(tariff.month(1.0), 360.0);
    }
}
