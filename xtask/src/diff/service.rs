//! Compares two versions of a service: actions, types, value sets, error codes and waiters.

use serde_json::Value;

use super::change::{Changes, Difference, Kind, Level, differences};
use super::limit;
use super::member::{self, Set};
use crate::spec::model::{Action, Api, Enum, Side, Type};

/// Compares two versions of a service.
pub fn compare(old: &Api, new: &Api, changes: &mut Changes) {
    actions(old, new, changes);
    types(old, new, changes);
    enums(old, new, changes);
    errors(old, new, changes);
    waiters(old, new, changes);
    for difference in differences(&old.service, &new.service) {
        match difference.key.as_str() {
            "title" | "summary" | "scope" | "groups" => changes.docs("service.json"),
            // They only affect Rust names, which are compared separately.
            "words" => {}
            _ => changes.fact("service.json", &difference),
        }
    }
}

/// Pairs the items of two versions by name. Removed and added items have no partner.
fn pair<'a, T>(
    old: &'a [T],
    new: &'a [T],
    name: impl Fn(&T) -> &str,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let find = |all: &'a [T], wanted: &str| all.iter().find(|one| name(one) == wanted);
    let common = old.iter().map(|one| (Some(one), find(new, name(one))));
    let fresh =
        new.iter().filter(|one| find(old, name(one)).is_none()).map(|one| (None, Some(one)));
    common.chain(fresh).collect()
}

/// Adds an item that only one version has. Returns whether both have it.
fn in_both<T>(
    old: Option<&T>,
    new: Option<&T>,
    place: &str,
    noun: &str,
    changes: &mut Changes,
) -> bool {
    match (old, new) {
        (Some(_), None) => changes.note(Kind::Removed, Level::Major, place, noun),
        (None, Some(_)) => changes.note(Kind::Added, Level::Minor, place, noun),
        _ => {}
    }
    old.is_some() && new.is_some()
}

fn actions(old: &Api, new: &Api, changes: &mut Changes) {
    for (was, is) in pair(&old.actions, &new.actions, |action| &action.spec.action) {
        let Some(name) = was.or(is).map(|action| action.spec.action.as_str()) else { continue };
        in_both(was, is, name, "action", changes);
        let (Some(was), Some(is)) = (was, is) else { continue };
        changes.renamed(name, &was.rust.type_, &is.rust.type_);
        action(name, was, is, changes);
        let set = |api, members, side| Set { api, members, side };
        let request = set(old, &was.request[..], Side::Request);
        member::compare(name, request, set(new, &is.request[..], Side::Request), changes);
        let response = set(old, &was.response[..], Side::Response);
        let now = set(new, &is.response[..], Side::Response);
        member::compare(&format!("{name}Response"), response, now, changes);
        items(name, (old, was), (new, is), changes);
    }
}

/// Compares the keys of an action, except its members.
fn action(name: &str, old: &Action, new: &Action, changes: &mut Changes) {
    for difference in differences(&old.spec, &new.spec) {
        match difference.key.as_str() {
            "request" | "response" | "rust" => {}
            "summary" | "notes" | "deprecated_why" => changes.docs(name),
            "deprecated" if new.spec.deprecated => {
                changes.note(Kind::Deprecated, Level::Minor, name, "action");
            }
            "errors" => listed(name, &difference, "error code", changes),
            "filters" => filters(name, old, new, changes),
            "retry" => retry(name, old, new, changes),
            "paginate" => paginate(name, &difference, changes),
            _ => match limit::effect(&difference) {
                Some(kind) => changes.note(kind, Level::Patch, name, difference.describe()),
                None => changes.fact(name, &difference),
            },
        }
    }
}

