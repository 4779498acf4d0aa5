//! The wrapper that cargo starts instead of each rustc, and the log in which it keeps account of them.
//!
//! The wrapper is this program itself: cargo takes a program without arguments, so a variable of the
//! environment tells it what it is and where the log is.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use crate::rusage;

/// Names the log. While it is set, this program is the wrapper and nothing else.
pub const LOG: &str = "XTASK_RUSTC_LOG";

/// One rustc that has ended.
#[derive(Debug, PartialEq)]
pub struct Compiled {
    /// The crate.
    pub name: String,
    /// CPU seconds, those of the linker among them.
    pub cpu: f64,
    /// The most memory that it held, in bytes.
    pub peak: f64,
}

/// Runs the rustc that the arguments name.
pub fn run(log: &OsStr, arguments: &[OsString]) -> ExitCode {
    let format = format!("{} %U %S %M", crate_name(arguments));
    match rusage::gnu_time(&format, Path::new(log)).args(arguments).status() {
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            code.map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            crate::eprint(&format!("GNU time: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// `-` where cargo only asks rustc for something.
fn crate_name(arguments: &[OsString]) -> &str {
    let mut after = arguments.iter().skip_while(|argument| *argument != "--crate-name").skip(1);
    let name = after.next().and_then(|name| name.to_str()).unwrap_or("-");
    // A name of an identifier's letters cannot be taken for a directive of the format.
    if name.chars().all(|c| c.is_alphanumeric() || c == '_') { name } else { "-" }
}

/// The lines of a log; others are left out.
pub fn read(log: &str) -> Vec<Compiled> {
    log.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Compiled> {
    let [name, user, system, kilobytes] = *line.split(' ').collect::<Vec<_>>() else {
        return None;
    };
    let number = |text: &str| text.parse::<f64>().ok();
    Some(Compiled {
        name: name.to_owned(),
        cpu: number(user)? + number(system)?,
        peak: number(kilobytes)? * 1024.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_crate_its_time_and_its_memory() {
        let log = "- 0.01 0.02 30000\ncvm_models 1.25 0.25 1000\nCommand terminated by signal 9\n";
        let of = |name: &str, cpu, peak| Compiled { name: name.to_owned(), cpu, peak };
        assert_eq!(read(log), [of("-", 0.03, 30_720_000.0), of("cvm_models", 1.5, 1_024_000.0)]);
    }

    #[test]
    fn the_crate_is_what_cargo_calls_it() {
        let name = |text: &str| {
            let arguments: Vec<OsString> = text.split(' ').map(OsString::from).collect();
            crate_name(&arguments).to_owned()
        };
        assert_eq!(name("rustc --crate-name cvm_models --edition=2024 src/lib.rs"), "cvm_models");
        assert_eq!(name("rustc -vV"), "-");
        assert_eq!(name("rustc --crate-name %s"), "-");
        assert_eq!(name("rustc --crate-name"), "-");
    }
}
