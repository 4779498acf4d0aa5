//! Compares the objects that a request puts on what it makes, such as tags, with those that a list shows.

use cvm_models::protocol::ReconcileInfo;
use serde_json::Value;

use super::compare::Likeness;
use super::value::{at, text};

/// A member of an entry, and the one of the request that it is compared with.
type Pair = (&'static str, &'static str);

/// Stands for what is not shown.
static HIDDEN: Value = Value::Null;

/// Whether the request puts objects on what it makes: the mark of its owner.
pub fn are_given(facts: &ReconcileInfo, request: &Value) -> bool {
    object_lists(facts, request).iter().any(|pairs| !wanted(facts, request, pairs).is_empty())
}

/// How the objects of an entry relate to those that the request puts on what it makes; `None` if it gives none.
pub fn likeness(facts: &ReconcileInfo, request: &Value, entry: &Value) -> Option<Likeness> {
    let of_list = |pairs: &Vec<Pair>| {
        let wanted = wanted(facts, request, pairs);
        wanted.iter().map(|row| contains(entry, pairs, row)).max()
    };
    object_lists(facts, request).iter().filter_map(of_list).max()
}

/// Whether an entry has an object with these texts. What is null or absent may be any object.
fn contains(entry: &Value, pairs: &[Pair], wanted: &[String]) -> Likeness {
    let steps = steps(pairs, |(here, _)| here);
    let Some((list, _)) = steps.first() else { return Likeness::Unknown };
    let of_item = |item: &Value| {
        if !item.is_object() {
            return Likeness::Unknown;
        }
        let cells = steps.iter().zip(wanted).map(|((_, member), wanted)| {
            match (at(item, member), at(item, member).and_then(text)) {
                (_, Some(shown)) if shown == *wanted => Likeness::Equal,
                (_, Some(_)) => Likeness::Different,
                // An empty text is as good as none.
                (None, None) if wanted.is_empty() => Likeness::Equal,
                _ => Likeness::Unknown,
            }
        });
        cells.max().unwrap_or(Likeness::Unknown)
    };
    let items = items_at(entry, list, |_| true).into_iter();
    items.map(of_item).min().unwrap_or(Likeness::Different)
}

/// The pairs that lead into the same list of objects of the request, list by list.
fn object_lists(facts: &ReconcileInfo, request: &Value) -> Vec<Vec<Pair>> {
    let mut lists: Vec<(&str, Vec<Pair>)> = Vec::new();
    for pair in facts.includes.iter().copied() {
        let Some((list, _)) = pair.1.rsplit_once('.') else { continue };
        if at(request, pair.1).is_some() {
            continue;
        }
        match lists.iter_mut().find(|(known, _)| *known == list) {
            Some((_, pairs)) => pairs.push(pair),
            None => lists.push((list, vec![pair])),
        }
    }
    lists.into_iter().map(|(_, pairs)| pairs).collect()
}

/// What the request puts on the listed kind of resource, one row of texts an object. What it puts on another
/// kind, such as the disks of an instance, is not on what is listed.
fn wanted(facts: &ReconcileInfo, request: &Value, pairs: &[Pair]) -> Vec<Vec<String>> {
    let is_ours = |object: &Value| match (resource_of(facts.list), object.get("ResourceType")) {
        (Some(listed), Some(Value::String(kind))) => kind.eq_ignore_ascii_case(listed),
        _ => true,
    };
    let steps = steps(pairs, |(_, there)| there);
    let Some((list, _)) = steps.first() else { return Vec::new() };
    let row = |object: &Value| {
        let texts = steps.iter().map(|(_, member)| at(object, member).and_then(text));
        texts.map(Option::unwrap_or_default).collect()
    };
    let objects = items_at(request, list, is_ours).into_iter();
    objects.filter(|object| object.is_object()).map(row).collect()
}

/// What a tag specification calls the kind of resource that this action lists.
fn resource_of(list: &str) -> Option<&'static str> {
    (list == "DescribeInstances").then_some("instance")
}

