//! A plausible value for any member, and a plausible request for any action, from the model info alone.

use cvm_protocol::{FieldInfo, Kind, ModelInfo, Record, json, validate};
use serde_json::{Map, Value, json};

/// The password of the getting-started documents, which every password rule allows.
pub const PASSWORD: &str = "Qcloud@TestApi123++";

/// The smallest valid request of this model, with this many optional members added.
pub fn request(table: &'static ModelInfo, more: usize) -> Value {
    let mut members = required(table);
    for field in optional(table).take(more) {
        members.entry(field.wire).or_insert_with(|| value(field));
    }
    settle(table, members)
}

/// Members that are worth showing: not deprecated, not in conflict with others, and not secret.
fn optional(table: &'static ModelInfo) -> impl Iterator<Item = &'static FieldInfo> {
    table.members.iter().filter(|field| {
        let is_plain = field.exclusive_with.is_empty() && field.exactly_one_of.is_empty();
        is_plain && !field.required && !field.deprecated && !field.legacy && !has_secret(field)
    })
}

pub fn has_secret(field: &FieldInfo) -> bool {
    let inner = |table: &'static ModelInfo| table.members.iter().any(has_secret);
    field.secret || matches!(field.kind.innermost(), Kind::Object(table) if inner(table))
}

fn required(table: &'static ModelInfo) -> Map<String, Value> {
    let required = table.members.iter().filter(|field| field.required);
    required.map(|field| (field.wire.to_owned(), value(field))).collect()
}

/// Adds members that the rules require, until all rules are satisfied.
fn settle(table: &'static ModelInfo, members: Map<String, Value>) -> Value {
    let mut request = Value::Object(members);
    for _ in 0..table.members.len() + 1 {
        let mut record = Record::new(table);
        json::from_value(&mut record, &request).unwrap();
        let Some(violation) = validate(&record).into_iter().next() else { return request };
        let field = table.field(&violation.path).unwrap_or_else(|| panic!("{violation}"));
        let missing = &mut request[field.wire];
        assert!(missing.is_null(), "{}: {violation}", table.name);
        *missing = value(field);
    }
    panic!("{}: {request}", table.name);
}

/// A valid value for the member.
pub fn value(field: &FieldInfo) -> Value {
    of_kind(field, &field.kind)
}

pub fn of_kind(field: &FieldInfo, kind: &Kind) -> Value {
    match kind {
        Kind::Str => text(field).into(),
        Kind::I64 | Kind::U64 => number(field).into(),
        Kind::F64 => json!(0.5),
        Kind::Bool => json!(true),
        Kind::Object(table) => object(table),
        Kind::List(kind) => json!([of_kind(field, kind)]),
    }
}

/// At least one member, because the query encoding cannot express an empty object.
fn object(table: &'static ModelInfo) -> Value {
    let mut members = required(table);
    if members.is_empty()
        && let Some(field) = optional(table).next().or(table.members.first())
    {
        members.insert(field.wire.to_owned(), value(field));
    }
    settle(table, members)
}

fn number(field: &FieldInfo) -> i64 {
    let stated = field.values.first().or(field.default.as_ref());
    let stated = stated.and_then(|text| text.parse().ok());
    stated.or(field.min).or(field.max).unwrap_or(1)
}

fn text(field: &FieldInfo) -> String {
    if field.base64 {
        return "ZWNobyBoZWxsbw==".to_owned();
    }
    if field.secret {
        return PASSWORD.to_owned();
    }
    let known = field.values.first().or(field.default.as_ref());
    if let Some(known) = known.filter(|known| !known.is_empty()) {
        return (*known).to_owned();
    }
    let text = field.format.map_or_else(|| in_words(field.wire), of_format);
    match field.max_length {
        Some(most) => text.chars().take(most as usize).collect(),
        None => text,
    }
}

/// `InstanceName` → `instance_name`: a value that names its member.
fn in_words(wire: &str) -> String {
    let mut words = String::new();
    for letter in wire.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() && !words.ends_with('_') {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

fn of_format(format: &str) -> String {
    match format {
        "YYYY-MM-DDThh:mm:ssZ" => "2030-01-31T08:00:00Z".to_owned(),
        "YYYY-MM-DD hh:mm:ss" => "2030-01-31 08:00:00".to_owned(),
        "YYYY-MM-DD" => "2030-01-31".to_owned(),
        id if id.ends_with("xxxxxxxx") => {
            let prefix = id.trim_end_matches('x').rsplit(' ').next().unwrap_or_default();
            format!("{prefix}1a2b3c4d")
        }
        other => other.to_owned(),
    }
}
