//! Checks the resolved specs before code is generated. Each check reports all its errors, and none stops another.

mod actions;
mod docs;
mod errors;
mod graph;
mod links;
mod member_keys;
mod name_resolver;
mod names;
mod paging;
mod reconcile;
mod relations;
#[cfg(test)]
mod tests;
pub mod type_names;
mod values;
mod waiters;

use super::diagnostic::Report;
use super::model::{Api, Member};

/// Maximum number of members of a table, without `RequestId`.
const MAX_MEMBERS: usize = 254;

/// Runs every check.
pub fn check(api: &Api, report: &mut Report) {
    names::check(api, report);
    docs::check(api, report);
    graph::check(api, report);
    if api.unreadable.is_empty() {
        values::check(api, report);
        member_keys::check(api, report);
        actions::check(api, report);
        paging::check(api, report);
    }
    relations::check(api, report);
    links::check(api, report);
    errors::check(api, report);
    for set in sets(api) {
        set.check_size(report);
        set.check_envelope(api, report);
    }
}

/// The members of one request, response or type, and their place in the file.
#[derive(Clone, Copy)]
struct Set<'a> {
    /// File, as messages show it.
    file: &'a str,
    /// Pointer to the list of members.
    pointer: &'static str,
    members: &'a [Member],
}

impl<'a> Set<'a> {
    /// All members, each with its pointer.
    fn each(self) -> impl Iterator<Item = (String, &'a Member)> {
        let pointer = self.pointer;
        let point = move |(index, member)| (format!("{pointer}/{index}"), member);
        self.members.iter().enumerate().map(point)
    }

    fn check_size(self, report: &mut Report) {
        if self.members.len() > MAX_MEMBERS {
            report
                .error(
                    self.file,
                    self.pointer,
                    format!(
                        "{} members, but a table has at most {MAX_MEMBERS}",
                        self.members.len()
                    ),
                )
                .help("a table counts its members in one byte");
        }
    }

    fn check_envelope(self, api: &Api, report: &mut Report) {
        if self.pointer != "/response" {
            return;
        }
        let envelope = &api.service.envelope;
        for (pointer, member) in self.each() {
            let name = &member.spec.name;
            if *name == envelope.error || *name == envelope.request_id {
                report
                    .error(
                        self.file,
                        format!("{pointer}/name"),
                        format!("`{name}` is part of the envelope of every response"),
                    )
                    .help("remove it; the generator adds it");
            }
        }
    }
}

/// All sets of members.
fn sets(api: &Api) -> impl Iterator<Item = Set<'_>> {
    let actions = api.actions.iter().flat_map(|action| {
        let file = action.path.as_str();
        [
            Set { file, pointer: "/request", members: &action.request },
            Set { file, pointer: "/response", members: &action.response },
        ]
    });
    let types = api.types.iter().map(|type_| Set {
        file: &type_.path,
        pointer: "/members",
        members: &type_.members,
    });
    actions.chain(types)
}
