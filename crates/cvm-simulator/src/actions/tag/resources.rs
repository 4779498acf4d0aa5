//! GetResources, TagResources and UnTagResources: resources of any kind and region by their six-part names.

use base64ct::{Base64UrlUnpadded, Encoding};
use tag_models::actions::{
    GetResources, GetResourcesResponse, TagResources, TagResourcesResponse, UnTagResources,
    UnTagResourcesResponse,
};
use tag_models::enums::TagCategory;
use tag_models::types::{FailedResource, ResourceTagMapping, Tag, TagFilter};

use super::change::{Tags, check_count, put};
use super::resource::{Target, check_name, name_of};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags::{check_all, check_keys};
use crate::parameters::distinct;
use crate::state::{RequestContext, TagList, TaggedGroup};

/// Lists resources with their tags.
impl ActionHandler for GetResources {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        check_keys(context.codes, self.tag_filters.iter().map(|filter| filter.tag_key.as_str()))?;
        let (resource_tag_mapping_list, pagination_token) = if self.resource_list.is_empty() {
            page(context, &self)?
        } else {
            (named(context, &self)?, String::new())
        };
        Ok(Outcome::Response(GetResourcesResponse {
            pagination_token,
            resource_tag_mapping_list,
            ..Self::Response::default()
        }))
    }
}

/// Those of the named resources that have tags and match.
fn named(
    context: &RequestContext<'_>,
    request: &GetResources,
) -> Result<Vec<ResourceTagMapping>, ApiError> {
    let mut found = Vec::new();
    for name in distinct(&request.resource_list) {
        let target = Target::named(context, name)?;
        let Some(tags) = context.tags_of(target.kind, target.region, target.id) else { continue };
        if is_match(tags, &request.tag_filters) {
            let name = name_of(context.account, target.kind, target.region, target.id);
            found.push(mapping(name, tags));
        }
    }
    Ok(found)
}

/// The next page of all resources that have tags and match, and the token of the page after it.
fn page(
    context: &RequestContext<'_>,
    request: &GetResources,
) -> Result<(Vec<ResourceTagMapping>, String), ApiError> {
    let codes = context.codes;
    let default_limit = codes.0.paginate.map_or(0, |page| page.default_limit);
    let limit = request.max_results.unwrap_or(default_limit);
    if limit == 0 {
        let message = "`MaxResults` is 0, but must be at least 1.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let groups = context.tagged_groups();
    let invalid = || {
        let message = "`PaginationToken` is not the token of a previous response.";
        codes.error(["InvalidParameter.PaginationTokenInvalid"], message)
    };
    let (first, mut position) = match request.pagination_token.as_deref() {
        None => (0, String::new()),
        Some(token) => token_position(&groups, token).ok_or_else(invalid)?,
    };
    let mut found = Vec::new();
    let mut last = None;
    for group in groups.iter().skip(first) {
        let resources = group.list.after(&std::mem::take(&mut position)).ok_or_else(invalid)?;
        for (id, tags) in resources.filter(|(_, tags)| is_match(*tags, &request.tag_filters)) {
            if found.len() as u64 == limit {
                return Ok((found, last.map_or_else(String::new, token_of)));
            }
            found.push(mapping(name_of(context.account, group.kind, group.region, id), tags));
            last = Some((group, id));
        }
    }
    Ok((found, String::new()))
}

/// The token of the page after a resource: its kind, its region, and its position among the resources of its kind.
fn token_of((group, id): (&TaggedGroup<'_>, &str)) -> String {
    let TaggedGroup { kind, region, list } = group;
    let text = format!("{}:{}:{region}:{}", kind.service, kind.prefix, list.position(id));
    Base64UrlUnpadded::encode_string(text.as_bytes())
}

/// The group of resources that a token names, and the position in it. `None` if the token is malformed.
fn token_position(groups: &[TaggedGroup<'_>], token: &str) -> Option<(usize, String)> {
    let text = String::from_utf8(Base64UrlUnpadded::decode_vec(token).ok()?).ok()?;
    let mut parts = text.splitn(4, ':');
    let (service, prefix, region) = (parts.next()?, parts.next()?, parts.next()?);
    let position = parts.next().filter(|position| !position.is_empty())?;
    let group = groups.iter().position(|group| {
        group.kind.service == service && group.kind.prefix == prefix && group.region == region
    })?;
    Some((group, position.to_owned()))
}

/// Whether a resource has tags, and for each filter the key with one of the values, or with any if there are none.
fn is_match(tags: &dyn TagList, filters: &[TagFilter]) -> bool {
    let is_met = |filter: &TagFilter| {
        let is_value = |value: &str| {
            filter.tag_value.is_empty() || filter.tag_value.iter().any(|known| known == value)
        };
        tags.iter().any(|(key, value)| key == filter.tag_key && is_value(value))
    };
    tags.tag(0).is_some() && filters.iter().all(is_met)
}

fn mapping(resource: String, tags: &dyn TagList) -> ResourceTagMapping {
    let tags = tags.iter().map(|(key, value)| Tag {
        tag_key: key.to_owned(),
        tag_value: value.to_owned(),
        category: Some(TagCategory::Custom),
        ..Tag::default()
    });
    ResourceTagMapping { resource, tags: tags.collect(), ..ResourceTagMapping::default() }
}

/// Adds tags to resources, and changes the values of keys that they have.
impl ActionHandler for TagResources {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        check_all(context, "Tags", "Tag", &self.tags)?;
        let codes = context.codes;
        let failed_resources = change_each(context, &self.resource_list, |id, tags| {
            put(tags, &self.tags);
            check_count(codes, id, tags)
        })?;
        Ok(Outcome::Response(TagResourcesResponse {
            failed_resources,
            ..Self::Response::default()
        }))
    }
}

/// Removes tags from resources.
impl ActionHandler for UnTagResources {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        check_keys(context.codes, self.tag_keys.iter().map(String::as_str))?;
        let failed_resources = change_each(context, &self.resource_list, |_, tags| {
            tags.retain(|(key, _)| !self.tag_keys.contains(key));
            Ok(())
        })?;
        Ok(Outcome::Response(UnTagResourcesResponse {
            failed_resources,
            ..Self::Response::default()
        }))
    }
}

/// Changes the tags of each resource for itself. The result names those that were not changed. A malformed name is an error
/// of the whole request.
fn change_each(
    context: &mut RequestContext<'_>,
    names: &[String],
    change: impl Fn(&str, &mut Tags) -> Result<(), ApiError>,
) -> Result<Vec<FailedResource>, ApiError> {
    names.iter().try_for_each(|name| check_name(context, name))?;
    let mut failed = Vec::new();
    for name in distinct(names) {
        let changed = changed_tags(context, name, &change);
        match changed {
            Ok((target, tags)) => context.set_tags(target.kind, target.region, target.id, tags),
            Err(error) => failed.push(FailedResource {
                resource: Some(name.clone()),
                code: Some(error.code.to_owned()),
                message: Some(error.message),
                ..FailedResource::default()
            }),
        }
    }
    Ok(failed)
}

/// The tags of a resource after a change.
fn changed_tags<'a>(
    context: &RequestContext<'_>,
    name: &'a str,
    change: impl Fn(&str, &mut Tags) -> Result<(), ApiError>,
) -> Result<(Target<'a>, Tags), ApiError> {
    let target = Target::named(context, name)?;
    let mut tags = target.tags(context)?.to_vec();
    change(target.id, &mut tags)?;
    Ok((target, tags))
}
