//! The table of failures in `tests/RELIABILITY.md`: numbered without gaps, and each row proved by tests
//! that exist.

use std::fs;
use std::path::Path;

use super::{Finding, Findings};
use crate::{Error, at};

const DOCUMENT: &str = "tests/RELIABILITY.md";

pub fn check(root: &Path, findings: &mut Findings) -> Result<(), Error> {
    let document = root.join(DOCUMENT);
    let text = fs::read_to_string(&document).map_err(|error| at(&document, &error))?;
    judge(&text, |path| fs::read_to_string(root.join(path)).ok(), findings);
    Ok(())
}

/// One row of a table: where it stands and its cells.
struct Row<'a> {
    line: usize,
    cells: Vec<&'a str>,
}

impl Row<'_> {
    fn number(&self) -> Option<usize> {
        self.cells.first()?.parse().ok()
    }
}

fn judge(text: &str, read: impl Fn(&str) -> Option<String>, findings: &mut Findings) {
    let mut error = |line: usize, message: String| {
        findings.errors.push(Finding::new(format!("{DOCUMENT}:{line}"), message));
    };
    let mut expected = 1;
    for table in tables(text) {
        // A table without any number is about something else.
        if !table.iter().any(|row| row.number().is_some()) {
            continue;
        }
        for row in table {
            let Some(number) = row.number() else {
                let first = row.cells.first().unwrap_or(&"");
                let message = format!("`{first}` is no number; give the row the number {expected}");
                error(row.line, message);
                expected += 1;
                continue;
            };
            if number != expected {
                let message = format!("row {number} stands where row {expected} belongs; ");
                error(row.line, message + "number the rows 1, 2, 3 and so on, without gaps");
            }
            expected = number + 1;
            for message in unproved(&row, &read) {
                error(row.line, format!("row {number}: {message}"));
            }
        }
    }
    if expected == 1 {
        error(
            1,
            "no table with numbered rows; write `| 1 | failure | what happens | tests |`".into(),
        );
    }
}

/// What is wrong with the tests that a row names.
fn unproved(row: &Row, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let last = row.cells.last().copied().unwrap_or("");
    // What stands between pairs of backticks.
    let tests: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
    if tests.is_empty() {
        return vec![
            "names no test; write `path/to/file.rs::test_name` in its last cell".to_owned(),
        ];
    }
    let wrong = |test: &&str| {
        let parts = test.split_once("::").filter(|(path, _)| path.ends_with(".rs"));
        let Some((path, name)) = parts else {
            return Some(format!("`{test}` is not a test; write `path/to/file.rs::test_name`"));
        };
        let Some(source) = read(path) else {
            return Some(format!("there is no file {path}; name the one that {name} moved to"));
        };
        if holds(&source, name) {
            return None;
        }
        let way_out = "name the test that proves the row now, or write it";
        Some(format!("{path} has no `fn {name}`; {way_out}"))
    };
    tests.iter().filter_map(wrong).collect()
}

/// Whether a file has a function of this name, and not only one whose name ends in it.
fn holds(source: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    source.match_indices(&head).any(|(at, _)| {
        let before = source.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(char::is_whitespace)
    })
}

/// The rows of each table, without its head.
fn tables(text: &str) -> Vec<Vec<Row<'_>>> {
    let mut tables = Vec::new();
    let mut lines = text.lines().zip(1..).peekable();
    while let Some((line, _)) = lines.next() {
        let ruled = lines.peek().is_some_and(|(next, _)| is_rule(next));
        if !line.starts_with('|') || !ruled {
            continue;
        }
        lines.next();
        let mut rows = Vec::new();
        while let Some((line, number)) = lines.next_if(|(line, _)| line.starts_with('|')) {
            rows.push(Row { line: number, cells: cells(line) });
        }
        tables.push(rows);
    }
    tables
}

/// The line between head and rows.
fn is_rule(line: &str) -> bool {
    line.starts_with("|-") || line.starts_with("| -") || line.starts_with("|:")
}

fn cells(line: &str) -> Vec<&str> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    let mut cells = Vec::new();
    let mut rest = inner;
    let mut from = 0;
    // A bar with a backslash before it is text.
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find('|')).map(|at| at + from) {
        let (cell, tail) = rest.split_at(at);
        if cell.ends_with('\\') {
            from = at + 1;
            continue;
        }
        cells.push(cell.trim());
        (rest, from) = (tail.strip_prefix('|').unwrap_or(tail), 0);
    }
    cells.push(rest.trim());
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
# What may fail

| word | meaning |
| --- | --- |
| ambiguous | nobody knows |

| # | failure | what the SDK does | proved by |
|--:|---|---|---|
| 1 | the name does not resolve | sends again | `tests/a.rs::unresolved_is_sent_again` |
| 2 | `a \\| b` | stops | `tests/a.rs::it_stops` |

Between the tables.

| # | failure | what the SDK does | proved by |
| --- | --- | --- | --- |
| 3 | the answer is cut off | outcome unknown | in one case `tests/a.rs::cut`, in all `b.rs::law` |
";

    fn told(text: &str) -> Vec<String> {
        let read = |path: &str| match path {
            "tests/a.rs" => Some(
                "#[test]\nfn unresolved_is_sent_again() {}\nasync fn it_stops() {}\nfn cut() {}\n"
                    .to_owned(),
            ),
            "b.rs" => Some("proptest! {\n    fn law(x in 0..9) {}\n}\n".to_owned()),
            _ => None,
        };
        let mut findings = Findings::default();
        judge(text, read, &mut findings);
        findings.errors.into_iter().map(|f| format!("{}: {}", f.place, f.message)).collect()
    }

    fn bad(from: &str, to: &str) -> String {
        assert_eq!(GOOD.matches(from).count(), 1, "{from}");
        told(&GOOD.replace(from, to)).join("\n")
    }

    #[test]
    fn rows_that_are_proved_pass() {
        assert!(told(GOOD).is_empty(), "{:?}", told(GOOD));
    }

    #[test]
    fn numbers_have_no_gaps() {
        for (from, to, message) in [
            ("| 3 |", "| 2 |", "16: row 2 stands where row 3 belongs"),
            ("| 3 |", "| 5 |", "16: row 5 stands where row 3 belongs"),
            ("| 2 |", "| 2a |", "10: `2a` is no number; give the row the number 2"),
        ] {
            let told = bad(from, to);
            assert!(told.starts_with(&format!("{DOCUMENT}:{message}")), "{told}");
            assert_eq!(told.lines().count(), 1, "{told}");
        }
        assert_eq!(told("# Nothing yet\n").len(), 1);
    }

    #[test]
    fn every_row_names_tests_that_exist() {
        let stops = "`tests/a.rs::it_stops`";
        for (from, to, message) in [
            (stops, "by hand", "names no test"),
            (stops, "`tests/a.rs:it_stops`", "`tests/a.rs:it_stops` is not a test"),
            (stops, "`tests/c.rs::it_stops`", "there is no file tests/c.rs"),
            ("::it_stops", "::stops", "tests/a.rs has no `fn stops`"),
        ] {
            let told = bad(from, to);
            assert!(told.starts_with(&format!("{DOCUMENT}:10: row 2: {message}; ")), "{told}");
            assert_eq!(told.lines().count(), 1, "{told}");
        }
        // Only the whole name counts.
        assert!(!holds("fn unstoppable() {}", "stop"));
        assert!(!holds("fn xfn stop() {}", "n stop"));
    }
}
