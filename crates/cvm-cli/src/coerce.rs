//! Converts JSON values and texts to the types that the tables declare, or fails with an error that names both.

use std::collections::BTreeMap;

use cvm_models::protocol::{FieldInfo, Json, Kind, ModelInfo, did_you_mean, similar_names};
use serde_json::{Number, Value};

use crate::describe;
use crate::error::{CliError, Result};
use crate::params::ParamNode;
use crate::value_sources::Sources;

/// Converts a JSON value to the declared type.
///
/// A secret accepts the same forms as on the command line: `@FILE`, `@-`, and `@@…` for a value that begins with
/// `@`.
pub fn typed(
    kind: &Kind,
    field: &'static FieldInfo,
    path: &str,
    json: &Json,
    sources: &mut Sources,
) -> Result<ParamNode> {
    match (kind, json) {
        (Kind::Object(table), Json::Object(_)) => typed_object(table, path, json, sources),
        (Kind::List(kind), Json::List(list)) => {
            let mut items = BTreeMap::new();
            for (index, item) in (0..).zip(list) {
                items.insert(index, typed(kind, field, &format!("{path}.{index}"), item, sources)?);
            }
            Ok(ParamNode::List { items, whole: true })
        }
        (Kind::Str, Json::Text(text)) if field.secret => {
            typed_text(kind, field, path, sources.secret(path, text.clone())?)
        }
        // A secret may be in any member of a document by mistake, so no value is shown.
        _ => scalar(kind, json)
            .map(ParamNode::Leaf)
            .ok_or_else(|| ill_typed(kind, field, path, json.noun())),
    }
}

/// Converts the text after a parameter name to the declared type. The error shows the text, unless it is a
/// secret.
pub fn typed_text(
    kind: &Kind,
    field: &'static FieldInfo,
    path: &str,
    text: String,
) -> Result<ParamNode> {
    let json = Json::Text(text);
    scalar(kind, &json).map(ParamNode::Leaf).ok_or_else(|| {
        let shown = match &json {
            Json::Text(text) if !field.secret => format!("`{text}`"),
            _ => "the given value".to_owned(),
        };
        ill_typed(kind, field, path, &shown)
    })
}

fn scalar(kind: &Kind, json: &Json) -> Option<Value> {
    match (kind, json) {
        (Kind::Str, Json::Text(text)) => Some(Value::from(text.as_str())),
        (Kind::Str, Json::Number(digits)) => Some(Value::from(digits.as_str())),
        (Kind::Str, Json::Bool(flag)) => Some(Value::from(flag.to_string())),
        (Kind::Bool, Json::Bool(flag)) => Some(Value::Bool(*flag)),
        (Kind::Bool, Json::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        (Kind::I64, Json::Number(text) | Json::Text(text)) => {
            text.parse::<i64>().ok().map(Value::from)
        }
        (Kind::U64, Json::Number(text) | Json::Text(text)) => {
            text.parse::<u64>().ok().map(Value::from)
        }
        (Kind::F64, Json::Number(text) | Json::Text(text)) => double(text).map(Value::Number),
        _ => None,
    }
}

/// The double that equals this number exactly, if there is one: a number is sent with the given digits, or not
/// at all.
fn double(text: &str) -> Option<Number> {
    let number: f64 = text.parse().ok()?;
    let is_same = decimal(text)? == decimal(&format!("{number:e}"))?;
    Number::from_f64(number).filter(|_| is_same)
}

/// The digits of a decimal without leading and trailing zeros, the power of ten of the first one, and the sign.
fn decimal(text: &str) -> Option<(String, i64, bool)> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let is_negative = mantissa.starts_with('-');
    let mantissa = mantissa.trim_start_matches(['-', '+']);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let digits = significant.trim_end_matches('0').to_owned();
    if digits.is_empty() {
        return Some((digits, 0, is_negative));
    }
    let power = exponent.parse::<i64>().ok()?.checked_add(i64::try_from(whole.len()).ok()?)?;
    Some((digits, power.checked_sub(zeros)?, is_negative))
}