/// Compares a list of strings of an action.
fn listed(place: &str, difference: &Difference, noun: &str, changes: &mut Changes) {
    let texts = |value: &Option<Value>| -> Vec<String> {
        let items = value.as_ref().and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (old, new) = (texts(&difference.old), texts(&difference.new));
    for text in new.iter().filter(|text| !old.contains(text)) {
        let what = format!("documents the {noun} `{text}`");
        changes.note(Kind::Changed, Level::Patch, place, what);
    }
    for text in old.iter().filter(|text| !new.contains(text)) {
        let what = format!("no longer documents the {noun} `{text}`");
        changes.note(Kind::Changed, Level::Patch, place, what);
    }
}

/// Compares filters. They are not items of the crate.
fn filters(place: &str, old: &Action, new: &Action, changes: &mut Changes) {
    for (was, is) in pair(&old.spec.filters, &new.spec.filters, |filter| &filter.name) {
        let Some(name) = was.or(is).map(|filter| filter.name.as_str()) else { continue };
        let (Some(was), Some(is)) = (was, is) else {
            let (kind, what) = match is {
                Some(_) => (Kind::Loosened, format!("supports the filter `{name}`")),
                None => (Kind::Tightened, format!("no longer supports the filter `{name}`")),
            };
            changes.note(kind, Level::Patch, place, what);
            continue;
        };
        for difference in differences(was, is) {
            if difference.key == "doc" {
                changes.docs(place);
                continue;
            }
            let kind = limit::effect(&difference).unwrap_or(Kind::Changed);
            let what = format!("filter `{name}`: {}", difference.describe());
            changes.note(kind, Level::Patch, place, what);
        }
    }
}

/// Compares what the client may retry.
fn retry(place: &str, old: &Action, new: &Action, changes: &mut Changes) {
    for difference in differences(&old.spec.retry, &new.spec.retry) {
        match difference.key.as_str() {
            "why" => changes.docs(place),
            "reconcile" => reconcile(place, old, new, changes),
            _ => {
                let what = format!("retry: {}", difference.describe());
                changes.note(Kind::Changed, Level::Patch, place, what);
            }
        }
    }
}

/// Compares the rule that programs and `cvm resume` use after an unknown outcome. Only its text is for people.
fn reconcile(place: &str, old: &Action, new: &Action, changes: &mut Changes) {
    let facts = |action: &Action| action.spec.retry.reconcile.clone().unwrap_or_default();
    let (was, is) = (facts(old), facts(new));
    let describe = match (&was.list, &is.list) {
        (None, Some(list)) => Some(format!("an unknown outcome is checked with `{list}`")),
        (Some(list), None) => {
            Some(format!("an unknown outcome is no longer checked with `{list}`"))
        }
        _ => None,
    };
    if let Some(describe) = describe {
        changes.note(Kind::Changed, Level::Patch, place, describe);
        return;
    }
    for difference in differences(&was, &is) {
        if difference.key == "text" {
            changes.docs(place);
        } else {
            let what = format!("reconcile: {}", difference.describe());
            changes.note(Kind::Changed, Level::Patch, place, what);
        }
    }
}

/// Compares paging: an action with paging implements a trait.
fn paginate(place: &str, difference: &Difference, changes: &mut Changes) {
    match (&difference.old, &difference.new) {
        (None, Some(_)) => changes.note(Kind::Added, Level::Minor, place, "can be read in pages"),
        (Some(_), None) => {
            changes.note(Kind::Removed, Level::Major, place, "can be read in pages");
        }
        _ => changes.fact(place, difference),
    }
}

/// Compares the item type of a page, which is part of the trait.
fn items(place: &str, old: (&Api, &Action), new: (&Api, &Action), changes: &mut Changes) {
    let entry = |(api, action): (&Api, &Action)| {
        let paginate = action.spec.paginate.as_ref()?;
        let items = api.follow(&action.response, &paginate.items)?;
        let kind = crate::codegen::emit::fields::item_type(api, &items.kind, items.is_secret());
        Some((paginate.items.clone(), crate::codegen::layout::compact(kind)))
    };
    if let (Some((_, was)), Some((_, is))) = (entry(old), entry(new))
        && was != is
    {
        let what = format!("pages are `{is}`, were `{was}`");
        changes.note(Kind::Changed, Level::Major, place, what);
    }
}

fn types(old: &Api, new: &Api, changes: &mut Changes) {
    for (was, is) in pair(&old.types, &new.types, |type_: &Type| &type_.spec.type_) {
        let Some(name) = was.or(is).map(|type_| type_.spec.type_.as_str()) else { continue };
        in_both(was, is, name, "type", changes);
        let (Some(was), Some(is)) = (was, is) else { continue };
        changes.renamed(name, &was.rust.type_, &is.rust.type_);
        for difference in differences(&was.spec, &is.spec) {
            match difference.key.as_str() {
                "members" | "rust" => {}
                "summary" | "notes" => changes.docs(name),
                _ => changes.fact(name, &difference),
            }
        }
        let before = Set { api: old, members: &was.members, side: was.side() };
        let now = Set { api: new, members: &is.members, side: is.side() };
        member::compare(name, before, now, changes);
    }
}

fn enums(old: &Api, new: &Api, changes: &mut Changes) {
    for (was, is) in pair(&old.enums, &new.enums, |enum_: &Enum| &enum_.spec.enum_) {
        let Some(name) = was.or(is).map(|enum_| enum_.spec.enum_.as_str()) else { continue };
        in_both(was, is, name, "value set", changes);
        let (Some(was), Some(is)) = (was, is) else { continue };
        changes.renamed(name, &was.rust.type_, &is.rust.type_);
        for difference in differences(&was.spec, &is.spec) {
            match difference.key.as_str() {
                "values" | "rust" => {}
                "summary" | "notes" => changes.docs(name),
                _ => changes.fact(name, &difference),
            }
        }
        values(name, was, is, changes);
    }
}

fn values(name: &str, old: &Enum, new: &Enum, changes: &mut Changes) {
    let variant = |enum_: &Enum, text: &str| {
        let rows = enum_.spec.values.iter().zip(&enum_.variants);
        rows.filter(|(row, _)| row.value == text).map(|(_, variant)| variant.clone()).next()
    };
    for (was, is) in pair(&old.spec.values, &new.spec.values, |row| &row.value) {
        let Some(text) = was.or(is).map(|row| row.value.as_str()) else { continue };
        let place = format!("{name}.{text}");
        in_both(was, is, &place, "value", changes);
        let (Some(was), Some(is)) = (was, is) else { continue };
        if let (Some(old), Some(new)) = (variant(old, text), variant(new, text)) {
            changes.renamed(&place, &old, &new);
        }
        for difference in differences(was, is) {
            match difference.key.as_str() {
                "rust" => {}
                "doc" => changes.docs(name),
                "deprecated" if is.deprecated => {
                    changes.note(Kind::Deprecated, Level::Minor, &place, "value");
                }
                _ => changes.fact(&place, &difference),
            }
        }
    }
}

fn errors(old: &Api, new: &Api, changes: &mut Changes) {
    for (was, is) in pair(&old.errors, &new.errors, |error| &error.spec.code) {
        let Some(code) = was.or(is).map(|error| error.spec.code.as_str()) else { continue };
        in_both(was, is, code, "error code", changes);
        let (Some(was), Some(is)) = (was, is) else { continue };
        changes.renamed(code, &was.rust, &is.rust);
        for difference in differences(&was.spec, &is.spec) {
            match difference.key.as_str() {
                "rust" => {}
                "doc" | "fix" => changes.docs("errors.json"),
                _ => changes.fact(code, &difference),
            }
        }
    }
}

fn waiters(old: &Api, new: &Api, changes: &mut Changes) {
    for (was, is) in pair(&old.waiters, &new.waiters, |waiter| &waiter.spec.waiter) {
        let Some(name) = was.or(is).map(|waiter| waiter.spec.waiter.as_str()) else { continue };
        in_both(was, is, name, "waiter", changes);
        let (Some(was), Some(is)) = (was, is) else { continue };
        changes.renamed(name, &was.rust.type_, &is.rust.type_);
        for difference in differences(&was.spec, &is.spec) {
            match difference.key.as_str() {
                "summary" | "notes" | "after" => changes.docs(name),
                _ => changes.fact(name, &difference),
            }
        }
    }
}
