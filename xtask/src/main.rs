//! Every task that writes into the tree or checks it: `cargo xtask help` lists them.
mod bench;
mod build_cost;
mod ci;
mod codegen;
mod commands;
mod conformance;
mod diff;
mod export;
mod import;
mod rusage;
mod spec;
mod tidy;
mod vectors;

use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use build_cost::rustc;

/// What a task fails with: text for a person.
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

/// An IO error and the path that it is about.
fn at(path: &Path, error: &io::Error) -> Error {
    Error(format!("{}: {error}", path.display()))
}

fn main() -> ExitCode {
    if let Some(log) = std::env::var_os(rustc::LOG) {
        return rustc::run(&log, &std::env::args_os().skip(1).collect::<Vec<_>>());
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match commands::run(&arguments) {
        Ok(text) => print(&text),
        Err(error) => {
            eprint(error.to_string().trim_end());
            ExitCode::FAILURE
        }
    }
}

/// Writes the result to standard output. A reader such as `head` that went away has seen enough; a full disk is
/// an error.
fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprint(&format!("cannot write to standard output: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Writes a line to standard error. Unlike `eprintln!`, it does not panic if nobody reads it.
fn eprint(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
