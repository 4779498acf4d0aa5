//! ModifyResourceTags, AttachResourcesTag and DetachResourcesTag.

use std::collections::HashSet;

use tag_models::actions::{
    AttachResourcesTag, AttachResourcesTagResponse, DetachResourcesTag, DetachResourcesTagResponse,
    ModifyResourceTags, ModifyResourceTagsResponse,
};

use super::resource::{ResourceName, kind};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags::{ALLOWED, MAX_TAGS, is_allowed, is_reserved};
use crate::parameters::distinct;
use crate::state::{RequestContext, Tagged};

/// The tags of a resource: keys and values.
type Tags = Vec<(String, String)>;

/// Adds, changes and removes tags of one resource.
impl ActionHandler for ModifyResourceTags {
    fn region_name(&self) -> Option<&str> {
        Some(ResourceName::parse(&self.resource)?.region).filter(|name| !name.is_empty())
    }

    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let account = context.account;
        let name = ResourceName::parse(&self.resource).filter(|name| name.is_of(account));
        let name = name.ok_or_else(|| {
            let message =
                format!("`{}` is not the name of a resource of the account.", self.resource);
            codes.error(["InvalidParameterValue.ResourceDescriptionError"], message)
        })?;
        let kind = kind(name.service, name.prefix)?;
        let mut tags = existing(context, kind, name.id)?;
        let deleted: HashSet<&str> = self.delete_tags.iter().map(|tag| &*tag.tag_key).collect();
        let mut replaced = HashSet::new();
        for tag in &self.replace_tags {
            let key = tag.tag_key.as_str();
            check(codes, key, &tag.tag_value)?;
            if deleted.contains(key) || !replaced.insert(key) {
                let message = format!("The request contains the tag key `{key}` twice.");
                return Err(codes.error(["InvalidParameterValue.DeleteTagsParamError"], message));
            }
        }
        tags.retain(|(key, _)| !deleted.contains(key.as_str()));
        for tag in &self.replace_tags {
            match tags.iter_mut().find(|(key, _)| *key == tag.tag_key) {
                Some((_, value)) => value.clone_from(&tag.tag_value),
                None => tags.push((tag.tag_key.clone(), tag.tag_value.clone())),
            }
        }
        check_count(codes, name.id, &tags)?;
        context.set_tags(kind, name.id, tags);
        Ok(Outcome::Response(ModifyResourceTagsResponse::default()))
    }
}

/// Adds one tag to several resources.
impl ActionHandler for AttachResourcesTag {
    fn region_name(&self) -> Option<&str> {
        self.resource_region.as_deref().filter(|name| !name.is_empty())
    }

    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        check(codes, &self.tag_key, &self.tag_value)?;
        let prefix = self.resource_prefix.as_deref().unwrap_or_default();
        let kind = kind(&self.service_type, prefix)?;
        let mut planned: Vec<(&String, Tags)> = Vec::new();
        for id in distinct(&self.resource_ids) {
            let mut tags = existing(context, kind, id)?;
            if tags.iter().any(|(key, _)| *key == self.tag_key) {
                let message =
                    format!("The resource `{id}` already has the tag `{}`.", self.tag_key);
                return Err(codes.error(["ResourceInUse.TagKeyAttached"], message));
            }
            tags.push((self.tag_key.clone(), self.tag_value.clone()));
            check_count(codes, id, &tags)?;
            planned.push((id, tags));
        }
        for (id, tags) in planned {
            context.set_tags(kind, id, tags);
        }
        Ok(Outcome::Response(AttachResourcesTagResponse::default()))
    }
}

/// Removes one tag from several resources.
impl ActionHandler for DetachResourcesTag {
    fn region_name(&self) -> Option<&str> {
        self.resource_region.as_deref().filter(|name| !name.is_empty())
    }

    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let prefix = self.resource_prefix.as_deref().unwrap_or_default();
        let kind = kind(&self.service_type, prefix)?;
        let mut planned: Vec<(&String, Tags)> = Vec::new();
        for id in distinct(&self.resource_ids) {
            let mut tags = existing(context, kind, id)?;
            let count = tags.len();
            tags.retain(|(key, _)| *key != self.tag_key);
            if tags.len() == count {
                let message =
                    format!("The resource `{id}` does not have the tag `{}`.", self.tag_key);
                return Err(codes.error(["ResourceNotFound.AttachedTagKeyNotFound"], message));
            }
            planned.push((id, tags));
        }
        for (id, tags) in planned {
            context.set_tags(kind, id, tags);
        }
        Ok(Outcome::Response(DetachResourcesTagResponse::default()))
    }
}

/// The tags of a resource, which must exist.
fn existing(context: &RequestContext<'_>, kind: Tagged, id: &str) -> Result<Tags, ApiError> {
    context.tags_of(kind, id).ok_or_else(|| {
        let message = format!("The resource `{id}` does not exist in {}.", context.region.name);
        let candidates = [
            "InvalidParameterValue.ResourceIdInvalid",
            "InvalidParameterValue.ResourceDescriptionError",
        ];
        context.codes.error(candidates, message)
    })
}

/// The rules of tags are those of the launches. Their lengths are in the model info.
fn check(codes: DocumentedCodes, key: &str, value: &str) -> Result<(), ApiError> {
    if is_reserved(key) {
        let message = format!("The tag key `{key}` is reserved for the platform.");
        return Err(codes.error(["InvalidParameter.ReservedTagKey"], message));
    }
    for (name, text, code) in [
        ("key", key, "InvalidParameterValue.TagKeyCharacterIllegal"),
        ("value", value, "InvalidParameterValue.TagValueCharacterIllegal"),
    ] {
        if !is_allowed(text) {
            let message = format!("The tag {name} `{text}` can have only {ALLOWED}.");
            return Err(codes.error([code], message));
        }
    }
    Ok(())
}

fn check_count(codes: DocumentedCodes, id: &str, tags: &Tags) -> Result<(), ApiError> {
    if tags.len() > MAX_TAGS {
        let message = format!(
            "The resource `{id}` would have {} tags, but a resource can have at most {MAX_TAGS}.",
            tags.len()
        );
        return Err(codes.error(["LimitExceeded.ResourceAttachedTags"], message));
    }
    Ok(())
}
