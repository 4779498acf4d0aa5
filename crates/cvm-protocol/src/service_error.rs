//! The error that the service returns.

use std::fmt::{self, Write};

use crate::{ErrorCode, OneLine};

/// An error that the service returned. `Display` is one line, whatever the message contains.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceError {
    /// Its code.
    pub code: ErrorCode,
    /// Its message, in the language of the request.
    pub message: String,
    /// The request id; empty only from gateways that give none.
    pub request_id: String,
}

impl ServiceError {
    /// An error with a request id, as in a test or another implementation of the service.
    pub fn new(
        code: impl Into<ErrorCode>,
        message: impl Into<String>,
        request_id: impl Into<String>,
    ) -> Self {
        Self { code: code.into(), message: message.into(), request_id: request_id.into() }
    }

    /// Whether the predicate holds for the code or, with the old gateway, for the name of the error: it gives a number as
    /// the code, and the name in front of its message.
    #[must_use]
    pub fn has_code(&self, predicate: impl Fn(&ErrorCode) -> bool) -> bool {
        let is_number = self.code.as_str().bytes().all(|byte| byte.is_ascii_digit());
        let name = || self.message.split(':').next().unwrap_or_default().trim().to_owned();
        predicate(&self.code) || is_number && predicate(&ErrorCode::from(name()))
    }

    /// Whether the same request must not be retried, not even with its client token.
    #[must_use]
    pub fn forbids_retry(&self) -> bool {
        self.has_code(ErrorCode::forbids_retry)
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message, request_id } = self;
        let code = if code.as_str().is_empty() { "error without a code" } else { code.as_str() };
        let mut line = OneLine(f);
        line.write_str(code)?;
        if !message.is_empty() {
            write!(line, ": {message}")?;
        }
        if !request_id.is_empty() {
            write!(line, " (request id {request_id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for ServiceError {}
