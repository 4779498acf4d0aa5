//! DescribeResourcePoolPacks: the newest first, filtered, each page from where the last one ended.

use cvm_models::actions::{DescribeResourcePoolPacks, DescribeResourcePoolPacksResponse};

use crate::Timestamp;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::dispatch::{ActionHandler, Outcome};
use crate::filter::{self, CheckedFilter};
use crate::page::Page;
use crate::state::{RequestContext, ResourcePack};

impl ActionHandler for DescribeResourcePoolPacks {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let now = scene.now;
        let filters = filter::check(scene.codes, &self.filters)?;
        let token = self.next_token.as_deref().filter(|text| !text.is_empty());
        let last_seen = token.map(|text| serial(scene.codes, text)).transpose()?;
        scene.check_zones(&filters)?;
        let page = Page::of(scene.codes.0, None, self.max_results);
        let holdings = scene.regions.entry(scene.region.name).or_default();
        let unseen = holdings.resource_packs.at(now).newest_first().filter(|pack| {
            last_seen.is_none_or(|last_seen| pack.serial < last_seen)
                && filters.iter().all(|filter| holds(filter, pack, now))
        });
        let in_packs = scene.instances.in_packs();
        let (part, total) = page.cut(unseen, |pack| (pack.serial, pack.shown(&in_packs, now)));
        let is_last = part.len() as u64 == total.unsigned_abs();
        let end = part.last().filter(|_| !is_last).map(|(serial, _)| format!("{serial:016x}"));
        Ok(Outcome::Response(DescribeResourcePoolPacksResponse {
            dedicated_resource_pack_set: part.into_iter().map(|(_, pack)| pack).collect(),
            next_token: Some(end.unwrap_or_default()),
            ..Self::Response::default()
        }))
    }
}

/// The place of the pack at which the page ended that the token came with.
fn serial(codes: DocumentedCodes, token: &str) -> Result<u64, ApiError> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let has_layout = token.len() == 16 && token.bytes().all(is_digit);
    let serial = u64::from_str_radix(token, 16).ok().filter(|_| has_layout);
    serial.ok_or_else(|| {
        let message = "The parameter `NextToken` is none that this action has given.";
        codes.error(["InvalidParameterValue"], message)
    })
}

fn holds(filter: &CheckedFilter<'_>, pack: &ResourcePack, now: Timestamp) -> bool {
    let bought = &pack.bought;
    match filter.name {
        "dedicated-resource-pack-id" => filter.is(pack.id()),
        "zone" => filter.is(&bought.zone),
        "instance-family" => filter.is(&bought.instance_family),
        "instance-type" => filter.is(&bought.instance_type),
        "status" => filter.is(pack.status(now).as_str()),
        _ => false,
    }
}
