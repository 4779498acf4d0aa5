//! Checks the single keys of a member: limits that no value can meet, sets without values, patterns that are
//! no regular expressions.

use std::collections::HashSet;

use serde_json::Value;

use super::super::diagnostic::Report;
use super::super::model::{Api, Kind, Member, plain};
use super::{Set, sets};

/// Keys of a member whose value is a list of names or values, each of which stands there once.
const LISTS: [&str; 7] = [
    "exclusive_with",
    "exactly_one_of",
    "at_least_one_of",
    "known_values",
    "not_settable",
    "used_by",
    "values",
];

/// Keys whose text may be empty: descriptions have a check of their own, and by default a text may be.
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
        .help("leave it out where nothing is stated");
}

/// No text is blank, and no list names anything twice.
fn texts(set: Set<'_>, pointer: &str, member: &Member, report: &mut Report) {
    let Ok(Value::Object(keys)) = serde_json::to_value(&member.spec) else { return };
    for (key, value) in &keys {
        match value {
            Value::String(text) if !FREE.contains(&key.as_str()) && text.trim().is_empty() => {
                report
                    .error(set.file, format!("{pointer}/{key}"), format!("`{key}` is empty"))
                    .help("leave it out");
            }
            Value::Array(items) if LISTS.contains(&key.as_str()) => {
                let mut seen = HashSet::new();
                for (index, item) in items.iter().enumerate() {
                    // `values` tells its own double entries.
                    if key != "values" && !seen.insert(plain(item)) {
                        let message = format!("{item} is there twice");
                        report
                            .error(set.file, format!("{pointer}/{key}/{index}"), message)
                            .help("leave one of the two out");
                    }
                    if plain(item).trim().is_empty() {
                        let message = format!("`{key}` holds an empty text");
                        report
                            .error(set.file, format!("{pointer}/{key}/{index}"), message)
                            .help("leave it out");
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
            self.error("step", "a step must be more than 0", "leave it out where none is stated");
        }
        if *self.member.kind.innermost() == Kind::U64 {
            for (key, limit) in [("min", spec.min), ("max", spec.max)] {
                if let Some(limit) = limit.filter(|limit| *limit < 0) {
                    let message =
                        format!("`{key}` is {limit}, and an unsigned number is at least 0");
                    self.error(key, message, "make it 0, or the type `int64`");
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

    /// A pattern that the engine cannot read would match everything.
    fn pattern(&mut self) {
        let Some(pattern) = self.member.spec.pattern.clone() else { return };
        let wrapped = format!("^(?:{pattern})$");
        if let Err(error) =
            regex_lite::Regex::new(&pattern).and_then(|_| regex_lite::Regex::new(&wrapped))
        {
            let message = format!("the pattern cannot be read: {error}");
            self.error("pattern", message, "write it in the syntax of the crate `regex-lite`");
        }
    }

    fn encoding(&mut self) {
        let spec = self.member.spec.clone();
        if spec.encoding.as_deref().is_some_and(|encoding| encoding != "base64") {
            self.error(
                "encoding",
                "the only encoding that the engine knows is `base64`",
                "leave it out",
            );
        }
        if let Some(charset) = spec.charset.as_deref().filter(|charset| *charset != "ascii") {
            let message = format!("`{}` is not a set of characters", charset.escape_debug());
            self.error("charset", message, "write `ascii`, or leave it out");
        }
        for (key, given) in
            [("encoding", spec.encoding.is_some()), ("charset", spec.charset.is_some())]
        {
            if given && !self.is_text() {
                let message = format!("`{key}` is about a string, and this is {}", spec.type_);
                self.error(key, message, "leave it out");
            }
        }
    }

    fn sets(&mut self) {
        let spec = self.member.spec.clone();
        if spec.enum_.as_ref().is_some_and(Vec::is_empty) {
            self.error("enum", "an empty set of values", "leave it out where none is stated");
        }
        let is_enum = matches!(self.member.kind.innermost(), Kind::Enum(_));
        if spec.open && !is_enum {
            self.error("open", "`open` is about a named enum, and this is none", "leave it out");
        }
        let closed = self.api.values_of(self.member);
        if !spec.known_values.is_empty() && !(closed.is_empty() && (is_enum || self.is_text())) {
            let message = "`known_values` are some of an open set of texts, and this is none";
            self.error("known_values", message, "use `enum` or `values` for a closed set");
        }
        for value in
            spec.not_settable.iter().filter(|value| !closed.is_empty() && !closed.contains(value))
        {
            let message = format!("`{}` is not a value of `{}`", value.escape_debug(), spec.name);
            self.error("not_settable", message, "name values of the set");
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
                self.error("special_values", message, "write a value that the member can have");
            }
        }
    }

    fn flags(&mut self) {
        let spec = self.member.spec.clone();
        if spec.secret && spec.sensitive {
            self.error("sensitive", "`secret` says this already", "leave one of them out");
        }
        if spec.empty_if.is_some()
            && !(spec.output_required && matches!(self.member.kind, Kind::List(_)))
        {
            let message = "`empty_if` belongs to a list with `output_required`";
            self.error("empty_if", message, "remove it");
        }
        if spec.output_required && spec.output_undeclared {
            let message = "`output_required` and `output_undeclared` contradict each other";
            self.error("output_undeclared", message, "leave one of them out");
        }
        if spec.replaced_by.is_some() && !spec.deprecated {
            let message = "`replaced_by` without `deprecated`";
            self.error("replaced_by", message, "mark the member as deprecated");
        }
        // The generator and the engine know lists of scalars and objects.
        if let Kind::List(item) = &self.member.kind
            && item.is_list()
        {
            self.error(
                "type",
                "a list of lists, which the engine cannot encode",
                "the API has none: correct the type",
            );
        }
    }
}
