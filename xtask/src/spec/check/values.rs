//! Checks values: defaults, ranges, sets and formats agree with each other and with the type.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::super::diagnostic::{Diagnostic, Report, nearest};
use super::super::model::{Api, Kind, Member, plain};
use super::{Set, sets};

pub fn check(api: &Api, report: &mut Report) {
    for set in sets(api) {
        for (pointer, member) in set.each() {
            let mut checker = Checker { api, set, pointer: &pointer, member, report };
            checker.default();
            checker.limits();
            checker.values();
            checker.inline_set();
            checker.format();
            checker.secret();
        }
    }
    prefixes(api, report);
}

struct Checker<'a, 'r> {
    api: &'a Api,
    set: Set<'a>,
    pointer: &'a str,
    member: &'a Member,
    report: &'r mut Report,
}

impl Checker<'_, '_> {
    fn error(&mut self, key: &str, message: impl Into<String>) -> &mut Diagnostic {
        self.report.error(self.set.file, format!("{}/{key}", self.pointer), message)
    }

    fn default(&mut self) {
        let spec = &self.member.spec;
        let Some(default) = &spec.default else { return };
        // Defaults of lists are not supported.
        let fits = match (&self.member.kind, default) {
            (Kind::Str | Kind::Enum(_), Value::String(_)) | (Kind::Bool, Value::Bool(_)) => true,
            (Kind::I64, Value::Number(number)) => number.is_i64(),
            (Kind::U64, Value::Number(number)) => number.is_u64(),
            (Kind::F64, Value::Number(_)) => true,
            _ => false,
        };
        if !fits {
            let message = format!("the default {default} is not {}", spec.type_);
            self.error("default", message).help("correct the default or the type");
            return;
        }
        if spec.secret || spec.sensitive {
            let key = if spec.secret { "secret" } else { "sensitive" };
            self.error(key, "a secret must not have a default, which everybody would know")
                .help("remove `default`");
        }
        // A special value, such as 0 for "none", may be outside of the limits.
        if !spec.special_values.0.iter().any(|(value, _)| *value == plain(default)) {
            self.default_within_limits(default);
        }
        let values = self.api.values_of(self.member);
        if !values.is_empty() && !values.contains(&plain(default)) {
            let message = format!("the default {default} is not in the set of values");
            self.error("default", message).help(format!("one of: {}", values.join(", ")));
        }
    }

    fn default_within_limits(&mut self, default: &Value) {
        let spec = &self.member.spec;
        let mut broken: Vec<String> = Vec::new();
        if let Some(number) = default.as_f64() {
            if let Some(min) = spec.min.filter(|min| number < *min as f64) {
                broken.push(format!("the default {default} is below `min`, which is {min}"));
            }
            if let Some(max) = spec.max.filter(|max| number > *max as f64) {
                broken.push(format!("the default {default} is above `max`, which is {max}"));
            }
        }
        if let (Some(step), Some(number)) = (spec.step, default.as_i64())
            && number.checked_rem(step).is_some_and(|rest| rest != 0)
        {
            broken.push(format!(
                "the default {default} is not a multiple of `step`, which is {step}"
            ));
        }
        // An empty string means no value.
        if let Some(text) = default.as_str().filter(|text| !text.is_empty()) {
            let length = text.chars().count();
            if let Some(max) = spec.max_length.filter(|max| length > *max as usize) {
                broken.push(format!("the default is longer than `max_length`, which is {max}"));
            }
            if let Some(min) = spec.min_length.filter(|min| length < *min as usize) {
                broken.push(format!("the default is shorter than `min_length`, which is {min}"));
            }
            if let Some(max) = spec.max_bytes.filter(|max| text.len() > *max as usize) {
                broken.push(format!("the default is longer than `max_bytes`, which is {max}"));
            }
            let matches = |pattern: &String| {
                regex_lite::Regex::new(&format!("^(?:{pattern})$"))
                    .map_or(true, |pattern| pattern.is_match(text))
            };
            if let Some(pattern) = spec.pattern.as_ref().filter(|pattern| !matches(pattern)) {
                broken.push(format!("the default does not match `pattern`, which is {pattern}"));
            }
            if spec.charset.as_deref() == Some("ascii") && !text.is_ascii() {
                broken.push(
                    "the default has characters outside of `charset`, which is ascii".to_owned(),
                );
            }
        }
        for message in broken {
            self.error("default", message).help("correct the default or the limit");
        }
    }

