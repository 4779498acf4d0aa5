//! Counts instructions instead of time. The count is the same on every run, so it shows the cost of a change on any machine.
//! Needs valgrind.

use std::path::Path;
use std::process::Command;

use super::table::cases_without_server;
use crate::error::Error;

/// How often the benchmark repeats an operation in this mode.
const REPEATS: u64 = 100;

/// A table with the instructions per operation of each case.
pub fn run(own: &Path) -> Result<String, Error> {
    let idle = count(own, "none")?;
    let mut text = String::from("| case | instructions |\n|---|--:|\n");
    for case in cases_without_server() {
        let each = count(own, case)?.saturating_sub(idle) / REPEATS;
        text.push_str(&format!("| {case} | {each} |\n"));
    }
    Ok(text)
}

fn count(own: &Path, case: &str) -> Result<u64, Error> {
    crate::eprint(&format!("counting {case}"));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(own)
        .args(["once", case, ""])
        .output()
        .map_err(|error| format!("cannot run valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find_map(|line| line.split_once("refs:"));
    let number: Option<String> =
        line.map(|(_, number)| number.chars().filter(char::is_ascii_digit).collect());
    number
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| format!("valgrind reported no instruction count for {case}:\n{text}").into())
}
