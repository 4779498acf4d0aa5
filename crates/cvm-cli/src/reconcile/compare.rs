//! Compares a request with an item of a list: which parameters were given, which of them a rule compares, and
//! whether those are equal.

use cvm_models::protocol::{ActionInfo, ReconcileInfo};
use serde_json::Value;

use crate::json_path::{at, is_blank, texts_of};

/// The result of comparing a member of an item with the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// Both are equal.
    Equal,
    /// The list does not show the member, or not clearly.
    Unknown,
    /// Both differ.
    Different,
}

/// The parameters of the request that no rule compares: as long as there are any, no list proves that the
/// request was carried out. `secrets` are those that the journal omits.
pub fn uncompared(
    info: &ActionInfo,
    facts: &ReconcileInfo,
    request: &Value,
    secrets: &[String],
) -> Vec<String> {
    let mut given = Vec::new();
    leaves("", request, &mut given);
    given.retain(|path| {
        let is = |known: &str| known == path;
        // A member of list items is compared only with members of list items.
        let is_direct = at(request, path).is_some();
        let mut same = facts.matching.iter().chain(facts.same_key);
        let compared = same.any(|(_, there)| is_direct && is(there))
            || facts.includes.iter().any(|(_, there)| is(there));
        let asked = facts.filters.iter().any(|(_, there)| is(there));
        let names = facts.ids.is_some_and(is) || facts.count.is_some_and(is);
        // The client token identifies the request itself, and `DryRun` `false` has no effect.
        let is_form = info.generated_token().is_some_and(is)
            || (is("DryRun") && at(request, path) == Some(&Value::Bool(false)));
        !(compared || asked || names || is_form)
    });
    given.extend(secrets.iter().cloned());
    given.dedup();
    given
}

/// The paths of all given members, without list indexes.
fn leaves(place: &str, value: &Value, given: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let path = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                leaves(&path, member, given);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                leaves(place, item, given);
            }
        }
        _ if place.is_empty() => {}
        _ => given.push(place.to_owned()),
    }
}

/// Compares an item with the request in all pairs of members that the request has; `None` if it has none.
pub fn compare_members(
    facts: &ReconcileInfo,
    request: &Value,
    entry: &Value,
) -> Option<Comparison> {
    let same = facts.matching.iter().map(|pair| (pair, equal as fn(&Value, &Value) -> Comparison));
    let includes = facts.includes.iter().map(|pair| (pair, included as _));
    let keys = facts.same_key.iter().map(|pair| (pair, equal_key as _));
    let given = same.chain(includes).chain(keys).filter_map(|((here, there), compare)| {
        let there = at(request, there)?;
        Some(at(entry, here).map_or(Comparison::Unknown, |here| compare(here, there)))
    });
    given.max()
}

/// Compares scalars, or lists of scalars in order. An empty text equals an empty list: both are a cleared member.
/// Null is unknown, and so is another order, which may be the service's own.
fn equal(here: &Value, there: &Value) -> Comparison {
    match (texts_of(here), texts_of(there)) {
        (Some(here), Some(there)) if here == there => Comparison::Equal,
        (Some(mut here), Some(mut there)) => {
            here.sort_unstable();
            there.sort_unstable();
            if here == there { Comparison::Unknown } else { Comparison::Different }
        }
        _ => Comparison::Unknown,
    }
}

/// Compares public keys by type and key, without the comment, which the service replaces.
fn equal_key(here: &Value, there: &Value) -> Comparison {
    let words = |value: &Value| -> Option<(String, String)> {
        let mut words = value.as_str()?.split_ascii_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    match (words(here), words(there)) {
        (Some(here), Some(there)) if here == there => Comparison::Equal,
        (Some(_), Some(_)) => Comparison::Different,
        _ => Comparison::Unknown,
    }
}

/// Whether the list of an item contains everything in the list of the request.
fn included(here: &Value, there: &Value) -> Comparison {
    match (texts_of(here), texts_of(there)) {
        (Some(_), Some(wanted)) if wanted.is_empty() => Comparison::Unknown,
        (Some(here), Some(wanted)) if wanted.iter().all(|wanted| here.contains(wanted)) => {
            Comparison::Equal
        }
        (Some(_), Some(_)) => Comparison::Different,
        _ => Comparison::Unknown,
    }
}

/// Compares an item that the request may have created with the request, in the single members that the request
/// has; `None` if it has none.
pub fn compare_single_members(
    facts: &ReconcileInfo,
    request: &Value,
    entry: &Value,
) -> Option<Comparison> {
    single_members(facts, request, entry).map(|(_, comparison)| comparison).max()
}

/// The members that the request has and the item does not show.
pub fn hidden(facts: &ReconcileInfo, request: &Value, entry: &Value) -> Vec<&'static str> {
    let hidden =
        single_members(facts, request, entry).filter(|(_, one)| *one == Comparison::Unknown);
    hidden.map(|(here, _)| here).collect()
}

