//! Checks the graph of types: each type is used, its `usage` is right, and none contains itself.

use std::collections::HashSet;

use super::super::diagnostic::Report;
use super::super::model::{Api, Kind, Member};
use super::super::spec_file::Usage;

/// The fix for a wrong `usage`.
const USAGE: &str = "write `both` if requests and responses contain it, else `in` or `out`";

pub fn check(api: &Api, report: &mut Report) {
    cycles(api, report);
    // A file that cannot be read may use any type.
    if !api.unreadable.is_empty() {
        return;
    }
    let mut requests = Reach::default();
    let mut responses = Reach::default();
    for action in &api.actions {
        requests.walk(api, &action.request);
        responses.walk(api, &action.response);
    }
    for (type_index, type_) in api.types.iter().enumerate() {
        let sent = requests.types.contains(&type_index);
        let answered = responses.types.contains(&type_index);
        let name = &type_.spec.type_;
        if !sent && !answered {
            report
                .error(&type_.path, "/type", format!("nothing uses the type `{name}`"))
                .help("remove the file, or use it in a member");
        } else if sent && type_.spec.usage == Usage::Out {
            let message = format!("`usage` is `out`, but a request contains `{name}`");
            report.error(&type_.path, "/usage", message).help(USAGE);
        } else if answered && type_.spec.usage == Usage::In {
            let message = format!("`usage` is `in`, but a response contains `{name}`");
            report.error(&type_.path, "/usage", message).help(USAGE);
        }
    }
    for (index, enum_) in api.enums.iter().enumerate() {
        if !requests.enums.contains(&index) && !responses.enums.contains(&index) {
            let message = format!("nothing uses the enum `{}`", enum_.spec.enum_);
            report
                .error(&enum_.path, "/enum", message)
                .help("remove the file, or use it in a member");
        }
    }
}

#[derive(Default)]
struct Reach {
    types: HashSet<usize>,
    enums: HashSet<usize>,
}

impl Reach {
    fn walk(&mut self, api: &Api, members: &[Member]) {
        for member in members {
            match member.kind.innermost() {
                Kind::Type(index) if self.types.insert(*index) => {
                    self.walk(api, &api.type_at(*index).members);
                }
                Kind::Enum(index) => {
                    self.enums.insert(*index);
                }
                _ => {}
            }
        }
    }
}

/// A type that contains itself without a list in between would have an infinite size.
fn cycles(api: &Api, report: &mut Report) {
    let mut done = HashSet::new();
    for type_index in 0..api.types.len() {
        visit(api, type_index, &mut Vec::new(), &mut done, report);
    }
}

fn visit(
    api: &Api,
    type_index: usize,
    trail: &mut Vec<usize>,
    done: &mut HashSet<usize>,
    report: &mut Report,
) {
    if done.contains(&type_index) {
        return;
    }
    trail.push(type_index);
    let type_ = api.type_at(type_index);
    for (index, member) in type_.members.iter().enumerate() {
        let Kind::Type(next) = member.kind else { continue };
        if let Some(start) = trail.iter().position(|seen| *seen == next) {
            let names: Vec<&str> = trail
                .iter()
                .skip(start)
                .chain([&next])
                .map(|index| api.type_at(*index).spec.type_.as_str())
                .collect();
            report
                .error(
                    &type_.path,
                    format!("/members/{index}/type"),
                    format!("a type contains itself without a list: {}", names.join(" -> ")),
                )
                .help(
                    "such a value would be infinite; make one of the members a list, or remove it",
                );
        } else {
            visit(api, next, trail, done, report);
        }
    }
    trail.pop();
    done.insert(type_index);
}
