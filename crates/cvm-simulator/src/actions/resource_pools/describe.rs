//! DescribeResourcePoolPacks, DescribeResourcePoolPackInstances and DescribeResourcePoolPackTypeConfigs.

use std::collections::HashSet;

use cvm_models::actions::{
    DescribeResourcePoolPackInstances, DescribeResourcePoolPackInstancesResponse,
    DescribeResourcePoolPackTypeConfigs, DescribeResourcePoolPackTypeConfigsResponse,
    DescribeResourcePoolPacks, DescribeResourcePoolPacksResponse,
};
use cvm_models::types::{InstanceTypeConfig, ResourcePoolPackInstance};

use crate::actions::instances::type_offers::TYPE_CONFIG_FILTERS;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::filter::{Filters, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::{RequestContext, ResourcePack};

/// Lists packs, filtered, the newest first. Each page starts where the last one ended.
impl ActionHandler for DescribeResourcePoolPacks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = context.now;
        let filters = Filters::of((context.codes, now), &self.filters, FILTERS)?;
        let token = self.next_token.as_deref();
        let last_seen = token.map(|text| serial(context.codes, text)).transpose()?;
        context.check_zones(filters.iter())?;
        let page = Page::of(context.codes.0, None, self.max_results);
        let unseen = context.resource_packs().filter(|pack| {
            last_seen.is_none_or(|last_seen| pack.serial < last_seen) && filters.match_item(pack)
        });
        let in_packs = context.instances.in_packs();
        let (part, total) = page.cut(unseen, |pack| (pack.serial, pack.api(&in_packs, now)));
        let is_last = part.len() as u64 == total.unsigned_abs();
        let end = part.last().filter(|_| !is_last).map(|(serial, _)| format!("{serial:016x}"));
        Ok(Outcome::Response(DescribeResourcePoolPacksResponse {
            dedicated_resource_pack_set: part.into_iter().map(|(_, pack)| pack).collect(),
            next_token: Some(end.unwrap_or_default()),
            ..Self::Response::default()
        }))
    }
}

/// The index of the last pack of the page that the token belongs to.
fn serial(codes: DocumentedCodes, token: &str) -> Result<u64, ApiError> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let has_layout = token.len() == 16 && token.bytes().all(is_digit);
    let serial = u64::from_str_radix(token, 16).ok().filter(|_| has_layout);
    serial.ok_or_else(|| {
        let message = "The parameter `NextToken` does not come from a response of this action.";
        codes.error(["InvalidParameterValue"], message)
    })
}

const FILTERS: &Tests<ResourcePack> = &[
    ("dedicated-resource-pack-id", |filter, pack, _| filter.is(pack.id())),
    ("zone", |filter, pack, _| filter.is(&pack.item.zone)),
    ("instance-family", |filter, pack, _| filter.is(&pack.item.instance_family)),
    ("instance-type", |filter, pack, _| filter.is(&pack.item.instance_type)),
    ("status", |filter, pack, now| filter.is(pack.status(now).as_str())),
];

/// Lists the instances in each pack.
impl ActionHandler for DescribeResourcePoolPackInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let ids: HashSet<&str> =
            self.dedicated_resource_pack_ids.iter().map(String::as_str).collect();
        let named = context.resource_packs().filter(|pack| ids.contains(pack.id()));
        let in_packs = context.instances.in_packs();
        let entries = named.map(|pack| ResourcePoolPackInstance {
            dedicated_resource_pack_id: pack.id().to_owned(),
            instance_id_set: in_packs.member_ids(pack.id()),
            instance_family: pack.item.instance_family.clone(),
            instance_type: pack.item.instance_type.clone(),
            zone: pack.item.zone.clone(),
            ..Default::default()
        });
        Ok(Outcome::Response(DescribeResourcePoolPackInstancesResponse {
            dedicated_resource_pack_instance_set: entries.collect(),
            ..Self::Response::default()
        }))
    }
}

/// Lists the pack types that a zone sells.
impl ActionHandler for DescribeResourcePoolPackTypeConfigs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let at = (context.codes, context.now);
        let filters = Filters::of(at, &self.filters, TYPE_CONFIG_FILTERS)?;
        let catalog = context.catalog;
        let offered = context.region.zones().flat_map(|zone| {
            let offered = catalog.pack_types().iter().filter(move |one| one.is_offered_in(zone));
            offered.map(move |one| InstanceTypeConfig {
                zone: zone.name(),
                instance_type: one.name.to_owned(),
                instance_family: one.family.to_owned(),
                cpu: i64::from(one.vcpus),
                memory: i64::from(one.memory_gib),
                ..InstanceTypeConfig::default()
            })
        });
        Ok(Outcome::Response(DescribeResourcePoolPackTypeConfigsResponse {
            instance_type_config_set: offered.filter(|config| filters.match_item(config)).collect(),
            ..Self::Response::default()
        }))
    }
}
