//! The price of an instance: the instance itself, its disks, and its internet access.

use cvm_models::enums::{InstanceChargeType, InternetChargeType};
use cvm_models::types::ItemPrice;

use crate::actions::prices::quote;
use crate::catalog::Tariff;
use crate::state::{StoredDisk, StoredInstance};

/// The price of an hour, in CNY at list price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    tariff: Tariff,
    instance: f64,
    disks: f64,
    is_spot: bool,
}

impl Rates {
    /// With the disks that are charged together with the instance.
    pub(crate) fn of(tariff: Tariff, instance: &StoredInstance) -> Self {
        Self::with_disks(tariff, instance, |disk| disk.terms().is_none())
    }

    /// With the disks that this selects.
    pub(crate) fn with_disks(
        tariff: Tariff,
        instance: &StoredInstance,
        is_charged: impl Fn(&StoredDisk) -> bool,
    ) -> Self {
        let gpus = instance.gpus.as_ref().map(|gpus| (&*gpus.model, gpus.count as f64));
        let disks = instance.disks().filter(|disk| is_charged(disk));
        let disks = disks.map(|disk| tariff.disk(disk.kind.as_str(), disk.gib));
        Self {
            tariff,
            instance: tariff.instance(instance.vcpus, instance.memory_gib, gpus),
            disks: disks.sum(),
            is_spot: instance.charge_type == InstanceChargeType::SpotPaid,
        }
    }

    /// At list price.
    pub(crate) fn hour(self) -> f64 {
        self.instance + self.disks
    }

    /// The discounted price of an hour: a spot instance costs less, its disks do not.
    fn discounted(self) -> f64 {
        if self.is_spot { self.tariff.spot(self.instance) + self.disks } else { self.hour() }
    }

    /// The price of this many such instances, for a number of months or per hour.
    pub(crate) fn quote(self, count: u64, months: Option<i64>) -> ItemPrice {
        let (count, tariff) = (count as f64, self.tariff);
        match months {
            Some(months) => quote::ahead(tariff, tariff.month(self.hour()) * count, months),
            None => quote::by_hour_of_instance(self.hour() * count, self.discounted() * count),
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
    pub(crate) fn add(&mut self, tariff: Tariff, mbps: i64, charged: &InternetChargeType) {
        match charged {
            InternetChargeType::BandwidthPrepaid => self.ahead += tariff.bandwidth(mbps),
            InternetChargeType::BandwidthPostpaidByHour => self.hourly += tariff.bandwidth(mbps),
            InternetChargeType::TrafficPostpaidByHour => self.has_traffic |= mbps > 0,
            _ => {}
        }
    }

    /// The price: the prepaid part, otherwise the hourly rate, otherwise the rate per GB. Prepaid bandwidth without a
    /// term is paid by the hour.
    pub(crate) fn quote(self, tariff: Tariff, months: Option<i64>) -> Option<ItemPrice> {
        let hour = self.ahead + self.hourly;
        match months.filter(|_| self.ahead > 0.0) {
            Some(months) => Some(quote::ahead(tariff, tariff.month(self.ahead), months)),
            None if hour > 0.0 => Some(quote::by_hour(hour, hour)),
            None => self.has_traffic.then(|| quote::by_gb(tariff.traffic())),
        }
    }
}
