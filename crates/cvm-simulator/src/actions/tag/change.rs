//! ModifyResourceTags, AttachResourcesTag and DetachResourcesTag.

use std::collections::HashSet;

use tag_models::actions::{
    AttachResourcesTag, AttachResourcesTagResponse, DetachResourcesTag, DetachResourcesTagResponse,
    ModifyResourceTags, ModifyResourceTagsResponse,
};
use tag_models::types::Tag;

use super::resource::{Target, kind, region_of};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags::{MAX_TAGS, check, check_all};
use crate::parameters::distinct;
use crate::state::RequestContext;

/// The tags of a resource: keys and values.
pub(super) type Tags = Vec<(String, String)>;

/// Adds, changes and removes tags of one resource.
impl ActionHandler for ModifyResourceTags {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let target = Target::named(context, &self.resource)?;
        let mut tags = target.tags(context)?.to_vec();
        check_all(context, "ReplaceTags", "Tag", &self.replace_tags)?;
        let deleted: HashSet<&str> = self.delete_tags.iter().map(|tag| &*tag.tag_key).collect();
        let mut keys = self.replace_tags.iter().map(|tag| tag.tag_key.as_str());
        if let Some(key) = keys.find(|key| deleted.contains(key)) {
            let message = format!("The tag key `{key}` is in `ReplaceTags` and in `DeleteTags`.");
            return Err(codes.error(["InvalidParameterValue.DeleteTagsParamError"], message));
        }
        tags.retain(|(key, _)| !deleted.contains(key.as_str()));
        put(&mut tags, &self.replace_tags);
        check_count(codes, target.id, &tags)?;
        context.set_tags(target.kind, target.region, target.id, tags);
        Ok(Outcome::Response(ModifyResourceTagsResponse::default()))
    }
}

/// Adds one tag to several resources.
impl ActionHandler for AttachResourcesTag {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let (key, value) = (&self.tag_key, &self.tag_value);
        check(codes, "Tag", key, value)?;
        let targets = Targets {
            service: &self.service_type,
            prefix: self.resource_prefix.as_deref(),
            region: self.resource_region.as_deref(),
            ids: &self.resource_ids,
        };
        let targets = targets.find(context)?;
        if !context.tags.has(key, value) {
            let message = format!(
                "The account has no tag `{key}` with the value `{value}`. Create it with \
                 tag:CreateTag, or use tag:TagResources, which creates it."
            );
            return Err(codes.error(["ResourceNotFound.TagNonExist"], message));
        }
        change_all(context, targets, |id, tags| {
            if tags.iter().any(|(known, _)| known == key) {
                let message = format!("The resource `{id}` already has the tag `{key}`.");
                return Err(codes.error(["ResourceInUse.TagKeyAttached"], message));
            }
            tags.push((key.clone(), value.clone()));
            check_count(codes, id, tags)
        })?;
        Ok(Outcome::Response(AttachResourcesTagResponse::default()))
    }
}

/// Removes one tag from several resources.
impl ActionHandler for DetachResourcesTag {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let targets = Targets {
            service: &self.service_type,
            prefix: self.resource_prefix.as_deref(),
            region: self.resource_region.as_deref(),
            ids: &self.resource_ids,
        };
        let targets = targets.find(context)?;
        change_all(context, targets, |id, tags| {
            let count = tags.len();
            tags.retain(|(key, _)| *key != self.tag_key);
            if tags.len() == count {
                let message =
                    format!("The resource `{id}` does not have the tag `{}`.", self.tag_key);
                return Err(codes.error(["ResourceNotFound.AttachedTagKeyNotFound"], message));
            }
            Ok(())
        })?;
        Ok(Outcome::Response(DetachResourcesTagResponse::default()))
    }
}

/// The parameters that name several resources of one kind in one region.
struct Targets<'a> {
    service: &'a str,
    prefix: Option<&'a str>,
    region: Option<&'a str>,
    ids: &'a [String],
}

impl<'a> Targets<'a> {
    /// The resources, each once.
    fn find(&self, context: &RequestContext<'_>) -> Result<Vec<Target<'a>>, ApiError> {
        let kind = kind(self.service, self.prefix.unwrap_or_default())?;
        let region = region_of(context, kind, self.region.unwrap_or_default())?;
        let ids = distinct(self.ids).into_iter();
        Ok(ids.map(|id| Target { kind, region, id }).collect())
    }
}

/// Changes the tags of all resources, or of none if one of the changes is not possible.
fn change_all(
    context: &mut RequestContext<'_>,
    targets: Vec<Target<'_>>,
    change: impl Fn(&str, &mut Tags) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let mut planned = Vec::with_capacity(targets.len());
    for target in targets {
        let mut tags = target.tags(context)?.to_vec();
        change(target.id, &mut tags)?;
        planned.push((target, tags));
    }
    for (target, tags) in planned {
        context.set_tags(target.kind, target.region, target.id, tags);
    }
    Ok(())
}

/// Adds tags. A key that is there already gets the new value.
pub(super) fn put(tags: &mut Tags, new: &[Tag]) {
    for tag in new {
        match tags.iter_mut().find(|(key, _)| *key == tag.tag_key) {
            Some((_, value)) => value.clone_from(&tag.tag_value),
            None => tags.push((tag.tag_key.clone(), tag.tag_value.clone())),
        }
    }
}

/// Checks the number of tags that a resource would have.
pub(super) fn check_count(codes: DocumentedCodes, id: &str, tags: &Tags) -> Result<(), ApiError> {
    if tags.len() > MAX_TAGS {
        let message = format!(
            "The resource `{id}` would have {} tags, but a resource can have at most {MAX_TAGS}.",
            tags.len()
        );
        return Err(codes.error(["LimitExceeded.ResourceAttachedTags"], message));
    }
    Ok(())
}
