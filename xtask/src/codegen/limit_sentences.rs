//! Turns the limits of a member into short sentences with fixed wording.

use serde_json::Value;

use super::doc_text::code;
use crate::spec::condition;
use crate::spec::model::{Kind, Member};

/// The sentences for a member, in reading order, except whether it is always required.
pub fn sentences(member: &Member) -> Vec<String> {
    let spec = &member.spec;
    let mut out: Vec<String> = Vec::new();
    let mut say = |text: String| out.push(text);
    if spec.deprecated {
        say(match &spec.replaced_by {
            Some(other) => format!("Deprecated: use {}.", code(other)),
            None => "Deprecated.".to_owned(),
        });
    }
    if spec.legacy {
        say("Supported only by an older gateway.".to_owned());
    }
    if let Some(cases) = &member.generated_unless {
        let cases: Vec<String> = cases.iter().map(|case| condition::all(case)).collect();
        say(match cases.as_slice() {
            [] => "If omitted, this client generates a token.".to_owned(),
            cases => {
                format!("If omitted, this client generates a token, unless {}.", cases.join(" or "))
            }
        });
    }
    if let Some(text) = &spec.required_if {
        say(match &member.required_if {
            Some(condition) => format!("Required {}.", condition.if_clause()),
            None => format!("Required if {}.", text.trim_end_matches('.')),
        });
    }
    if let Some(condition) = &member.empty_if {
        say(format!("Empty only if {}.", condition.clause()));
    }
    if let Some(unit) = &spec.unit {
        say(format!("Unit: {unit}."));
    }
    match (spec.min, spec.max) {
        (Some(min), Some(max)) => say(format!("Range: {min} to {max}.")),
        (Some(min), None) => say(format!("Range: at least {min}.")),
        (None, Some(max)) => say(format!("Range: at most {max}.")),
        (None, None) => {}
    }
    if let Some(other) = &spec.max_ref {
        say(format!("Must not exceed {}.", code(other)));
    }
    if let Some(step) = spec.step {
        say(format!("Steps of {step}."));
    }
    if let Some(items) = spec.max_items {
        say(match (spec.required, items) {
            (_, 1) => "Items: 1.".to_owned(),
            (true, _) => format!("Items: 1 to {items}."),
            (false, _) => format!("Items: up to {items}."),
        });
    }
    match (spec.min_length, spec.max_length) {
        (Some(min), Some(max)) => say(format!("Length: {min} to {max} characters.")),
        (Some(min), None) => say(format!("Length: at least {min} characters.")),
        (None, Some(max)) => say(format!("Length: up to {max} characters.")),
        (None, None) => {}
    }
    if let Some(bytes) = spec.max_bytes {
        say(format!("Size: up to {bytes} bytes."));
    }
    if let Some(format) = &spec.format {
        say(format!("Format: {}.", code(format)));
    }
    if let Some(pattern) = &spec.pattern {
        say(format!("Pattern: {}.", code(pattern)));
    }
    if let Some(charset) = &spec.charset {
        say(format!("Characters: {}.", charset.to_uppercase()));
    }
    if let Some(encoding) = &spec.encoding {
        say(format!("Encoding: {encoding}."));
    }
    if spec.unique {
        say("Must be unique.".to_owned());
    }
    if let Some(default) = &spec.default {
        say(match default {
            Value::String(text) => format!("Default: {}.", code(text)),
            other => format!("Default: {other}."),
        });
    }
    if let Some(values) = &spec.values {
        say(format!("Allowed: {}.", codes(values, "and")));
    } else if let Some(values) = &spec.enum_ {
        say(format!("Allowed: {}.", inline(values)));
    }
    if !spec.not_settable.is_empty() {
        say(format!("Not settable: {}.", codes(&spec.not_settable, "and")));
    }
    if !spec.known_values.is_empty() && spec.known_values.len() <= 8 {
        say(format!("Known values: {}.", codes(&spec.known_values, "and")));
    }
    relations(member, &mut out);
    out
}

/// How a member relates to others.
///
/// Keys that are already prose (`used_by`, `used_if`, `direction`, `present_if`, `null_if`,
/// `special_values`, `rule`) are left out: the description covers them.
fn relations(member: &Member, out: &mut Vec<String>) {
    let spec = &member.spec;
    let mut say = |text: String| out.push(text);
    if !spec.exclusive_with.is_empty() {
        say(format!("Cannot be combined with {}.", codes(&spec.exclusive_with, "or")));
    }
    if !spec.exactly_one_of.is_empty() {
        say(format!("Specify exactly one of {}.", codes(&spec.exactly_one_of, "and")));
    }
    if !spec.at_least_one_of.is_empty() {
        say(format!("Specify at least one of {}.", codes(&spec.at_least_one_of, "and")));
    }
    let nullable = spec.null_if.is_none() && (spec.nullable || spec.nullable_in_text);
    if nullable && !matches!(member.kind, Kind::List(_)) {
        say("May be null.".to_owned());
    }
    if let Some(version) = &spec.since {
        say(format!("Since {version}."));
    }
    if let Some(quirk) = &spec.quirk {
        say(format!("Documentation conflict: {quirk}"));
    }
}

/// `A`, `B` and `C`.
pub fn codes(values: &[String], last_word: &str) -> String {
    let spans: Vec<String> = values.iter().map(|value| code(value)).collect();
    match spans.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} {last_word} {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Inline values; consecutive numbers become a range.
fn inline(values: &[Value]) -> String {
    let numbers: Option<Vec<i64>> = values.iter().map(Value::as_i64).collect();
    let Some(numbers) = numbers else {
        let texts: Vec<String> = values.iter().map(crate::spec::model::plain).collect();
        return codes(&texts, "and");
    };
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(number) => *end = number,
            _ => runs.push((number, number)),
        }
    }
    let written: Vec<String> = runs
        .iter()
        .map(|(start, end)| match end - start {
            0 => start.to_string(),
            1 => format!("{start}, {end}"),
            _ => format!("{start} to {end}"),
        })
        .collect();
    written.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn consecutive_numbers_become_a_range() {
        let values: Vec<Value> = (1..=12).chain([24, 36]).map(|n| json!(n)).collect();
        assert_eq!(inline(&values), "1 to 12, 24, 36");
        assert_eq!(inline(&[json!(0), json!(1)]), "0, 1");
        assert_eq!(inline(&[json!("true"), json!("false")]), "`true` and `false`");
    }
}
