//! Checks each key of a member: limits that no value can meet, empty sets, invalid regular expressions.

use std::collections::HashSet;

use serde_json::Value;

use super::super::diagnostic::Report;
use super::super::model::{Api, Kind, Member, plain};
use super::{Set, sets};

/// Keys whose value is a list without duplicates.
const LISTS: [&str; 7] = [
    "exclusive_with",
    "exactly_one_of",
    "at_least_one_of",
    "known_values",
    "not_settable",
    "used_by",
    "values",
];

/// Keys that may be empty strings. Descriptions have their own check.
const FREE: [&str; 3] = ["doc", "quirk", "default"];

pub fn check(api: &Api, report: &mut Report) {
    for set in sets(api) {
        for (pointer, member) in set.each() {
            texts(set, &pointer, member, report);
            let mut keys = Keys { api, set, pointer: &pointer, member, report };
            keys.limits();
            keys.pattern();
            keys.encoding();
            keys.sets();
            keys.flags();
        }
    }
    for action in &api.actions {
        let spec = &action.spec;
        for (key, value) in [
            ("rate_limit_per_second", spec.rate_limit_per_second),
            ("filters_max", spec.filters_max),
            ("filter_values_max", spec.filter_values_max),
        ] {
            if value == Some(0) {
                zero(&action.path, &format!("/{key}"), key, report);
            }
        }
    }
}

fn zero(file: &str, pointer: &str, key: &str, report: &mut Report) {
    report
        .error(file, pointer, format!("`{key}` is 0, so nothing would be allowed"))
        .help("remove it if no limit is documented");
}

/// Checks that no string is blank and no list has duplicates.
fn texts(set: Set<'_>, pointer: &str, member: &Member, report: &mut Report) {
    let Ok(Value::Object(keys)) = serde_json::to_value(&member.spec) else { return };
    for (key, value) in &keys {
        match value {
            Value::String(text) if !FREE.contains(&key.as_str()) && text.trim().is_empty() => {
                report
                    .error(set.file, format!("{pointer}/{key}"), format!("`{key}` is empty"))
                    .help("remove it");
            }
            Value::Array(items) if LISTS.contains(&key.as_str()) => {
                let mut seen = HashSet::new();
                for (index, item) in items.iter().enumerate() {
                    // Another check reports duplicates in `values`.
                    if key != "values" && !seen.insert(plain(item)) {
                        let message = format!("duplicate {item}");
                        report
                            .error(set.file, format!("{pointer}/{key}/{index}"), message)
                            .help("remove one of the two");
                    }
                    if plain(item).trim().is_empty() {
                        let message = format!("`{key}` contains an empty string");
                        report
                            .error(set.file, format!("{pointer}/{key}/{index}"), message)
                            .help("remove it");
                    }
                }
            }
            _ => {}
        }
    }
}

struct Keys<'a, 'r> {
    api: &'a Api,
    set: Set<'a>,
    pointer: &'a str,
    member: &'a Member,
    report: &'r mut Report,
}

impl Keys<'_, '_> {
    fn error(&mut self, key: &str, message: impl Into<String>, help: &str) {
        let at = format!("{}/{key}", self.pointer);
        self.report.error(self.set.file, at, message).help(help);
    }

    fn is_text(&self) -> bool {
        matches!(self.member.kind.innermost(), Kind::Str)
    }

    fn limits(&mut self) {
        let spec = self.member.spec.clone();
        for (key, limit) in [
            ("max_length", spec.max_length),
            ("max_bytes", spec.max_bytes),
            ("max_items", spec.max_items),
        ] {
            if limit == Some(0) {
                zero(self.set.file, &format!("{}/{key}", self.pointer), key, self.report);
            }
        }
        if spec.step.is_some_and(|step| step <= 0) {
            self.error("step", "`step` must be more than 0", "remove it if none is documented");
        }
        if *self.member.kind.innermost() == Kind::U64 {
            for (key, limit) in [("min", spec.min), ("max", spec.max)] {
                if let Some(limit) = limit.filter(|limit| *limit < 0) {
                    let message =
                        format!("`{key}` is {limit}, but an unsigned number is at least 0");
                    self.error(key, message, "set it to 0, or use the type `int64`");
                }
            }
        }
        if let (Some(min), Some(max), Some(step)) = (spec.min, spec.max, spec.step)
            && step > 0
            && min <= max
            && max.div_euclid(step)
                < min.div_euclid(step).saturating_add(i64::from(min.rem_euclid(step) > 0))
        {
            let message = format!("no multiple of {step} lies between {min} and {max}");
            self.error("step", message, "correct the step or the limits");
        }
    }

