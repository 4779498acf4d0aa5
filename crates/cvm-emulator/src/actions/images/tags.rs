//! The tags that a new image is born with.

use cvm_models::enums::TagResourceType;
use cvm_models::types::{Tag, TagSpecification};

use crate::refusal::{Codes, Refusal};

/// All tags of a request, each key once.
pub(super) fn of(codes: Codes, given: &[TagSpecification]) -> Result<Vec<Tag>, Refusal> {
    let mut tags: Vec<Tag> = Vec::new();
    for specification in given {
        if specification.resource_type != Some(TagResourceType::Image) {
            let message = "`TagSpecification.ResourceType` can only be `image` here.";
            return Err(codes.refuse(["InvalidParameterValue"], message));
        }
        for tag in &specification.tags {
            if tags.iter().any(|other| other.key == tag.key) {
                let message = format!("The tag `{}` is given twice.", tag.key);
                return Err(codes.refuse(["InvalidParameterValue.DuplicateTags"], message));
            }
            tags.push(tag.clone());
        }
    }
    Ok(tags)
}
