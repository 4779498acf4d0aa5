//! The wrapper that cargo runs instead of rustc, and the log of what each rustc used.
//!
//! The wrapper is this program. Cargo passes it no extra arguments, so an environment variable selects this mode and names
//! the log.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use crate::rusage;

/// The environment variable with the path of the log. If it is set, this program is the rustc wrapper.
pub const LOG: &str = "CVM_BENCH_RUSTC_LOG";

/// What one rustc used.
#[derive(Debug, PartialEq)]
pub struct Compiled {
    /// Name of the crate.
    pub name: String,
    /// CPU seconds, including the linker.
    pub cpu: f64,
    /// Peak memory in bytes.
    pub peak: f64,
}

/// Runs the rustc in the arguments.
pub fn run(log: &OsStr, arguments: &[OsString]) -> ExitCode {
    let format = format!("{} %U %S %M", crate_name(arguments));
    match rusage::gnu_time(&format, Path::new(log)).args(arguments).status() {
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            code.map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            crate::eprint(&format!("cannot run GNU time: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The value of `--crate-name`; `-` if there is none, because cargo only queries rustc.
fn crate_name(arguments: &[OsString]) -> &str {
    let mut after = arguments.iter().skip_while(|argument| *argument != "--crate-name").skip(1);
    let name = after.next().and_then(|name| name.to_str()).unwrap_or("-");
    // The name becomes part of a format string, so it may contain no `%`.
    if name.chars().all(|c| c.is_alphanumeric() || c == '_') { name } else { "-" }
}

/// Reads a log; other lines are skipped.
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
    fn log_line_has_crate_time_and_memory() {
        let log = "- 0.01 0.02 30000\ncvm_models 1.25 0.25 1000\nCommand terminated by signal 9\n";
        let of = |name: &str, cpu, peak| Compiled { name: name.to_owned(), cpu, peak };
        assert_eq!(read(log), [of("-", 0.03, 30_720_000.0), of("cvm_models", 1.5, 1_024_000.0)]);
    }

    #[test]
    fn crate_name_is_read_from_the_arguments() {
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
