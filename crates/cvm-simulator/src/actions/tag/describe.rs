//! DescribeResourceTags and DescribeResourceTagsByResourceIds: an entry for each tag of each resource.

use std::fmt::Write;

use md5::{Digest, Md5};
use tag_models::actions::{
    DescribeResourceTags, DescribeResourceTagsByResourceIds,
    DescribeResourceTagsByResourceIdsResponse, DescribeResourceTagsResponse,
};
use tag_models::enums::TagCategory;
use tag_models::types::TagResource;

use super::paging::Paging;
use super::resource::{kind, region_of};
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::parameters::distinct;
use crate::state::{RequestContext, TagList, TaggedGroup, TaggedKind};
use crate::unsupported::{BUCKET, TAGGED_SERVICE};

/// Lists the tags of resources that match all parameters.
impl ActionHandler for DescribeResourceTags {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        if self.cos_resource_id == Some(1) {
            return Err(BUCKET.error());
        }
        let paging = Paging::of(context.codes, self.offset, self.limit)?;
        let service = self.service_type.as_deref();
        let prefix = self.resource_prefix.as_deref();
        let region = self.resource_region.as_deref();
        let is_asked = |kind: &TaggedKind| {
            service.is_none_or(|name| kind.service == name)
                && prefix.is_none_or(|name| kind.prefix == name)
        };
        let groups = context.tagged_groups();
        if !TaggedKind::all().any(is_asked) {
            return Err(TAGGED_SERVICE.error());
        }
        let is_creator = self.create_uin.is_none_or(|uin| uin == context.account.uin());
        let groups = groups.into_iter().filter(|group| {
            let is_there = !group.kind.is_regional() || region.is_none_or(|it| group.region == it);
            is_creator && is_asked(group.kind) && is_there
        });
        let id = self.resource_id.as_deref();
        let (rows, total_count) = paging.cut(groups.flat_map(|group| rows(group, id)), entry);
        Ok(Outcome::Response(DescribeResourceTagsResponse {
            total_count,
            offset: paging.offset,
            limit: paging.limit,
            rows,
            ..Self::Response::default()
        }))
    }
}

/// Lists the tags of resources of one kind.
impl ActionHandler for DescribeResourceTagsByResourceIds {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let paging = Paging::of(context.codes, self.offset, self.limit)?;
        let kind = kind(&self.service_type, &self.resource_prefix)?;
        let region = region_of(context, kind, &self.resource_region)?;
        // No tag belongs to the platform.
        let ids = if self.category == Some(TagCategory::System) {
            Vec::new()
        } else {
            distinct(&self.resource_ids)
        };
        let context = &*context;
        let rows = ids.into_iter().flat_map(|id| {
            let tags = context.tags_of(kind, region, id);
            tags.into_iter().flat_map(move |tags| tags_of(kind, id, tags))
        });
        let (tags, total_count) = paging.cut(rows, entry);
        Ok(Outcome::Response(DescribeResourceTagsByResourceIdsResponse {
            total_count,
            offset: paging.offset,
            limit: paging.limit,
            tags,
            ..Self::Response::default()
        }))
    }
}

/// One tag of one resource: the kind and the id of the resource, the key and the value.
type Row<'a> = (&'static TaggedKind, &'a str, (&'a str, &'a str));

/// The tags of the resources in a group: of all, or of the one with an id.
fn rows<'a>(group: TaggedGroup<'a>, id: Option<&'a str>) -> Box<dyn Iterator<Item = Row<'a>> + 'a> {
    let kind = group.kind;
    match id {
        Some(id) => {
            Box::new(group.list.tags(id).into_iter().flat_map(move |tags| tags_of(kind, id, tags)))
        }
        None => {
            let resources = group.list.after("").into_iter().flatten();
            Box::new(resources.flat_map(move |(id, tags)| tags_of(kind, id, tags)))
        }
    }
}

fn tags_of<'a>(
    kind: &'static TaggedKind,
    id: &'a str,
    tags: &'a dyn TagList,
) -> impl Iterator<Item = Row<'a>> {
    tags.iter().map(move |tag| (kind, id, tag))
}

fn entry((kind, id, (key, value)): Row<'_>) -> TagResource {
    TagResource {
        tag_key: key.to_owned(),
        tag_value: value.to_owned(),
        resource_id: id.to_owned(),
        tag_key_md5: checksum(key),
        tag_value_md5: checksum(value),
        service_type: kind.service.to_owned(),
        category: Some(TagCategory::Custom),
        ..Default::default()
    }
}

/// The MD5 checksum of a text, which protects nothing.
fn checksum(text: &str) -> String {
    let digest = Md5::digest(text.as_bytes());
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_is_that_of_the_published_sample() {
        assert_eq!(checksum("\u{5b57}\u{7b26}\u{4e32}"), "cc4dd1da7e1a754534215f02fb9ba85d");
    }
}
