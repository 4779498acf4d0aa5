//! Measures what this workspace costs: the CPU time of calls and the emulator (`bench`), and builds (`build-cost`).
//!
//! It is a package of its own because only benchmarks need it. `cargo xtask bench` and `cargo xtask build-cost` run it.
#![expect(clippy::print_stdout, reason = "the table is the result of the command")]

mod arguments;
mod build_cost;
mod cargo;
mod emulator;
mod error;
mod figures;
mod machine;
mod rusage;
mod time;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use arguments::Command;
use build_cost::rustc;

/// The root of the workspace.
fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_path_buf()
}

fn main() -> ExitCode {
    if let Some(log) = std::env::var_os(rustc::LOG) {
        return rustc::run(&log, &std::env::args_os().skip(1).collect::<Vec<_>>());
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = arguments::parse(&arguments).and_then(|command| match command {
        Command::Bench(options) => time::run(&root(), options),
        Command::BuildCost(options) => build_cost::run(&root(), options),
    });
    match result {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprint(error.to_string().trim_end());
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard error. Unlike `eprintln!`, it does not panic if nobody reads it.
fn eprint(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
