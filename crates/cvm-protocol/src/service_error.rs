//! What the service says when it refuses.

use std::fmt;

use crate::ErrorCode;

/// An error that the service answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// Its code.
    pub code: ErrorCode,
    /// Its message, in the language of the request.
    pub message: String,
    /// The request that it answers; empty only from gateways that give none.
    pub request_id: String,
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.request_id.is_empty() {
            write!(f, " (request id {})", self.request_id)?;
        }
        Ok(())
    }
}

impl std::error::Error for ServiceError {}
