//! Which security groups an instance may have.

use crate::api_error::{ApiError, DocumentedCodes};
use crate::error_codes::TOO_MANY_GROUPS;

/// Most groups of one instance, by the text of the code that says so.
const MAX_GROUPS: usize = 5;

/// Checks a list as an instance is to have it.
pub(in crate::actions) fn check(codes: DocumentedCodes, groups: &[String]) -> Result<(), ApiError> {
    if groups.len() <= MAX_GROUPS {
        return Ok(());
    }
    let message = format!("An instance has at most {MAX_GROUPS} security groups.");
    Err(codes.error(TOO_MANY_GROUPS, message))
}
