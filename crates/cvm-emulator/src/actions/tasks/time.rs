//! Times in requests, in any layout that the API has.

use crate::Moment;
use crate::refusal::{Codes, Refusal};

/// Reads the time of a member; an empty one is none.
pub(super) fn read(
    codes: Codes,
    member: &str,
    text: Option<&String>,
) -> Result<Option<Moment>, Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let moment = Moment::parse(text).ok_or_else(|| {
        let message = format!("`{member}` is not a time: `{text}`.");
        codes.refuse(["InvalidParameterValue.InvalidTimeFormat", "InvalidParameterValue"], message)
    })?;
    Ok(Some(moment))
}
