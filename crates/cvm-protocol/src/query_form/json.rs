//! From any JSON value to pairs, for callers that have no table.

use serde_json::Value;

use super::Pair;

/// Writes a JSON object as pairs, in the order of the object.
///
/// The value is taken literally, as the official clients take theirs: null leaves nothing, a null
/// item is skipped but keeps its place, an empty string leaves `Name=`.
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
