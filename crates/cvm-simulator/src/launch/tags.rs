//! The tags of new resources, and the filters for tags.

use std::collections::HashSet;

use cvm_models::enums::TagResourceType;
use cvm_models::types::{Tag, TagSpecification};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::error_codes::TOO_MANY_TAGS;
use crate::filter::CheckedFilter;

/// Maximum number of tags of a resource.
pub(crate) const MAX_TAGS: usize = 50;

/// The tags of all specifications, for these kinds of resource; an empty list allows every kind. Each key must be
/// unique.
pub(crate) fn tags(
    codes: DocumentedCodes,
    specifications: &[TagSpecification],
    kinds: &[TagResourceType],
) -> Result<Vec<Tag>, ApiError> {
    let count: usize = specifications.iter().map(|specification| specification.tags.len()).sum();
    if count > MAX_TAGS {
        let message =
            format!("There are {count} tags, but a resource can have at most {MAX_TAGS}.");
        return Err(codes.error(TOO_MANY_TAGS, message));
    }
    let mut tags: Vec<Tag> = Vec::with_capacity(count);
    let mut keys = HashSet::with_capacity(count);
    for specification in specifications {
        let kind = specification.resource_type.as_ref();
        if !kinds.is_empty() && !kind.is_some_and(|kind| kinds.contains(kind)) {
            let names: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
            let message =
                format!("`TagSpecification.ResourceType` must be {} here.", names.join(" or "));
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        for tag in &specification.tags {
            if !keys.insert(tag.key.as_str()) {
                let message = format!("The request contains the tag `{}` twice.", tag.key);
                let candidates = ["InvalidParameterValue.DuplicateTags", "InvalidParameterValue"];
                return Err(codes.error(candidates, message));
            }
            tags.push(tag.clone());
        }
    }
    Ok(tags)
}

/// Whether tags match a filter: `tag-key`, `tag-value`, or the value of one key.
pub(crate) fn matches<'t>(
    filter: &CheckedFilter<'_>,
    mut tags: impl Iterator<Item = (&'t str, &'t str)>,
) -> bool {
    match filter.name {
        "tag-key" => filter.is_any(tags.map(|(key, _)| key)),
        "tag-value" => filter.is_any(tags.map(|(_, value)| value)),
        name => name
            .strip_prefix("tag:")
            .is_some_and(|wanted| tags.any(|(key, value)| key == wanted && filter.is(value))),
    }
}

/// Whether tags in the form of the API match a filter.
pub(crate) fn api_tags_match(filter: &CheckedFilter<'_>, tags: &[Tag]) -> bool {
    matches(filter, tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())))
}
