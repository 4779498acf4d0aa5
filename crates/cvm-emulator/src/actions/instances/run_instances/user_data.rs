//! What the guest gets when it first starts. No guest runs it here; it can be read again.

use cvm_protocol::Sensitive;

use crate::refusal::{Codes, Refusal};

/// Checks that it is base64 text. How long it may be is in the tables.
pub(in crate::actions) fn check(codes: Codes, data: Option<&Sensitive>) -> Result<(), Refusal> {
    let Some(data) = data else { return Ok(()) };
    let text = data.expose();
    let body = text.trim_end_matches('=');
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if text.len() % 4 == 0 && text.len() - body.len() <= 2 && body.bytes().all(is_letter) {
        return Ok(());
    }
    let message = "The parameter `UserData` is not base64 text.";
    Err(codes.refuse(["InvalidParameterValue.InvalidUserDataFormat"], message))
}
