//! Which security groups an instance may have.

use crate::refusal::{Codes, Refusal};
use crate::verdict::TOO_MANY_GROUPS;

/// Most groups of one instance, by the text of the code that says so.
const MAX_GROUPS: usize = 5;

/// Checks a list as an instance is to have it.
pub(in crate::actions) fn check(codes: Codes, groups: &[String]) -> Result<(), Refusal> {
    if groups.len() <= MAX_GROUPS {
        return Ok(());
    }
    let message = format!("An instance has at most {MAX_GROUPS} security groups.");
    Err(codes.refuse(TOO_MANY_GROUPS, message))
}
