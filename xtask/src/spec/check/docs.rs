//! Checks descriptions: each is a plain ASCII sentence that says more than the name.

use heck::ToSnakeCase;

use super::super::diagnostic::Report;
use super::super::model::Api;
use super::sets;

pub fn check(api: &Api, report: &mut Report) {
    for action in &api.actions {
        let file = action.path.as_str();
        sentence(file, "/summary", &action.spec.summary, &action.spec.action, report);
        paragraphs(file, &action.spec.notes, report);
        optional(file, "/retry/why", action.spec.retry.why.as_deref(), report);
        let settled = action.spec.retry.reconcile.as_ref();
        let text = settled.map(|reconcile| reconcile.text.as_str());
        optional(file, "/retry/reconcile/text", text, report);
        optional(file, "/deprecated_why", action.spec.deprecated_why.as_deref(), report);
        for (index, filter) in action.spec.filters.iter().enumerate() {
            optional(file, &format!("/filters/{index}/doc"), filter.doc.as_deref(), report);
        }
    }
    for type_ in &api.types {
        sentence(&type_.path, "/summary", &type_.spec.summary, &type_.spec.type_, report);
        paragraphs(&type_.path, &type_.spec.notes, report);
    }
    for enum_ in &api.enums {
        sentence(&enum_.path, "/summary", &enum_.spec.summary, &enum_.spec.enum_, report);
        paragraphs(&enum_.path, &enum_.spec.notes, report);
        for (index, value) in enum_.spec.values.iter().enumerate() {
            let pointer = format!("/values/{index}/doc");
            sentence(&enum_.path, &pointer, &value.doc, &value.value, report);
        }
    }
    for set in sets(api) {
        for (pointer, member) in set.each() {
            let doc = &member.spec.doc;
            sentence(set.file, &format!("{pointer}/doc"), doc, &member.spec.name, report);
            optional(set.file, &format!("{pointer}/quirk"), member.spec.quirk.as_deref(), report);
        }
    }
    let file = format!("{}/errors.json", api.shown_as);
    for (index, error) in api.errors.iter().enumerate() {
        let (code, pointer) = (&error.spec.code, format!("/errors/{index}"));
        sentence(&file, &format!("{pointer}/doc"), &error.spec.doc, code, report);
        sentence(&file, &format!("{pointer}/fix"), &error.spec.fix, code, report);
    }
    let file = format!("{}/waiters.json", api.shown_as);
    for (index, waiter) in api.waiters.iter().enumerate() {
        let pointer = format!("/waiters/{index}/summary");
        sentence(&file, &pointer, &waiter.spec.summary, &waiter.spec.waiter, report);
    }
    let file = format!("{}/service.json", api.shown_as);
    sentence(&file, "/summary", &api.service.summary, &api.service.service, report);
    optional(&file, "/scope", api.service.scope.as_deref(), report);
    for (index, group) in api.service.groups.iter().enumerate() {
        let pointer = format!("/groups/{index}/summary");
        sentence(&file, &pointer, &group.summary, &group.group, report);
    }
}

fn optional(file: &str, pointer: &str, text: Option<&str>, report: &mut Report) {
    if let Some(text) = text {
        sentence(file, pointer, text, "", report);
    }
}

fn paragraphs(file: &str, notes: &[String], report: &mut Report) {
    for (index, note) in notes.iter().enumerate() {
        sentence(file, &format!("/notes/{index}"), note, "", report);
    }
}

/// Checks one description. It must say more than `name`, if that is not empty.
fn sentence(file: &str, pointer: &str, text: &str, name: &str, report: &mut Report) {
    if text.trim().is_empty() {
        report.error(file, pointer, "the description is empty").help("describe it in a sentence");
        return;
    }
    if let Some(odd) = text.chars().find(|c| !matches!(c, ' '..='~')) {
        report
            .error(
                file,
                pointer,
                format!("the description contains the character `{}`", odd.escape_unicode()),
            )
            .help("use printable ASCII on one line");
        return;
    }
    if text.trim() != text || text.contains("  ") {
        report
            .error(file, pointer, "the description has extra spaces")
            .help("use one space between words and none at the ends");
    }
    if !text.ends_with('.') {
        report
            .error(file, pointer, "the description does not end with a period")
            .help("write complete sentences");
    }
    if text.matches('`').count() % 2 == 1 {
        report
            .error(file, pointer, "the description has an unpaired backtick")
            .help("put names and values between backticks");
    }
    if text.contains("://") {
        report
            .error(file, pointer, "the description contains a URL")
            .help("describe its content in your own words");
    }
    if !name.is_empty() && only_repeats(text, name) {
        report
            .error(file, pointer, format!("the description only repeats the name `{name}`"))
            .help("add what the name does not say: its purpose, its unit, what happens without it");
    }
}

/// Words that add no meaning to a name.
const FILLER: [&str; 22] = [
    "a",
    "an",
    "and",
    "are",
    "by",
    "for",
    "from",
    "given",
    "has",
    "in",
    "is",
    "it",
    "of",
    "on",
    "or",
    "specified",
    "that",
    "the",
    "this",
    "to",
    "value",
    "with",
];

/// Whether the text has only words of the name and words without meaning.
fn only_repeats(text: &str, name: &str) -> bool {
    let stem = |word: &str| {
        let word = word.to_ascii_lowercase();
        let word = word.strip_suffix("'s").unwrap_or(&word);
        word.trim_end_matches('s').trim_end_matches('e').to_owned()
    };
    // Matches the words of the name, and the name as one word.
    let mut known: Vec<String> = name.to_snake_case().split('_').map(stem).collect();
    known.push(stem(&name.to_ascii_lowercase().replace(['_', '.', '-', ' '], "")));
    known.push(stem(name));
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty() && !FILLER.contains(&word.to_ascii_lowercase().as_str()))
        .all(|word| known.contains(&stem(word)) || stem(word).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_must_say_more_than_the_name() {
        for (text, name) in [
            ("The InstanceId.", "InstanceId"),
            ("The ID of the instance.", "InstanceId"),
            ("Instance IDs.", "InstanceIds"),
            ("Describes the instances.", "DescribeInstances"),
            ("Soft.", "SOFT"),
            ("The zone's name.", "ZoneName"),
        ] {
            assert!(only_repeats(text, name), "{text}");
        }
        for (text, name) in [
            ("The instance to stop.", "InstanceId"),
            ("Asks the guest to shut down.", "SOFT"),
            ("Lists instances and their state.", "DescribeInstances"),
        ] {
            assert!(!only_repeats(text, name), "{text}");
        }
    }
}
