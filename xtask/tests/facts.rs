//! `cargo xtask export` tells the published facts of the API, member for member and in order.
//!
//! `facts/structure.txt` is a compact copy of these facts: a line an action, a type, a member, a code.
//! It was not made from our specs, so a slip in them shows here. Who follows a change of the service
//! changes both.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Command;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Document {
    service: Map<String, Value>,
    actions: BTreeMap<String, Map<String, Value>>,
    types: BTreeMap<String, Type>,
    errors: BTreeMap<String, Map<String, Value>>,
    common_errors: BTreeMap<String, Map<String, Value>>,
}

#[derive(Deserialize)]
struct Type {
    usage: String,
    members: InOrder,
}

/// An object whose keys stay in the order of the text.
struct InOrder(Vec<(String, Map<String, Value>)>);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = InOrder;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("members")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<InOrder, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(InOrder(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// What is said: keys that are absent, false, null or prose say nothing.
fn said(object: &Map<String, Value>, apart: &[&str]) -> String {
    let said: Map<String, Value> = object
        .iter()
        .filter(|(key, value)| {
            let empty = matches!(value, Value::Null | Value::Bool(false)) && *key != "default";
            !empty && *key != "doc" && !apart.contains(&key.as_str())
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if said.is_empty() {
        return String::new();
    }
    let mut said = Value::Object(said);
    said.sort_all_objects();
    format!(" {}", ascii(&said))
}

/// Compact JSON in plain ASCII, its keys sorted however serde_json was built to keep them.
fn ascii(value: &Value) -> String {
    let text = sorted(value).to_string();
    text.chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) })
        .collect()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> =
                members.iter().map(|(key, value)| (key, sorted(value))).collect();
            members.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        scalar => scalar.clone(),
    }
}

fn word<'a>(object: &'a Map<String, Value>, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or("")
}

fn lines(document: &Document) -> Vec<String> {
    let mut lines = vec![format!("service{}", said(&document.service, &[]))];
    for (name, action) in &document.actions {
        lines.push(format!("action {name}{}", said(action, &["input", "output", "errors"])));
        let codes = action.get("errors").and_then(Value::as_array).into_iter().flatten();
        let codes: Vec<&str> = codes.filter_map(Value::as_str).collect();
        lines.push(format!("  errors {}", codes.join(" ")));
    }
    for (name, type_) in &document.types {
        lines.push(format!("type {name} {}", type_.usage));
        for (name, member) in &type_.members.0 {
            let list = member.get("list") == Some(&Value::Bool(true));
            let brackets = if list { "[]" } else { "" };
            let said = said(member, &["type", "list"]);
            lines.push(format!("  {name} {}{brackets}{said}", word(member, "type")));
        }
    }
    for (section, codes) in
        [("errors", &document.errors), ("common_errors", &document.common_errors)]
    {
        for (code, error) in codes {
            let retryable = error.get("retryable") == Some(&Value::Bool(true));
            let retryable = if retryable { " retryable" } else { "" };
            lines.push(format!("{section} {code} {}{retryable}", word(error, "kind")));
        }
    }
    lines
}

#[test]
fn the_export_tells_the_published_facts() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("export").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ours = lines(&serde_json::from_slice(&output.stdout).unwrap());
    let theirs: Vec<&str> = include_str!("facts/structure.txt").lines().collect();
    let differing: Vec<String> = ours
        .iter()
        .zip(&theirs)
        .filter(|(ours, theirs)| ours != theirs)
        .take(5)
        .map(|(ours, theirs)| format!("ours:   {ours}\ntheirs: {theirs}"))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert_eq!(ours.len(), theirs.len());
}
