//! Names of roles.

use crate::api_error::{ApiError, DocumentedCodes};

/// Maximum number of characters.
const MAX: usize = 128;

/// Whether a role can have this name.
pub(crate) fn is_role_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    (1..=MAX).contains(&name.len()) && name.bytes().all(fits)
}

/// Checks the name of the role of an instance, which may have none. Roles belong to another service, so every well-formed
/// one exists.
pub(crate) fn check_role(codes: DocumentedCodes, name: &str) -> Result<(), ApiError> {
    if name.is_empty() || is_role_name(name) {
        return Ok(());
    }
    let message = format!(
        "The role name `{name}` is malformed: it must have at most {MAX} characters, and only letters, \
         digits and `+=,.@_-`."
    );
    Err(codes.error(["InvalidParameterValue.CamRoleNameMalformed"], message))
}
