//! Source files: a `//!` line at the top, a limited length, no conflict marks, and no path of one machine.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Finding, Findings, words};
use crate::error::Error;

/// Lines above which a hand-written file gets a warning.
const LONG: usize = 400;

/// Lines above which it is an error.
const TOO_LONG: usize = 600;

/// Folders of files that a program writes or that are copies of published data.
const NOT_BY_HAND: [&str; 3] = ["/generated/", "/golden/", "/fixtures/"];

/// File names that do not name a topic.
const NAMELESS: [&str; 3] = ["utils.rs", "helpers.rs", "common.rs"];

/// In two parts, so that this file does not contain them itself.
const MACHINE: [(&str, &str); 9] = [
    ("/ho", "me/"),
    ("/ro", "ot/"),
    ("/wo", "rk/"),
    ("/Us", "ers/"),
    ("static.crates", ".io"),
    ("index.crates", ".io"),
    ("pypi", ".org"),
    ("registry.npmjs", ".org"),
    ("pythonhosted", ".org"),
];

pub fn check(root: &Path, findings: &mut Findings) -> Result<(), Error> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("git ls-files: {error}"))?;
    if !output.status.success() {
        return Err("git ls-files failed: tidy needs a checkout".into());
    }
    for path in String::from_utf8_lossy(&output.stdout).lines() {
        // Binary files are skipped, and files whose deletion is not staged yet.
        if let Ok(text) = fs::read_to_string(root.join(path)) {
            check_file(path, &text, findings);
        }
    }
    Ok(())
}

fn check_file(path: &str, text: &str, findings: &mut Findings) {
    let name = path.rsplit('/').next().unwrap_or(path);
    conflicts(path, text, findings);
    if path == "Cargo.lock" {
        return;
    }
    words::check(path, text, findings);
    for (number, line) in text.lines().enumerate() {
        for (head, tail) in MACHINE {
            if mentions(line, &format!("{head}{tail}")) {
                let place = format!("{path}:{}", number + 1);
                let message = format!("`{head}{tail}` is specific to one machine; remove it");
                findings.errors.push(Finding::new(place, message));
            }
        }
    }
    let by_hand = !NOT_BY_HAND.iter().any(|folder| path.contains(folder))
        && !crate::codegen::write::has_mark(text);
    if !path.ends_with(".rs") || !by_hand {
        return;
    }
    if NAMELESS.contains(&name) {
        findings.errors.push(Finding::new(path, "rename the file after its topic"));
    }
    if !text.starts_with("//!") {
        let message = "the first line must be a `//!` line that says what the file does";
        findings.errors.push(Finding::new(path, message));
    }
    let lines = text.lines().count();
    if lines > TOO_LONG {
        let message = format!("{lines} lines; split the file, at most {TOO_LONG} are allowed");
        findings.errors.push(Finding::new(path, message));
    } else if lines > LONG {
        let message = format!("{lines} lines; split the file if it has more than one topic");
        findings.warnings.push(Finding::new(path, message));
    }
    if path.starts_with("crates/cvm-signer/src/") {
        std_in_signer(path, text, findings);
    }
}

/// Finds git's conflict marks. A line of `=` is not checked, because it can underline a title.
fn conflicts(path: &str, text: &str, findings: &mut Findings) {
    let begins = |line: &str, letter: &str| {
        let rest = line.strip_prefix(&letter.repeat(7));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    for (number, line) in text.lines().enumerate() {
        if ["<", "|", ">"].iter().any(|letter| begins(line, letter)) {
            let place = format!("{path}:{}", number + 1);
            let message = "git conflict mark; merge both sides and remove the marks";
            findings.errors.push(Finding::new(place, message));
        }
    }
}

/// Whether a line contains a machine path. In the middle of another path, it is only a folder name.
fn mentions(line: &str, what: &str) -> bool {
    line.match_indices(what).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        let continued = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '}');
        !what.starts_with('/') || !before.is_some_and(continued)
    })
}

/// Checks that the signer builds without `std`, which CI proves only if a bare-metal target is installed.
fn std_in_signer(path: &str, text: &str, findings: &mut Findings) {
    if path.ends_with("/lib.rs") && !text.contains("#![no_std]") {
        findings.errors.push(Finding::new(path, "`#![no_std]` is missing"));
    }
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        if code.contains("std::") || code.contains("extern crate std") {
            let place = format!("{path}:{}", number + 1);
            findings
                .errors
                .push(Finding::new(place, "the signer must not use `std`; use `core` or `alloc`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> (usize, usize) {
        let mut findings = Findings::default();
        check_file(path, text, &mut findings);
        (findings.errors.len(), findings.warnings.len())
    }

    #[test]
    fn each_rule_finds_its_violation() {
        let long = |lines| format!("//! Why.\n{}", "x\n".repeat(lines));
        assert_eq!(found("a/b.rs", "//! Why.\n"), (0, 0));
        assert_eq!(found("a/b.rs", "fn a() {}\n"), (1, 0));
        assert_eq!(found("a/utils.rs", "//! Why.\n"), (1, 0));
        assert_eq!(found("a/b.rs", &long(450)), (0, 1));
        assert_eq!(found("a/b.rs", &long(700)), (1, 0));
        assert_eq!(found("a/generated/b.rs", &long(700)), (0, 0));
        let mark = crate::codegen::layout::origin("specs/pond/2020-01-01");
        assert_eq!(found("a/b.rs", &format!("// {mark}\nfn a() {{}}\n")), (0, 0));
        let path = format!("see {}{}x", "/ho", "me/");
        assert_eq!(found("README.md", &path), (1, 0));
        assert_eq!(found("README.md", &path.replace("see ", "crates")), (0, 0));
        assert_eq!(found("crates/cvm-signer/src/a.rs", "//! Why.\nuse std::fmt;\n"), (1, 0));
        assert_eq!(found("crates/cvm-signer/src/a.rs", "//! Why.\n// no std::fmt\n"), (0, 0));
    }

    #[test]
    fn conflict_marks_are_found_in_every_text_file() {
        let mark = |letter: &str, rest: &str| format!("{}{rest}\n", letter.repeat(7));
        let conflict = mark("<", " ours") + "a\n" + &mark("=", "") + "b\n" + &mark(">", " theirs");
        for path in
            ["Cargo.lock", "README.md", "specs/a.json", "a/generated/b.rs", "tests/fixtures/a.json"]
        {
            assert_eq!(found(path, &format!("//! Why.\n{conflict}")), (2, 0), "{path}");
        }
        assert_eq!(found("a.md", &mark("|", " base")), (1, 0));
        for fine in
            [format!("Title\n{}", mark("=", "")), mark("<", "<"), format!("  {}", mark(">", " x"))]
        {
            assert_eq!(found("a.md", &fine), (0, 0), "{fine}");
        }
    }
}
