//! Validates a model against the limits of the specification.
//!
//! The emulator validates every request; a client does so only on demand, because the server decides. Free-text rules of
//! the specification are documentation and are not checked.

use std::fmt;

use crate::{Condition, FieldInfo, Model, Value};

/// A member that violates a limit.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The path, in the notation of the API: `DataDisks.0.DiskSize`.
    pub path: String,
    /// The description of the member.
    pub field: &'static FieldInfo,
    /// What is wrong.
    pub fault: ViolationKind,
    /// The value as text; hidden for secrets, absent for objects and lists.
    pub value: Option<String>,
}

/// What is wrong with a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViolationKind {
    /// It is required and not given.
    Missing,
    /// It is required under this condition and not given.
    MissingIf(Condition<'static>),
    /// It is below the smallest value.
    TooSmall(i64),
    /// It is above the largest value.
    TooLarge(i64),
    /// It has fewer characters than this.
    TooShort(u32),
    /// It has more characters than this.
    TooLong(u32),
    /// It has more bytes than this, once decoded where it is base64.
    TooManyBytes(u32),
    /// It is not base64, either with full padding or without any.
    NotBase64,
    /// It has more items than this.
    TooManyItems(u32),
    /// It is not in the value set.
    NotAllowed,
    /// It does not have the format of such an id.
    BadFormat(&'static str),
    /// It does not match the pattern.
    BadPattern(&'static str),
    /// It must not be given together with this one.
    Exclusive(&'static str),
    /// Exactly one of these must be given, and none is.
    NoneOf(&'static [&'static str]),
    /// Exactly one of these must be given, and several are.
    ExactlyOneOf(&'static [&'static str]),
    /// One or more of these must be given.
    AtLeastOneOf(&'static [&'static str]),
}

/// Validates a model and everything in it, in the order of the members.
#[must_use]
pub fn validate(model: &dyn Model) -> Vec<Violation> {
    let mut check = Check { path: String::new(), violations: Vec::new() };
    check.object(model);
    check.violations
}

struct Check {
    path: String,
    violations: Vec<Violation>,
}

impl Check {
    fn object(&mut self, model: &dyn Model) {
        let table = model.table();
        let row = |name: &str| {
            let index = table.find(name.as_bytes())?;
            Some((table.members.get(index)?, model.member(index)))
        };
        let conflicts = |name: &str| row(name).is_some_and(|(field, value)| excludes(field, value));
        for (index, field) in table.members.iter().enumerate() {
            let value = model.member(index);
            self.step(field.wire, |check| {
                if !is_given(field, value) {
                    if !check.absent(model, field, value) && value.as_str() == Some("") {
                        // It is sent, and no closed set of values contains it.
                        check.allowed(field, value, "");
                    }
                } else {
                    let others = field.exclusive_with.iter().filter(|other| conflicts(other));
                    for other in others.filter(|_| excludes(field, value)) {
                        check.fault(field, value, ViolationKind::Exclusive(other));
                    }
                    check.value(field, value);
                }
                check.groups(field, value, &row);
            });
        }
    }

    /// Reports a required member that is not given. Returns whether it is required.
    fn absent(&mut self, model: &dyn Model, field: &'static FieldInfo, value: Value<'_>) -> bool {
        let mut conditions = field.required_if.iter();
        let condition = conditions.find(|condition| condition.holds_with_defaults(model));
        match condition {
            _ if field.required => self.fault(field, value, ViolationKind::Missing),
            Some(condition) => self.fault(field, value, ViolationKind::MissingIf(*condition)),
            None => return false,
        }
        true
    }

