//! Words that are always wrong: British spellings, and phrases that have a standard word.
//!
//! The list is short on purpose. A word that is right in some place does not belong here.

use super::{Finding, Findings};

/// Spellings and phrases in lower case, and what to write instead. They match anywhere, also within a longer name. One
/// letter of each is an escape, so that this file does not contain them.
const WORDS: [(&str, &str); 24] = [
    ("analys\u{65}d", "analyzed"),
    ("artef\u{61}ct", "artifact"),
    ("authoris\u{65}", "authorize"),
    ("behavi\u{6f}ur", "behavior"),
    ("cancell\u{65}d", "canceled"),
    ("cancell\u{69}ng", "canceling"),
    ("catal\u{6f}gue", "catalog"),
    ("col\u{6f}ur", "color"),
    ("customis\u{65}", "customize"),
    ("fav\u{6f}ur", "favor"),
    ("hon\u{6f}ur", "honor"),
    ("initialis\u{65}", "initialize"),
    ("licenc\u{65}", "license"),
    ("modell\u{65}d", "supported"),
    ("neighb\u{6f}ur", "neighbor"),
    ("normalis\u{65}", "normalize"),
    ("optimis\u{65}", "optimize"),
    ("organis\u{65}", "organize"),
    ("recognis\u{65}", "recognize"),
    ("serialis\u{65}", "serialize"),
    ("synchronis\u{65}", "synchronize"),
    ("travell\u{65}d", "traveled"),
    ("in d\u{6f}ubt", "with an unknown outcome"),
    ("nobody kn\u{6f}ws", "the outcome is unknown"),
];

/// Names on the wire, which keep the service's spelling.
const WIRE_NAMES: [&str; 2] = ["gridlicenc\u{65}", "grid_licenc\u{65}"];

/// Checks one file.
pub fn check(path: &str, text: &str, findings: &mut Findings) {
    let is_checked = [".rs", ".md", ".json"].iter().any(|end| path.ends_with(end));
    // Fixtures are the service's own text, and the changelog lists old names.
    if !is_checked || path.contains("/fixtures/") || path == "CHANGELOG.md" {
        return;
    }
    for (line, number) in text.lines().zip(1..) {
        let mut line = line.to_ascii_lowercase();
        for name in WIRE_NAMES {
            line = line.replace(name, "");
        }
        for (wrong, right) in WORDS.iter().filter(|(wrong, _)| contains(&line, wrong)) {
            let message = format!("`{wrong}`; write `{right}`");
            findings.errors.push(Finding::new(format!("{path}:{number}"), message));
        }
    }
}

/// Whether a line contains a word, or a phrase that is not part of longer words.
fn contains(line: &str, wrong: &str) -> bool {
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    line.match_indices(wrong).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + wrong.len()..).and_then(|text| text.chars().next());
        !wrong.contains(' ') || !is_letter(before) && !is_letter(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check(path, text, &mut findings);
        findings.errors.into_iter().map(|f| format!("{}: {}", f.place, f.message)).collect()
    }

    #[test]
    fn wrong_words_are_found_with_their_replacement() {
        let wrong = "behavi\u{6f}ur";
        let text = format!("# Title\nEach {wrong} has a name.\n");
        assert_eq!(messages("a.md", &text), [format!("a.md:2: `{wrong}`; write `behavior`")]);
        for path in ["src/a.rs", "specs/a.json", "crates/m/src/generated/a.rs"] {
            let name = format!("fn My{}()", wrong.to_uppercase());
            assert_eq!(messages(path, &name).len(), 1, "{path}");
        }
    }

    #[test]
    fn wire_names_and_fixtures_keep_their_spelling() {
        let word = "licenc\u{65}";
        assert_eq!(messages("a.json", &format!("Grid{word}")), [""; 0]);
        assert_eq!(messages("tests/fixtures/a.json", word), [""; 0]);
        assert_eq!(messages("a.toml", word), [""; 0]);
        assert_eq!(messages("a.rs", "for case in DOUBTS"), [""; 0]);
        assert_eq!(messages("a.rs", word).len(), 1);
    }
}
