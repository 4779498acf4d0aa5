//! Values by the table: a JSON value is read as what its member holds, or the failure names both.

use std::collections::BTreeMap;

use cvm_models::protocol::{FieldInfo, Kind, Table};
use serde_json::{Number, Value};

use crate::exit::{Failure, Result};
use crate::json::Json;
use crate::tree::Node;
use crate::{describe, suggest};

/// Reads a JSON value as what the table says is there.
pub fn typed(kind: &Kind, field: &'static FieldInfo, path: &str, json: &Json) -> Result<Node> {
    match (kind, json) {
        (Kind::Object(table), Json::Object(_)) => typed_object(table, path, json),
        (Kind::List(kind), Json::List(list)) => {
            let mut items = BTreeMap::new();
            for (index, item) in (0..).zip(list) {
                items.insert(index, typed(kind, field, &format!("{path}.{index}"), item)?);
            }
            Ok(Node::List { items, whole: true })
        }
        // In a document a secret can have slipped into any member, so none of it is shown.
        _ => scalar(kind, json)
            .map(Node::Leaf)
            .ok_or_else(|| ill_typed(kind, field, path, json.noun())),
    }
}

/// Reads what was typed behind a name as what the table says is there. It is shown if it is of another
/// kind, unless it is a secret.
pub fn typed_text(
    kind: &Kind,
    field: &'static FieldInfo,
    path: &str,
    text: String,
) -> Result<Node> {
    let json = Json::Text(text);
    scalar(kind, &json).map(Node::Leaf).ok_or_else(|| {
        let shown = match &json {
            Json::Text(text) if !field.secret => format!("`{text}`"),
            _ => "what was given".to_owned(),
        };
        ill_typed(kind, field, path, &shown)
    })
}

fn scalar(kind: &Kind, json: &Json) -> Option<Value> {
    match (kind, json) {
        (Kind::Str, Json::Text(text)) => Some(Value::from(text.as_str())),
        (Kind::Str, Json::Number(number)) => Some(Value::from(number.to_string())),
        (Kind::Str, Json::Bool(flag)) => Some(Value::from(flag.to_string())),
        (Kind::Bool, Json::Bool(flag)) => Some(Value::Bool(*flag)),
        (Kind::Bool, Json::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        (Kind::I64, Json::Number(number)) => number.as_i64().map(Value::from),
        (Kind::I64, Json::Text(text)) => text.parse::<i64>().ok().map(Value::from),
        (Kind::U64, Json::Number(number)) => number.as_u64().map(Value::from),
        (Kind::U64, Json::Text(text)) => text.parse::<u64>().ok().map(Value::from),
        (Kind::F64, Json::Number(number)) => Some(Value::Number(number.clone())),
        (Kind::F64, Json::Text(text)) => {
            text.parse().ok().and_then(Number::from_f64).map(Value::Number)
        }
        _ => None,
    }
}

/// Reads a JSON object by its table; what is null in it is not given.
pub fn typed_object(table: &'static Table, path: &str, json: &Json) -> Result<Node> {
    let Json::Object(given) = json else {
        let place = if path.is_empty() { "the input".to_owned() } else { format!("`--{path}`") };
        return Err(Failure::usage(format!("{place} must be an object, not {}", json.noun())));
    };
    let mut members = BTreeMap::new();
    for (name, value) in given {
        let field = table.field(name).ok_or_else(|| unknown_member(table, table, path, name))?;
        let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        // What is null is not given: skeletons and answers have such members.
        if *value != Json::Null {
            members.insert(name.clone(), typed(&field.kind, field, &below, value)?);
        }
    }
    Ok(Node::Object(members))
}

/// The value is of another kind.
fn ill_typed(kind: &Kind, field: &'static FieldInfo, path: &str, shown: &str) -> Failure {
    Failure::usage(format!("`--{path}` must be {}, not {shown}", kind.noun()))
        .maybe_hint(Some(describe::limits(field)).filter(|limits| !limits.is_empty()))
}

/// The member is not where it was looked for: offer near ones, and the same name elsewhere.
pub fn unknown_member(
    top: &'static Table,
    inside: &'static Table,
    walked: &str,
    step: &str,
) -> Failure {
    let prefix = if walked.is_empty() { String::new() } else { format!("{walked}.") };
    let names = || inside.members.iter().map(|field| field.wire);
    let mut near: Vec<String> =
        suggest::near(step, names()).into_iter().map(|name| format!("--{prefix}{name}")).collect();
    if near.first().is_none_or(|first| !first.ends_with(&format!(".{step}"))) {
        let mut elsewhere = describe::places_named(top, step);
        elsewhere.truncate(2);
        near.splice(0..0, elsewhere.into_iter().map(|path| format!("--{path}")));
    }
    let whose = if walked.is_empty() {
        format!("`{}` has no parameter", top.name)
    } else {
        format!("`--{walked}` has no member")
    };
    Failure::usage(format!("{whose} `{step}`")).maybe_hint(suggest::did_you_mean(&near)).maybe_hint(
        near.is_empty().then(|| format!("it has {}", names().collect::<Vec<_>>().join(", "))),
    )
}
