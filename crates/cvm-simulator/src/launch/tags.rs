//! The rules of tags, the tags of new resources, and the filters for tags.

use std::collections::HashSet;

use cvm_models::enums::TagResourceType;
use cvm_models::types::{Tag, TagSpecification};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::error_codes::TOO_MANY_TAGS;
use crate::filter::CheckedFilter;
use crate::state::{ACCOUNT_TAG_QUOTA, RequestContext, TagList, TagQuota};

/// Maximum number of tags of a resource.
pub(crate) const MAX_TAGS: usize = 50;

/// Prefix of tag keys that are reserved for the platform.
const RESERVED_PREFIX: &str = "qcs:";

/// Tag keys that are reserved for the platform.
const RESERVED_KEYS: &[&str] = &["project", "qcloud", "tencent"];

/// The tags of the member `TagSpecification`, see [`tags_of`].
pub(crate) fn tags(
    context: &RequestContext<'_>,
    specifications: &[TagSpecification],
    kinds: &[TagResourceType],
) -> Result<Vec<Tag>, ApiError> {
    tags_of(context, "TagSpecification", specifications, kinds)
}

/// The tags of all specifications in a member, for these kinds of resource; an empty list allows every kind. Each key
/// must be unique. Whoever creates the resource calls [`RequestContext::record_tags`].
pub(crate) fn tags_of(
    context: &RequestContext<'_>,
    member: &str,
    specifications: &[TagSpecification],
    kinds: &[TagResourceType],
) -> Result<Vec<Tag>, ApiError> {
    let codes = context.codes;
    let count: usize = specifications.iter().map(|specification| specification.tags.len()).sum();
    check_count(codes, member, count)?;
    let mut tags: Vec<Tag> = Vec::with_capacity(count);
    for (index, specification) in specifications.iter().enumerate() {
        let kind = specification.resource_type.as_ref();
        if !kinds.is_empty() && !kind.is_some_and(|kind| kinds.contains(kind)) {
            let names: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
            let names = names.join(" or ");
            let message = format!("`{member}.{index}.ResourceType` must be {names} here.");
            return Err(codes.error([INVALID], message));
        }
        let path = format!("{member}.{index}.Tags");
        specification.tags.iter().enumerate().try_for_each(|(at, tag)| {
            check(codes, &format!("{path}.{at}."), &tag.key, &tag.value)
        })?;
        tags.extend(specification.tags.iter().cloned());
    }
    check_keys(codes, tags.iter().map(|tag| tag.key.as_str()))?;
    check_account_quota(context, &tags)?;
    Ok(tags)
}

/// Checks the tags in a member such as `Tags`, whose members are called `Key` and `Value` with a prefix. Whoever creates a
/// resource with them calls [`RequestContext::record_tags`].
pub(crate) fn check_all(
    context: &RequestContext<'_>,
    member: &str,
    prefix: &str,
    tags: &dyn TagList,
) -> Result<(), ApiError> {
    let codes = context.codes;
    check_count(codes, member, tags.iter().count())?;
    tags.iter().enumerate().try_for_each(|(index, (key, value))| {
        check(codes, &format!("{member}.{index}.{prefix}"), key, value)
    })?;
    check_keys(codes, tags.iter().map(|(key, _)| key))?;
    check_account_quota(context, tags)
}

/// Checks the number of tags that a new resource gets.
fn check_count(codes: DocumentedCodes, member: &str, count: usize) -> Result<(), ApiError> {
    if count <= MAX_TAGS {
        return Ok(());
    }
    let message =
        format!("`{member}` has {count} tags, but a resource can have at most {MAX_TAGS}.");
    Err(codes.error(TOO_MANY_TAGS, message))
}

/// Checks that no key is given twice.
pub(crate) fn check_keys<'t>(
    codes: DocumentedCodes,
    mut keys: impl Iterator<Item = &'t str>,
) -> Result<(), ApiError> {
    let mut known = HashSet::new();
    let Some(key) = keys.find(|key| !known.insert(*key)) else { return Ok(()) };
    let message = format!("The request contains the tag `{key}` twice.");
    let candidates = [
        "InvalidParameterValue.DuplicateTags",
        "InvalidParameterValue.TagKeyDuplicate",
        "InvalidParameterValue.TagDuplicateKey",
        "InvalidParameterValue.InvalidTag",
        "InvalidParameter.Tag",
        INVALID,
    ];
    Err(codes.error(candidates, message))
}

