//! Encodes any JSON value as pairs, for callers without a model.

use serde_json::Value;

use super::Pair;

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
    let child =
        |step: &str| if name.is_empty() { step.to_owned() } else { format!("{name}.{step}") };
    match value {
        Value::Null => {}
        Value::Bool(flag) => pairs.push((name, flag.to_string())),
        Value::Number(number) => pairs.push((name, number.to_string())),
        Value::String(text) => pairs.push((name, text.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                write(child(&index.to_string()), item, pairs);
            }
        }
        Value::Object(members) => {
            for (step, member) in members {
                write(child(step), member, pairs);
            }
        }
    }
}
