//! Equality and hashes of any models, over their members.

use std::hash::Hasher;

use crate::{Model, Value};

/// Whether two models of one type have equal members, as `PartialEq` does.
#[must_use]
pub fn equal(one: &dyn Model, other: &dyn Model) -> bool {
    (0..one.table().members.len()).all(|index| is_equal(one.member(index), other.member(index)))
}

fn is_equal(one: Value<'_>, other: Value<'_>) -> bool {
    match (one, other) {
        (Value::Absent, Value::Absent) => true,
        (Value::Str(one) | Value::Secret(one), Value::Str(other) | Value::Secret(other)) => {
            one == other
        }
        (Value::I64(one), Value::I64(other)) => one == other,
        (Value::U64(one), Value::U64(other)) => one == other,
        (Value::F64(one), Value::F64(other)) => one == other,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Object(one), Value::Object(other)) => equal(one, other),
        (Value::List(one), Value::List(other)) => {
            let mut indexes = 0..one.len();
            one.len() == other.len()
                && indexes.all(|index| is_equal(one.at(index), other.at(index)))
        }
        _ => false,
    }
}

/// Adds a model to a hash, as `Hash` does. Equal models have equal hashes.
pub fn hash(model: &dyn Model, state: &mut dyn Hasher) {
    for index in 0..model.table().members.len() {
        hash_value(model.member(index), state);
    }
}

fn hash_value(value: Value<'_>, state: &mut dyn Hasher) {
    match value {
        Value::Absent => state.write_u8(0),
        Value::Str(text) | Value::Secret(text) => {
            state.write_u8(1);
            state.write_usize(text.len());
            state.write(text.as_bytes());
        }
        Value::I64(number) => {
            state.write_u8(2);
            state.write_i64(number);
        }
        Value::U64(number) => {
            state.write_u8(3);
            state.write_u64(number);
        }
        // Models with fractions have no `Hash`. Zero and negative zero are equal.
        Value::F64(number) => {
            state.write_u8(4);
            state.write_u64((number + 0.0).to_bits());
        }
        Value::Bool(flag) => {
            state.write_u8(5);
            state.write_u8(u8::from(flag));
        }
        Value::Object(model) => {
            state.write_u8(6);
            hash(model, state);
        }
        Value::List(list) => {
            state.write_u8(7);
            state.write_usize(list.len());
            (0..list.len()).for_each(|index| hash_value(list.at(index), state));
        }
    }
}
