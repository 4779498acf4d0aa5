//! Writes any model as serde sees it: members by wire name, in table order, absent ones left out.

use serde::ser::{Error, SerializeMap, SerializeSeq, Serializer};

use crate::{FieldInfo, Model, Value};

/// Serializes a model.
///
/// An absent member is left out, and so is an empty list that is not required: the service takes
/// both for "not given". A required list is written even when it is empty.
///
/// # Errors
///
/// Whatever the serializer reports, or a number that is not finite: the message names its member.
pub fn encode<S: Serializer>(model: &dyn Model, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (index, field) in model.table().members.iter().enumerate() {
        match model.member(index) {
            value if !is_written(field, value) => {}
            Value::F64(number) if !number.is_finite() => {
                return Err(S::Error::custom(format_args!("`{}` {NOT_FINITE}", field.wire)));
            }
            value => map.serialize_entry(field.wire, &Encoded(value))?,
        }
    }
    map.end()
}

/// What is said of a number that JSON cannot express.
pub(crate) const NOT_FINITE: &str = "is not a finite number";

/// Whether a member is written.
pub(crate) fn is_written(field: &FieldInfo, value: Value<'_>) -> bool {
    match value {
        Value::Absent => false,
        Value::List(list) => field.required || !list.is_empty(),
        _ => true,
    }
}

/// The path of the first number that JSON cannot express.
#[cold]
pub(crate) fn not_finite(value: Value<'_>) -> Option<String> {
    let below = |step: &str, value| {
        let path = not_finite(value)?;
        Some(if path.is_empty() { step.to_owned() } else { format!("{step}.{path}") })
    };
    match value {
        Value::F64(number) => (!number.is_finite()).then(String::new),
        Value::Object(model) => {
            let mut members = model.table().members.iter().enumerate();
            members.find_map(|(index, field)| below(field.wire, model.member(index)))
        }
        Value::List(list) => {
            (0..list.len()).find_map(|index| below(&index.to_string(), list.at(index)))
        }
        _ => None,
    }
}

/// As [`encode`], as a tree. A number that JSON cannot express is null.
pub(crate) fn tree(value: Value<'_>) -> serde_json::Value {
    match value {
        Value::Absent => serde_json::Value::Null,
        Value::Str(text) | Value::Secret(text) => text.into(),
        Value::I64(number) => number.into(),
        Value::U64(number) => number.into(),
        Value::F64(number) => number.into(),
        Value::Bool(flag) => flag.into(),
        Value::Object(model) => {
            let members = model.table().members.iter().enumerate();
            let members = members.map(|(index, field)| (field, model.member(index)));
            members
                .filter(|(field, value)| is_written(field, *value))
                .map(|(field, value)| (field.wire.to_owned(), tree(value)))
                .collect()
        }
        Value::List(list) => (0..list.len()).map(|index| tree(list.at(index))).collect(),
    }
}

/// A value that serde can serialize.
struct Encoded<'a>(Value<'a>);

impl serde::Serialize for Encoded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Absent => serializer.serialize_none(),
            Value::Str(text) | Value::Secret(text) => serializer.serialize_str(text),
            Value::I64(number) => serializer.serialize_i64(number),
            Value::U64(number) => serializer.serialize_u64(number),
            Value::F64(number) if !number.is_finite() => Err(S::Error::custom(NOT_FINITE)),
            Value::F64(number) => serializer.serialize_f64(number),
            Value::Bool(flag) => serializer.serialize_bool(flag),
            Value::Object(model) => encode(model, serializer),
            Value::List(list) => {
                let mut sequence = serializer.serialize_seq(Some(list.len()))?;
                for index in 0..list.len() {
                    sequence.serialize_element(&Encoded(list.at(index)))?;
                }
                sequence.end()
            }
        }
    }
}
