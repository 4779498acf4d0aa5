//! CreateTag, DeleteTag, DescribeTags, DescribeTagKeys and DescribeTagValues: the tags of the account.

use std::collections::HashSet;

use tag_models::actions::{
    CreateTag, CreateTagResponse, DeleteTag, DeleteTagResponse, DescribeTagKeys,
    DescribeTagKeysResponse, DescribeTagValues, DescribeTagValuesResponse, DescribeTags,
    DescribeTagsResponse,
};
use tag_models::enums::TagCategory;
use tag_models::types::{Tag, TagWithDelete};

use super::paging::Paging;
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags::{check, check_account_quota};
use crate::parameters::distinct;
use crate::state::RequestContext;

/// Creates a tag that no resource has.
impl ActionHandler for CreateTag {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (key, value) = (self.tag_key, self.tag_value);
        check(context.codes, "Tag", &key, &value)?;
        if context.tags.has(&key, &value) {
            let message = format!("The account already has the tag `{key}` with this value.");
            return Err(context.codes.error(["ResourceInUse.TagDuplicate"], message));
        }
        let tag = Tag { tag_key: key, tag_value: value, ..Tag::default() };
        let tags = vec![tag];
        check_account_quota(context, &tags)?;
        context.record_tags(&tags);
        Ok(Outcome::Response(CreateTagResponse::default()))
    }
}

/// Deletes a tag that no resource has.
impl ActionHandler for DeleteTag {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (key, value) = (self.tag_key.as_str(), self.tag_value.as_str());
        if !context.tags.has(key, value) {
            let message = format!("The account has no tag `{key}` with the value `{value}`.");
            return Err(context.codes.error(["ResourceNotFound.TagNonExist"], message));
        }
        if let Some(id) = user_of(context, key, value) {
            let message = format!(
                "The resource `{id}` has the tag `{key}` with this value. Remove it from all \
                 resources first; tag:GetResources lists them."
            );
            return Err(context.codes.error(["FailedOperation.TagAttachedResource"], message));
        }
        context.tags.remove(key, value);
        Ok(Outcome::Response(DeleteTagResponse::default()))
    }
}

/// A resource that has this tag.
fn user_of<'a>(context: &'a RequestContext<'_>, key: &str, value: &str) -> Option<&'a str> {
    let resources = context.tagged_groups().into_iter().flat_map(|group| group.list.all());
    let mut users = resources.filter(|(_, tags)| tags.has(key, value));
    users.next().map(|(id, _)| id)
}

/// Lists keys with each of their values.
impl ActionHandler for DescribeTags {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let paging = Paging::of(context.codes, self.offset, self.limit)?;
        let keys = match self.tag_key.as_deref() {
            Some(key) if self.tag_keys.is_empty() => vec![key],
            _ => distinct(self.tag_keys.iter().map(String::as_str)),
        };
        let value = self.tag_value.as_deref();
        let tags = if is_creator(context, self.create_uin) {
            tags_with(context, (!keys.is_empty()).then_some(keys), value)
        } else {
            Vec::new()
        };
        let (page, total_count) = paging.cut(tags.into_iter(), |tag| tag);
        let used = used(context, &page);
        let tags = page.into_iter().map(|(key, value)| TagWithDelete {
            tag_key: key.to_owned(),
            tag_value: value.to_owned(),
            can_delete: u64::from(!used.contains(&(key, value))),
            category: Some(TagCategory::Custom),
            ..TagWithDelete::default()
        });
        Ok(Outcome::Response(DescribeTagsResponse {
            total_count,
            offset: paging.offset,
            limit: paging.limit,
            tags: tags.collect(),
            ..Self::Response::default()
        }))
    }
}

/// Lists keys without their values.
impl ActionHandler for DescribeTagKeys {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let paging = Paging::of(context.codes, self.offset, self.limit)?;
        let is_listed = is_creator(context, self.create_uin) && !is_system(self.category.as_ref());
        let keys = is_listed.then(|| context.tags.keys()).into_iter().flatten();
        let (tags, total_count) = paging.cut(keys, str::to_owned);
        Ok(Outcome::Response(DescribeTagKeysResponse {
            total_count,
            offset: paging.offset,
            limit: paging.limit,
            tags,
            ..Self::Response::default()
        }))
    }
}

/// Lists the values of keys.
impl ActionHandler for DescribeTagValues {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let paging = Paging::of(context.codes, self.offset, self.limit)?;
        let is_listed = is_creator(context, self.create_uin) && !is_system(self.category.as_ref());
        let tags = if is_listed {
            let keys = distinct(self.tag_keys.iter().map(String::as_str));
            tags_with(context, Some(keys), None)
        } else {
            Vec::new()
        };
        let (tags, total_count) = paging.cut(tags.into_iter(), |(key, value)| Tag {
            tag_key: key.to_owned(),
            tag_value: value.to_owned(),
            category: Some(TagCategory::Custom),
            ..Tag::default()
        });
        Ok(Outcome::Response(DescribeTagValuesResponse {
            total_count,
            offset: paging.offset,
            limit: paging.limit,
            tags,
            ..Self::Response::default()
        }))
    }
}

/// Whether the account created everything that is asked for: it has no other users.
fn is_creator(context: &RequestContext<'_>, uin: Option<u64>) -> bool {
    uin.is_none_or(|uin| uin == context.account.uin())
}

/// Whether only tags of the platform are asked for. It has none.
fn is_system(category: Option<&TagCategory>) -> bool {
    category == Some(&TagCategory::System)
}

/// The tags with one of these keys and with this value.
fn tags_with<'a>(
    context: &'a RequestContext<'_>,
    keys: Option<Vec<&'a str>>,
    value: Option<&str>,
) -> Vec<(&'a str, &'a str)> {
    let keys = keys.unwrap_or_else(|| context.tags.keys().collect());
    let tags = keys.into_iter().flat_map(|key| context.tags.values(key).map(move |it| (key, it)));
    tags.filter(|(_, known)| value.is_none_or(|value| *known == value)).collect()
}

/// Those of some tags that a resource has.
fn used<'a>(
    context: &'a RequestContext<'_>,
    tags: &[(&'a str, &'a str)],
) -> HashSet<(&'a str, &'a str)> {
    let mut free: HashSet<(&str, &str)> = tags.iter().copied().collect();
    let mut used = HashSet::new();
    for group in context.tagged_groups() {
        for (_, tags) in group.list.all() {
            if free.is_empty() {
                return used;
            }
            used.extend(tags.iter().filter(|tag| free.remove(tag)));
        }
    }
    used
}
