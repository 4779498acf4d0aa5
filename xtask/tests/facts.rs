//! Compares the output of `cargo xtask export` with the published facts of the API in `facts/published.txt`.
//!
//! The facts come from the service's documentation and not from our specs, so that a mistake in the specs shows here. The
//! specs may state more: new actions, types, members, values and error codes need no line in that file. A published fact
//! that the specs lack or contradict is an error.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test and its functions may panic")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

use serde_json::{Map, Value, json};

const PUBLISHED: &str = "facts/published.txt";

/// The facts of an action, a type, a member or an error code, by a name such as `member Placement.Zone`.
type Facts = BTreeMap<String, Map<String, Value>>;

/// Reads the lines of `published.txt`: name and facts of an item, then those of its parts with an indent.
fn read(text: &str) -> Facts {
    let mut facts = Facts::new();
    let mut owner = "";
    let mut members: Vec<&str> = Vec::new();
    for line in text.lines() {
        let (words, json) = line.split_once(" {").unwrap_or((line, ""));
        let mut own: Map<String, Value> = match json {
            "" => Map::new(),
            json => serde_json::from_str(&format!("{{{json}")).unwrap(),
        };
        let mut set = |key: &str, value: Value| assert_eq!(own.insert(key.to_owned(), value), None);
        let words: Vec<&str> = words.split_whitespace().collect();
        let is_part = line.starts_with(' ');
        let name = match words.as_slice() {
            ["service"] => "service".to_owned(),
            ["action", name] => {
                owner = name;
                format!("action {name}")
            }
            ["errors", codes @ ..] if is_part => {
                facts
                    .get_mut(&format!("action {owner}"))
                    .unwrap()
                    .insert("errors".into(), json!(codes));
                continue;
            }
            ["type", name, usage] => {
                owner = name;
                members.clear();
                set("usage", json!(usage));
                set("members", json!([]));
                format!("type {name}")
            }
            [member, type_] if is_part => {
                members.push(member);
                facts
                    .get_mut(&format!("type {owner}"))
                    .unwrap()
                    .insert("members".into(), json!(members));
                set("type", json!(type_));
                format!("member {owner}.{member}")
            }
            [section @ ("errors" | "common_errors"), code, kind, rest @ ..] => {
                set("kind", json!(kind));
                if rest.contains(&"retryable") {
                    set("retryable", json!(true));
                }
                format!("{section} {code}")
            }
            _ => panic!("{PUBLISHED} has a line that nothing reads: {line}"),
        };
        assert!(
            facts.insert(name, own).is_none(),
            "{PUBLISHED} has two lines for one item: {line}"
        );
    }
    facts
}

/// The same facts of the exported document.
fn exported(document: &Value) -> Facts {
    let mut facts = Facts::from([("service".to_owned(), stated(&document["service"], &["doc"]))]);
    for (name, action) in document["actions"].as_object().unwrap() {
        let own = stated(action, &["doc", "input", "output"]);
        facts.insert(format!("action {name}"), own);
    }
    for (name, type_) in document["types"].as_object().unwrap() {
        let members = type_["members"].as_object().unwrap();
        let names: Vec<&String> = members.keys().collect();
        let own = json!({ "usage": type_["usage"], "members": names });
        facts.insert(format!("type {name}"), own.as_object().unwrap().clone());
        for (member, spec) in members {
            let mut own = stated(spec, &["doc", "list"]);
            let brackets = if spec["list"] == json!(true) { "[]" } else { "" };
            own.insert(
                "type".to_owned(),
                json!(format!("{}{brackets}", spec["type"].as_str().unwrap())),
            );
            facts.insert(format!("member {name}.{member}"), own);
        }
    }
    for section in ["errors", "common_errors"] {
        for (code, error) in document[section].as_object().unwrap() {
            facts.insert(format!("{section} {code}"), stated(error, &["doc"]));
        }
    }
    facts
}

