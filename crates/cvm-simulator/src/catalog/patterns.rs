//! Patterns of names: a name, or a name with one `*` for any text.

use super::reader::{Reader, Result, suggestion};

/// Patterns of a file.
pub(super) type Patterns = &'static [&'static str];

/// Reads a member that is a list of patterns; empty if it is absent.
pub(super) fn read(item: &mut Reader, name: &'static str) -> Result<Patterns> {
    let patterns = item.texts(name)?;
    match patterns.iter().find(|pattern| pattern.matches('*').count() > 1) {
        None => Ok(patterns),
        Some(pattern) => {
            let problem = "which has more than one `*`: a name can have one";
            Err(item.error(name, format_args!("has \"{pattern}\", {problem}")))
        }
    }
}

/// Checks that each pattern with `*` of a member matches a known name, which is that of a `noun`.
pub(super) fn check_matches(
    item: &Reader,
    name: &str,
    patterns: Patterns,
    noun: &str,
    known: &[&str],
) -> Result<()> {
    let is_useless = |pattern: &&&str| {
        pattern.contains('*') && !known.iter().any(|known| matches(pattern, known))
    };
    let Some(pattern) = patterns.iter().find(is_useless) else { return Ok(()) };
    let fix = suggestion(pattern, known);
    Err(item.error(name, format_args!("has \"{pattern}\", which matches no {noun}: {fix}")))
}

/// Whether a name matches a pattern.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_matches_any_text() {
        for (pattern, name, is_match) in [
            ("ap-guangzhou-3", "ap-guangzhou-3", true),
            ("ap-guangzhou-3", "ap-guangzhou-31", false),
            ("*-3", "ap-guangzhou-3", true),
            ("*-3", "ap-guangzhou-13", false),
            ("ap-guangzhou-*", "ap-guangzhou-3", true),
            ("ap-guangzhou-*", "ap-shanghai-3", false),
            ("*", "ap-guangzhou-3", true),
            ("aba*aba", "aba", false),
        ] {
            assert_eq!(matches(pattern, name), is_match, "{pattern} {name}");
        }
    }
}
