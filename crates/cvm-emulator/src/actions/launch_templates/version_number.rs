//! Numbers of versions, which begin at 1; some requests may send others.

use crate::api_error::{ApiError, DocumentedCodes};

/// The number as one that a version could have.
pub(super) fn version_number(codes: DocumentedCodes, sent: i64) -> Result<u64, ApiError> {
    u64::try_from(sent).ok().filter(|number| *number > 0).ok_or_else(|| {
        let message = format!("No version of a launch template has the number {sent}.");
        codes.error(["InvalidParameterValue.LaunchTemplateVersion"], message)
    })
}
