//! DescribeKeyPairs, ModifyKeyPairAttribute and DeleteKeyPairs.

use cvm_models::actions::{
    DeleteKeyPairs, DeleteKeyPairsResponse, DescribeKeyPairs, DescribeKeyPairsResponse,
    ModifyKeyPairAttribute, ModifyKeyPairAttributeResponse,
};
use cvm_models::types::KeyPair;

use crate::actions::key_pairs::create;
use crate::api_error::ApiError;
use crate::filter::{Filters, IdFilter, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{Instances, RequestContext};

/// Lists key pairs with the instances that each opens, the newest first. Private keys are never shown.
impl ActionHandler for DescribeKeyPairs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = Filters::of((context.codes, context.now), &self.filters, FILTERS)?;
        let ids = IdFilter::new(&self.key_ids);
        let named = context.key_pairs.newest_first().filter(|pair| ids.includes(&pair.key_id));
        let pairs = named.filter(|pair| filters.match_item(pair));
        let opened: Vec<_> = context.instances_everywhere().map(Instances::by_key_pair).collect();
        let api = |pair: &KeyPair| KeyPair {
            associated_instance_ids: opened
                .iter()
                .flat_map(|opened| opened.member_ids(&pair.key_id))
                .collect(),
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

const FILTERS: &Tests<KeyPair> = &[
    ("project-id", |filter, pair, _| filter.is(&pair.project_id.to_string())),
    ("key-name", |filter, pair, _| filter.is(&pair.key_name)),
    ("tag-key", |filter, pair, _| tags::api_tags_match(filter, &pair.tags)),
    ("tag-value", |filter, pair, _| tags::api_tags_match(filter, &pair.tags)),
    ("tag:tag-key", |filter, pair, _| tags::api_tags_match(filter, &pair.tags)),
];

/// Changes the name or the description.
impl ActionHandler for ModifyKeyPairAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let id = self.key_id;
        context.find_key_pairs(std::slice::from_ref(&id))?;
        if let Some(name) = &self.key_name {
            create::check_name_is_free(context, name, Some(&id))?;
        }
        if let Some(pair) = context.key_pairs.get_mut(&id) {
            pair.key_name = self.key_name.unwrap_or_else(|| std::mem::take(&mut pair.key_name));
            pair.description = self.description.or_else(|| pair.description.take());
        }
        Ok(Outcome::Response(ModifyKeyPairAttributeResponse::default()))
    }
}

/// Deletes key pairs that open no instance.
impl ActionHandler for DeleteKeyPairs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let key_ids = context.find_key_pairs(&self.key_ids)?;
        let user = context.instances_everywhere().find_map(|it| it.user_of_key_pairs(&key_ids));
        if let Some(instance) = user {
            let id = &instance.id;
            let message =
                format!("The instance `{id}` uses one of the key pairs; unbind it first.");
            let code = "InvalidParameterValue.KeyPairNotSupported";
            return Err(context.codes.error([code], message));
        }
        context.key_pairs.remove(&key_ids);
        Ok(Outcome::Response(DeleteKeyPairsResponse::default()))
    }
}
