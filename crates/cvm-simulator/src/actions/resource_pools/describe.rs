//! DescribeResourcePoolPacks, DescribeResourcePoolPackInstances and DescribeResourcePoolPackTypeConfigs.

use std::collections::HashSet;

use cvm_models::actions::{
    DescribeResourcePoolPackInstances, DescribeResourcePoolPackInstancesResponse,
    DescribeResourcePoolPackTypeConfigs, DescribeResourcePoolPackTypeConfigsResponse,
    DescribeResourcePoolPacks, DescribeResourcePoolPacksResponse,
};
use cvm_models::types::{InstanceTypeConfig, ResourcePoolPackInstance};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::filter::{self, CheckedFilter};
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::{RequestContext, ResourcePack};
use crate::timestamp::Timestamp;

/// Lists packs, filtered, the newest first. Each page starts where the last one ended.
impl ActionHandler for DescribeResourcePoolPacks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = context.now;
        let filters = filter::check(context.codes, &self.filters)?;
        let token = self.next_token.as_deref().filter(|text| !text.is_empty());
        let last_seen = token.map(|text| serial(context.codes, text)).transpose()?;
        context.check_zones(&filters)?;
        let page = Page::of(context.codes.0, None, self.max_results);
        let unseen = context.resource_packs().filter(|pack| {
            last_seen.is_none_or(|last_seen| pack.serial < last_seen)
                && filters.iter().all(|filter| matches(filter, pack, now))
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

fn matches(filter: &CheckedFilter<'_>, pack: &ResourcePack, now: Timestamp) -> bool {
    let item = &pack.item;
    match filter.name {
        "dedicated-resource-pack-id" => filter.is(pack.id()),
        "zone" => filter.is(&item.zone),
        "instance-family" => filter.is(&item.instance_family),
        "instance-type" => filter.is(&item.instance_type),
        "status" => filter.is(pack.status(now).as_str()),
        _ => false,
    }
}

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
        let filters = filter::check(context.codes, &self.filters)?;
        let passes = |config: &InstanceTypeConfig| {
            filters.iter().all(|filter| match filter.name {
                "zone" => filter.is(&config.zone),
                "instance-family" => filter.is(&config.instance_family),
                "instance-type" => filter.is(&config.instance_type),
                _ => false,
            })
        };
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
            instance_type_config_set: offered.filter(passes).collect(),
            ..Self::Response::default()
        }))
    }
}
