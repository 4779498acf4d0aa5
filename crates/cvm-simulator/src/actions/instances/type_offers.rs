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
use crate::catalog::{Catalog, DiskType, InstanceType, Tariff, Zone};
use crate::filter::{CheckedFilter, Filters, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// Lists the types that each zone offers.
impl ActionHandler for DescribeInstanceTypeConfigs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let at = (context.codes, context.now);
        let filters = Filters::of(at, &self.filters, TYPE_CONFIG_FILTERS)?;
        context.check_zones(filters.iter())?;
        let configs = offered(context).map(|(zone, one)| config(zone, one));
        let configs = configs.filter(|config| filters.match_item(config));
        Ok(Outcome::Response(DescribeInstanceTypeConfigsResponse {
            instance_type_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}

/// The types that each zone of the region offers.
fn offered(context: &RequestContext<'_>) -> impl Iterator<Item = (Zone, InstanceType)> + use<> {
    let catalog = context.catalog;
    context.region.zones().flat_map(move |zone| {
        let types = catalog.instance_types().filter(move |one| one.is_offered_in(zone));
        types.map(move |one| (zone, one))
    })
}

/// The filters of lists of types and of pack types.
pub(crate) const TYPE_CONFIG_FILTERS: &Tests<InstanceTypeConfig> = &[
    ("zone", |filter, config, _| filter.is(&config.zone)),
    ("instance-family", |filter, config, _| filter.is(&config.instance_family)),
    ("instance-type", |filter, config, _| filter.is(&config.instance_type)),
];

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
        let families = context.catalog.families().iter();
        let configs = families.filter(|family| zones().any(|zone| family.is_offered_in(zone))).map(
            |family| InstanceFamilyConfig {
                instance_family_name: family.title.to_owned(),
                instance_family: family.name.to_owned(),
                ..Default::default()
            },
        );
        Ok(Outcome::Response(DescribeInstanceFamilyConfigsResponse {
            instance_family_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}

/// The charge types of every instance type.
const CHARGES: [InstanceChargeType; 3] =
    [InstanceChargeType::Prepaid, InstanceChargeType::PostpaidByHour, InstanceChargeType::SpotPaid];

/// The reason of the documentation for a type that is sold out.
const SOLD_OUT: &str = "ResourcesSoldOut.SpecifiedInstanceType";

/// The filter that sorts the rows and matches all of them.
const SORT: &str = "sort-keys";

/// Filters apply before the items are built: there are many, with prices.
const OFFER_FILTERS: &Tests<(Zone, InstanceType, &InstanceChargeType)> = &[
    ("zone", |filter, (zone, _, _), _| filter.is(zone.as_str())),
    ("instance-family", |filter, (_, one, _), _| filter.is(one.family.name)),
    ("instance-type", |filter, (_, one, _), _| filter.is(one.size.name)),
    ("instance-charge-type", |filter, (_, _, charge), _| filter.is(charge.as_str())),
    (SORT, |_, _, _| true),
];

/// Lists the types that each zone sells, with charge types and prices.
impl ActionHandler for DescribeZoneInstanceConfigInfos {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let filters = Filters::of((codes, context.now), &self.filters, OFFER_FILTERS)?;
        let sorts = filters.iter().filter(|filter| filter.name == SORT);
        let orders =
            sorts.flat_map(CheckedFilter::values).map(|value| parse_sort_key(codes, value));
        let orders: Vec<Order> = orders.collect::<Result<_, _>>()?;
        context.check_zones(filters.iter())?;
        let catalog = context.catalog;
        let tariff = catalog.tariff(context.region);
        let local_disks = local_disks(catalog);
        let mut items = Vec::new();
        for (zone, one) in offered(context) {
            for charge in CHARGES.iter().filter(|charge| filters.match_item(&(zone, one, *charge)))
            {
                items.push(InstanceTypeQuotaItem {
                    local_disk_type_list: local_disks.clone(),
                    ..item(tariff, zone, (one, catalog.stock(zone, one)), charge)
                });
            }
        }
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
    (one, stock): (InstanceType, StockCategory),
    charge: &InstanceChargeType,
) -> InstanceTypeQuotaItem {
    let InstanceType { family, size } = one;
    let is_sold_out = stock == StockCategory::WithoutStock;
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
        status: if is_sold_out {
            InstanceTypeSaleStatus::SoldOut
        } else {
            InstanceTypeSaleStatus::Sell
        },
        price: price(tariff, tariff.instance_type(one), charge),
        sold_out_reason: if is_sold_out { SOLD_OUT.to_owned() } else { String::new() },
        instance_bandwidth: one.private_gbps(),
        instance_pps: one.packets_10k(),
        storage_block_amount: size.local_disks,
        cpu_type: family.hardware.processor.to_owned(),
        gpu: size.gpus,
        fpga: 0,
        remark: String::new(),
        gpu_count: size.gpus as f64,
        frequency: family.hardware.clock.to_owned(),
        status_category: stock,
        ..Default::default()
    }
}

/// The price of a month in advance, or of an hour.
fn price(tariff: Tariff, hour: f64, charge: &InstanceChargeType) -> ItemPrice {
    match charge {
        InstanceChargeType::Prepaid => quote::ahead(tariff, tariff.month(hour), 1),
        InstanceChargeType::SpotPaid => quote::by_hour_of_instance(hour, tariff.spot(hour)),
        _ => quote::by_hour_of_instance(hour, hour),
    }
}

/// Every type can be launched with a local disk.
fn local_disks(catalog: Catalog) -> Vec<LocalDiskType> {
    let disk = |disk: &'static DiskType| LocalDiskType {
        r#type: disk.name.to_owned(),
        partition_type: "data".to_owned(),
        min_size: *disk.data_gib.start(),
        max_size: *disk.data_gib.end(),
        required: LocalDiskRequirement::Optional,
        ..Default::default()
    };
    catalog.local_disk_types().map(disk).collect()
}
