//! Keeps JSON as it was written: members in their order, numbers with their digits.
//!
//! Responses are printed from this, including unknown members. serde_json decides what is JSON; the scanner here only
//! splits valid text, so it cannot fail. Values that no type can represent (half a surrogate pair, very deep nesting)
//! stay text.

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::DecodeError;

/// Lists and objects nested deeper than this stay text, because code that walks a value may recurse.
const MAX_DEPTH: usize = 128;

/// A JSON value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number: its digits, as they were written.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object, its members in their order; a name may be there twice.
    Object(Vec<(String, Json)>),
    /// The JSON text of a value that none of the others can hold, without blanks between its tokens:
    /// a string that is not Unicode, an object with such a name, or a value nested too deeply.
    Raw(String),
}

impl Json {
    /// Reads any JSON text.
    ///
    /// # Errors
    ///
    /// If it is not JSON. The message names the position, never the text.
    pub fn parse_lenient(text: &[u8]) -> Result<Self, DecodeError> {
        match serde_json::from_slice::<IgnoredAny>(text) {
            Ok(_) => Ok(Self::scan(text)),
            Err(error) => Err(DecodeError::new("", error.to_string())),
        }
    }

    /// Reads JSON text from a user or a user's program.
    ///
    /// # Errors
    ///
    /// If it is not JSON, repeats a member of an object, or contains a value that only [`Json::Raw`] can hold.
    pub fn parse(text: &[u8]) -> Result<Self, DecodeError> {
        let json = Self::parse_lenient(text)?;
        json.check(&mut String::new())?;
        Ok(json)
    }

    /// Reads text that is known to be JSON. Any other text gives some value too.
    pub(crate) fn scan(text: &[u8]) -> Self {
        Scanner { text, at: 0 }.value(0)
    }

    fn check(&self, path: &mut String) -> Result<(), DecodeError> {
        let within = |path: &mut String, step: &str, value: &Self| {
            let length = path.len();
            if length > 0 {
                path.push('.');
            }
            path.push_str(step);
            value.check(path)?;
            path.truncate(length);
            Ok(())
        };
        match self {
            Self::Raw(_) => {
                let message = "this text is not Unicode, or is nested too deeply";
                Err(DecodeError::new(path.as_str(), message))
            }
            Self::List(items) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(index, item)| within(path, &index.to_string(), item))
            }
            Self::Object(members) => {
                // Sorted, because an object from outside may be large.
                let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
                names.sort_unstable();
                let mut twice = names.iter().zip(names.iter().skip(1));
                if let Some((name, _)) = twice.find(|(one, other)| one == other) {
                    let message = format!("member `{name}` is given twice");
                    return Err(DecodeError::new(path.as_str(), message));
                }
                members.iter().try_for_each(|(name, value)| within(path, name, value))
            }
            _ => Ok(()),
        }
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is an integer of this size.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The member of this name, if this is an object that has one.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The value at `A.B.0.C`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |value, step| match value {
            Self::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => value.member(step),
        })
    }

    /// Whether it is empty: null, `false`, zero, an empty text, or a list or object of such values.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => true,
            Self::Bool(true) | Self::Raw(_) => false,
            Self::Number(digits) => digits.bytes().all(|byte| b"-0.".contains(&byte)),
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.iter().all(Self::is_blank),
            Self::Object(members) => members.iter().all(|(_, value)| value.is_blank()),
        }
    }

    /// Its name in messages.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::Raw(_) => "a value that cannot be read",
        }
    }

    /// Indented JSON text, without a line break at the end. Numbers and [`Json::Raw`] are written as they
    /// are.
    #[must_use]
    pub fn pretty(&self) -> String {
        let mut text = String::new();
        write(self, 0, &mut text);
        text
    }

    /// The same as a serde_json value. Values that serde_json cannot represent become text: an integer beyond 64 bits, a
    /// number beyond a double, and [`Json::Raw`]. A fraction becomes the nearest double. Of two members with one name,
    /// the last one stays.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(digits) => {
                number(digits).map_or_else(|| digits.as_str().into(), Value::Number)
            }
            Self::Text(text) | Self::Raw(text) => Value::String(text.clone()),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), value.to_value())).collect()
            }
        }
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(
                members.into_iter().map(|(name, value)| (name, Self::from(value))).collect(),
            ),
        }
    }
}

/// A number that serde_json can hold without `arbitrary_precision`.
fn number(digits: &str) -> Option<serde_json::Number> {
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    // A negative zero is a fraction to serde_json.
    if is_whole && digits != "-0" {
        let signed = || digits.parse::<i64>().ok().map(serde_json::Number::from);
        return digits.parse::<u64>().ok().map(serde_json::Number::from).or_else(signed);
    }
    serde_json::Number::from_f64(digits.parse().ok()?)
}

