//! Which security groups an instance may have.

use crate::refusal::{Codes, Refusal};

/// Most groups of one instance, by the text of the code that says so.
const MAX_GROUPS: usize = 5;

/// Checks a list as an instance is to have it.
pub(in crate::actions) fn check(codes: Codes, groups: &[String]) -> Result<(), Refusal> {
    if groups.len() <= MAX_GROUPS {
        return Ok(());
    }
    let message = format!("An instance has at most {MAX_GROUPS} security groups.");
    // A launch publishes only the broader code.
    let wanted = ["LimitExceeded.AssociateUSGLimitExceeded", "LimitExceeded.SingleUSGQuota"];
    Err(codes.refuse(wanted, message))
}

/// The list with each group once, at its first place.
pub(in crate::actions) fn distinct(groups: Vec<String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::with_capacity(groups.len());
    for group in groups {
        if !distinct.contains(&group) {
            distinct.push(group);
        }
    }
    distinct
}
