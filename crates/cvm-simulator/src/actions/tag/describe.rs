//! DescribeResourceTagsByResourceIds.

use std::fmt::Write;

use md5::{Digest, Md5};
use tag_models::actions::{
    DescribeResourceTagsByResourceIds, DescribeResourceTagsByResourceIdsResponse,
};
use tag_models::enums::TagCategory;
use tag_models::types::TagResource;

use super::resource::kind;
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::parameters::distinct;
use crate::state::RequestContext;

/// Lists the tags of resources, one entry for each tag of each resource.
impl ActionHandler for DescribeResourceTagsByResourceIds {
    fn region_name(&self) -> Option<&str> {
        Some(&self.resource_region).filter(|name| !name.is_empty()).map(String::as_str)
    }

    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let kind = kind(&self.service_type, &self.resource_prefix)?;
        let mut tags = Vec::new();
        // No tag belongs to the platform.
        if self.category != Some(TagCategory::System) {
            for id in distinct(&self.resource_ids) {
                let found = context.tags_of(kind, id).unwrap_or_default();
                tags.extend(found.into_iter().map(|(key, value)| TagResource {
                    tag_key_md5: checksum(&key),
                    tag_value_md5: checksum(&value),
                    tag_key: key,
                    tag_value: value,
                    resource_id: id.clone(),
                    service_type: self.service_type.clone(),
                    category: Some(TagCategory::Custom),
                    ..Default::default()
                }));
            }
        }
        let info = context.codes.0;
        let default_limit = info.paginate.map_or(0, |page| page.default_limit);
        let page = Page::of(info, self.offset, self.limit);
        let (tags, total) = page.cut(tags.into_iter(), |tag| tag);
        Ok(Outcome::Response(DescribeResourceTagsByResourceIdsResponse {
            total_count: u64::try_from(total).unwrap_or(0),
            offset: self.offset.unwrap_or(0),
            limit: self.limit.unwrap_or(default_limit),
            tags,
            ..Self::Response::default()
        }))
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