fn write(json: &Json, depth: usize, text: &mut String) {
    match json {
        Json::Null => text.push_str("null"),
        Json::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Json::Number(digits) => text.push_str(digits),
        Json::Raw(raw) => text.push_str(raw),
        Json::Text(content) => quote(content, text),
        Json::List(items) => block('[', ']', items, depth, text, |item, text| {
            write(item, depth + 1, text);
        }),
        Json::Object(members) => {
            block('{', '}', members, depth, text, |(name, value), text| {
                quote(name, text);
                text.push_str(": ");
                write(value, depth + 1, text);
            });
        }
    }
}

fn quote(content: &str, text: &mut String) {
    // Text can always be written.
    text.push_str(&serde_json::to_string(content).unwrap_or_default());
}

fn block<T>(
    open: char,
    close: char,
    items: &[T],
    depth: usize,
    text: &mut String,
    mut item: impl FnMut(&T, &mut String),
) {
    let line = |depth: usize, text: &mut String| {
        text.push('\n');
        (0..depth).for_each(|_| text.push_str("  "));
    };
    text.push(open);
    for (index, one) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        line(depth + 1, text);
        item(one, text);
    }
    if !items.is_empty() {
        line(depth, text);
    }
    text.push(close);
}

/// Splits JSON text. Every step moves forward or stops, whatever the text is.
struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scanner<'t> {
    fn value(&mut self, depth: usize) -> Json {
        let begin = self.skip_blanks();
        match self.peek() {
            Some(b'{') if depth < MAX_DEPTH => self.object(depth),
            Some(b'[') if depth < MAX_DEPTH => self.list(depth),
            Some(b'{' | b'[') => {
                self.skip_nested();
                self.raw(begin)
            }
            Some(b'"') => match self.string() {
                Ok(text) => Json::Text(text),
                Err(token) => Json::Raw(compact(token)),
            },
            _ => match self.word() {
                b"null" => Json::Null,
                b"true" => Json::Bool(true),
                b"false" => Json::Bool(false),
                digits => Json::Number(String::from_utf8_lossy(digits).into_owned()),
            },
        }
    }

    fn list(&mut self, depth: usize) -> Json {
        let mut items = Vec::new();
        while self.item(b']') {
            items.push(self.value(depth + 1));
        }
        Json::List(items)
    }

    fn object(&mut self, depth: usize) -> Json {
        let begin = self.at;
        let mut members = Vec::new();
        let mut is_text = true;
        while self.item(b'}') {
            let name = self.string();
            self.skip_blanks();
            self.take(b':');
            let value = self.value(depth + 1);
            match name {
                Ok(name) => members.push((name, value)),
                Err(_) => is_text = false,
            }
        }
        if is_text { Json::Object(members) } else { self.raw(begin) }
    }

    /// Skips the separator before an item; `false` at the end.
    fn item(&mut self, close: u8) -> bool {
        let before = self.at;
        // The bracket that opens, or the comma behind the last item.
        if !self.take(b',') {
            self.take(if close == b']' { b'[' } else { b'{' });
        }
        self.skip_blanks();
        if self.take(close) {
            return false;
        }
        self.at > before && self.peek().is_some()
    }

    /// The text of a string, or its token if it is not Unicode.
    fn string(&mut self) -> Result<String, &'t [u8]> {
        let begin = self.at;
        self.skip_string();
        let token = self.text.get(begin..self.at).unwrap_or_default();
        let plain = token.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        match plain.filter(|plain| !plain.contains(&b'\\')) {
            Some(plain) => str::from_utf8(plain).map(str::to_owned).map_err(|_| token),
            None => serde_json::from_slice(token).map_err(|_| token),
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.text.len());
    }

    fn skip_nested(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
    }

    /// A number or a literal.
    fn word(&mut self) -> &'t [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b",:[]{}\"".contains(byte);
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn raw(&self, begin: usize) -> Json {
        Json::Raw(compact(self.text.get(begin..self.at).unwrap_or_default()))
    }

    fn skip_blanks(&mut self) -> usize {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.at
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
}

