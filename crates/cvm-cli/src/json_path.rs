//! Members of JSON values by their dotted path, and values as texts that can be compared.

use serde_json::{Map, Value};

/// The value at `A.B`, if it exists and is not null.
pub fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut steps = path.split('.');
    steps.try_fold(value, |value, step| value.get(step)).filter(|value| !value.is_null())
}

/// Sets the value at `A.0.B`. Missing objects on the way are created, missing list items are not.
pub fn set(target: &mut Value, path: &str, new: Value) {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let inside = match target {
        Value::Object(members) => members.entry(step).or_insert(Value::Null),
        Value::Array(items) => {
            match step.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => item,
                None => return,
            }
        }
        _ => return,
    };
    match rest {
        Some(rest) => {
            if inside.is_null() {
                *inside = Value::Object(Map::new());
            }
            set(inside, rest, new);
        }
        None => *inside = new,
    }
}

/// A scalar as text.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A scalar or a list of scalars as texts; an empty text gives no text. `None` for null, and if something in it
/// is not a scalar.
pub fn texts_of(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => None,
        _ if is_blank(value) => Some(Vec::new()),
        Value::Array(items) => items.iter().map(text).collect(),
        single => text(single).map(|text| vec![text]),
    }
}

/// The scalar or the list of scalars at this path, as texts.
pub fn texts(value: &Value, path: &str) -> Vec<String> {
    match at(value, path) {
        Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
        Some(single) => text(single).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Whether a value is null, an empty text or an empty list.
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn set_creates_objects_and_no_list_items() {
        let mut value = json!({ "Disks": [{ "Size": 10 }], "Login": null });
        set(&mut value, "Disks.0.Size", json!(20));
        set(&mut value, "Disks.1.Size", json!(30));
        set(&mut value, "Login.Password", json!("x"));
        set(&mut value, "Placement.Zone", json!("z"));
        let expected = json!({
            "Disks": [{ "Size": 20 }], "Login": { "Password": "x" }, "Placement": { "Zone": "z" },
        });
        assert_eq!(value, expected);
    }
}
