//! Requests with one error each, derived from a valid one by its model info.

use cvm_protocol::{FieldInfo, Kind, ModelInfo, Record, json};
use serde_json::{Value, json};

use crate::sample;

/// A request with one error.
pub struct Mutation {
    pub description: String,
    pub parameters: Value,
    pub fault: Fault,
    /// Whether the query encoding can express it: it has no types and no null.
    pub has_query_form: bool,
}

/// The kind of error.
#[derive(Clone, Copy)]
pub enum Fault {
    Missing,
    WrongType,
    Unknown,
    OutOfRange(&'static FieldInfo),
    OutOfSet(&'static FieldInfo),
    TooLong(&'static FieldInfo),
    TooShort(&'static FieldInfo),
    TooManyBytes(&'static FieldInfo),
    TooManyItems(&'static FieldInfo),
    Malformed(&'static FieldInfo),
    PatternMismatch(&'static FieldInfo),
    Exclusive(&'static FieldInfo, &'static str),
    /// Several members of which exactly one is allowed.
    NotExactlyOne,
    /// No member of those of which one is required.
    NotOne,
    /// An empty text for a required member.
    Empty(&'static FieldInfo),
}

/// Every mutation of a request.
pub fn mutations(table: &'static ModelInfo, request: &Value) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    let mut walk = Walk { request, path: String::new(), mutations: &mut mutations };
    walk.object(table);
    mutations
}

/// Whether a value excludes no other member: the default, or `false`.
fn is_default(field: &FieldInfo, value: &Value) -> bool {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_lowercase);
    text == "false" || field.default.is_some_and(|default| default.to_lowercase() == text)
}

/// A valid value that is not the default.
pub fn not_default(field: &FieldInfo) -> Value {
    let value = sample::value(field);
    let is_other = |text: &&&str| !is_default(field, &json!(**text));
    if let Some(other) = field.values.iter().find(is_other).filter(|_| value.is_string()) {
        return json!(other);
    }
    match value.as_i64().filter(|_| is_default(field, &value)) {
        Some(number) => (number + 1).into(),
        None => value,
    }
}

struct Walk<'a> {
    request: &'a Value,
    /// A JSON pointer to the object that is being mutated.
    path: String,
    mutations: &'a mut Vec<Mutation>,
}

impl Walk<'_> {
    fn object(&mut self, table: &'static ModelInfo) {
        self.add("NoSuchMember", json!(1), Fault::Unknown, true);
        // Names are case-sensitive.
        if let Some(field) = table.members.first() {
            let name = field.wire.to_ascii_lowercase();
            self.add(&name, json!(1), Fault::Unknown, true);
        }
        for field in table.members {
            if field.required || self.is_required_here(table, field) {
                self.absent(field, Fault::Missing);
            } else if self.is_given(field.wire) && !field.exactly_one_of.is_empty() {
                self.absent(field, Fault::NotOne);
            }
            self.wrong_types(field);
            match self.conflict(table, field) {
                Some(fault) => self.add(field.wire, not_default(field), fault, true),
                None => self.limits(field),
            }
            self.nested(field);
        }
    }

    fn is_given(&self, name: &str) -> bool {
        !self.here()[name].is_null()
    }

    /// The error if the member is added to the present ones.
    fn conflict(&self, table: &'static ModelInfo, field: &'static FieldInfo) -> Option<Fault> {
        if self.is_given(field.wire) {
            return None;
        }
        let excludes = |other: &&&str| {
            self.is_given(other) && !is_default(table.field(other).unwrap(), &self.here()[**other])
        };
        let other = field.exclusive_with.iter().find(excludes);
        let is_one_there = field.exactly_one_of.iter().any(|other| self.is_given(other));
        let exclusive = other.map(|other| Fault::Exclusive(field, other));
        exclusive.or(is_one_there.then_some(Fault::NotExactlyOne))
    }

    /// Whether the other members of the object make the member required.
    fn is_required_here(&self, table: &'static ModelInfo, field: &FieldInfo) -> bool {
        let mut object = Record::new(table);
        json::from_value(&mut object, self.here()).unwrap();
        let is_last = || {
            let mut given = field.at_least_one_of.iter().filter(|name| self.is_given(name));
            given.next() == Some(&field.wire) && given.next().is_none()
        };
        let mut conditions = field.required_if.iter();
        conditions.any(|condition| condition.holds_with_defaults(&object)) || is_last()
    }

    fn absent(&mut self, field: &'static FieldInfo, fault: Fault) {
        let blank = match field.kind {
            Kind::Str if !field.special.contains(&"") => Some(json!("")),
            Kind::List(_) => Some(json!([])),
            _ => None,
        };
        // In the query encoding, an object without members does not exist.
        let is_alone = self.here().as_object().unwrap().len() == 1 && !self.path.is_empty();
        for value in [Value::Null].into_iter().chain(blank) {
            let is_empty_text = value == "" && matches!(fault, Fault::Missing);
            let fault = if is_empty_text { Fault::Empty(field) } else { fault };
            self.add(field.wire, value, fault, !is_alone);
        }
        let mut parameters = self.request.clone();
        let object = parameters.pointer_mut(&self.path).unwrap().as_object_mut().unwrap();
        object.remove(field.wire);
        self.push(format!("no {}", field.wire), parameters, fault, !is_alone);
    }

    fn wrong_types(&mut self, field: &'static FieldInfo) {
        let mut wrong: Vec<Value> = wrong_for(&field.kind);
        if let Kind::List(kind) = field.kind {
            // An item of the wrong type, after a valid one.
            let right = sample::of_kind(field, kind);
            let items = wrong_for(kind).into_iter().chain([Value::Null]);
            wrong.extend(items.map(|item| json!([right.clone(), item])));
        }
        for value in wrong {
            self.add(field.wire, value, Fault::WrongType, false);
        }
    }

    fn limits(&mut self, field: &'static FieldInfo) {
        let around = [field.min.map(|min| min - 1), field.max.map(|max| max + 1)];
        for number in around.into_iter().flatten() {
            let is_negative = matches!(field.kind, Kind::U64) && number < 0;
            let fault = if is_negative { Fault::WrongType } else { Fault::OutOfRange(field) };
            self.add_value(field, number.into(), fault);
        }
        if !field.values.is_empty() {
            let unlisted = match field.kind.innermost() {
                Kind::Str => json!("NO_SUCH_VALUE"),
                _ => json!(1_000_000),
            };
            self.add_value(field, unlisted, Fault::OutOfSet(field));
        }
        if let Some(max) = field.max_length {
            let text = "x".repeat(max as usize + 1);
            self.add_value(field, text.into(), Fault::TooLong(field));
        }
        if let Some(min) = field.min_length.filter(|min| *min > 1) {
            let text = "x".repeat(min as usize - 1);
            self.add_value(field, text.into(), Fault::TooShort(field));
        }
        if let Some(max) = field.max_bytes {
            let text = "QUJD".repeat(max as usize / 3 + 1);
            self.add_value(field, text.into(), Fault::TooManyBytes(field));
        }
        if let Some(max) = field.max_items {
            let items = vec![item(field); max as usize + 1];
            self.add(field.wire, items.into(), Fault::TooManyItems(field), true);
        }
        if field.pattern.is_some() {
            self.add_value(field, "a b".into(), Fault::PatternMismatch(field));
        }
        let format = field.format.filter(|it| it.ends_with("-xxxxxxxx") && !it.contains(' '));
        if let Some(format) = format {
            let prefix = format.trim_end_matches('x');
            for id in [format!("x{prefix}12345678"), prefix.to_owned()] {
                self.add_value(field, id.into(), Fault::Malformed(field));
            }
        }
    }

    /// Continues with the nested objects of the request.
    fn nested(&mut self, field: &'static FieldInfo) {
        let Kind::Object(table) = field.kind.innermost() else { return };
        let length = self.path.len();
        self.path += &format!("/{}", field.wire);
        if matches!(field.kind, Kind::List(_)) {
            self.path += "/0";
        }
        if self.request.pointer(&self.path).is_some_and(Value::is_object) {
            self.object(table);
        }
        self.path.truncate(length);
    }

    fn here(&self) -> &Value {
        self.request.pointer(&self.path).unwrap()
    }

    /// Replaces the value of the member, or of the first item of a list.
    fn add_value(&mut self, field: &'static FieldInfo, value: Value, fault: Fault) {
        let is_list = matches!(field.kind, Kind::List(_));
        self.add(field.wire, if is_list { json!([value]) } else { value }, fault, true);
    }

    fn add(&mut self, name: &str, value: Value, fault: Fault, has_query_form: bool) {
        let mut shown = value.to_string();
        shown.truncate(60);
        let mut parameters = self.request.clone();
        parameters.pointer_mut(&self.path).unwrap()[name] = value;
        self.push(format!("{name}={shown}"), parameters, fault, has_query_form);
    }

    fn push(&mut self, description: String, parameters: Value, fault: Fault, has_query_form: bool) {
        let description = format!("{}/{description}", self.path);
        self.mutations.push(Mutation { description, parameters, fault, has_query_form });
    }
}

/// One item of a list. The ids in a list are all the same, which the emulator checks later or never.
fn item(field: &FieldInfo) -> Value {
    match field.kind {
        Kind::List(kind) => sample::of_kind(field, kind),
        _ => panic!("{} is not a list", field.wire),
    }
}

/// Values of other types, including similar ones. A number as text is accepted, and so is a whole number with a
/// zero fraction.
fn wrong_for(kind: &Kind) -> Vec<Value> {
    match kind {
        Kind::Str => vec![json!(7), json!(true), json!({}), json!([])],
        Kind::I64 => {
            vec![
                json!("x"),
                json!(""),
                json!(1.5),
                json!(u64::MAX),
                json!(true),
                json!({}),
                json!([]),
            ]
        }
        Kind::U64 => vec![json!("x"), json!(-1), json!(1.5), json!(1e30), json!({}), json!([])],
        Kind::F64 => vec![json!("x"), json!({}), json!([])],
        Kind::Bool => vec![json!("yes"), json!(1), json!({}), json!([])],
        Kind::Object(_) => vec![json!("x"), json!(7), json!([])],
        Kind::List(_) => vec![json!("x"), json!(7), json!({ "0": "x" })],
    }
}