    /// A violated rule on several members is reported once, at the first of them.
    fn groups<'m>(
        &mut self,
        field: &'static FieldInfo,
        value: Value<'_>,
        row: &dyn Fn(&str) -> Option<(&'static FieldInfo, Value<'m>)>,
    ) {
        let count = |names: &[&str], test: fn(&FieldInfo, Value<'_>) -> bool| {
            let rows = names.iter().filter_map(|name| row(name));
            rows.filter(|(field, value)| test(field, *value)).count()
        };
        let first = |names: &[&str]| names.first() == Some(&field.wire);
        if first(field.exactly_one_of) {
            let names = field.exactly_one_of;
            if count(names, is_given) == 0 {
                self.fault(field, value, ViolationKind::NoneOf(names));
            } else if count(names, is_chosen) > 1 {
                self.fault(field, value, ViolationKind::ExactlyOneOf(names));
            }
        }
        if first(field.at_least_one_of) && count(field.at_least_one_of, is_given) == 0 {
            self.fault(field, value, ViolationKind::AtLeastOneOf(field.at_least_one_of));
        }
    }

    fn value(&mut self, field: &'static FieldInfo, value: Value<'_>) {
        match value {
            Value::Object(model) => self.object(model),
            Value::List(list) => {
                if let Some(limit) = field.max_items.filter(|limit| list.len() > *limit as usize) {
                    // The items are not validated: a hostile list could be long.
                    return self.fault(field, value, ViolationKind::TooManyItems(limit));
                }
                for index in 0..list.len() {
                    self.step(&index.to_string(), |check| check.value(field, list.at(index)));
                }
            }
            Value::Str(text) | Value::Secret(text) => self.text(field, value, text),
            Value::I64(number) => self.number(field, value, i128::from(number)),
            Value::U64(number) => self.number(field, value, i128::from(number)),
            Value::F64(number) => self.float(field, value, number),
            Value::Bool(_) | Value::Absent => {}
        }
    }

    fn number(&mut self, field: &'static FieldInfo, value: Value<'_>, number: i128) {
        // Few numbers have a list of values, and writing one as text costs more than all limits.
        let text = has_values(field).then(|| number.to_string());
        if text.as_deref().is_some_and(|text| is_special(field, text)) {
            return;
        }
        if let Some(min) = field.min.filter(|min| number < i128::from(*min)) {
            self.fault(field, value, ViolationKind::TooSmall(min));
        }
        if let Some(max) = field.max.filter(|max| number > i128::from(*max)) {
            self.fault(field, value, ViolationKind::TooLarge(max));
        }
        if let Some(text) = text {
            self.allowed(field, value, &text);
        }
    }

    /// NaN violates every limit.
    fn float(&mut self, field: &'static FieldInfo, value: Value<'_>, number: f64) {
        if let Some(min) = field.min.filter(|min| number.is_nan() || number < *min as f64) {
            self.fault(field, value, ViolationKind::TooSmall(min));
        }
        if let Some(max) = field.max.filter(|max| number.is_nan() || number > *max as f64) {
            self.fault(field, value, ViolationKind::TooLarge(max));
        }
        if has_values(field) {
            self.allowed(field, value, &number.to_string());
        }
    }

    fn text(&mut self, field: &'static FieldInfo, value: Value<'_>, text: &str) {
        if is_special(field, text) {
            return;
        }
        let length = text.chars().count();
        if let Some(min) = field.min_length.filter(|min| length < *min as usize) {
            self.fault(field, value, ViolationKind::TooShort(min));
        }
        if let Some(max) = field.max_length.filter(|max| length > *max as usize) {
            self.fault(field, value, ViolationKind::TooLong(max));
        }
        let bytes = if field.base64 { decoded_length(text) } else { text.len() };
        if let Some(max) = field.max_bytes.filter(|max| bytes > *max as usize) {
            self.fault(field, value, ViolationKind::TooManyBytes(max));
        }
        if field.base64 && !is_base64(text) {
            self.fault(field, value, ViolationKind::NotBase64);
        }
        self.allowed(field, value, text);
        if let Some(format) = field.format.filter(|format| !fits_format(text, format)) {
            self.fault(field, value, ViolationKind::BadFormat(format));
        }
        if let Some(pattern) = field.pattern.filter(|pattern| !matches_whole(text, pattern)) {
            self.fault(field, value, ViolationKind::BadPattern(pattern));
        }
    }

    fn allowed(&mut self, field: &'static FieldInfo, value: Value<'_>, text: &str) {
        if !field.values.is_empty() && !field.values.contains(&text) {
            self.fault(field, value, ViolationKind::NotAllowed);
        }
    }

    fn fault(&mut self, field: &'static FieldInfo, value: Value<'_>, fault: ViolationKind) {
        let value =
            if field.secret { value.text().map(|_| "***".to_owned()) } else { value.text() };
        self.violations.push(Violation { path: self.path.clone(), field, fault, value });
    }

    fn step(&mut self, step: &str, act: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(step);
        act(self);
        self.path.truncate(length);
    }
}

/// Whether a member is given: with a value, or with an empty text if that is a documented value.
fn is_given(field: &FieldInfo, value: Value<'_>) -> bool {
    !value.is_blank() || value.as_str().is_some_and(|text| is_special(field, text))
}

