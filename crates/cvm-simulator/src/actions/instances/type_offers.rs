//! The instance types on offer: DescribeInstanceTypeConfigs, DescribeInstanceFamilyConfigs and
//! DescribeZoneInstanceConfigInfos.

use cvm_models::actions::{
    DescribeInstanceFamilyConfigs, DescribeInstanceFamilyConfigsResponse,
    DescribeInstanceTypeConfigs, DescribeInstanceTypeConfigsResponse,
    DescribeZoneInstanceConfigInfos, DescribeZoneInstanceConfigInfosResponse,
};
use cvm_models::enums::{
    InstanceChargeType, InstanceTypeSaleStatus, LocalDiskRequirement, StockCategory,
};
use cvm_models::types::{
    Externals, InstanceFamilyConfig, InstanceTypeConfig, InstanceTypeQuotaItem, ItemPrice,
    LocalDiskType,
};

use crate::actions::prices::quote;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{
    DiskType, InstanceType, Tariff, Zone, families, instance_types, local_disk_types, month, spot,
};
use crate::filter::{self, CheckedFilter};
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// Lists the types that each zone offers.
impl ActionHandler for DescribeInstanceTypeConfigs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(context.codes, &self.filters)?;
        context.check_zones(&filters)?;
        let passes = |config: &InstanceTypeConfig| {
            filters.iter().all(|filter| match filter.name {
                "zone" => filter.is(&config.zone),
                "instance-family" => filter.is(&config.instance_family),
                "instance-type" => filter.is(&config.instance_type),
                _ => false,
            })
        };
        let offered = context.region.zones().flat_map(|zone| {
            instance_types().filter(move |one| one.is_offered_in(zone)).map(move |one| (zone, one))
        });
        let configs = offered.map(|(zone, one)| config(zone, one)).filter(passes);
        Ok(Outcome::Response(DescribeInstanceTypeConfigsResponse {
            instance_type_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}

/// A type as a zone offers it.
pub(crate) fn config(
    zone: Zone,
    InstanceType { family, size }: InstanceType,
) -> InstanceTypeConfig {
    InstanceTypeConfig {
        zone: zone.name(),
        instance_type: size.name.to_owned(),
        instance_family: family.name.to_owned(),
        gpu: size.gpus,
        cpu: size.vcpus,
        memory: size.memory_gib,
        fpga: 0,
        gpu_count: size.gpus as f64,
        gpu_type: family.gpu.as_ref().map(|gpu| gpu.model.to_owned()),
        gpu_memory: family.gpu.as_ref().map(|gpu| gpu.memory_gib),
        ..Default::default()
    }
}

/// Lists the families that a zone of the region offers.
impl ActionHandler for DescribeInstanceFamilyConfigs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let zones = || context.region.zones();
        let configs = families()
            .filter(|family| zones().any(|zone| family.is_offered_in(zone)))
            .map(|family| InstanceFamilyConfig {
                instance_family_name: family.title.to_owned(),
                instance_family: family.name.to_owned(),
                ..Default::default()
            });
        Ok(Outcome::Response(DescribeInstanceFamilyConfigsResponse {
            instance_family_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}

/// The charge types of every instance type.
const CHARGES: [InstanceChargeType; 3] =
    [InstanceChargeType::Prepaid, InstanceChargeType::PostpaidByHour, InstanceChargeType::SpotPaid];

/// The filter that sorts the rows and matches all of them.
const SORT: &str = "sort-keys";

/// Lists the types that each zone sells, with charge types and prices.
impl ActionHandler for DescribeZoneInstanceConfigInfos {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let filters = filter::check(codes, &self.filters)?;
        let sorts = filters.iter().filter(|filter| filter.name == SORT);
        let orders =
            sorts.flat_map(CheckedFilter::values).map(|value| parse_sort_key(codes, value));
        let orders: Vec<Order> = orders.collect::<Result<_, _>>()?;
        context.check_zones(&filters)?;
        let passes = |item: &InstanceTypeQuotaItem| {
            filters.iter().all(|filter| match filter.name {
                "zone" => filter.is(&item.zone),
                "instance-family" => filter.is(&item.instance_family),
                "instance-type" => filter.is(&item.instance_type),
                "instance-charge-type" => filter.is(item.instance_charge_type.as_str()),
                SORT => true,
                _ => false,
            })
        };
        let tariff = Tariff::of(context.region);
        let offered = context.region.zones().flat_map(|zone| {
            instance_types().filter(move |one| one.is_offered_in(zone)).map(move |one| (zone, one))
        });
        let mut items: Vec<_> = offered
            .flat_map(|(zone, one)| {
                CHARGES.iter().map(move |charge| item(tariff, zone, one, charge))
            })
            .filter(passes)
            .collect();
        // The first key has the highest priority. Rows that are equal in all keys keep their order.
        for Order { key, falls } in orders.iter().rev() {
            items.sort_by_key(|item| if *falls { -key(item) } else { key(item) });
        }
        Ok(Outcome::Response(DescribeZoneInstanceConfigInfosResponse {
            instance_type_quota_set: items,
            ..Self::Response::default()
        }))
    }
}

/// The sort keys.
struct Order {
    key: fn(&InstanceTypeQuotaItem) -> i64,
    falls: bool,
}

fn parse_sort_key(codes: DocumentedCodes, value: &str) -> Result<Order, ApiError> {
    let read = || {
        let (key, direction) = value.split_once(':')?;
        let key: fn(&InstanceTypeQuotaItem) -> i64 = match key {
            "cpu" => |item| item.cpu,
            "mem" => |item| item.memory,
            _ => return None,
        };
        Some(Order { key, falls: direction == "desc" })
    };
    read().ok_or_else(|| {
        let message = format!("`{value}` is not a sort key such as `cpu:desc` or `mem:asc`.");
        codes.error(["InvalidParameterValue"], message)
    })
}

fn item(
    tariff: Tariff,
    zone: Zone,
    one: InstanceType,
    charge: &InstanceChargeType,
) -> InstanceTypeQuotaItem {
    let InstanceType { family, size } = one;
    InstanceTypeQuotaItem {
        zone: zone.name(),
        instance_type: size.name.to_owned(),
        instance_charge_type: charge.clone(),
        network_card: family.hardware.network_card,
        externals: Externals::default(),
        cpu: size.vcpus,
        memory: size.memory_gib,
        instance_family: family.name.to_owned(),
        type_name: family.title.to_owned(),
        local_disk_type_list: local_disks(),
        status: InstanceTypeSaleStatus::Sell,
        price: price(tariff.instance_type(one), charge),
        sold_out_reason: String::new(),
        instance_bandwidth: one.private_gbps(),
        instance_pps: one.packets_10k(),
        storage_block_amount: 0,
        cpu_type: family.hardware.processor.to_owned(),
        gpu: size.gpus,
        fpga: 0,
        remark: String::new(),
        gpu_count: size.gpus as f64,
        frequency: family.hardware.clock.to_owned(),
        status_category: StockCategory::EnoughStock,
        ..Default::default()
    }
}

/// The price of a month in advance, or of an hour.
fn price(hour: f64, charge: &InstanceChargeType) -> ItemPrice {
    match charge {
        InstanceChargeType::Prepaid => quote::ahead(month(hour), 1),
        InstanceChargeType::SpotPaid => quote::by_hour(hour, spot(hour)),
        _ => quote::by_hour(hour, hour),
    }
}

/// Every type can be launched with a local disk.
fn local_disks() -> Vec<LocalDiskType> {
    let disk = |disk: &'static DiskType| LocalDiskType {
        r#type: disk.name.to_owned(),
        partition_type: "data".to_owned(),
        min_size: *disk.data_gib.start(),
        max_size: *disk.data_gib.end(),
        required: LocalDiskRequirement::Optional,
        ..Default::default()
    };
    local_disk_types().map(disk).collect()
}