    fn limits(&mut self) {
        let spec = &self.member.spec;
        let number = matches!(self.member.kind.innermost(), Kind::I64 | Kind::U64 | Kind::F64);
        let text = matches!(self.member.kind.innermost(), Kind::Str | Kind::Enum(_));
        let list = self.member.kind.is_list();
        if let Some((min, max)) = spec.min.zip(spec.max).filter(|(min, max)| min > max) {
            self.error("min", format!("`min` is {min}, above `max`, which is {max}"))
                .help("correct one of the two");
        }
        let lengths = spec.min_length.zip(spec.max_length);
        if let Some((min, max)) = lengths.filter(|(min, max)| min > max) {
            let message = format!("`min_length` is {min}, above `max_length`, which is {max}");
            self.error("min_length", message).help("correct one of the two");
        }
        let misplaced = [
            ("min", spec.min.is_some(), number, "a number"),
            ("max", spec.max.is_some(), number, "a number"),
            ("step", spec.step.is_some(), number, "a number"),
            ("min_length", spec.min_length.is_some(), text, "a string"),
            ("max_length", spec.max_length.is_some(), text, "a string"),
            ("max_bytes", spec.max_bytes.is_some(), text, "a string"),
            ("pattern", spec.pattern.is_some(), text, "a string"),
            ("max_items", spec.max_items.is_some(), list, "a list"),
        ];
        for (key, given, fits, noun) in misplaced {
            if given && !fits {
                let message = format!("`{key}` limits {noun}, but the type is {}", spec.type_);
                self.error(key, message).help("remove it, or correct the type");
            }
        }
    }

    /// Checks `values`, which restricts the named enum of the member.
    fn values(&mut self) {
        let Some(values) = &self.member.spec.values else { return };
        let Kind::Enum(index) = self.member.kind.innermost() else {
            self.error("values", "`values` applies to named enums only")
                .help("use `enum` for a scalar without a named enum");
            return;
        };
        let enum_ = self.api.enum_at(*index);
        let known: Vec<&str> = enum_.spec.values.iter().map(|row| row.value.as_str()).collect();
        let mut seen = HashSet::new();
        for (index, value) in values.iter().enumerate() {
            if !known.contains(&value.as_str()) {
                let message =
                    format!("`{}` is not a value of {}", value.escape_debug(), enum_.spec.enum_);
                let near = nearest(value, known.iter().copied());
                let help = near.map_or_else(
                    || format!("add it to enums/{}.json", enum_.spec.enum_),
                    |near| format!("did you mean `{near}`?"),
                );
                self.error(&format!("values/{index}"), message).help(help);
            } else if !seen.insert(value) {
                self.error(&format!("values/{index}"), format!("duplicate `{value}`"))
                    .help("remove one of the two");
            }
        }
        if values.iter().map(String::as_str).eq(known.iter().copied()) {
            let message = format!("`values` is the same as {}", enum_.spec.enum_);
            self.error("values", message).help("remove it");
        } else if values.is_empty() {
            self.error("values", "the set of values is empty")
                .help("remove it, or list the values");
        }
    }

