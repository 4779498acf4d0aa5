//! Checks `tests/RELIABILITY.md`: the failures are numbered without gaps, and each names tests that exist.

use std::fs;
use std::path::Path;

use super::{Finding, Findings};
use crate::error::{Error, at};

const DOCUMENT: &str = "tests/RELIABILITY.md";

pub fn check(root: &Path, findings: &mut Findings) -> Result<(), Error> {
    let document = root.join(DOCUMENT);
    let text = fs::read_to_string(&document).map_err(|error| at(&document, &error))?;
    check_text(&text, |path| fs::read_to_string(root.join(path)).ok(), findings);
    Ok(())
}

/// One failure: a heading `### 1. What fails`, what happens then, and a list of tests.
struct Failure<'a> {
    line: usize,
    title: &'a str,
    /// The lines below the heading, with their numbers.
    body: Vec<(usize, &'a str)>,
}

fn check_text(text: &str, read: impl Fn(&str) -> Option<String>, findings: &mut Findings) {
    let mut error = |line: usize, message: String| {
        findings.errors.push(Finding::new(format!("{DOCUMENT}:{line}"), message));
    };
    let failures = failures(text);
    if failures.is_empty() {
        error(1, "no failure; write `### 1. What fails`, what happens then, and the tests".into());
    }
    for (failure, number) in failures.iter().zip(1..) {
        let found = failure.title.split_once(". ").map_or("", |(found, _)| found);
        if found != number.to_string() {
            let message = format!("`### {}` must begin with `{number}.`; ", failure.title);
            error(failure.line, message + "number the failures 1, 2, 3 and so on, without gaps");
        }
        if !failure.body.iter().any(|(_, line)| is_sentence(line)) {
            error(failure.line, format!("failure {number} does not say what happens then"));
        }
        let mut tests = failure.body.iter().filter(|(_, line)| line.starts_with("- ")).peekable();
        if tests.peek().is_none() {
            let message = "names no test; add the item ``- `path/to/file.rs::test_name` ``";
            error(failure.line, format!("failure {number} {message}"));
        }
        for (line, item) in tests {
            if let Some(message) = defect(item, &read) {
                error(*line, format!("failure {number}: {message}"));
            }
        }
    }
}

fn is_sentence(line: &str) -> bool {
    line.starts_with(|first: char| first.is_alphabetic() || first == '`')
}

/// What is wrong with an item of a list of tests.
fn defect(item: &str, read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let test = item.strip_prefix("- `").and_then(|rest| rest.strip_suffix('`'));
    let parts = test.and_then(|test| test.split_once("::"));
    let Some((path, name)) = parts.filter(|(path, _)| path.ends_with(".rs")) else {
        return Some(format!("{item:?} is not a test; write ``- `path/to/file.rs::test_name` ``"));
    };
    let Some(source) = read(path) else {
        return Some(format!("there is no file {path}; name the file that has {name} now"));
    };
    (!has_function(&source, name)).then(|| {
        format!("{path} has no `fn {name}`; name the test that proves it now, or write it")
    })
}

/// Whether a file has a function of this name, and not only one whose name ends in it.
fn has_function(source: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    source.match_indices(&head).any(|(at, _)| {
        let before = source.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(char::is_whitespace)
    })
}

/// The sections with a heading of the third level. Any other heading ends one.
fn failures(text: &str) -> Vec<Failure<'_>> {
    let mut failures: Vec<Failure<'_>> = Vec::new();
    let mut is_inside = false;
    for (line, number) in text.lines().zip(1..) {
        if let Some(title) = line.strip_prefix("### ") {
            failures.push(Failure { line: number, title, body: Vec::new() });
            is_inside = true;
        } else if line.starts_with('#') {
            is_inside = false;
        } else if let Some(failure) = failures.last_mut().filter(|_| is_inside) {
            failure.body.push((number, line));
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
# What may fail

## Names

### 1. The name does not resolve

The client retries.

- `tests/a.rs::unresolved_name_is_retried`

### 2. The body contains `a | b`

`send` fails.

- `tests/a.rs::call_fails`
- `b.rs::property`

## Known limitations

- A list that names no test.
";

    fn messages(text: &str) -> Vec<String> {
        let read = |path: &str| match path {
            "tests/a.rs" => Some(
                "#[test]\nfn unresolved_name_is_retried() {}\nasync fn call_fails() {}\n"
                    .to_owned(),
            ),
            "b.rs" => Some("proptest! {\n    fn property(x in 0..9) {}\n}\n".to_owned()),
            _ => None,
        };
        let mut findings = Findings::default();
        check_text(text, read, &mut findings);
        findings.errors.into_iter().map(|f| format!("{}: {}", f.place, f.message)).collect()
    }

    #[track_caller]
    fn assert_error(from: &str, to: &str, line: usize, message: &str) {
        assert_eq!(GOOD.matches(from).count(), 1, "{from}");
        let messages = messages(&GOOD.replace(from, to));
        assert_eq!(messages.len(), 1, "{messages:?}");
        let expected = format!("{DOCUMENT}:{line}: {message}");
        assert!(messages.iter().all(|one| one.starts_with(&expected)), "{messages:?}");
    }

    #[test]
    fn failures_with_tests_pass() {
        assert!(messages(GOOD).is_empty(), "{:?}", messages(GOOD));
        assert_eq!(messages("# Nothing yet\n").len(), 1);
    }

    #[test]
    fn gap_in_the_numbers_is_an_error() {
        for wrong in ["### 3. The body", "### 1. The body", "### The body"] {
            assert_error("### 2. The body", wrong, 11, "`### ");
        }
    }

    #[test]
    fn failure_without_behavior_is_an_error() {
        assert_error("`send` fails.", "", 11, "failure 2 does not say what happens then");
    }

    #[test]
    fn failure_without_an_existing_test_is_an_error() {
        assert_error(
            "- `tests/a.rs::unresolved_name_is_retried`\n",
            "",
            5,
            "failure 1 names no test",
        );
        let test = "`tests/a.rs::call_fails`";
        for (wrong, message) in [
            ("by hand", "failure 2: \"- by hand\" is not a test"),
            ("`tests/a.rs:call_fails`", "failure 2: \"- `tests/a.rs:call_fails`\" is not a test"),
            ("`tests/c.rs::call_fails`", "failure 2: there is no file tests/c.rs"),
            ("`tests/a.rs::fails`", "failure 2: tests/a.rs has no `fn fails`"),
        ] {
            assert_error(test, wrong, 15, message);
        }
        assert!(!has_function("fn unstoppable() {}", "stop"));
        assert!(!has_function("fn xfn stop() {}", "n stop"));
    }
}
