//! Encodes any JSON value as pairs, for callers without a model.

use serde_json::Value;

use super::{FlatError, FlatErrorKind, Pair};

/// Writes a JSON object as pairs, in the order of the object.
///
/// Works like the official clients: null produces nothing, a null item is skipped but keeps its index, and an empty
/// string produces `Name=`.
#[must_use]
pub fn encode_json(value: &Value) -> Vec<Pair> {
    let mut pairs = Vec::new();
    write(String::new(), value, &mut pairs);
    pairs
}

fn write(name: String, value: &Value, pairs: &mut Vec<Pair>) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => pairs.push((name, flag.to_string())),
        Value::Number(number) => pairs.push((name, number.to_string())),
        Value::String(text) => pairs.push((name, text.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                write(child(&name, &index.to_string()), item, pairs);
            }
        }
        Value::Object(members) => {
            for (step, member) in members {
                write(child(&name, step), member, pairs);
            }
        }
    }
}

fn child(name: &str, step: &str) -> String {
    if name.is_empty() { step.to_owned() } else { format!("{name}.{step}") }
}

/// Writes a part of a request as pairs, and refuses what they cannot express. `whole` is the whole request: an object of the
/// part may be empty if the request has other members there, and so may an item of a list.
///
/// # Errors
///
/// [`FlatErrorKind::Null`], [`FlatErrorKind::EmptyList`], [`FlatErrorKind::EmptyObject`] or [`FlatErrorKind::EmptyItem`]
/// for a value without pairs, which JSON would send; [`FlatErrorKind::BadName`] for a name that would be another path.
pub fn encode_extra(part: &Value, whole: &Value) -> Result<Vec<Pair>, FlatError> {
    let mut pairs = Vec::new();
    if let Value::Object(members) = part {
        write_members(members, whole, "", &mut pairs)?;
    }
    Ok(pairs)
}

fn write_members(
    members: &serde_json::Map<String, Value>,
    whole: &Value,
    name: &str,
    pairs: &mut Vec<Pair>,
) -> Result<(), FlatError> {
    for (step, member) in members {
        let path = child(name, step);
        if step.contains('.') || step.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FlatError { path, problem: FlatErrorKind::BadName });
        }
        let whole = whole.get(step).unwrap_or(member);
        write_part(path, member, whole, FlatErrorKind::EmptyObject, pairs)?;
    }
    Ok(())
}

/// `empty` says what an empty object at this path is.
fn write_part(
    path: String,
    part: &Value,
    whole: &Value,
    empty: FlatErrorKind,
    pairs: &mut Vec<Pair>,
) -> Result<(), FlatError> {
    let refused = |path, problem| Err(FlatError { path, problem });
    match part {
        Value::Null => refused(path, FlatErrorKind::Null),
        Value::Array(_) if whole.as_array().is_none_or(Vec::is_empty) => {
            refused(path, FlatErrorKind::EmptyList)
        }
        Value::Object(_) if whole.as_object().is_none_or(serde_json::Map::is_empty) => {
            refused(path, empty)
        }
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            let whole = whole.get(index).unwrap_or(item);
            let path = child(&path, &index.to_string());
            write_part(path, item, whole, FlatErrorKind::EmptyItem, pairs)
        }),
        Value::Object(members) => write_members(members, whole, &path, pairs),
        scalar => {
            write(path, scalar, pairs);
            Ok(())
        }
    }
}
