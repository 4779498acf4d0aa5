//! Splits the members of a request into those that its type has and the others, and joins them again after a change.

use cvm_protocol::{Kind, ModelInfo};
use serde_json::{Map, Value};

/// Takes the members that the type does not have out of a value, at any depth, and returns them at the same places. `None` if
/// there are none.
pub(crate) fn take_unknown(value: &mut Value, table: &'static ModelInfo) -> Option<Value> {
    match value {
        Value::Object(members) => {
            let mut known = Map::new();
            let mut unknown = Map::new();
            for (name, mut member) in std::mem::take(members) {
                match table.field(&name).map(|field| field.kind.innermost()) {
                    None => {
                        unknown.insert(name, member);
                        continue;
                    }
                    Some(Kind::Object(inner)) => {
                        if let Some(inside) = take_unknown(&mut member, inner) {
                            unknown.insert(name.clone(), inside);
                        }
                    }
                    Some(_) => {}
                }
                known.insert(name, member);
            }
            *members = known;
            (!unknown.is_empty()).then_some(Value::Object(unknown))
        }
        Value::Array(items) => {
            let parts: Vec<_> = items.iter_mut().map(|item| take_unknown(item, table)).collect();
            let last = parts.iter().rposition(Option::is_some)?;
            let parts = parts.into_iter().take(last + 1);
            Some(parts.map(|part| part.unwrap_or_else(|| Value::Object(Map::new()))).collect())
        }
        _ => None,
    }
}

/// Puts the members back that [`take_unknown`] took, after the value was changed.
///
/// # Errors
///
/// The path of an object or item that had some of them and is gone.
pub(crate) fn put_back(
    value: &mut Value,
    unknown: Value,
    table: &'static ModelInfo,
) -> Result<(), String> {
    put_back_at(value, unknown, table, "")
}

fn put_back_at(
    value: &mut Value,
    unknown: Value,
    table: &'static ModelInfo,
    path: &str,
) -> Result<(), String> {
    match (value, unknown) {
        (Value::Object(members), Value::Object(unknown)) => {
            unknown.into_iter().try_for_each(|(name, unknown)| {
                let Some(field) = table.field(&name) else {
                    members.insert(name, unknown);
                    return Ok(());
                };
                let path = step(path, &name);
                match (members.get_mut(&name), field.kind.innermost()) {
                    (Some(member), Kind::Object(inner)) => {
                        put_back_at(member, unknown, inner, &path)
                    }
                    _ => Err(path),
                }
            })
        }
        (Value::Array(items), Value::Array(unknown)) => {
            unknown.into_iter().enumerate().try_for_each(|(index, unknown)| {
                let path = step(path, &index.to_string());
                match items.get_mut(index) {
                    Some(item) => put_back_at(item, unknown, table, &path),
                    None if unknown.as_object().is_some_and(Map::is_empty) => Ok(()),
                    None => Err(path),
                }
            })
        }
        _ => Err(path.to_owned()),
    }
}

/// Makes the change from `before` to `after` in a value that may have the same members in another form, and others. What the
/// change does not touch keeps its form.
pub(crate) fn apply_change(whole: &mut Value, before: &Value, after: &Value) {
    if before == after {
        return;
    }
    match (&mut *whole, before, after) {
        (Value::Object(members), Value::Object(before), Value::Object(after)) => {
            members.retain(|name, _| after.contains_key(name) || !before.contains_key(name));
            for (name, after) in after {
                match (members.get_mut(name), before.get(name)) {
                    (Some(member), Some(before)) => apply_change(member, before, after),
                    (_, Some(before)) if before == after => {}
                    // Only the difference to what an absent object is read as.
                    (None, Some(before)) if before.is_object() && after.is_object() => {
                        let mut member = Value::Object(Map::new());
                        apply_change(&mut member, before, after);
                        members.insert(name.clone(), member);
                    }
                    _ => {
                        members.insert(name.clone(), after.clone());
                    }
                }
            }
        }
        (Value::Array(items), Value::Array(before), Value::Array(after))
            if items.len() == before.len() =>
        {
            items.truncate(after.len());
            for (index, after) in after.iter().enumerate() {
                match (items.get_mut(index), before.get(index)) {
                    (Some(item), Some(before)) => apply_change(item, before, after),
                    _ => items.push(after.clone()),
                }
            }
        }
        _ => *whole = after.clone(),
    }
}

/// The path of the first unknown member that `other` does not have. The items of a list count as one: they may have been moved.
pub(crate) fn first_new(
    unknown: &Value,
    other: Option<&Value>,
    table: &'static ModelInfo,
) -> Option<String> {
    let others: Vec<&Value> = other.into_iter().collect();
    first_new_at(unknown, &others, table, "")
}

