//! Which command a line asks for, and the commands that are no action: one file each.

mod coverage;
mod demo;
pub mod emulator;
pub mod error;
pub mod help;
pub mod list;
pub mod quickstart;
pub mod resume;

use crate::args::Args;
use crate::exit::{CliError, Result};
use crate::options::Scope;
use crate::{call, lookup, output};

/// Does what the line asks for.
pub fn run(line: Args) -> Result<()> {
    let (command, rest) = match line.positional.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", Default::default()),
    };
    let scope = Scope::of(command);
    if line.has("version") && scope != Scope::Action {
        return output::print(concat!("cvm ", env!("CARGO_PKG_VERSION"), "\n"));
    }
    if line.has("help") && scope != Scope::Action {
        return match command {
            "help" => help::run(rest),
            // What else stands there belongs to the command: a word of `list`, the id of an entry.
            command if help::is_command(command) => help::run(&[command.to_owned()]),
            _ => help::run(&line.positional),
        };
    }
    match command {
        "" if line.asks_for_more() => Err(CliError::usage("no action or command is given")
            .hint("`cvm list` names every action, `cvm help` every command")),
        "" | "help" => {
            line.reject_unexpected("help", scope, 2)?;
            help::run(rest)
        }
        "list" => {
            line.reject_unexpected(command, scope, 1)?;
            list::run(rest.first().map(String::as_str))
        }
        "error" => {
            line.reject_unexpected(command, scope, 1)?;
            error::run(rest.first().map(String::as_str))
        }
        "emulator" => emulator::run(&line),
        "quickstart" => quickstart::run(&line),
        "resume" => resume::run(&line),
        name => call::run(lookup::action(name)?, line),
    }
}