/// The keys of an object that state something: those that are absent, false or null do not. `null` is a default, though.
fn stated(object: &Value, except: &[&str]) -> Map<String, Value> {
    let states = |(key, value): &(&String, &Value)| {
        let is_empty = matches!(value, Value::Null | Value::Bool(false)) && *key != "default";
        !is_empty && !except.contains(&key.as_str())
    };
    let keys = object.as_object().unwrap().iter().filter(states);
    keys.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Whether the specs keep a published fact: they may add items to a list, and nothing else.
fn keeps(published: &Value, ours: &Value) -> bool {
    match (published, ours) {
        (Value::Array(published), Value::Array(ours)) => {
            let mut ours = ours.iter();
            published.iter().all(|item| ours.any(|other| other == item))
        }
        (Value::Object(published), Value::Object(ours)) => published
            .iter()
            .all(|(key, value)| ours.get(key).is_some_and(|other| keeps(value, other))),
        _ => published == ours,
    }
}

/// Whether our layouts of an id are the published one and others: `disk-xxxxxxxx or ldisk-xxxxxxxx`.
fn adds_layout(published: &Value, ours: &Value) -> bool {
    let (Some(published), Some(ours)) = (published.as_str(), ours.as_str()) else { return false };
    ours.split(" or ").any(|layout| layout == published)
}

/// Every published fact that the specs lack or contradict, as a line each.
fn differences(published: &Facts, ours: &Facts) -> String {
    let mut text = String::new();
    let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    for (name, published) in published {
        let Some(ours) = ours.get(name) else {
            writeln!(text, "{name}: not in the specs").unwrap();
            continue;
        };
        // A flag that the documentation does not set is false; a limit that it does not state may be known from elsewhere.
        let added =
            ours.iter().filter(|(key, value)| value.is_boolean() && !published.contains_key(*key));
        let added = added.map(|(key, _)| (key, None));
        for (key, value) in published.iter().map(|(key, value)| (key, Some(value))).chain(added) {
            let own = ours.get(key);
            // A type that requests or responses carry may come to be carried by both, and ids may have a second layout.
            let is_wider = match key.as_str() {
                "usage" => own == Some(&json!("both")),
                "format" => value.zip(own).is_some_and(|(value, own)| adds_layout(value, own)),
                _ => false,
            };
            if !is_wider && !value.zip(own).is_some_and(|(value, own)| keeps(value, own)) {
                let (value, own) = (shown(value), shown(own));
                writeln!(text, "{name}, `{key}`: published {value}, in the specs {own}").unwrap();
            }
        }
    }
    text
}

fn published() -> Facts {
    read(include_str!("facts/published.txt"))
}

#[test]
fn specs_keep_every_published_fact() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("export").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let differences = differences(&published(), &exported(&document));
    assert!(
        differences.is_empty(),
        "{differences}correct the specs; if the service's documentation has changed, correct its line in xtask/tests/{PUBLISHED}"
    );
}

#[test]
fn additions_need_no_published_fact() {
    let published = published();
    let mut ours = published.clone();
    let zone = ours["member Placement.Zone"].clone();
    ours.insert("member Placement.Shelf".to_owned(), zone);
    ours.insert("action DescribeShelves".to_owned(), Map::new());
    let list = |facts: &mut Facts, name: &str, key: &str, at: usize| {
        let items = facts.get_mut(name).unwrap().get_mut(key).unwrap().as_array_mut().unwrap();
        items.insert(at, json!("Shelf"));
    };
    list(&mut ours, "type Placement", "members", 1);
    list(&mut ours, "action RunInstances", "errors", 0);
    list(&mut ours, "action DescribeHosts", "filters", 3);
    list(&mut ours, "member ActionTimer.Status", "enum", 3);
    ours.get_mut("member Placement.Zone").unwrap().insert("max_length".to_owned(), json!(60));
    let layouts = json!("disk-xxxxxxxx or box-xxxxxxxx");
    ours.get_mut("member DataDisk.DiskId").unwrap().insert("format".to_owned(), layouts);
    assert_eq!(differences(&published, &ours), "");
}

#[test]
fn lost_and_changed_facts_are_found() {
    let published = published();
    for (name, facts) in &published {
        let only = Facts::from([(name.clone(), facts.clone())]);
        assert_eq!(differences(&only, &Facts::new()), format!("{name}: not in the specs\n"));
        for (key, value) in facts {
            let found = |value: Option<Value>| {
                let mut ours = only.clone();
                let own = ours.get_mut(name).unwrap();
                match value {
                    Some(value) => own.insert(key.clone(), value),
                    None => own.remove(key),
                };
                differences(&only, &ours).starts_with(&format!("{name}, `{key}`: published "))
            };
            assert!(found(None) && found(Some(json!("another value"))), "{name}, {key}");
            if let Some(items) = value.as_array().filter(|items| items.len() > 1) {
                let reversed: Vec<&Value> = items.iter().rev().collect();
                assert!(
                    found(Some(json!(items[1..]))) && found(Some(json!(reversed))),
                    "{name}, {key}"
                );
            }
        }
    }
    let mut ours = published.clone();
    ours.get_mut("member Placement.Zone").unwrap().insert("nullable".to_owned(), json!(true));
    assert_eq!(
        differences(&published, &ours),
        "member Placement.Zone, `nullable`: published nothing, in the specs true\n"
    );
}
