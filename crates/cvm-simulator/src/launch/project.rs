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