    /// Checks `enum`, the values of a scalar without a named enum.
    fn inline_set(&mut self) {
        let Some(values) = &self.member.spec.enum_ else { return };
        if matches!(self.member.kind.innermost(), Kind::Enum(_) | Kind::Type(_)) {
            self.error("enum", "`enum` applies to scalars only")
                .help("use `values` to narrow a named enum");
            return;
        }
        let mut last: Option<i64> = None;
        let mut seen = HashSet::new();
        for (index, value) in values.iter().enumerate() {
            let key = format!("enum/{index}");
            let fits = match self.member.kind.innermost() {
                Kind::I64 => value.is_i64(),
                Kind::U64 => value.is_u64(),
                Kind::Str => value.is_string(),
                _ => false,
            };
            if !fits {
                self.error(&key, format!("{value} is not {}", self.member.spec.type_))
                    .help("correct the value or the type");
            } else if !seen.insert(plain(value)) {
                self.error(&key, format!("duplicate {value}")).help("remove one of the two");
            } else if let (Some(before), Some(number)) = (last, value.as_i64())
                && number < before
            {
                let message = format!("the values are not sorted: {number} after {before}");
                self.error(&key, message).help("sort the numbers in ascending order");
            }
            last = value.as_i64().or(last);
        }
    }

    fn format(&mut self) {
        let Some(format) = self.member.spec.format.clone() else { return };
        if !matches!(self.member.kind.innermost(), Kind::Str) {
            let message =
                format!("`format` applies to strings, but the type is {}", self.member.spec.type_);
            self.error("format", message).help("remove it, or correct the type");
        } else if format.contains("xxx") && !format.contains(" or ") && id_prefix(&format).is_none()
        {
            let message = format!("`{}` is not the format of an id", format.escape_debug());
            self.error("format", message).help("use a lower-case prefix, as in `ins-xxxxxxxx`");
        } else if let (Some(prefix), Some(default)) =
            (id_prefix(&format), &self.member.spec.default)
            && !plain(default).starts_with(&format!("{prefix}-"))
            && !self.member.spec.special_values.0.iter().any(|(value, _)| *value == plain(default))
        {
            let message = format!("the default {default} does not begin with `{prefix}-`");
            self.error("default", message).help("correct it, or list it in `special_values`");
        }
    }

    fn secret(&mut self) {
        let hidden = self.member.is_secret();
        if hidden && !matches!(self.member.kind.innermost(), Kind::Str) {
            let message =
                format!("a secret must be a string, but the type is {}", self.member.spec.type_);
            let key = if self.member.spec.secret { "secret" } else { "sensitive" };
            self.error(key, message).help("mark the string members of the type with the secret");
        }
    }
}

/// The prefix of an id format: `ins` of `ins-xxxxxxxx`.
fn id_prefix(format: &str) -> Option<&str> {
    let (prefix, rest) = format.split_once('-')?;
    let legal = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
    (legal && rest == "xxxxxxxx").then_some(prefix)
}

/// Checks that members of the same name have ids with the same prefix.
fn prefixes(api: &Api, report: &mut Report) {
    let mut formats: HashMap<String, BTreeMap<&str, usize>> = HashMap::new();
    let stem = |name: &str| {
        name.trim_end_matches("Set").trim_end_matches('s').trim_end_matches('.').to_owned()
    };
    let layout =
        |member: &Member| member.spec.format.as_deref().and_then(id_prefix).map(str::to_owned);
    for set in sets(api) {
        for member in set.members {
            if let Some(prefix) = member.spec.format.as_deref().and_then(id_prefix) {
                *formats.entry(stem(&member.spec.name)).or_default().entry(prefix).or_default() +=
                    1;
            }
        }
    }
    for set in sets(api) {
        for (pointer, member) in set.each() {
            let Some(prefix) = layout(member) else { continue };
            let Some(all) = formats.get(&stem(&member.spec.name)) else { continue };
            let Some((usual, most)) = all.iter().max_by_key(|(_, count)| **count) else { continue };
            let mine = all.get(prefix.as_str()).copied().unwrap_or(0);
            if *most > mine && member.spec.quirk.is_none() {
                let message = format!("`{}` has ids `{prefix}-…` here", member.spec.name);
                report
                    .error(set.file, format!("{pointer}/format"), message.replace('…', "..."))
                    .help(format!(
                        "elsewhere they begin with `{usual}-`; correct the format, or explain it with a `quirk`"
                    ));
            }
        }
    }
}
