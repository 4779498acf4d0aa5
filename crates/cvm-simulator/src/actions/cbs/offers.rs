//! DescribeDiskConfigQuota and InquiryPriceCreateDisks.

use cbs_models::actions::{
    DescribeDiskConfigQuota, DescribeDiskConfigQuotaResponse, InquiryPriceCreateDisks,
    InquiryPriceCreateDisksResponse,
};
use cbs_models::enums::{DiskChargeType, DiskConfigInquiryType, DiskUsage};
use cbs_models::types::{DiskConfig, Price};

use crate::actions::cbs::configuration::{self, Configuration, STEP_GIB};
use crate::actions::cbs::disk_view::number;
use crate::actions::prices::quote;
use crate::api_error::ApiError;
use crate::catalog::{Catalog, DiskType, Family, Tariff, Zone};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::disk_performance::{THROUGHPUT, is_fast};
use crate::state::RequestContext;

const CHARGE_TYPES: [DiskChargeType; 2] = [DiskChargeType::Prepaid, DiskChargeType::PostpaidByHour];

/// Lists every cloud disk type of every zone, alone or with every family that the zone offers.
impl ActionHandler for DescribeDiskConfigQuota {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let catalog = context.catalog;
        let tariff = catalog.tariff(context.region);
        for zone in &self.zones {
            context.zone(zone)?;
        }
        let is_with_instances = self.inquiry_type == Some(DiskConfigInquiryType::InquiryCvmConfig);
        let is_asked =
            |list: &[String], name: &str| list.is_empty() || list.iter().any(|asked| asked == name);
        let mut disk_config_set = Vec::new();
        for zone in context.region.zones().filter(|zone| is_asked(&self.zones, zone.as_str())) {
            let families: Vec<Option<&'static str>> = if is_with_instances {
                let offered = catalog.families().iter().filter(|one| one.is_offered_in(zone));
                let asked = offered.filter(|one| {
                    is_asked(&self.instance_families, one.name)
                        && has_size(catalog, one, self.cpu, self.memory)
                });
                asked.map(|one| Some(one.name)).collect()
            } else {
                vec![None]
            };
            for family in families {
                for kind in catalog.disk_types().iter().filter(|kind| !kind.is_local()) {
                    let is_kind = |asked: &cbs_models::enums::DiskType| *asked == *kind.name;
                    if self.disk_types.is_empty() || self.disk_types.iter().any(is_kind) {
                        disk_config_set.extend(configs(tariff, zone, family, kind));
                    }
                }
            }
        }
        let is_fit = |config: &DiskConfig| {
            self.disk_usage.as_ref().is_none_or(|usage| *usage == config.disk_usage)
                && self.disk_charge_type.as_ref().is_none_or(|it| *it == config.disk_charge_type)
        };
        disk_config_set.retain(is_fit);
        Ok(Outcome::Response(DescribeDiskConfigQuotaResponse {
            disk_config_set,
            ..Self::Response::default()
        }))
    }
}

/// Whether a family has a size with this many cores and this much memory.
fn has_size(catalog: Catalog, family: &Family, cpu: Option<u64>, memory: Option<u64>) -> bool {
    let mut types = catalog.instance_types().filter(|one| one.family.name == family.name);
    types.any(|one| {
        cpu.is_none_or(|cpu| number(one.size.vcpus) == cpu)
            && memory.is_none_or(|memory| number(one.size.memory_gib) == memory)
    })
}

/// The configurations of a disk type: only data disks are sold without an instance.
fn configs(
    tariff: Tariff,
    zone: Zone,
    family: Option<&'static str>,
    kind: &'static DiskType,
) -> Vec<DiskConfig> {
    let usages: &[DiskUsage] = match family {
        Some(_) => &[DiskUsage::SystemDisk, DiskUsage::DataDisk],
        None => &[DiskUsage::DataDisk],
    };
    let mut configs = Vec::new();
    for usage in usages {
        let is_system = *usage == DiskUsage::SystemDisk;
        let sizes = if is_system { &kind.system_gib } else { &kind.data_gib };
        for charge_type in CHARGE_TYPES {
            let months = (charge_type == DiskChargeType::Prepaid).then_some(1);
            let can_be_faster = is_fast(kind.name);
            let extra = [*THROUGHPUT.start(), *THROUGHPUT.end()];
            configs.push(DiskConfig {
                available: family.is_some() || configuration::is_sold_alone(kind.name),
                disk_charge_type: charge_type,
                zone: zone.name(),
                instance_family: family.map(str::to_owned),
                disk_type: kind.name.into(),
                step_size: STEP_GIB,
                extra_performance_range: if can_be_faster { extra.to_vec() } else { Vec::new() },
                disk_usage: usage.clone(),
                min_disk_size: number(*sizes.start()),
                max_disk_size: number(*sizes.end()),
                price: price(tariff, tariff.disk(kind.name, *sizes.start()), months),
                ..Default::default()
            });
        }
    }
    configs
}

/// The price of disks, from the same table as that of a launch.
impl ActionHandler for InquiryPriceCreateDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let count = configuration::count(codes, self.disk_count)?;
        let kind = self.disk_type.unwrap_or_default();
        let configuration = Configuration {
            kind: kind.as_str(),
            gib: self.disk_size.unwrap_or_default(),
            throughput: self.throughput_performance,
            has_burst: false,
        };
        let gib = configuration.check(codes, context.catalog)?;
        let is_prepaid = self.disk_charge_type == Some(DiskChargeType::Prepaid);
        // The model info requires the term of prepaid disks.
        let period = self.disk_charge_prepaid.and_then(|prepaid| prepaid.period).unwrap_or(1);
        let months = is_prepaid.then(|| i64::try_from(period).unwrap_or(1));
        let tariff = context.catalog.tariff(context.region);
        let disk_price = price(tariff, tariff.disk(kind.as_str(), gib) * count as f64, months);
        Ok(Outcome::Response(InquiryPriceCreateDisksResponse {
            disk_price,
            ..Self::Response::default()
        }))
    }
}

/// The price of disks with this rate: a total for months, or the rate of an hour.
fn price(tariff: Tariff, hour: f64, months: Option<i64>) -> Price {
    match months {
        Some(months) => {
            let month = tariff.month(hour);
            let total = quote::ahead(tariff, month, months);
            let list = month * months as f64;
            Price {
                original_price: total.original_price,
                original_price_high: Some(decimal(list)),
                discount_price: total.discount_price,
                discount_price_high: Some(decimal(list * tariff.term_share(months))),
                ..Price::default()
            }
        }
        None => {
            let rate = quote::by_hour(hour, hour);
            Price {
                charge_unit: rate.charge_unit.map(|unit| unit.as_str().to_owned()),
                unit_price: rate.unit_price,
                unit_price_high: Some(decimal(hour)),
                unit_price_discount: rate.unit_price_discount,
                unit_price_discount_high: Some(decimal(hour)),
                ..Price::default()
            }
        }
    }
}

/// An amount as text, with up to six decimals.
fn decimal(amount: f64) -> String {
    let text = format!("{amount:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn amounts_have_no_trailing_zeros() {
        assert_eq!([0.042, 800.0, 0.0, 10.5].map(decimal), ["0.042", "800", "0", "10.5"]);
    }
}
