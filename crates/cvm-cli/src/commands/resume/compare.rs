//! Compares a request with an entry of a list: which members were given, which of them a rule compares,
//! and whether those are equal.

use cvm_models::protocol::{ActionInfo, ReconcileInfo};
use serde_json::Value;

use super::marks;
use super::value::{at, is_blank, texts_of};

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
        let mut same = facts.matching.iter().chain(facts.same_key);
        let compared = same.any(|(_, there)| is_direct && is(there))
            || facts.includes.iter().any(|(_, there)| is(there));
        let asked = facts.filters.iter().any(|(_, there)| is(there));
        let names = facts.ids.is_some_and(is) || facts.count.is_some_and(is);
        // The token names the request itself, and a dry run that is off asks for nothing.
        let is_form = info.generated_token().is_some_and(is)
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
    let same = facts.matching.iter().map(|pair| (pair, equal as fn(&Value, &Value) -> Likeness));
    let includes = facts.includes.iter().map(|pair| (pair, included as _));
    let keys = facts.same_key.iter().map(|pair| (pair, equal_key as _));
    let given = same.chain(includes).chain(keys).filter_map(|((here, there), compare)| {
        let there = at(request, there)?;
        Some(at(entry, here).map_or(Likeness::Unknown, |here| compare(here, there)))
    });
    given.chain(marks::likeness(facts, request, entry)).max()
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

/// How an entry relates to the request in the single members that the request gives, for an entry that the
/// request may have made; `None` if it gives none.
pub fn resemblance(facts: &ReconcileInfo, request: &Value, entry: &Value) -> Option<Likeness> {
    singles(facts, request, entry).map(|(_, likeness)| likeness).max()
}

/// The members that the request gives and the entry does not show.
pub fn hidden(facts: &ReconcileInfo, request: &Value, entry: &Value) -> Vec<&'static str> {
    let hidden = singles(facts, request, entry).filter(|(_, one)| *one == Likeness::Unknown);
    hidden.map(|(here, _)| here).collect()
}

/// Every single member that the request gives, by its path in an entry, and how it relates to the entry.
fn singles(
    facts: &ReconcileInfo,
    request: &Value,
    entry: &Value,
) -> impl Iterator<Item = (&'static str, Likeness)> {
    facts.matching.iter().chain(facts.includes).filter_map(move |&(here, there)| {
        let there = at(request, there).filter(|value| !is_blank(value))?;
        let likeness = match at(entry, here).filter(|value| !is_blank(value)) {
            None => Likeness::Unknown,
            Some(value) if is_numbered(facts, request, value, there) => Likeness::Equal,
            Some(value) => included(value, there),
        };
        Some((here, likeness))
    })
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
