//! Writes any model as serde sees it: members by wire name, in table order, absent ones left out.

use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use crate::{Model, Value};

/// Serializes a model.
///
/// An absent member is left out, and so is an empty list that is not required: the service takes
/// both for "not given". A required list is written even when it is empty.
///
/// # Errors
///
/// Whatever the serializer reports.
pub fn encode<S: Serializer>(model: &dyn Model, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (index, field) in model.table().members.iter().enumerate() {
        match model.member(index) {
            Value::Absent => {}
            Value::List(list) if list.is_empty() && !field.required => {}
            value => map.serialize_entry(field.wire, &Encoded(value))?,
        }
    }
    map.end()
}

/// A value that serde can serialize.
pub(crate) struct Encoded<'a>(pub(crate) Value<'a>);

impl serde::Serialize for Encoded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Absent => serializer.serialize_none(),
            Value::Str(text) | Value::Secret(text) => serializer.serialize_str(text),
            Value::I64(number) => serializer.serialize_i64(number),
            Value::U64(number) => serializer.serialize_u64(number),
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
