//! Tokens for pages: the offset of the next page, and when the token was issued.

use std::time::Duration;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::timestamp::Timestamp;

/// How long a token is valid.
const LIFETIME: Duration = Duration::from_secs(86_400);

/// The token for a page.
pub(super) fn of(offset: u64, now: Timestamp) -> String {
    format!("{offset:x}-{:x}", now.unix())
}

/// The offset of a token.
pub(super) fn parse(codes: DocumentedCodes, token: &str, now: Timestamp) -> Result<u64, ApiError> {
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    let parts = token.split_once('-');
    let parsed = parts.and_then(|(offset, issued)| Some((number(offset)?, number(issued)?)));
    let is_valid = |issued: u64| now <= Timestamp::from_unix(issued).after(LIFETIME);
    match parsed.filter(|(_, issued)| is_valid(*issued)) {
        Some((offset, _)) => Ok(offset),
        None => {
            let message = format!(
                "The `NextToken` `{token}` is malformed or older than 24 hours; read the list again from \
                 the first page."
            );
            Err(codes.error(["InvalidParameterValue.Malformed"], message))
        }
    }
}
