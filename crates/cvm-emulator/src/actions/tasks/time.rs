//! Times in requests, in any layout that the API has.

use crate::Timestamp;
use crate::api_error::{ApiError, DocumentedCodes};

/// Reads the time of a member; an empty one is none.
pub(super) fn read(
    codes: DocumentedCodes,
    member: &str,
    text: Option<&String>,
) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let moment = Timestamp::parse(text).ok_or_else(|| {
        let message = format!("`{member}` is not a time: `{text}`.");
        codes.error(["InvalidParameterValue.InvalidTimeFormat", "InvalidParameterValue"], message)
    })?;
    Ok(Some(moment))
}
