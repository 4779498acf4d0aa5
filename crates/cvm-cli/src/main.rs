//! The command `cvm`: every action of CVM from a shell, and a local CVM to try them on.
//!
//! The command line knows actions only as tables: it reads arguments, help, templates and output from them at
//! run time.

mod args;
mod call;
mod coerce;
mod commands;
mod connect;
mod crash;
mod created_ids;
mod describe;
mod error;
mod exit;
mod journal;
mod json_path;
mod lookup;
mod nonblocking;
mod options;
mod outcome;
mod output;
mod parameters;
mod params;
mod private_file;
mod ready;
mod reconcile;
mod request;
mod runtime;
mod saved_response;
mod signal_during_output;
mod skeleton;
mod terminal;
mod text_page;
mod ulimit;
mod utc_time;
mod value_sources;
mod wire;

use std::process::ExitCode;

use args::Args;
use exit::ExitStatus;

fn main() -> ExitCode {
    ulimit::ignore_file_size_signal();
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
