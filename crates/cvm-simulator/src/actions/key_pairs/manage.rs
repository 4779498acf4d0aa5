//! DescribeKeyPairs, ModifyKeyPairAttribute and DeleteKeyPairs.

use cvm_models::actions::{
    DeleteKeyPairs, DeleteKeyPairsResponse, DescribeKeyPairs, DescribeKeyPairsResponse,
    ModifyKeyPairAttribute, ModifyKeyPairAttributeResponse,
};
use cvm_models::types::KeyPair;

use crate::actions::key_pairs::create;
use crate::api_error::ApiError;
use crate::filter::{self, CheckedFilter, IdFilter};
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::RequestContext;

/// Lists key pairs with the instances that each opens, the newest first. Private keys are never shown.
impl ActionHandler for DescribeKeyPairs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(context.codes, &self.filters)?;
        let ids = IdFilter::new(&self.key_ids);
        let passes = |pair: &&KeyPair| filters.iter().all(|filter| holds(filter, pair));
        let pairs = context.key_pairs().filter(|pair| ids.includes(&pair.key_id)).filter(passes);
        let opened = context.instances.by_key_pair();
        let api = |pair: &KeyPair| KeyPair {
            associated_instance_ids: opened.member_ids(&pair.key_id),
            ..pair.clone()
        };
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let (key_pair_set, total_count) = page.cut(pairs, api);
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

/// Changes the name or the description.
impl ActionHandler for ModifyKeyPairAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let id = self.key_id;
        context.find_key_pairs(std::slice::from_ref(&id))?;
        // An empty text counts as absent.
        let name = self.key_name.filter(|name| !name.is_empty());
        let description = self.description.filter(|description| !description.is_empty());
        if let Some(name) = &name {
            create::check_name_is_free(context, name, Some(&id))?;
        }
        if let Some(pair) = context.resources().key_pairs.get_mut(&id) {
            pair.key_name = name.unwrap_or_else(|| std::mem::take(&mut pair.key_name));
            pair.description = description.or_else(|| pair.description.take());
        }
        Ok(Outcome::Response(ModifyKeyPairAttributeResponse::default()))
    }
}

/// Deletes key pairs that open no instance.
impl ActionHandler for DeleteKeyPairs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let key_ids = context.find_key_pairs(&self.key_ids)?;
        if let Some(instance) = context.instances.user_of_key_pairs(&key_ids) {
            let id = &instance.id;
            let message =
                format!("The instance `{id}` uses one of the key pairs; unbind it first.");
            let code = "InvalidParameterValue.KeyPairNotSupported";
            return Err(context.codes.error([code], message));
        }
        context.resources().key_pairs.remove(&key_ids);
        Ok(Outcome::Response(DeleteKeyPairsResponse::default()))
    }
}
