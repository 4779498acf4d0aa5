//! Compares a request with an entry of a list: which members were given, which of them a rule compares,
//! and whether those are equal.

use cvm_models::protocol::{ActionInfo, ReconcileInfo};
use serde_json::Value;

use super::value::{at, is_blank, texts_of};

/// A member of an entry, and the one of the request that it is compared with.
pub type Pair = (&'static str, &'static str);

/// How a member of an entry relates to the one of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// It is what the request has.
    Equal,
    /// The list does not show it, or not clearly.
    Unknown,
    /// It is something else.
    Different,
}

/// The members that the request gives and no rule compares: as long as there are any, no list proves
/// that the request was carried out. `secrets` are those that the journal left out.
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
        // A member of objects in a list is compared with objects in a list only.
        let is_direct = at(request, path).is_some();
        let mut same = facts.same.iter().chain(facts.same_key);
        let compared = same.any(|(_, there)| is_direct && is(there))
            || facts.includes.iter().any(|(_, there)| is(there));
        let asked = facts.narrow.iter().any(|(_, there)| is(there));
        let names = facts.ids.is_some_and(is) || facts.count.is_some_and(is);
        // The token names the request itself, and a dry run that is off asks for nothing.
        let is_form = info.minted_token().is_some_and(is)
            || (is("DryRun") && at(request, path) == Some(&Value::Bool(false)));
        !(compared || asked || names || is_form)
    });
    given.extend(secrets.iter().cloned());
    given.dedup();
    given
}

/// The paths of all members that are given, without the places in lists.
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

/// How an entry relates to the request in all pairs that the request gives; `None` if it gives none.
pub fn likeness(facts: &ReconcileInfo, request: &Value, entry: &Value) -> Option<Likeness> {
    let same = facts.same.iter().map(|pair| (pair, equal as fn(&Value, &Value) -> Likeness));
    let includes = facts.includes.iter().map(|pair| (pair, included as _));
    let keys = facts.same_key.iter().map(|pair| (pair, equal_key as _));
    let given = same.chain(includes).chain(keys).filter_map(|((here, there), compare)| {
        let there = at(request, there)?;
        Some(at(entry, here).map_or(Likeness::Unknown, |here| compare(here, there)))
    });
    let lists = object_lists(facts, request).into_iter().filter_map(|pairs| {
        contains_rows(request, entry, &pairs)
            .map(|all| if all { Likeness::Equal } else { Likeness::Different })
    });
    given.chain(lists).max()
}

/// Whether both are the same scalar, or lists of the same items in the same order. An empty text and an empty
/// list are the same: a cleared member. Null shows nothing, and another order may be the service's own.
fn equal(here: &Value, there: &Value) -> Likeness {
    match (texts_of(here), texts_of(there)) {
        (Some(here), Some(there)) if here == there => Likeness::Equal,
        (Some(mut here), Some(mut there)) => {
            here.sort_unstable();
            there.sort_unstable();
            if here == there { Likeness::Unknown } else { Likeness::Different }
        }
        _ => Likeness::Unknown,
    }
}

