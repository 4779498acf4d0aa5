//! Parses the command line.

use crate::error::Error;
use crate::{build_cost, time};

/// What to measure.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// The CPU time of calls.
    Bench(time::Options),
    /// The cost of a build.
    BuildCost(build_cost::Options),
}

/// Parses the arguments after the program's name.
pub fn parse(arguments: &[String]) -> Result<Command, Error> {
    let mut arguments = arguments.iter().map(String::as_str);
    match arguments.next() {
        Some("bench") => bench(arguments).map(Command::Bench),
        Some("build-cost") => build_cost(arguments).map(Command::BuildCost),
        _ => {
            Err("usage: cargo xtask bench|build-cost [OPTIONS]; `cargo xtask help` lists them"
                .into())
        }
    }
}

fn bench<'a>(arguments: impl Iterator<Item = &'a str>) -> Result<time::Options, Error> {
    let mut options = time::Options::default();
    for argument in arguments {
        match argument {
            "--peers" => options.peers = true,
            "--update-docs" => options.update_docs = true,
            "--instructions" => options.instructions = true,
            "--emulator" => options.emulator = true,
            other => return Err(unknown("bench", other)),
        }
    }
    Ok(options)
}

fn build_cost<'a>(
    mut arguments: impl Iterator<Item = &'a str>,
) -> Result<build_cost::Options, Error> {
    let mut options = build_cost::Options { peers: false, peers_debug: false, rounds: 3 };
    while let Some(argument) = arguments.next() {
        match argument {
            "--peers" => options.peers = true,
            "--peers-debug" => options.peers_debug = true,
            "--rounds" => {
                let rounds = arguments.next().and_then(|rounds| rounds.parse().ok());
                let rounds = rounds.filter(|rounds| *rounds > 0);
                options.rounds =
                    rounds.ok_or("build-cost: `--rounds` needs a number, 1 or more")?;
            }
            other => return Err(unknown("build-cost", other)),
        }
    }
    Ok(options)
}

fn unknown(command: &str, argument: &str) -> Error {
    format!("{command}: unknown argument `{argument}`; `cargo xtask help` lists the options").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        parse(&arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_parsed() {
        let bench = time::Options { peers: true, update_docs: true, ..Default::default() };
        assert_eq!(parsed("bench --peers --update-docs"), Ok(Command::Bench(bench)));
        let emulator = time::Options { emulator: true, ..Default::default() };
        assert_eq!(parsed("bench --emulator"), Ok(Command::Bench(emulator)));
        let cost = build_cost::Options { peers: false, peers_debug: true, rounds: 9 };
        assert_eq!(parsed("build-cost --rounds 9 --peers-debug"), Ok(Command::BuildCost(cost)));
    }

    #[test]
    fn invalid_arguments_are_errors() {
        for line in [
            "",
            "bnch",
            "bench --rounds 3",
            "build-cost --rounds",
            "build-cost --rounds 0",
            "build-cost x",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
