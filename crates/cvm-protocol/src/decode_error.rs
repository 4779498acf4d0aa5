//! The error of JSON text that cannot be decoded.

use std::fmt;

use crate::cut::{MAX_NAME, cut};

/// JSON text that cannot be decoded as a model.
///
/// The message names kinds and paths, never a value, which could be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeError {
    /// The path of the member, in the notation of the API; empty for the whole text.
    pub path: String,
    /// Why.
    pub message: String,
    /// The expected kind of value, such as `an integer`.
    pub expected: Option<&'static str>,
    /// The kind of value that was found.
    pub found: Option<&'static str>,
    /// Whether the whole text is JSON, so that the value is wrong and not the text.
    pub is_json: bool,
}

impl DecodeError {
    /// An error that is not about the kind of a value.
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        let (path, message) = (path.into(), message.into());
        Self { path, message, expected: None, found: None, is_json: false }
    }

    /// Whether the message begins with the path, as it does for a request that somebody wrote.
    fn names_path(&self) -> bool {
        let behind = self.message.strip_prefix('`').and_then(|text| text.strip_prefix(&*self.path));
        behind.is_some_and(|behind| behind.starts_with('`'))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() || self.names_path() {
            f.write_str(&self.message)
        } else {
            write!(f, "at `{}`: {}", cut(&self.path, MAX_NAME), self.message)
        }
    }
}

impl std::error::Error for DecodeError {}