/// Whether both are the same public key: type and key, without the comment, which the service replaces.
fn equal_key(here: &Value, there: &Value) -> Likeness {
    let words = |value: &Value| -> Option<(String, String)> {
        let mut words = value.as_str()?.split_ascii_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    match (words(here), words(there)) {
        (Some(here), Some(there)) if here == there => Likeness::Equal,
        (Some(_), Some(_)) => Likeness::Different,
        _ => Likeness::Unknown,
    }
}

/// Whether the list of an entry contains all that the request has.
fn included(here: &Value, there: &Value) -> Likeness {
    match (texts_of(here), texts_of(there)) {
        (Some(_), Some(wanted)) if wanted.is_empty() => Likeness::Unknown,
        (Some(here), Some(wanted)) if wanted.iter().all(|wanted| here.contains(wanted)) => {
            Likeness::Equal
        }
        (Some(_), Some(_)) => Likeness::Different,
        _ => Likeness::Unknown,
    }
}

/// Whether an entry may be what the request made: everything that both show is alike. `None` if the
/// request has nothing to compare.
pub fn resembles(facts: &ReconcileInfo, request: &Value, entry: &Value) -> Option<bool> {
    let lists = object_lists(facts, request);
    let lists = lists.into_iter().filter_map(|pairs| contains_rows(request, entry, &pairs));
    alike(facts, request, entry).into_iter().chain(lists).reduce(|all, one| all && one)
}

/// Whether an entry may be what the request made, but the list does not show the objects that would tell:
/// such a list is null or absent, and not empty.
pub fn hides_marks(facts: &ReconcileInfo, request: &Value, entry: &Value) -> bool {
    let is_hidden = |pairs: &[Pair]| {
        let list = pairs.first().and_then(|(here, _)| here.rsplit_once('.'));
        !rows_at(request, pairs, |(_, there)| there).is_empty()
            && list.is_some_and(|(list, _)| at(entry, list).is_none())
    };
    object_lists(facts, request).iter().any(|pairs| is_hidden(pairs))
        && alike(facts, request, entry) != Some(false)
}

/// Whether all single members that the request gives are alike in an entry.
fn alike(facts: &ReconcileInfo, request: &Value, entry: &Value) -> Option<bool> {
    let pairs = || facts.same.iter().chain(facts.includes).copied();
    let given = pairs().filter_map(|(here, there)| {
        Some((at(entry, here), at(request, there).filter(|value| !is_blank(value))?))
    });
    let single = given.map(|(here, there)| {
        here.is_some_and(|here| {
            included(here, there) == Likeness::Equal || is_numbered(facts, request, here, there)
        })
    });
    single.reduce(|all, one| all && one)
}

/// Whether the objects of an entry contain those of the request, which has some.
fn contains_rows(request: &Value, entry: &Value, pairs: &[Pair]) -> Option<bool> {
    let wanted = rows_at(request, pairs, |(_, there)| there);
    let present = rows_at(entry, pairs, |(here, _)| here);
    (!wanted.is_empty()).then(|| wanted.iter().all(|wanted| present.contains(wanted)))
}

/// Whether the request puts objects on what it makes, such as tags: the mark of its owner.
pub fn is_marked(facts: &ReconcileInfo, request: &Value) -> bool {
    let lists = object_lists(facts, request);
    lists.iter().any(|pairs| !rows_at(request, pairs, |(_, there)| there).is_empty())
}

/// The pairs that lead into the same list of objects of the request, list by list.
fn object_lists(facts: &ReconcileInfo, request: &Value) -> Vec<Vec<Pair>> {
    let mut lists: Vec<(&str, Vec<Pair>)> = Vec::new();
    for pair in facts.includes.iter().copied() {
        let Some((list, _)) = pair.1.rsplit_once('.') else { continue };
        if at(request, pair.1).is_some() || objects_at(request, list).is_empty() {
            continue;
        }
        match lists.iter_mut().find(|(known, _)| *known == list) {
            Some((_, pairs)) => pairs.push(pair),
            None => lists.push((list, vec![pair])),
        }
    }
    lists.into_iter().map(|(_, pairs)| pairs).collect()
}

/// Whether a name is one of those that the service makes of the request's: behind a pattern such as
/// `{R:1}`, or with a number behind it when several are made.
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

/// The objects at `A.B`, through every list on the way.
fn objects_at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = vec![value];
    for step in path.split('.') {
        let below = found.into_iter().filter_map(|value| value.get(step));
        found = below
            .flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            })
            .collect();
    }
    found.retain(|value| value.is_object());
    found
}

/// What the objects hold that the pairs lead to, one row an object; an empty text is as good as none.
fn rows_at(value: &Value, pairs: &[Pair], side: fn(&Pair) -> &'static str) -> Vec<Vec<String>> {
    let steps: Vec<_> = pairs.iter().filter_map(|pair| side(pair).rsplit_once('.')).collect();
    let Some((list, _)) = steps.first() else { return Vec::new() };
    let row = |object: &Value| {
        let member = |(_, member): &(&str, &str)| at(object, member).and_then(super::value::text);
        steps.iter().map(|step| member(step).unwrap_or_default()).collect()
    };
    objects_at(value, list).into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_shows_nothing_and_a_cleared_member_is_empty() {
        for (here, there, likeness) in [
            (json!(null), json!(""), Likeness::Unknown),
            (json!(""), json!(""), Likeness::Equal),
            (json!([]), json!([]), Likeness::Equal),
            (json!("role"), json!(""), Likeness::Different),
            (json!(null), json!("role"), Likeness::Unknown),
            (json!([null]), json!(["sg-1"]), Likeness::Unknown),
            (json!(""), json!("role"), Likeness::Different),
            (json!(["sg-1"]), json!([]), Likeness::Different),
            (json!(["sg-1", "sg-2"]), json!(["sg-2", "sg-1"]), Likeness::Unknown),
            (json!(["sg-1", "sg-2"]), json!(["sg-1"]), Likeness::Different),
            (json!(["sg-1"]), json!("sg-1"), Likeness::Equal),
            (json!(true), json!(true), Likeness::Equal),
            (json!(7), json!("7"), Likeness::Equal),
            (json!({ "A": 1 }), json!("7"), Likeness::Unknown),
        ] {
            assert_eq!(equal(&here, &there), likeness, "{here} {there}");
        }
    }

    #[test]
    fn a_public_key_is_compared_without_its_comment() {
        let ours = json!("ssh-rsa AAAAB3Nz me@home");
        for (listed, likeness) in [
            ("ssh-rsa AAAAB3Nz skey-mv9yzyjj", Likeness::Equal),
            ("ssh-rsa AAAAB3Nz", Likeness::Equal),
            (" ssh-rsa\tAAAAB3Nz  a b c\n", Likeness::Equal),
            ("ssh-rsa AAAAB3Nx me@home", Likeness::Different),
            ("ssh-ed25519 AAAAB3Nz me@home", Likeness::Different),
            ("ssh-rsa", Likeness::Unknown),
            ("", Likeness::Unknown),
        ] {
            assert_eq!(equal_key(&json!(listed), &ours), likeness, "{listed}");
        }
        assert_eq!(equal_key(&Value::Null, &ours), Likeness::Unknown);
    }

    #[test]
    fn every_given_member_counts_however_deep_it_is() {
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