fn first_new_at(
    unknown: &Value,
    others: &[&Value],
    table: &'static ModelInfo,
    path: &str,
) -> Option<String> {
    match unknown {
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            let path = step(path, name);
            let others: Vec<&Value> = others.iter().filter_map(|other| other.get(name)).collect();
            match table.field(name).map(|field| field.kind.innermost()) {
                Some(Kind::Object(inner)) => first_new_at(member, &others, inner, &path),
                _ => others.is_empty().then_some(path),
            }
        }),
        Value::Array(items) => {
            let lists = others.iter().filter_map(|other| other.as_array());
            let others: Vec<&Value> = lists.flatten().collect();
            items.iter().enumerate().find_map(|(index, item)| {
                first_new_at(item, &others, table, &step(path, &index.to_string()))
            })
        }
        _ => None,
    }
}

fn step(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::{FieldInfo, NameIndex};
    use serde_json::json;

    use super::*;

    static DISK: ModelInfo = ModelInfo {
        name: "Disk",
        members: &[FieldInfo::new("Size", Kind::I64)],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };
    static RUN: ModelInfo = ModelInfo {
        name: "Run",
        members: &[FieldInfo::new("Disks", Kind::List(&Kind::Object(&DISK)))],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };

    #[test]
    fn unknown_members_are_taken_and_put_back_at_the_same_places() {
        let whole =
            json!({ "New": 1, "Disks": [{ "Size": 1 }, { "Size": 2, "Kind": "fast" }, {}] });
        let mut known = whole.clone();
        let unknown = take_unknown(&mut known, &RUN).unwrap();
        assert_eq!(known, json!({ "Disks": [{ "Size": 1 }, { "Size": 2 }, {}] }));
        assert_eq!(unknown, json!({ "New": 1, "Disks": [{}, { "Kind": "fast" }] }));
        assert_eq!(take_unknown(&mut known.clone(), &RUN), None);
        put_back(&mut known, unknown.clone(), &RUN).unwrap();
        assert_eq!(known, whole);

        for (changed, result) in [
            (json!({ "Disks": [{ "Size": 1 }, { "Size": 3 }] }), Ok(())),
            (json!({ "Disks": [{ "Size": 1 }] }), Err("Disks.1".to_owned())),
            (json!({}), Err("Disks".to_owned())),
        ] {
            let result_of_change = put_back(&mut changed.clone(), unknown.clone(), &RUN);
            assert_eq!(result_of_change, result, "{changed}");
        }
    }

    #[test]
    fn change_touches_only_what_differs() {
        let whole = || {
            json!({ "Count": "5", "Gone": null, "Place": {}, "New": 1,
                "Disks": [{ "Size": "1", "New": 1 }, { "Size": 2 }] })
        };
        let before = json!({ "Count": 5, "Place": { "Zone": "" }, "Name": "",
            "Disks": [{ "Size": 1 }, { "Size": 2 }] });
        let changed = |path: &str, value: Value| {
            let mut after = before.clone();
            *after.pointer_mut(path).unwrap() = value;
            let mut whole = whole();
            apply_change(&mut whole, &before, &after);
            whole
        };
        let expected = |path: &str, value: Value| {
            let mut expected = whole();
            *expected.pointer_mut(path).unwrap() = value;
            expected
        };
        assert_eq!(changed("/Count", json!(5)), whole());
        assert_eq!(changed("/Count", json!(6)), expected("/Count", json!(6)));
        let zone = json!({ "Zone": "z" });
        assert_eq!(changed("/Place", zone.clone()), expected("/Place", zone));
        let name = changed("/Name", json!("n"));
        assert_eq!(
            (&name["Name"], &name["Count"], &name["Place"]),
            (&json!("n"), &json!("5"), &json!({}))
        );
        assert_eq!(changed("/Disks/1/Size", json!(3)), expected("/Disks/1/Size", json!(3)));
        let disks = json!([{ "Size": 1 }, { "Size": 2 }, { "Size": 3 }]);
        let longer = json!([{ "Size": "1", "New": 1 }, { "Size": 2 }, { "Size": 3 }]);
        assert_eq!(changed("/Disks", disks), expected("/Disks", longer));
        let shorter = json!([{ "Size": "1", "New": 1 }]);
        assert_eq!(changed("/Disks", json!([{ "Size": 1 }])), expected("/Disks", shorter));
        let mut without = whole();
        apply_change(&mut without, &before, &json!({ "Count": 5 }));
        assert_eq!(without, json!({ "Count": "5", "Gone": null, "New": 1 }));
    }

    #[test]
    fn new_unknown_member_is_found_wherever_its_item_moved() {
        let old = json!({ "New": 1, "Disks": [{}, { "Kind": "fast" }] });
        for (unknown, path) in [
            (json!({ "New": 2, "Disks": [{ "Kind": "slow" }, {}, { "Kind": "fast" }] }), None),
            (json!({ "Disks": [{}, { "Kinds": "fast" }] }), Some("Disks.1.Kinds")),
            (json!({ "Newer": 1 }), Some("Newer")),
            (json!({ "Disks": [{ "New": 1 }] }), Some("Disks.0.New")),
        ] {
            assert_eq!(first_new(&unknown, Some(&old), &RUN).as_deref(), path, "{unknown}");
        }
        assert_eq!(first_new(&old, None, &RUN).as_deref(), Some("New"));
    }
}
