//! Standard output and standard error: who reads no more is not an error, a full disk is.

pub mod json;
pub mod rest;
pub mod rows;
pub mod table;
pub mod text;

#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, Write as _};

use rows::Rows;

use crate::args::Args;
use crate::exit::{CliError, Result};
use crate::json::Json;
use crate::nonblocking::Waiting;
use crate::{suggest, terminal};

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

    /// What `--output` says, or else `default`.
    pub fn of(line: &Args, default: Self) -> Result<Self> {
        let Some(name) = line.option("output") else { return Ok(default) };
        Self::parse(name).ok_or_else(|| {
            let near = suggest::near(name, Self::NAMES);
            CliError::usage(format!("unknown output format `{name}`")).hint(
                suggest::did_you_mean(&near)
                    .unwrap_or_else(|| format!("there are {}", Self::NAMES.join(", "))),
            )
        })
    }
}

/// Writes to standard output at once. A reader that went away is no failure: it has seen enough. A standard
/// output that was closed from the beginning is one.
pub fn print(text: &str) -> Result<()> {
    must_be_open()?;
    match write(text) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => check_written(written),
    }
}

/// Writes what must not be lost to standard output: a reader that went away is a failure, and so is a
/// standard output that was closed from the beginning.
pub fn print_whole(text: &str) -> Result<()> {
    must_be_open()?;
    check_written(write(text))
}

/// Fails when standard output was closed before this program began.
pub fn must_be_open() -> Result<()> {
    if terminal::stdout_is_closed() {
        return Err(CliError::local("standard output is closed")
            .hint("`>/dev/null` throws the output away; give that to do so on purpose"));
    }
    Ok(())
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = Waiting(io::stdout().lock());
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn check_written(written: io::Result<()>) -> Result<()> {
    written.map_err(|error| CliError::local(format!("cannot write to standard output: {error}")))
}

/// Writes lines to standard error. Nobody can be told when that fails.
pub fn eprint(text: &str) {
    let _ = writeln!(Waiting(io::stderr().lock()), "{text}");
}

/// Tells something useful that is not the answer: one line on standard error.
pub fn eprint_note(text: &str) {
    eprint(&format!("note: {}", terminal::visible(text)));
}

/// Rows that are no answer of an action, in any format.
pub fn of_rows(rows: &Rows, format: Format) -> String {
    match format {
        Format::Table if rows.rows.is_empty() => "none\n".to_owned(),
        Format::Table => table::of_rows(rows, terminal::width()),
        Format::Text => {
            let line = |row: &Vec<String>| {
                let fields: Vec<_> = row.iter().map(|field| terminal::escaped(field)).collect();
                format!("{}\n", fields.join("\t"))
            };
            rows.rows.iter().map(line).collect()
        }
        Format::Json => {
            let object = |row: &Vec<String>| {
                let cells = row.iter().map(|cell| Json::Text(cell.clone()));
                Json::Object(rows.columns.iter().cloned().zip(cells).collect())
            };
            let list = Json::List(rows.rows.iter().map(object).collect());
            json::render(&list, terminal::stdout_is_terminal())
        }
    }
}
