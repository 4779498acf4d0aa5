//! Checks that the table "Where to change what" of `CONTRIBUTING.md` names files and folders that exist.

use std::fs;
use std::path::Path;

use super::{Finding, Findings};
use crate::error::{Error, at};

const DOCUMENT: &str = "CONTRIBUTING.md";

pub fn check(root: &Path, findings: &mut Findings) -> Result<(), Error> {
    let document = root.join(DOCUMENT);
    let text = fs::read_to_string(&document).map_err(|error| at(&document, &error))?;
    check_text(&text, |path| root.join(path).exists(), findings);
    Ok(())
}

fn check_text(text: &str, exists: impl Fn(&str) -> bool, findings: &mut Findings) {
    let heading = "## Where to change what";
    let lines = text.lines().zip(1..).skip_while(|(line, _)| *line != heading).skip(1);
    let section = lines.take_while(|(line, _)| !line.starts_with("## "));
    let mut rows = 0;
    for (line, number) in section.filter(|(line, _)| line.ends_with("` |")) {
        rows += 1;
        let path = line.rsplit('`').nth(1).unwrap_or_default();
        if !exists(path) {
            let place = format!("{DOCUMENT}:{number}");
            let message = format!("there is no `{path}`; name where to make this change now");
            findings.errors.push(Finding::new(place, message));
        }
    }
    if rows == 0 {
        let message = format!("no table below `{heading}`; write ``| what | `path` |``");
        findings.errors.push(Finding::new(DOCUMENT, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check_text(text, |path| path == "a/b.rs", &mut findings);
        findings
            .errors
            .into_iter()
            .map(|error| format!("{}: {}", error.place, error.message))
            .collect()
    }

    #[test]
    fn named_files_must_exist() {
        let head = "# C\n\n## Where to change what\n\n| to change | open |\n| --- | --- |\n";
        assert!(
            errors(&format!("{head}| the `x` of y | `a/b.rs` |\n\n## Next\n| z | `c` |\n"))
                .is_empty()
        );
        assert_eq!(
            errors(&format!("{head}| y | `a/c.rs` |\n")),
            ["CONTRIBUTING.md:7: there is no `a/c.rs`; name where to make this change now"]
        );
        assert_eq!(errors(head).len(), 1, "an empty table");
        assert_eq!(errors("# C\n").len(), 1, "no table");
    }
}