/// Every single member that the request has, by its path in an item, and its comparison with the item.
fn single_members(
    facts: &ReconcileInfo,
    request: &Value,
    entry: &Value,
) -> impl Iterator<Item = (&'static str, Comparison)> {
    facts.matching.iter().chain(facts.includes).filter_map(move |&(here, there)| {
        let there = at(request, there).filter(|value| !is_blank(value))?;
        let comparison = match at(entry, here).filter(|value| !is_blank(value)) {
            None => Comparison::Unknown,
            Some(value) if is_numbered(facts, request, value, there) => Comparison::Equal,
            Some(value) => included(value, there),
        };
        Some((here, comparison))
    })
}

/// Whether a name is one that the service derives from the requested one: by a pattern such as `{R:1}`, or with a
/// number appended if several resources are created.
fn is_numbered(facts: &ReconcileInfo, request: &Value, here: &Value, there: &Value) -> bool {
    let Some(count) = facts.count else { return false };
    let (Some(here), Some(there)) = (here.as_str(), there.as_str()) else { return false };
    if let Some((prefix, _)) = there.split_once('{') {
        return here.starts_with(prefix);
    }
    let is_one = at(request, count).and_then(Value::as_u64).unwrap_or(1) <= 1;
    here.strip_prefix(there)
        .is_some_and(|number| !is_one && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_compares_as_unknown_and_cleared_members_as_empty() {
        for (here, there, comparison) in [
            (json!(null), json!(""), Comparison::Unknown),
            (json!(""), json!(""), Comparison::Equal),
            (json!([]), json!([]), Comparison::Equal),
            (json!("role"), json!(""), Comparison::Different),
            (json!(null), json!("role"), Comparison::Unknown),
            (json!([null]), json!(["sg-1"]), Comparison::Unknown),
            (json!(""), json!("role"), Comparison::Different),
            (json!(["sg-1"]), json!([]), Comparison::Different),
            (json!(["sg-1", "sg-2"]), json!(["sg-2", "sg-1"]), Comparison::Unknown),
            (json!(["sg-1", "sg-2"]), json!(["sg-1"]), Comparison::Different),
            (json!(["sg-1"]), json!("sg-1"), Comparison::Equal),
            (json!(true), json!(true), Comparison::Equal),
            (json!(7), json!("7"), Comparison::Equal),
            (json!({ "A": 1 }), json!("7"), Comparison::Unknown),
        ] {
            assert_eq!(equal(&here, &there), comparison, "{here} {there}");
        }
    }

    #[test]
    fn public_keys_compare_without_comments() {
        let ours = json!("ssh-rsa AAAAB3Nz me@home");
        for (listed, comparison) in [
            ("ssh-rsa AAAAB3Nz skey-mv9yzyjj", Comparison::Equal),
            ("ssh-rsa AAAAB3Nz", Comparison::Equal),
            (" ssh-rsa\tAAAAB3Nz  a b c\n", Comparison::Equal),
            ("ssh-rsa AAAAB3Nx me@home", Comparison::Different),
            ("ssh-ed25519 AAAAB3Nz me@home", Comparison::Different),
            ("ssh-rsa", Comparison::Unknown),
            ("", Comparison::Unknown),
        ] {
            assert_eq!(equal_key(&json!(listed), &ours), comparison, "{listed}");
        }
        assert_eq!(equal_key(&Value::Null, &ours), Comparison::Unknown);
    }

    #[test]
    fn leaves_lists_every_nested_member() {
        let mut given = Vec::new();
        let request = json!({
            "Ids": ["a", "b"],
            "None": null,
            "Empty": [],
            "Cleared": "",
            "Disk": { "Size": 1, "Tags": [{ "Key": "k" }, { "Key": "l", "Value": "v" }] },
            "Bare": {},
        });
        leaves("", &request, &mut given);
        given.dedup();
        assert_eq!(
            given,
            ["Ids", "Empty", "Cleared", "Disk.Size", "Disk.Tags.Key", "Disk.Tags.Value", "Bare"]
        );
    }
}
