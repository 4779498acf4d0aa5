//! Writes the changelog entry.

use std::collections::BTreeMap;

use super::change::{Change, Changes, Kind, Level};

/// The entry in Markdown; its first line says whether the release is major, minor or patch.
pub fn entry(changes: &Changes) -> String {
    let Some(level) = changes.all().iter().map(|change| change.level).max() else {
        return "Nothing changed; no release is needed.\n".to_owned();
    };
    let verdict = match level {
        Level::Major => "**major**: a program may no longer compile",
        Level::Minor => "**minor**: items were added, and none were removed",
        Level::Patch => "**patch**: no item of the crate was added, changed or removed",
    };
    let mut text = format!("## Unreleased\n\nSemver: {verdict}.\n");
    for (kind, title) in [
        (Kind::Added, "Added"),
        (Kind::Deprecated, "Deprecated"),
        (Kind::Removed, "Removed"),
        (Kind::Loosened, "Loosened"),
        (Kind::Tightened, "Tightened"),
        (Kind::Changed, "Changed"),
        (Kind::Documentation, "Documentation"),
    ] {
        let found: Vec<&Change> =
            changes.all().iter().filter(|change| change.kind == kind).collect();
        if found.is_empty() {
            continue;
        }
        text.push_str(&format!("\n### {title}\n\n"));
        match kind {
            Kind::Documentation => text.push_str(&documentation(&found)),
            _ => text.extend(found.into_iter().map(line)),
        }
    }
    text
}

/// One change. A breaking change is marked, because readers look for it first.
fn line(change: &Change) -> String {
    let breaking = if change.level == Level::Major { "**Breaking.** " } else { "" };
    format!("- {breaking}`{}`: {}.\n", change.place, change.what)
}

/// Changed descriptions are only counted, per item.
fn documentation(changes: &[&Change]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in changes {
        *counts.entry(&change.place).or_default() += 1;
    }
    let line = |(owner, count): (&str, usize)| match count {
        1 => format!("- `{owner}`: one description.\n"),
        many => format!("- `{owner}`: {many} descriptions.\n"),
    };
    counts.into_iter().map(line).collect()
}
