//! Names of the roles of instances.

use crate::api_error::{ApiError, DocumentedCodes};

/// Checks the name of a role. Roles belong to another service, so every well-formed one exists.
pub(crate) fn check_role(codes: DocumentedCodes, name: &str) -> Result<(), ApiError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    if name.bytes().all(fits) {
        return Ok(());
    }
    let message = format!("The role name `{name}` is malformed: it contains invalid characters.");
    Err(codes.error(["InvalidParameterValue.CamRoleNameMalformed"], message))
}
