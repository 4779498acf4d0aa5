//! The tasks that write into the tree or check it; `cargo xtask help` lists them.

mod ci;
mod codegen;
mod commands;
mod conformance;
mod diff;
mod error;
mod export;
mod fuzz;
mod import;
mod services;
mod spec;
mod tidy;
mod vectors;

use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match commands::run(&arguments) {
        Ok(text) => print(&text),
        Err(error) => {
            eprint(error.to_string().trim_end());
            ExitCode::FAILURE
        }
    }
}

/// Writes the result to standard output. A closed pipe is not an error, because the reader has seen enough; a full disk is.
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