/// Whether a member is given with another value than its default. The default changes nothing, so in a rule between
/// members it is as good as absent.
fn is_chosen(field: &FieldInfo, value: Value<'_>) -> bool {
    let is_default = |text: &str| field.default == Some(text);
    let has_default = match value {
        // Booleans that are sent as text are in lower case or in capitals.
        Value::Str(text) => field.default.is_some_and(|known| known.eq_ignore_ascii_case(text)),
        Value::Bool(is_on) => is_default(if is_on { "true" } else { "false" }),
        Value::I64(number) => is_default(&number.to_string()),
        Value::U64(number) => is_default(&number.to_string()),
        _ => false,
    };
    is_given(field, value) && !has_default
}

/// Whether the members that it excludes must not be given. A switch that is off excludes nothing, whatever its default:
/// this differs from a group of which exactly one is given, where `false` can be the choice to switch something off. An
/// object without content excludes nothing either: Terraform sends `{}` for what its configuration leaves out.
fn excludes(field: &FieldInfo, value: Value<'_>) -> bool {
    let is_off = match value {
        Value::Bool(is_on) => !is_on,
        Value::Object(model) => {
            (0..model.table().members.len()).all(|index| model.member(index).is_blank())
        }
        _ => false,
    };
    is_chosen(field, value) && !is_off
}

/// Whether the specification lists single values of the member.
fn has_values(field: &FieldInfo) -> bool {
    !field.values.is_empty() || !field.special.is_empty()
}

/// Whether this is a documented value that the limits and the format do not cover.
fn is_special(field: &FieldInfo, value: &str) -> bool {
    field.special.contains(&value)
}

/// Four characters of base64 encode three bytes, and two or three at the end encode one or two. Padding encodes
/// nothing.
fn decoded_length(text: &str) -> usize {
    let characters = text.trim_end_matches('=').len();
    characters / 4 * 3 + characters % 4 * 3 / 4
}

/// Whether it is base64 in the standard alphabet (RFC 4648, section 4), with or without padding: the vendor's examples
/// have both.
fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let padding = text.len() - body.len();
    let is_padded = padding <= 2 && text.len().is_multiple_of(4);
    body.len() % 4 != 1 && (padding == 0 || is_padded) && body.bytes().all(is_letter)
}

/// Whether an id has the prefix of its format: `ins-` of `ins-xxxxxxxx`. The number of characters after the prefix is
/// typical, not guaranteed. Formats of times, and those that describe alternatives in words, are not checked.
fn fits_format(text: &str, format: &str) -> bool {
    let prefix = format.trim_end_matches('x');
    if !prefix.ends_with('-') || prefix.len() == format.len() || prefix.contains(' ') {
        return true;
    }
    text.strip_prefix(prefix).is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// Whether the whole text matches. An invalid regular expression matches everything; lint rejects such specifications.
fn matches_whole(text: &str, pattern: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(text))
        || regex_lite::Regex::new(pattern).is_err()
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.field.unit.map(|unit| format!(" {unit}")).unwrap_or_default();
        write!(f, "`{}`", self.path)?;
        if let Some(value) = &self.value {
            write!(f, " is `{value}`, but")?;
        }
        match &self.fault {
            ViolationKind::Missing => write!(f, " is required; give {}", self.field.kind.noun()),
            ViolationKind::MissingIf(condition) => write!(f, " is required {}", condition.if_clause()),
            ViolationKind::TooSmall(min) => write!(f, " must be at least {min}{unit}"),
            ViolationKind::TooLarge(max) => write!(f, " must be at most {max}{unit}"),
            ViolationKind::TooShort(min) => write!(f, " must have at least {min} characters"),
            ViolationKind::TooLong(max) => write!(f, " must have at most {max} characters"),
            ViolationKind::TooManyBytes(max) => write!(f, " must have at most {max} bytes"),
            ViolationKind::NotBase64 => f.write_str(
                " must be base64 text, padded with `=` to a multiple of four characters or not at all",
            ),
            ViolationKind::TooManyItems(max) => write!(f, " must have at most {max} items"),
            ViolationKind::NotAllowed => write!(f, " must be one of {}", self.field.values.join(", ")),
            ViolationKind::BadFormat(format) => write!(f, " must look like `{format}`"),
            ViolationKind::BadPattern(pattern) => write!(f, " must match `{pattern}`"),
            ViolationKind::Exclusive(other) => write!(f, " cannot be given beside `{other}`"),
            ViolationKind::NoneOf(names) | ViolationKind::ExactlyOneOf(names) => {
                write!(f, " asks for exactly one of {}", names.join(", "))
            }
            ViolationKind::AtLeastOneOf(names) => {
                write!(f, " asks for one or more of {}", names.join(", "))
            }
        }
    }
}
