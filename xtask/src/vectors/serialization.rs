//! Serialization vectors: nested parameters as pairs, as encoded text and as JSON, in both directions.

use cvm_protocol::{FieldInfo, Kind, ModelInfo, NameIndex, Record, json, percent, query_form};
use serde::Deserialize;
use serde_json::Value;

use super::same;
use crate::codegen::perfect_hash;

type Pairs = Vec<(String, String)>;

#[derive(Debug, Deserialize)]
pub struct Vector {
    pub id: String,
    params: Value,
    pairs: Pairs,
    pairs_sorted_bytewise: Pairs,
    encoded_rfc3986: String,
    encoded_form: String,
    json_body_compact_utf8: String,
    #[serde(default)]
    pairs_as_spelled_by_python_sdk: Pairs,
}

impl Vector {
    /// Compares every form of the vector, with and without a table.
    pub fn run(&self) -> Result<(), String> {
        same_pairs(
            "pairs",
            &sorted(query_form::encode_json(&self.params)),
            &self.pairs_sorted_bytewise,
        )?;
        same_pairs("sorted pairs", &sorted(self.pairs.clone()), &self.pairs_sorted_bytewise)?;
        let encoded = percent::encode_pairs(borrowed(&self.pairs));
        same("encoded pairs", &encoded, &self.encoded_rfc3986)?;
        for (name, form) in
            [("RFC 3986", &self.encoded_rfc3986), ("the form encoding", &self.encoded_form)]
        {
            let decoded = percent::decode_pairs(form)
                .map_err(|name| format!("`{name}` cannot be decoded"))?;
            same_pairs(&format!("pairs read from {name}"), &decoded, &self.pairs)?;
        }
        let body: Value = serde_json::from_str(&self.json_body_compact_utf8)
            .map_err(|error| format!("JSON body: {error}"))?;
        if body != self.params {
            return Err(format!("JSON body: expected {}, got {body}", self.params));
        }
        self.with_table(&body)
    }

    /// The same with a table that is built from the parameters.
    fn with_table(&self, body: &Value) -> Result<(), String> {
        let Some(table) = table(&self.params) else { return Ok(()) };
        let kept = sorted(self.pairs.clone());
        let mut request = Record::new(table);
        json::from_slice(&mut request, self.json_body_compact_utf8.as_bytes())
            .map_err(|error| format!("reading the JSON body: {error}"))?;
        if holds_empty_object(body) {
            // The official clients silently lose such an object; the engine rejects it.
            return match query_form::encode(&request) {
                Err(_) => Ok(()),
                Ok(_) => Err("an empty object was lost without an error".to_owned()),
            };
        }
        if !holds_null(body) {
            let written = query_form::encode(&request).map_err(|error| error.to_string())?;
            same_pairs("pairs of the model", &sorted(written), &kept)?;
        }
        let spellings = [
            ("the pairs", &self.pairs),
            ("the pairs as Python spells them", &self.pairs_as_spelled_by_python_sdk),
        ];
        for (name, pairs) in spellings {
            if pairs.is_empty() || holds_null(body) {
                continue;
            }
            let mut request = Record::new(table);
            query_form::decode(&mut request, borrowed(pairs))
                .map_err(|error| format!("reading {name}: {error}"))?;
            let written = query_form::encode(&request).map_err(|error| error.to_string())?;
            same_pairs(&format!("what was read from {name}"), &sorted(written), &kept)?;
        }
        Ok(())
    }
}

/// A table for these parameters. It is leaked, because tables are static and this program ends soon.
fn table(params: &Value) -> Option<&'static ModelInfo> {
    let Value::Object(members) = params else { return None };
    let mut fields = Vec::new();
    for (name, value) in members {
        let name: &'static str = Box::leak(name.clone().into_boxed_str());
        fields.push(FieldInfo::new(name, kind(value)?));
    }
    let names: Vec<&str> = fields.iter().map(|field| field.wire).collect();
    let index = perfect_hash::index(&names);
    Some(Box::leak(Box::new(ModelInfo {
        name: "Parameters",
        members: Box::leak(fields.into_boxed_slice()),
        index: NameIndex {
            multiplier: index.multiplier,
            shift: index.shift,
            slots: Box::leak(index.slots.into_boxed_slice()),
        },
    })))
}

fn kind(value: &Value) -> Option<Kind> {
    Some(match value {
        Value::Null | Value::String(_) => Kind::Str,
        Value::Bool(_) => Kind::Bool,
        Value::Number(number) if number.is_i64() => Kind::I64,
        Value::Number(number) if number.is_u64() => Kind::U64,
        Value::Number(_) => Kind::F64,
        Value::Object(_) => Kind::Object(table(value)?),
        Value::Array(items) => {
            let item = items.iter().find(|item| !item.is_null());
            let item = item.map_or(Some(Kind::Str), kind)?;
            Kind::List(Box::leak(Box::new(item)))
        }
    })
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(holds_null),
        Value::Object(members) => members.values().any(holds_null),
        _ => false,
    }
}

/// Whether the parameters contain an empty object.
fn holds_empty_object(params: &Value) -> bool {
    let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
    let within = |value: &Value| is_empty(value) || holds_empty_object(value);
    match params {
        Value::Array(items) => items.iter().any(within),
        Value::Object(members) => members.values().any(within),
        _ => false,
    }
}

fn borrowed(pairs: &Pairs) -> impl Iterator<Item = (&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

fn sorted(mut pairs: Pairs) -> Pairs {
    pairs.sort();
    pairs
}

fn same_pairs(stage: &str, ours: &Pairs, theirs: &Pairs) -> Result<(), String> {
    same(stage, &format!("{ours:?}"), &format!("{theirs:?}"))
}
