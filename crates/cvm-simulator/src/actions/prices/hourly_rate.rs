//! The price of an instance: the instance itself, its disks, and its internet access.

use cvm_models::enums::{InstanceChargeType, InternetChargeType};
use cvm_models::types::{Instance, InternetAccessible, ItemPrice};

use crate::actions::prices::quote;
use crate::catalog::{Tariff, month, spot};

/// The price of an hour, in CNY at list price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    instance: f64,
    disks: f64,
    is_spot: bool,
}

impl Rates {
    pub(crate) fn of(tariff: Tariff, api: &Instance) -> Self {
        let gpus = api.gpu_info.as_ref().map(|gpu| (gpu.gpu_type.as_str(), gpu.gpu_count));
        let disk = |kind: Option<&str>, gib: Option<i64>| {
            tariff.disk(kind.unwrap_or_default(), gib.unwrap_or_default())
        };
        let system = &api.system_disk;
        let system = disk(system.disk_type.as_ref().map(|kind| kind.as_str()), system.disk_size);
        let data = api.data_disks.iter();
        let data =
            data.map(|it| disk(it.disk_type.as_ref().map(|kind| kind.as_str()), it.disk_size));
        Self {
            instance: tariff.instance(api.cpu, api.memory, gpus),
            disks: system + data.sum::<f64>(),
            is_spot: api.instance_charge_type == InstanceChargeType::SpotPaid,
        }
    }

    /// At list price.
    pub(crate) fn hour(self) -> f64 {
        self.instance + self.disks
    }

    /// The discounted price of an hour: a spot instance costs less, its disks do not.
    fn discounted(self) -> f64 {
        if self.is_spot { spot(self.instance) + self.disks } else { self.hour() }
    }

    /// The price of this many such instances, for a number of months or per hour.
    pub(crate) fn quote(self, count: u64, months: Option<i64>) -> ItemPrice {
        let count = count as f64;
        match months {
            Some(months) => quote::ahead(month(self.hour()) * count, months),
            None => quote::by_hour(self.hour() * count, self.discounted() * count),
        }
    }
}

/// The internet access of several instances, which responses show as one price.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lines {
    /// An hour of prepaid bandwidth, in CNY.
    ahead: f64,
    /// An hour of metered bandwidth, in CNY.
    hourly: f64,
    has_traffic: bool,
}

impl Lines {
    /// Adds the internet access of an instance. One in a bandwidth package is free: the package is charged.
    pub(crate) fn add(
        &mut self,
        tariff: Tariff,
        line: &InternetAccessible,
        charged: Option<&InternetChargeType>,
    ) {
        let mbps = line.internet_max_bandwidth_out.unwrap_or_default();
        match charged {
            Some(InternetChargeType::BandwidthPrepaid) => self.ahead += tariff.bandwidth(mbps),
            Some(InternetChargeType::BandwidthPostpaidByHour) => {
                self.hourly += tariff.bandwidth(mbps);
            }
            Some(InternetChargeType::TrafficPostpaidByHour) => self.has_traffic |= mbps > 0,
            _ => {}
        }
    }

    /// The price: the prepaid part, otherwise the hourly rate, otherwise the rate per GB. Prepaid bandwidth without a
    /// term is paid by the hour.
    pub(crate) fn quote(self, tariff: Tariff, months: Option<i64>) -> Option<ItemPrice> {
        let hour = self.ahead + self.hourly;
        match months.filter(|_| self.ahead > 0.0) {
            Some(months) => Some(quote::ahead(month(self.ahead), months)),
            None if hour > 0.0 => Some(quote::by_hour(hour, hour)),
            None => self.has_traffic.then(|| quote::by_gb(tariff.traffic())),
        }
    }
}
