//! The tags of new resources, and the filters for tags.

use std::collections::HashSet;

use cvm_models::enums::TagResourceType;
use cvm_models::types::{Tag, TagSpecification};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::error_codes::TOO_MANY_TAGS;
use crate::filter::CheckedFilter;

/// Maximum number of tags of a resource.
pub(crate) const MAX_TAGS: usize = 50;

/// Prefix of tag keys that are reserved for the platform.
const RESERVED_PREFIX: &str = "qcs:";

/// Tag keys that are reserved for the platform.
const RESERVED_KEYS: &[&str] = &["project", "qcloud", "tencent"];

/// The tags of the member `TagSpecification`, see [`tags_of`].
pub(crate) fn tags(
    codes: DocumentedCodes,
    specifications: &[TagSpecification],
    kinds: &[TagResourceType],
) -> Result<Vec<Tag>, ApiError> {
    tags_of(codes, "TagSpecification", specifications, kinds)
}

/// The tags of all specifications in a member, for these kinds of resource; an empty list allows every kind. Each key
/// must be unique.
pub(crate) fn tags_of(
    codes: DocumentedCodes,
    member: &str,
    specifications: &[TagSpecification],
    kinds: &[TagResourceType],
) -> Result<Vec<Tag>, ApiError> {
    let count: usize = specifications.iter().map(|specification| specification.tags.len()).sum();
    if count > MAX_TAGS {
        let message =
            format!("`{member}` has {count} tags, but a resource can have at most {MAX_TAGS}.");
        return Err(codes.error(TOO_MANY_TAGS, message));
    }
    let mut tags: Vec<Tag> = Vec::with_capacity(count);
    let mut keys = HashSet::with_capacity(count);
    for (index, specification) in specifications.iter().enumerate() {
        let kind = specification.resource_type.as_ref();
        if !kinds.is_empty() && !kind.is_some_and(|kind| kinds.contains(kind)) {
            let names: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
            let names = names.join(" or ");
            let message = format!("`{member}.{index}.ResourceType` must be {names} here.");
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        for (at, tag) in specification.tags.iter().enumerate() {
            check(codes, &format!("{member}.{index}.Tags.{at}"), tag)?;
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

/// Checks the key and the value of a tag. Their lengths are in the model info.
fn check(codes: DocumentedCodes, path: &str, tag: &Tag) -> Result<(), ApiError> {
    let key = &tag.key;
    if is_reserved(key) {
        let message = format!("`{path}.Key` is `{key}`, which is reserved for the platform.");
        return Err(codes.error(["FailedOperation.TagKeyReserved", INVALID], message));
    }
    for (name, text, code) in [
        ("Key", key, "FailedOperation.IllegalTagKey"),
        ("Value", &tag.value, "FailedOperation.IllegalTagValue"),
    ] {
        if !is_allowed(text) {
            let message = format!("`{path}.{name}` is `{text}`, but can have only {ALLOWED}.");
            return Err(codes.error([code, INVALID], message));
        }
    }
    Ok(())
}

const INVALID: &str = "InvalidParameterValue";

/// Whether a key belongs to the platform.
pub(crate) fn is_reserved(key: &str) -> bool {
    key.starts_with(RESERVED_PREFIX) || RESERVED_KEYS.contains(&key)
}

/// The characters of keys and values, for messages.
pub(crate) const ALLOWED: &str = "letters, digits, spaces and `+-=._:/@`";

/// Whether a key or a value has only these characters.
pub(crate) fn is_allowed(text: &str) -> bool {
    text.chars().all(|letter| letter.is_alphanumeric() || " +-=._:/@".contains(letter))
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
