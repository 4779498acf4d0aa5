//! Standard output and standard error: who reads no more is not an error, a full disk is.

pub mod json;
pub mod rows;
pub mod table;
pub mod text;

use std::io::{self, ErrorKind, Write as _};

use crate::exit::{Failure, Result};
use crate::terminal;

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As the service gave it, indented.
    Json,
    /// For people: lists as tables.
    Table,
    /// For other programs: one line a value, or one line an entry.
    Text,
}

impl Format {
    /// The names of all formats.
    pub const NAMES: [&'static str; 3] = ["json", "table", "text"];

    /// Reads the name of a format.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "table" => Some(Self::Table),
            "text" => Some(Self::Text),
            _ => None,
        }
    }
}

/// Writes to standard output at once. A reader that went away is no failure: it has seen enough.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::local(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes lines to standard error. Nobody can be told when that fails.
pub fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Tells something useful that is not the answer: one line on standard error.
pub fn note(text: &str) {
    tell(&format!("note: {}", terminal::visible(text)));
}