/// Checks that the account may have these tags.
pub(crate) fn check_account_quota(
    context: &RequestContext<'_>,
    tags: &dyn TagList,
) -> Result<(), ApiError> {
    let Some(quota) = context.tags.exceeded(tags) else { return Ok(()) };
    let (codes, message) = match quota {
        TagQuota::Keys => (
            ["LimitExceeded.TagKey", "LimitExceeded.TagKeyExceeded"],
            format!("The account would have more than {ACCOUNT_TAG_QUOTA} tag keys."),
        ),
        TagQuota::Values(key) => (
            ["LimitExceeded.TagValue", "LimitExceeded.TagQuotaExceeded"],
            format!("The tag key `{key}` would have more than {ACCOUNT_TAG_QUOTA} values."),
        ),
    };
    let message = format!("{message} Delete tags that are no longer needed with tag:DeleteTag.");
    let candidates = [&codes[..], TOO_MANY_TAGS].concat();
    Err(context.codes.error(candidates, message))
}

/// Checks the key and the value of a tag, whose members are called `Key` and `Value` after a path. Their lengths are in the
/// model info.
pub(crate) fn check(
    codes: DocumentedCodes,
    path: &str,
    key: &str,
    value: &str,
) -> Result<(), ApiError> {
    if is_reserved(key) {
        let message = format!("`{path}Key` is `{key}`, which is reserved for the platform.");
        return Err(codes.error(RESERVED, message));
    }
    if value.is_empty() {
        let message = format!("`{path}Value` is empty, but a tag needs a value.");
        return Err(codes.error(EMPTY_VALUE, message));
    }
    for (name, text, candidates) in [("Key", key, ILLEGAL_KEY), ("Value", value, ILLEGAL_VALUE)] {
        if !is_allowed(text) {
            let message = format!("`{path}{name}` is `{text}`, but can have only {ALLOWED}.");
            return Err(codes.error(candidates, message));
        }
    }
    Ok(())
}

const INVALID: &str = "InvalidParameterValue";

const RESERVED: &[&str] = &[
    "FailedOperation.TagKeyReserved",
    "InvalidParameter.ReservedTagKey",
    "UnsupportedOperation.TagSystemReservedTagKey",
    "InvalidParameterValue.InvalidTag",
    INVALID,
];

const ILLEGAL_KEY: &[&str] = &[
    "FailedOperation.IllegalTagKey",
    "InvalidParameterValue.TagKeyCharacterIllegal",
    "InvalidParameterValue.TagInvalidKey",
    "InvalidParameterValue.InvalidTag",
    INVALID,
];

const ILLEGAL_VALUE: &[&str] = &[
    "FailedOperation.IllegalTagValue",
    "InvalidParameterValue.TagValueCharacterIllegal",
    "InvalidParameterValue.TagInvalidVal",
    "InvalidParameterValue.InvalidTag",
    INVALID,
];

const EMPTY_VALUE: &[&str] = &[
    "InvalidParameterValue.TagValueEmpty",
    "InvalidParameterValue.TagInvalidVal",
    "InvalidParameterValue.InvalidTag",
    "MissingParameter",
    INVALID,
];

/// Whether a key belongs to the platform.
fn is_reserved(key: &str) -> bool {
    key.starts_with(RESERVED_PREFIX) || RESERVED_KEYS.contains(&key)
}

/// The characters of keys and values, for messages.
const ALLOWED: &str = "letters, digits, `+-=._:/@()[],;><` and spaces that are not at an end";

/// Whether a key or a value has only these characters.
fn is_allowed(text: &str) -> bool {
    let is_inside = !text.starts_with(' ') && !text.ends_with(' ');
    is_inside
        && text
            .chars()
            .all(|letter| letter.is_alphanumeric() || " +-=._:/@()[],;><".contains(letter))
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
