//! Checks error codes: they are sorted, those of actions exist, and each is documented by an action. Also checks that quirks
//! name only items that exist.

use std::collections::{HashMap, HashSet};

use super::super::diagnostic::{Report, nearest};
use super::super::model::{Api, ErrorCode};
use super::super::spec_file::{Common, ErrorKind};
use super::sets;

pub fn check(api: &Api, report: &mut Report) {
    let file = format!("{}/errors.json", api.shown_as);
    let mut known: HashMap<&str, Common> = HashMap::new();
    let mut last = "";
    for (index, error) in api.errors.iter().enumerate() {
        let code = error.spec.code.as_str();
        let pointer = format!("/errors/{index}/code");
        if known.insert(code, error.spec.common).is_some() {
            report
                .error(&file, pointer, format!("duplicate `{code}`"))
                .help("remove one of the two");
        } else if code < last {
            report
                .error(&file, pointer, format!("the codes are not sorted: `{code}` after `{last}`"))
                .help("sort them by bytes");
        }
        last = code;
        absent(api, index, error, &file, report);
        if error.spec.kind == ErrorKind::Server && error.spec.partial.is_none() {
            report
                .error(
                    &file,
                    format!("/errors/{index}/kind"),
                    format!("`{code}` does not say whether a part may have been carried out"),
                )
                .help(
                    "add \"partial\": false only if the service fails before it changes anything",
                );
        }
    }
    let mut used = HashSet::new();
    for action in &api.actions {
        let mut last = "";
        for (index, code) in action.spec.errors.iter().enumerate() {
            let pointer = format!("/errors/{index}");
            used.insert(code.as_str());
            if *code == last {
                report
                    .error(&action.path, &pointer, format!("duplicate `{code}`"))
                    .help("remove one of the two");
            } else if code.as_str() < last {
                let message = format!("the codes are not sorted: `{code}` after `{last}`");
                report.error(&action.path, &pointer, message).help("sort them by bytes");
            }
            last = code;
            match known.get(code.as_str()) {
                None => {
                    let message = format!("`{}` is not in errors.json", code.escape_debug());
                    report.error(&action.path, &pointer, message).help =
                        Some(nearest(code, known.keys().copied()).map_or_else(
                            || "add it there, with what it means and what to do".to_owned(),
                            |near| format!("did you mean `{near}`?"),
                        ));
                }
                Some(Common::Yes) => {
                    let message = format!("`{code}` is marked as a code of the gateway alone");
                    report
                        .error(&action.path, &pointer, message)
                        .help("write `\"common\": \"both\"` in errors.json");
                }
                Some(Common::No | Common::Both) => {}
            }
        }
    }
    let readable = api.unreadable.is_empty();
    for (index, error) in api.errors.iter().enumerate() {
        let wanted = readable && error.spec.common == Common::No && !error.spec.legacy;
        if wanted && !used.contains(error.spec.code.as_str()) {
            report
                .error(
                    &file,
                    format!("/errors/{index}/code"),
                    format!("no action documents `{}`", error.spec.code),
                )
                .help("remove it, or mark it as `common` if the gateway returns it for any action");
        }
    }
    quirks(api, report);
}

/// Checks `absent`: a list, a waiter or a reconcile rule must have each member as its `id`.
fn absent(api: &Api, index: usize, error: &ErrorCode, file: &str, report: &mut Report) {
    let mut ids: Vec<&str> = Vec::new();
    ids.extend(api.waiters.iter().map(|waiter| waiter.spec.id.as_str()));
    for action in &api.actions {
        let reconcile = action.spec.retry.reconcile.as_ref();
        ids.extend(reconcile.and_then(|facts| facts.id.as_deref()));
        ids.extend(action.spec.paginate.as_ref().and_then(|pages| pages.id.as_deref()));
    }
    for (at, member) in error.spec.absent.iter().enumerate() {
        let pointer = format!("/errors/{index}/absent/{at}");
        if error.spec.kind != ErrorKind::NotFound {
            report
                .error(
                    file,
                    &pointer,
                    format!("`{}` is not of the kind `notfound`", error.spec.code),
                )
                .help("remove `absent`, or correct the kind");
        }
        if !ids.contains(&member.as_str()) && api.unreadable.is_empty() {
            let message = format!("no list has the id `{}`", member.escape_debug());
            report.error(file, &pointer, message).help =
                Some(nearest(member, ids.iter().copied()).map_or_else(
                    || "name the `id` of a list, a waiter or a reconcile rule".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                ));
        }
    }
}

/// Checks quirks. A quirk is outdated if something that it names no longer exists.
fn quirks(api: &Api, report: &mut Report) {
    let mut names: HashSet<&str> = HashSet::from(["true", "false", "null", "0", "1"]);
    for action in &api.actions {
        names.insert(&action.spec.action);
        names.extend(action.spec.filters.iter().map(|filter| filter.name.as_str()));
    }
    for type_ in &api.types {
        names.insert(&type_.spec.type_);
    }
    for enum_ in &api.enums {
        names.insert(&enum_.spec.enum_);
        names.extend(enum_.spec.values.iter().map(|value| value.value.as_str()));
    }
    names.extend(api.errors.iter().map(|error| error.spec.code.as_str()));
    for set in sets(api) {
        names.extend(set.members.iter().map(|member| member.spec.name.as_str()));
    }
    for set in sets(api) {
        for (pointer, member) in set.each() {
            let Some(quirk) = &member.spec.quirk else { continue };
            let pointer = format!("{pointer}/quirk");
            if *quirk == member.spec.doc {
                report
                    .error(set.file, &pointer, "the quirk repeats the description")
                    .help("remove one of the two");
            }
            if quirk.contains("sent as a string") && member.spec.type_ != "string" {
                let message = format!("the quirk is outdated: the type is {}", member.spec.type_);
                report.error(set.file, &pointer, message).help("remove it");
            }
            for quoted in quirk.split('`').skip(1).step_by(2) {
                let parts = quoted.split(['.', '=']);
                let gone = quoted.starts_with(|first: char| first.is_ascii_uppercase())
                    && !names.contains(quoted)
                    && parts.clone().any(|part| !names.contains(part));
                if gone {
                    report
                        .error(
                            set.file,
                            &pointer,
                            format!("the quirk is outdated: nothing has the name `{}`", quoted),
                        )
                        .help("remove it, or correct the name");
                }
            }
        }
    }
}
