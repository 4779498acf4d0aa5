//! The graph of types: everything is used, travels where it says, and ends somewhere.

use std::collections::HashSet;

use super::super::diagnostic::Report;
use super::super::model::{Api, Kind, Member};
use super::super::spec_file::Usage;

/// What to do about a type that travels where it does not say.
const USAGE: &str = "`both` if requests and responses hold it, else `in` or `out`";

pub fn check(api: &Api, report: &mut Report) {
    cycles(api, report);
    // What a file that could not be read uses is not known.
    if !api.unreadable.is_empty() {
        return;
    }
    let mut requests = Reach::default();
    let mut responses = Reach::default();
    for action in &api.actions {
        requests.walk(api, &action.request);
        responses.walk(api, &action.response);
    }
    for (place, type_) in api.types.iter().enumerate() {
        let sent = requests.types.contains(&place);
        let answered = responses.types.contains(&place);
        let name = &type_.spec.type_;
        if !sent && !answered {
            report
                .error(&type_.path, "/type", format!("nothing uses the type `{name}`"))
                .help("remove the file, or the member that should have it lost its type");
        } else if sent && type_.spec.usage == Usage::Out {
            let message = format!("`{name}` is said to travel `out`, and a request holds it");
            report.error(&type_.path, "/usage", message).help(USAGE);
        } else if answered && type_.spec.usage == Usage::In {
            let message = format!("`{name}` is said to travel `in`, and an answer holds it");
            report.error(&type_.path, "/usage", message).help(USAGE);
        }
    }
    for (place, enum_) in api.enums.iter().enumerate() {
        if !requests.enums.contains(&place) && !responses.enums.contains(&place) {
            let message = format!("nothing uses the enum `{}`", enum_.spec.enum_);
            report
                .error(&enum_.path, "/enum", message)
                .help("remove the file, or the member that should have it lost its type");
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
                Kind::Type(place) if self.types.insert(*place) => {
                    self.walk(api, &api.type_at(*place).members);
                }
                Kind::Enum(place) => {
                    self.enums.insert(*place);
                }
                _ => {}
            }
        }
    }
}

/// A type that holds itself without a list in between would have no end and no size.
fn cycles(api: &Api, report: &mut Report) {
    let mut done = HashSet::new();
    for place in 0..api.types.len() {
        visit(api, place, &mut Vec::new(), &mut done, report);
    }
}

fn visit(
    api: &Api,
    place: usize,
    trail: &mut Vec<usize>,
    done: &mut HashSet<usize>,
    report: &mut Report,
) {
    if done.contains(&place) {
        return;
    }
    trail.push(place);
    let type_ = api.type_at(place);
    for (index, member) in type_.members.iter().enumerate() {
        let Kind::Type(next) = member.kind else { continue };
        if let Some(start) = trail.iter().position(|seen| *seen == next) {
            let names: Vec<&str> = trail
                .iter()
                .skip(start)
                .chain([&next])
                .map(|place| api.type_at(*place).spec.type_.as_str())
                .collect();
            report
                .error(
                    &type_.path,
                    format!("/members/{index}/type"),
                    format!("a cycle of types without a list: {}", names.join(" -> ")),
                )
                .help("a value of it would never end: make one of them a list, or leave it out");
        } else {
            visit(api, next, trail, done, report);
        }
    }
    trail.pop();
    done.insert(place);
}
