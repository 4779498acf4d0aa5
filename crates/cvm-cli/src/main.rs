//! The command `cvm`: every action of CVM from a shell, and a local CVM to try them on.
//!
//! Whatever an action is, the command line knows it only as tables: arguments, help, skeletons and
//! output are read from them at run time.

mod args;
mod call;
mod clocks;
mod coerce;
mod commands;
mod connect;
mod crash;
mod describe;
mod entry;
mod exit;
mod interrupt;
mod journal;
mod json;
mod limits;
mod lock;
mod lookup;
mod made;
mod nonblocking;
mod options;
mod outcome;
mod output;
mod parameters;
mod params;
mod private_file;
mod ready;
mod runtime;
mod secrets;
mod shell;
mod skeleton;
mod suggest;
mod terminal;
mod text_page;
mod value_sources;
mod wire;

use std::process::ExitCode;

use args::Args;
use exit::ExitStatus;

fn main() -> ExitCode {
    limits::survive_file_size_limit();
    ExitCode::from(crash::guard(run).code())
}

fn run() -> ExitStatus {
    match Args::parse(std::env::args_os().skip(1)).and_then(commands::run) {
        Ok(()) => ExitStatus::Done,
        Err(failure) => {
            output::eprint(&failure.to_string());
            failure.exit()
        }
    }
}
