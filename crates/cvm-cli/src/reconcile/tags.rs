//! Compares the tags that a request sets on what it creates with the tags that a list shows.

use cvm_models::protocol::ReconcileInfo;
use serde_json::Value;

use super::compare::Comparison;
use crate::json_path::{at, text};

/// The path of a member in an item, and that of the request member that it is compared with.
type Pair = (&'static str, &'static str);

/// Stands for a value that is not shown.
static NULL: Value = Value::Null;

/// Whether the request sets tags on what it creates.
pub fn are_requested(facts: &ReconcileInfo, request: &Value) -> bool {
    object_lists(facts, request).iter().any(|pairs| !wanted(facts, request, pairs).is_empty())
}

/// Compares the tags of an item with those of the request; `None` if the request sets none.
pub fn compare_tags(facts: &ReconcileInfo, request: &Value, entry: &Value) -> Option<Comparison> {
    let of_list = |pairs: &Vec<Pair>| {
        let wanted = wanted(facts, request, pairs);
        wanted.iter().map(|row| contains(entry, pairs, row)).max()
    };
    object_lists(facts, request).iter().filter_map(of_list).max()
}

/// Whether an item has a tag with these texts. A null or absent tag may be any tag.
fn contains(entry: &Value, pairs: &[Pair], wanted: &[String]) -> Comparison {
    let steps = steps(pairs, |(here, _)| here);
    let Some((list, _)) = steps.first() else { return Comparison::Unknown };
    let of_item = |item: &Value| {
        if !item.is_object() {
            return Comparison::Unknown;
        }
        let cells = steps.iter().zip(wanted).map(|((_, member), wanted)| {
            match (at(item, member), at(item, member).and_then(text)) {
                (_, Some(shown)) if shown == *wanted => Comparison::Equal,
                (_, Some(_)) => Comparison::Different,
                // An empty text equals an absent one.
                (None, None) if wanted.is_empty() => Comparison::Equal,
                _ => Comparison::Unknown,
            }
        });
        cells.max().unwrap_or(Comparison::Unknown)
    };
    let items = items_at(entry, list, |_| true).into_iter();
    items.map(of_item).min().unwrap_or(Comparison::Different)
}

/// The pairs of members, grouped by the list of the request that they belong to.
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

/// The tags that the request sets on the listed type of resource, as one row of texts per tag. Tags of another
/// type, such as the disks of an instance, are not on the listed items.
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

/// The resource type, as tag specifications name it, that this action lists.
fn resource_of(list: &str) -> Option<&'static str> {
    (list == "DescribeInstances").then_some("instance")
}

/// The list path and the member of each pair, on one side.
fn steps(pairs: &[Pair], side: fn(&Pair) -> &'static str) -> Vec<(&'static str, &'static str)> {
    pairs.iter().filter_map(|pair| side(pair).rsplit_once('.')).collect()
}

/// The items at `A.B`, through every list on the way, and only through values that pass `filter`. A null or
/// absent value counts as one null item.
fn items_at<'v>(value: &'v Value, path: &str, filter: impl Fn(&Value) -> bool) -> Vec<&'v Value> {
    path.split('.').fold(vec![value], |found, step| {
        let found = found.into_iter().filter(|value| filter(value));
        found
            .flat_map(|value| match value.get(step) {
                Some(Value::Array(items)) => items.as_slice(),
                Some(single) => std::slice::from_ref(single),
                None => std::slice::from_ref(&NULL),
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
    fn tags_compare_as_equal_unknown_or_different() {
        let facts = cvm_models::action("RunInstances").unwrap().reconcile.as_ref().unwrap();
        let tags = json!([{ "Key": "run", "Value": "7" }]);
        let request = json!({ "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }] });
        for (entry, expected) in [
            (json!({ "Tags": tags }), Comparison::Equal),
            (json!({ "Tags": [null, { "Key": "run", "Value": "7" }] }), Comparison::Equal),
            (json!({}), Comparison::Unknown),
            (json!({ "Tags": null }), Comparison::Unknown),
            (json!({ "Tags": "run" }), Comparison::Unknown),
            (json!({ "Tags": [null] }), Comparison::Unknown),
            (json!({ "Tags": [{}] }), Comparison::Unknown),
            (json!({ "Tags": [{ "Key": "run" }] }), Comparison::Unknown),
            (json!({ "Tags": [{ "Key": "run", "Value": null }] }), Comparison::Unknown),
            (json!({ "Tags": [{ "Key": null, "Value": "7" }] }), Comparison::Unknown),
            (json!({ "Tags": [{ "Key": "run", "Value": { "A": 1 } }] }), Comparison::Unknown),
            (json!({ "Tags": [] }), Comparison::Different),
            (json!({ "Tags": [{ "Key": "run", "Value": "8" }] }), Comparison::Different),
            (json!({ "Tags": [{ "Key": "team", "Value": null }] }), Comparison::Different),
        ] {
            assert_eq!(compare_tags(facts, &request, &entry), Some(expected), "{entry}");
        }
    }

    #[test]
    fn tags_of_other_resource_types_are_ignored() {
        let facts = cvm_models::action("RunInstances").unwrap().reconcile.as_ref().unwrap();
        let of = |kind: &str, key: &str| json!({ "ResourceType": kind, "Tags": [{ "Key": key, "Value": "7" }] });
        let entry = json!({ "Tags": [{ "Key": "run", "Value": "7" }] });
        let both = json!({ "TagSpecification": [of("instance", "run"), of("volume", "disk")] });
        assert_eq!(compare_tags(facts, &both, &entry), Some(Comparison::Equal));
        let two = json!({ "TagSpecification": [of("instance", "run"), of("Instance", "team")] });
        assert_eq!(compare_tags(facts, &two, &entry), Some(Comparison::Different));
        let disks = json!({ "TagSpecification": [of("volume", "disk")] });
        assert_eq!(
            (compare_tags(facts, &disks, &entry), are_requested(facts, &disks)),
            (None, false)
        );
    }

    #[test]
    fn every_list_with_tags_has_a_resource_type() {
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
