//! The project of a resource. Projects belong to another service, so every one from 0 up exists.

use crate::api_error::{ApiError, DocumentedCodes};

/// The project of a request: the default project, 0, if it names none.
pub(crate) fn project(codes: DocumentedCodes, given: Option<i64>) -> Result<i64, ApiError> {
    let id = given.unwrap_or(0);
    if id >= 0 {
        return Ok(id);
    }
    let message = format!("The project {id} does not exist.");
    Err(codes.error(["InvalidProjectId.NotFound"], message))
}

/// The project with the number that a request gives without a sign.
pub(crate) fn unsigned_project(
    codes: DocumentedCodes,
    given: Option<u64>,
) -> Result<Option<i64>, ApiError> {
    let Some(number) = given else { return Ok(None) };
    let id = i64::try_from(number).map_err(|_| {
        let message = format!("The project {number} does not exist.");
        codes.error(["InvalidProjectId.NotFound", "InvalidParameterValue"], message)
    })?;
    Ok(Some(id))
}