    /// Checks the pattern, because the engine ignores an invalid one.
    fn pattern(&mut self) {
        let Some(pattern) = self.member.spec.pattern.clone() else { return };
        let wrapped = format!("^(?:{pattern})$");
        if let Err(error) =
            regex_lite::Regex::new(&pattern).and_then(|_| regex_lite::Regex::new(&wrapped))
        {
            let message = format!("the pattern is invalid: {error}");
            self.error("pattern", message, "use the syntax of the crate `regex-lite`");
        }
    }

    fn encoding(&mut self) {
        let spec = self.member.spec.clone();
        if spec.encoding.as_deref().is_some_and(|encoding| encoding != "base64") {
            self.error("encoding", "the only supported encoding is `base64`", "remove it");
        }
        if let Some(charset) = spec.charset.as_deref().filter(|charset| *charset != "ascii") {
            let message = format!("`{}` is not a supported character set", charset.escape_debug());
            self.error("charset", message, "write `ascii`, or remove it");
        }
        for (key, given) in
            [("encoding", spec.encoding.is_some()), ("charset", spec.charset.is_some())]
        {
            if given && !self.is_text() {
                let message = format!("`{key}` applies to strings, but the type is {}", spec.type_);
                self.error(key, message, "remove it");
            }
        }
    }

    fn sets(&mut self) {
        let spec = self.member.spec.clone();
        if spec.enum_.as_ref().is_some_and(Vec::is_empty) {
            self.error("enum", "the set of values is empty", "remove it if none is documented");
        }
        let is_enum = matches!(self.member.kind.innermost(), Kind::Enum(_));
        if spec.open && !is_enum {
            self.error("open", "`open` applies to named enums only", "remove it");
        }
        let closed = self.api.values_of(self.member);
        if !spec.known_values.is_empty() && !(closed.is_empty() && (is_enum || self.is_text())) {
            let message = "`known_values` applies to strings with an open set of values";
            self.error("known_values", message, "use `enum` or `values` for a closed set");
        }
        for value in
            spec.not_settable.iter().filter(|value| !closed.is_empty() && !closed.contains(value))
        {
            let message = format!("`{}` is not a value of `{}`", value.escape_debug(), spec.name);
            self.error("not_settable", message, "use values of the set");
        }
        for (value, _) in &spec.special_values.0 {
            let fits = match self.member.kind.innermost() {
                Kind::I64 => value.parse::<i64>().is_ok(),
                Kind::U64 => value.parse::<u64>().is_ok(),
                Kind::F64 => value.parse::<f64>().is_ok_and(f64::is_finite),
                Kind::Bool | Kind::Type(_) => false,
                Kind::Str | Kind::Enum(_) | Kind::List(_) => true,
            };
            if !fits {
                let message = format!("`{}` is not {}", value.escape_debug(), spec.type_);
                self.error("special_values", message, "use a value that the member can have");
            }
        }
    }

    fn flags(&mut self) {
        let spec = self.member.spec.clone();
        if spec.secret && spec.sensitive {
            self.error(
                "sensitive",
                "`sensitive` is redundant beside `secret`",
                "remove one of them",
            );
        }
        // Only lists of a response itself name what a change created.
        let is_named_list = spec.output_required
            && matches!(self.member.kind, Kind::List(_))
            && self.set.pointer == "/response";
        if spec.empty_if.is_some() && !is_named_list {
            let message = "`empty_if` requires a list of a response with `output_required`";
            self.error("empty_if", message, "remove it");
        }
        if spec.output_required && spec.output_undeclared {
            let message = "`output_required` and `output_undeclared` contradict each other";
            self.error("output_undeclared", message, "remove one of them");
        }
        if spec.replaced_by.is_some() && !spec.deprecated {
            let message = "`replaced_by` without `deprecated`";
            self.error("replaced_by", message, "mark the member as deprecated");
        }
        // The generator and the engine support only lists of scalars and objects.
        if let Kind::List(item) = &self.member.kind
            && item.is_list()
        {
            self.error(
                "type",
                "lists of lists are not supported",
                "correct the type; the API has no lists of lists",
            );
        }
    }
}
