//! The error of every command: a message for the user.

use std::fmt;
use std::io;
use std::path::Path;

/// A message for the user.
#[derive(Debug)]
pub struct Error(String);

impl From<String> for Error {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Error {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Adds the path to an I/O error.
pub fn at(path: &Path, error: &io::Error) -> Error {
    Error(format!("{}: {error}", path.display()))
}
