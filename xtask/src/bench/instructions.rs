//! Counts instructions instead of time: the same code gives the same count, so the cost of a change
//! can be told on any machine. Needs valgrind.

use std::path::Path;
use std::process::Command;

use super::table::cases_without_server;
use crate::Error;

/// How often the bench repeats an operation in this mode.
const REPEATS: u64 = 100;

/// Instructions an operation, a line for each case.
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
        .map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find_map(|line| line.split_once("refs:"));
    let number: Option<String> =
        line.map(|(_, number)| number.chars().filter(char::is_ascii_digit).collect());
    number
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| format!("valgrind counted nothing for {case}:\n{text}").into())
}