/// JSON text without whitespace between its tokens. Bytes that are not UTF-8 become U+FFFD.
fn compact(text: &[u8]) -> String {
    let mut kept = Vec::with_capacity(text.len());
    let (mut in_string, mut is_escaped) = (false, false);
    for byte in text {
        if in_string || !byte.is_ascii_whitespace() {
            kept.push(*byte);
        }
        if is_escaped {
            is_escaped = false;
        } else {
            is_escaped = in_string && *byte == b'\\';
            in_string ^= *byte == b'"';
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Json {
        Json::parse_lenient(text.as_bytes()).unwrap()
    }

    #[test]
    fn pretty_text_keeps_order_digits_and_unknown_members() {
        let text = "{\n  \"b\": [\n    1,\n    -2,\n    3.50,\n    1E2,\n    12345678901234567890123\n  ],\n  \"a\": null,\n  \"c\": {\n    \"d\": \"\\u0007\"\n  },\n  \"e\": [],\n  \"f\": {}\n}";
        let json = parse(text);
        assert_eq!(json.pretty(), text);
        assert_eq!(json.at("b.1"), Some(&Json::Number("-2".to_owned())));
        assert_eq!(json.at("c.d").and_then(Json::as_text), Some("\u{7}"));
        assert_eq!(json.at("c.x"), None);
    }

    #[test]
    fn values_that_no_program_can_hold_stay_raw_text() {
        for (text, raw) in [
            (r#"["\ud800", 1]"#, r#""\ud800""#),
            (r#"[{ "\ud800" : "a b" }, 1]"#, r#"{"\ud800":"a b"}"#),
        ] {
            let Json::List(items) = parse(text) else { panic!("{text}") };
            assert_eq!(items, [Json::Raw(raw.to_owned()), Json::Number("1".to_owned())]);
            assert!(Json::parse(text.as_bytes()).is_err());
        }
        let deep = format!("{}1, \"]\"{}", "[".repeat(100_000), "]".repeat(100_000));
        let json = parse(&format!(r#"{{"a":{deep},"b":2}}"#));
        assert_eq!(json.member("b"), Some(&Json::Number("2".to_owned())));
        let again = parse(&json.pretty());
        assert_eq!(again, json);
        assert!(Json::parse(deep.as_bytes()).is_err());
        let bytes = Json::parse_lenient(b"[\"a\xff\"]").unwrap();
        assert_eq!(bytes.pretty(), "[\n  \"a\u{fffd}\"\n]");
    }

    #[test]
    fn repeated_members_are_kept_or_rejected() {
        let json = parse(r#"{"A":{"Name":1,"Name":2}}"#);
        assert!(json.pretty().contains("\"Name\": 1,\n    \"Name\": 2"), "{}", json.pretty());
        let error = Json::parse(br#"{"A":[{"Name":1,"Name":2}]}"#).unwrap_err();
        assert_eq!(error.to_string(), "at `A.0`: member `Name` is given twice");
        let error = Json::parse(br#"{"Name":"zone","Name":"x"}"#).unwrap_err();
        assert!(error.to_string().starts_with("member `Name` is given twice"), "{error}");
    }

    #[test]
    fn text_that_is_not_json_is_an_error() {
        for text in ["", "{", "[1 2]", "01", "nul", "{'a'", r#"{"a"}"#, "[1],", "\u{feff}{}"] {
            assert!(Json::parse_lenient(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn number_becomes_its_digits_or_its_text() {
        for (text, value) in [
            ("18446744073709551615", serde_json::json!(u64::MAX)),
            ("18446744073709551616", serde_json::json!("18446744073709551616")),
            ("-9223372036854775808", serde_json::json!(i64::MIN)),
            ("-9223372036854775809", serde_json::json!("-9223372036854775809")),
            ("1.10", serde_json::json!(1.1)),
            ("1E2", serde_json::json!(100.0)),
            ("1e999", serde_json::json!("1e999")),
            ("-0", serde_json::json!(-0.0)),
        ] {
            assert_eq!(parse(text).to_value(), value, "{text}");
        }
    }

    proptest::proptest! {
        /// What serde_json can hold is the same here, and what it writes is read back.
        #[test]
        fn every_value_of_serde_json_survives(value in crate::written::tests::values()) {
            let text = serde_json::to_vec(&value).unwrap();
            let json = Json::parse(&text).unwrap();
            proptest::prop_assert_eq!(&json.to_value(), &value);
            let again = Json::parse(json.pretty().as_bytes()).unwrap();
            proptest::prop_assert_eq!(&again, &json);
            proptest::prop_assert_eq!(Json::from(value), json);
        }

        /// Text that is not JSON never reaches the scanner, and would do no harm there.
        #[test]
        fn any_bytes_can_be_scanned(text in "[\\[\\]{}:,\"\\\\ a1\u{e9}-]{0,40}") {
            let json = Json::scan(text.as_bytes());
            let _ = (json.pretty(), json.to_value());
        }
    }

    fn values() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter_map("finite", |number| {
                serde_json::Number::from_f64(number).map(Value::Number)
            }),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::hash_map(any::<String>(), inner, 0..4)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }
}
