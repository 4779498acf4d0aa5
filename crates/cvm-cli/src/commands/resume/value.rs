//! Members of JSON values by their path, and values as texts that can be compared and shown.

use serde_json::Value;

use crate::json::Json;
use crate::output::rows;

/// The value at `A.B`, if it is there and not null.
pub fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut steps = path.split('.');
    steps.try_fold(value, |value, step| value.get(step)).filter(|value| !value.is_null())
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

/// A scalar or a list of them, as texts; an empty text is no text. `None` for null, and if it holds what is
/// no scalar.
pub fn texts_of(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => None,
        _ if is_blank(value) => Some(Vec::new()),
        Value::Array(items) => items.iter().map(text).collect(),
        single => text(single).map(|text| vec![text]),
    }
}

/// A scalar or a list of them at this path, as texts.
pub fn texts(request: &Value, path: &str) -> Vec<String> {
    match at(request, path) {
        Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
        Some(single) => text(single).into_iter().collect(),
        None => Vec::new(),
    }
}

/// A value in a cell of a table.
pub fn cell(entry: &Value, path: &str) -> String {
    match at(entry, path) {
        // Here the objects are what a person compares.
        Some(Value::Array(items)) if items.iter().any(Value::is_object) => {
            let members = |item: &Value| {
                let members = item.as_object().into_iter().flatten();
                members.filter_map(|(_, value)| text(value)).collect::<Vec<_>>().join("=")
            };
            items.iter().map(members).collect::<Vec<_>>().join(", ")
        }
        Some(value) => rows::cell(&Json::from(value.clone())),
        None => String::new(),
    }
}

/// Whether it says nothing: null, an empty text, an empty list.
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
