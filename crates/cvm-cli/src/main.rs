//! The command `cvm`: every action of CVM from a shell, and a local CVM to try them on.
//!
//! Whatever an action is, the command line knows it only as tables: arguments, help, skeletons and
//! output are read from them at run time.

mod args;
mod call;
mod catalog;
mod clocks;
mod commands;
mod connect;
mod crash;
mod describe;
mod entry;
mod exit;
mod interrupt;
mod journal;
mod json;
mod layout;
mod limits;
mod lock;
mod made;
mod nonblocking;
mod options;
mod outcome;
mod output;
mod parameters;
mod private_file;
mod ready;
mod runtime;
mod secrets;
mod shell;
mod skeleton;
mod source;
mod suggest;
mod terminal;
mod tree;
mod typed;
mod wire;

use std::process::ExitCode;

use args::Line;
use exit::Exit;

fn main() -> ExitCode {
    limits::survive_file_size_limit();
    ExitCode::from(crash::guard(run).code())
}

fn run() -> Exit {
    match Line::parse(std::env::args_os().skip(1)).and_then(commands::run) {
        Ok(()) => Exit::Done,
        Err(failure) => {
            output::tell(&failure.to_string());
            failure.exit()
        }
    }
}