/// Converts a JSON object by its table. Members that are null count as not given.
pub fn typed_object(
    table: &'static ModelInfo,
    path: &str,
    json: &Json,
    sources: &mut Sources,
) -> Result<ParamNode> {
    let Json::Object(given) = json else {
        let place = if path.is_empty() { "the input".to_owned() } else { format!("`--{path}`") };
        return Err(CliError::usage(format!("{place} must be an object, not {}", json.noun())));
    };
    let mut members = BTreeMap::new();
    for (name, value) in given {
        let field = table.field(name).ok_or_else(|| unknown_member(table, table, path, name))?;
        let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        // Templates and responses have null members.
        if *value != Json::Null {
            members.insert(name.clone(), typed(&field.kind, field, &below, value, sources)?);
        }
    }
    Ok(ParamNode::Object(members))
}

/// The error for a value of another type.
fn ill_typed(kind: &Kind, field: &'static FieldInfo, path: &str, shown: &str) -> CliError {
    CliError::usage(format!("`--{path}` must be {}, not {shown}", kind.noun()))
        .hint(format!("for example: {}", describe::example(path, kind, field)))
}

/// The error for an unknown member: suggests similar names, and the same name in other objects.
pub fn unknown_member(
    top: &'static ModelInfo,
    inside: &'static ModelInfo,
    walked: &str,
    step: &str,
) -> CliError {
    let prefix = if walked.is_empty() { String::new() } else { format!("{walked}.") };
    let names = || inside.members.iter().map(|field| field.wire);
    let mut near: Vec<String> =
        similar_names(step, names()).into_iter().map(|name| format!("--{prefix}{name}")).collect();
    if near.first().is_none_or(|first| !first.ends_with(&format!(".{step}"))) {
        let mut elsewhere = describe::paths_named(top, step);
        elsewhere.truncate(2);
        near.splice(0..0, elsewhere.into_iter().map(|path| format!("--{path}")));
    }
    let whose = if walked.is_empty() {
        format!("`{}` has no parameter", top.name)
    } else {
        format!("`--{walked}` has no member")
    };
    CliError::usage(format!("{whose} `{step}`")).maybe_hint(did_you_mean(&near)).maybe_hint(
        near.is_empty().then(|| format!("it has {}", names().collect::<Vec<_>>().join(", "))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_or_are_rejected() {
        static TEXT: FieldInfo = FieldInfo::new("Text", Kind::Str);
        for digits in ["1.10", "1E2", "-0", "12345678901234567890123", "1e999", "0.00"] {
            let json = Json::parse(digits.as_bytes()).unwrap();
            let mut sources = Sources::default();
            let node = typed(&Kind::Str, &TEXT, "Text", &json, &mut sources).unwrap();
            assert_eq!(node.into_value(), Value::from(digits));
        }
        for (kind, digits, sent) in [
            (Kind::I64, "-9223372036854775808", Some("-9223372036854775808")),
            (Kind::I64, "9223372036854775808", None),
            (Kind::I64, "1.0", None),
            (Kind::I64, "1E2", None),
            (Kind::U64, "18446744073709551615", Some("18446744073709551615")),
            (Kind::U64, "-1", None),
            (Kind::F64, "0.10", Some("0.1")),
            (Kind::F64, "1.5E2", Some("150.0")),
            (Kind::F64, "-0.0", Some("-0.0")),
            (Kind::F64, "9007199254740993", None),
            (Kind::F64, "0.1234567890123456789", None),
            (Kind::F64, "1e999", None),
            (Kind::F64, "1e-999", None),
        ] {
            let json = Json::parse(digits.as_bytes()).unwrap();
            for json in [json, Json::Text(digits.to_owned())] {
                let value = scalar(&kind, &json).map(|value| value.to_string());
                assert_eq!(value.as_deref(), sent, "{kind:?} {json:?}");
            }
        }
    }
}
