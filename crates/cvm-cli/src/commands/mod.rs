//! Chooses the command of a command line. Each command that is not an action has a file here.

mod coverage;
pub mod emulator;
mod emulator_admin;
pub mod error;
pub mod help;
pub mod list;
pub mod quickstart;
pub mod resume;

use crate::args::Args;
use crate::error::{CliError, Result};
use crate::options::{Scope, is_command};
use crate::{call, lookup, output};

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let (command, rest) = match args.positional.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", Default::default()),
    };
    let scope = Scope::of(command);
    if args.has("version") && scope != Scope::Action {
        return output::print(concat!("cvm ", env!("CARGO_PKG_VERSION"), "\n"));
    }
    if args.has("help") && scope != Scope::Action {
        return match command {
            "help" => help::run(rest),
            // Other arguments belong to the command: a word for `list`, the id of an entry.
            command if is_command(command) => help::run(&[command.to_owned()]),
            _ => help::run(&args.positional),
        };
    }
    match command {
        "" if args.asks_for_more() => Err(CliError::usage("no action or command is given")
            .hint("`cvm list` lists all actions, `cvm help` all commands")),
        "" | "help" => {
            args.reject_unexpected("help", scope, 2)?;
            help::run(rest)
        }
        "list" => {
            args.reject_unexpected(command, scope, 1)?;
            list::run(rest.first().map(String::as_str))
        }
        "error" => {
            args.reject_unexpected(command, scope, 1)?;
            error::run(rest.first().map(String::as_str))
        }
        "emulator" => emulator::run(&args),
        "quickstart" => quickstart::run(&args),
        "resume" => resume::run(&args),
        name => {
            let info = lookup::action(name)?;
            if args.has("help") || rest.first().is_some_and(|word| word == "help") {
                return help::run(&[info.name.to_owned()]);
            }
            call::run(info, &args)
        }
    }
}
