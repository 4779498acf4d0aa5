//! Names and families of images.

use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::Images;

/// Maximum length of a family in characters.
const MAX_FAMILY: usize = 128;

/// Checks the text of a name. The model info limits its length.
pub(crate) fn check(codes: DocumentedCodes, name: &str) -> Result<(), ApiError> {
    if name.trim().is_empty() {
        let message = "The parameter `ImageName` is empty.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    Ok(())
}

/// Checks that no other image of the region has this name.
pub(crate) fn check_name_is_free(
    codes: DocumentedCodes,
    images: &Images,
    name: &str,
    except: Option<&str>,
) -> Result<(), ApiError> {
    if images.is_taken(name, except) {
        let message = format!("Another image of the region has the name `{name}`.");
        return Err(codes.error(["InvalidImageName.Duplicate"], message));
    }
    Ok(())
}

/// The family of a request; an empty one is none.
pub(crate) fn family(
    codes: DocumentedCodes,
    given: Option<&str>,
) -> Result<Option<String>, ApiError> {
    let Some(family) = given.filter(|family| !family.is_empty()) else { return Ok(None) };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if family.len() <= MAX_FAMILY && family.bytes().all(is_letter) {
        return Ok(Some(family.to_owned()));
    }
    let message = format!(
        "An image family consists of up to {MAX_FAMILY} letters, digits, dots, hyphens and \
         underscores."
    );
    Err(codes.error(["InvalidParameterValue.InvalidImageFamily"], message))
}