/// The list and the member of every pair.
fn steps(pairs: &[Pair], side: fn(&Pair) -> &'static str) -> Vec<(&'static str, &'static str)> {
    pairs.iter().filter_map(|pair| side(pair).rsplit_once('.')).collect()
}

/// The items at `A.B`, through every list on the way and only through what `is_way`. What is null or absent is
/// one item that is null.
fn items_at<'v>(value: &'v Value, path: &str, is_way: impl Fn(&Value) -> bool) -> Vec<&'v Value> {
    path.split('.').fold(vec![value], |found, step| {
        let found = found.into_iter().filter(|value| is_way(value));
        found
            .flat_map(|value| match value.get(step) {
                Some(Value::Array(items)) => items.as_slice(),
                Some(single) => std::slice::from_ref(single),
                None => std::slice::from_ref(&HIDDEN),
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use cvm_models::ACTIONS;
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_are_compared_as_shown_not_shown_or_different() {
        let facts = cvm_models::action("RunInstances").unwrap().reconcile.as_ref().unwrap();
        let tags = json!([{ "Key": "run", "Value": "7" }]);
        let request = json!({ "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }] });
        for (entry, expected) in [
            (json!({ "Tags": tags }), Likeness::Equal),
            (json!({ "Tags": [null, { "Key": "run", "Value": "7" }] }), Likeness::Equal),
            (json!({}), Likeness::Unknown),
            (json!({ "Tags": null }), Likeness::Unknown),
            (json!({ "Tags": "run" }), Likeness::Unknown),
            (json!({ "Tags": [null] }), Likeness::Unknown),
            (json!({ "Tags": [{}] }), Likeness::Unknown),
            (json!({ "Tags": [{ "Key": "run" }] }), Likeness::Unknown),
            (json!({ "Tags": [{ "Key": "run", "Value": null }] }), Likeness::Unknown),
            (json!({ "Tags": [{ "Key": null, "Value": "7" }] }), Likeness::Unknown),
            (json!({ "Tags": [{ "Key": "run", "Value": { "A": 1 } }] }), Likeness::Unknown),
            (json!({ "Tags": [] }), Likeness::Different),
            (json!({ "Tags": [{ "Key": "run", "Value": "8" }] }), Likeness::Different),
            (json!({ "Tags": [{ "Key": "team", "Value": null }] }), Likeness::Different),
        ] {
            assert_eq!(likeness(facts, &request, &entry), Some(expected), "{entry}");
        }
    }

    #[test]
    fn tags_of_another_kind_of_resource_are_not_looked_for() {
        let facts = cvm_models::action("RunInstances").unwrap().reconcile.as_ref().unwrap();
        let of = |kind: &str, key: &str| json!({ "ResourceType": kind, "Tags": [{ "Key": key, "Value": "7" }] });
        let entry = json!({ "Tags": [{ "Key": "run", "Value": "7" }] });
        let both = json!({ "TagSpecification": [of("instance", "run"), of("volume", "disk")] });
        assert_eq!(likeness(facts, &both, &entry), Some(Likeness::Equal));
        let two = json!({ "TagSpecification": [of("instance", "run"), of("Instance", "team")] });
        assert_eq!(likeness(facts, &two, &entry), Some(Likeness::Different));
        let disks = json!({ "TagSpecification": [of("volume", "disk")] });
        assert_eq!((likeness(facts, &disks, &entry), are_given(facts, &disks)), (None, false));
    }

    #[test]
    fn every_list_that_is_searched_for_tags_has_a_kind_of_resource() {
        let mut cases = 0;
        for facts in ACTIONS.iter().filter_map(|info| info.reconcile.as_ref()) {
            let is_tag = |(_, there): &Pair| there.starts_with("TagSpecification.");
            if facts.includes.iter().any(is_tag) {
                assert!(resource_of(facts.list).is_some(), "{}", facts.list);
                cases += 1;
            }
        }
        assert!(cases >= 1);
    }
}
