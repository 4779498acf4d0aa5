//! DescribeKeyPairs: the newest first, with the instances that each opens, and without private halves.

use cvm_models::actions::{DescribeKeyPairs, DescribeKeyPairsResponse};
use cvm_models::types::KeyPair;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::filter::{self, CheckedFilter, IdFilter};
use crate::page::Page;
use crate::state::RequestContext;

impl ActionHandler for DescribeKeyPairs {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(scene.codes, &self.filters)?;
        let ids = IdFilter::new(&self.key_ids);
        let passes = |pair: &&KeyPair| filters.iter().all(|filter| holds(filter, pair));
        let pairs = scene.key_pairs().filter(|pair| ids.includes(&pair.key_id)).filter(passes);
        let opened = scene.instances.opened_by_key_pairs();
        let shown = |pair: &KeyPair| KeyPair {
            associated_instance_ids: opened.member_ids(&pair.key_id),
            ..pair.clone()
        };
        let page = Page::of(scene.codes.0, self.offset, self.limit);
        let (key_pair_set, total_count) = page.cut(pairs, shown);
        Ok(Outcome::Response(DescribeKeyPairsResponse {
            total_count,
            key_pair_set,
            ..Self::Response::default()
        }))
    }
}

fn holds(filter: &CheckedFilter<'_>, pair: &KeyPair) -> bool {
    let tags = &pair.tags;
    match filter.name {
        "project-id" => filter.is(&pair.project_id.to_string()),
        "key-name" => filter.is(&pair.key_name),
        "tag-key" => filter.is_any(tags.iter().map(|tag| tag.key.as_str())),
        "tag-value" => filter.is_any(tags.iter().map(|tag| tag.value.as_str())),
        name => name.strip_prefix("tag:").is_some_and(|key| {
            filter.is_any(tags.iter().filter(|tag| tag.key == key).map(|tag| tag.value.as_str()))
        }),
    }
}
