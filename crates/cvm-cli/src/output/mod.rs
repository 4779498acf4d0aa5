//! Standard output and standard error: a closed pipe is not an error, a full disk is.

pub mod columns;
pub mod completeness;
pub mod json;
pub mod table;
pub mod text;

#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, Write as _};
use std::time::Duration;

use columns::Rows;

use crate::args::Args;
use crate::error::{CliError, Result};
use crate::nonblocking::Blocking;
use crate::terminal;
use cvm_models::protocol::{Json, did_you_mean, similar_names};

/// How a response is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As the service sent it, indented.
    Json,
    /// Lists as tables, for people.
    Table,
    /// One line per value or per item, for other programs.
    Text,
}

impl Format {
    /// The names of all formats.
    pub const NAMES: [&'static str; 3] = ["json", "table", "text"];

    /// Parses the name of a format.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "table" => Some(Self::Table),
            "text" => Some(Self::Text),
            _ => None,
        }
    }

    /// The format of `--output`, or `default`.
    pub fn of(args: &Args, default: Self) -> Result<Self> {
        let Some(name) = args.option("output") else { return Ok(default) };
        Self::parse(name).ok_or_else(|| {
            let near = similar_names(name, Self::NAMES);
            CliError::usage(format!("unknown output format `{name}`")).hint(
                did_you_mean(&near)
                    .unwrap_or_else(|| format!("use one of {}", Self::NAMES.join(", "))),
            )
        })
    }
}

/// Writes to standard output without buffering. A closed pipe is not an error: its reader has seen enough. A
/// standard output that was closed from the beginning is an error.
pub fn print(text: &str) -> Result<()> {
    must_be_open()?;
    match write(text) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => check_written(written),
    }
}

/// Writes a line of a long output. Returns `false` if the pipe is closed: its reader has seen enough.
pub fn print_line(line: &str) -> Result<bool> {
    must_be_open()?;
    match write(&format!("{line}\n")) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => check_written(written).map(|()| true),
    }
}

/// Writes text that must not be lost to standard output: a closed pipe is an error, and so is a standard output
/// that was closed from the beginning.
pub fn print_whole(text: &str) -> Result<()> {
    must_be_open()?;
    check_written(write(text))
}

/// Fails if standard output was closed before this program began.
pub fn must_be_open() -> Result<()> {
    if terminal::stdout_is_closed() {
        return Err(CliError::local("standard output is closed")
            .hint("to discard the output, use `>/dev/null`"));
    }
    Ok(())
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = Blocking(io::stdout().lock());
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn check_written(written: io::Result<()>) -> Result<()> {
    written.map_err(|error| CliError::local(format!("cannot write to standard output: {error}")))
}

/// Writes lines to standard error. A failure cannot be reported anywhere.
pub fn eprint(text: &str) {
    let _ = writeln!(Blocking(io::stderr().lock()), "{text}");
}

/// Prints a note on standard error.
pub fn eprint_note(text: &str) {
    eprint(&format!("note: {}", terminal::visible(text)));
}

/// Rows that are not the response of an action, in any format.
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

/// A time span in its largest suitable unit: `90 s`, `3 min`, `5 h`, `2 d`.
pub fn format_age(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
