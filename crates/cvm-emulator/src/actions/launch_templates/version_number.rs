//! Numbers of versions, which begin at 1; some requests may send others.

use crate::refusal::{Codes, Refusal};

/// The number as one that a version could have.
pub(super) fn version_number(codes: Codes, sent: i64) -> Result<u64, Refusal> {
    u64::try_from(sent).ok().filter(|number| *number > 0).ok_or_else(|| {
        let message = format!("No version of a launch template has the number {sent}.");
        codes.refuse(["InvalidParameterValue.LaunchTemplateVersion"], message)
    })
}
