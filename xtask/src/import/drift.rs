//! What a published API model and our specs say differently.
//!
//! Compared is what a model can tell: actions, types, members, their order, types and flags. Limits,
//! value sets and error codes are in no model.

use std::fmt;

use super::model::{Holds, Member, Model};
use crate::spec::model::{self as ours, Api, Kind};

/// One difference.
#[derive(Debug, PartialEq, Eq)]
pub struct Drift {
    place: String,
    what: String,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What a comparison found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What has to be brought in line.
    pub drifts: Vec<Drift>,
    /// What our specs say on their own account, with the reason that they give.
    pub explained: Vec<Drift>,
}

/// Everything that differs, actions first.
pub fn compare(model: &Model, api: &Api) -> Comparison {
    let mut finder = Finder { api, found: Comparison::default() };
    for (name, upstream) in &model.actions {
        let place = format!("action {name}");
        let Some(action) = api.action(name) else {
            finder.tell(&place, "upstream has it, our specs do not".to_owned());
            continue;
        };
        match (&action.spec.deprecated_why, upstream.deprecated) {
            (Some(why), false) => {
                let what = format!("deprecated by our own reading: {why}");
                finder.found.explained.push(Drift { place, what });
            }
            _ => finder.flag(&place, "deprecated", upstream.deprecated, action.spec.deprecated),
        }
        finder.members(&format!("request of {name}"), &upstream.request, &action.request);
        finder.members(&format!("response of {name}"), &upstream.response, &action.response);
    }
    for action in &api.actions {
        if !model.actions.contains_key(&action.spec.action) {
            let place = format!("action {}", action.spec.action);
            finder.tell(&place, "our specs have it, upstream does not".to_owned());
        }
    }
    for (name, upstream) in &model.types {
        let place = format!("type {name}");
        match api.types.iter().find(|type_| type_.spec.type_ == *name) {
            Some(type_) => finder.members(&place, &upstream.members, &type_.members),
            None => finder.tell(&place, "upstream has it, our specs do not".to_owned()),
        }
    }
    for type_ in &api.types {
        if !model.types.contains_key(&type_.spec.type_) {
            let place = format!("type {}", type_.spec.type_);
            finder.tell(&place, "our specs have it, upstream does not".to_owned());
        }
    }
    finder.found
}

struct Finder<'a> {
    api: &'a Api,
    found: Comparison,
}

impl Finder<'_> {
    fn tell(&mut self, place: &str, what: String) {
        self.found.drifts.push(Drift { place: place.to_owned(), what });
    }

    fn flag(&mut self, place: &str, name: &str, upstream: bool, ours: bool) {
        if upstream != ours {
            let side = match upstream {
                true => "upstream says so, our specs do not",
                false => "our specs say so, upstream does not",
            };
            self.tell(place, format!("`{name}`: {side}"));
        }
    }

    fn members(&mut self, place: &str, upstream: &[Member], ours: &[ours::Member]) {
        for member in upstream {
            let place = format!("{place}, {}", member.name);
            let Some(other) = ours::member_named(ours, &member.name) else {
                self.tell(&place, format!("upstream has it ({}), our specs do not", word(member)));
                continue;
            };
            let (theirs, mine) = (word(member), self.word(other));
            if theirs != mine {
                self.tell(
                    &place,
                    format!("upstream says {theirs}, our specs say {}", other.spec.type_),
                );
            }
            let spec = &other.spec;
            self.flag(&place, "required", member.required, spec.required);
            self.flag(&place, "output_required", member.output_required, spec.output_required);
            self.flag(&place, "nullable", member.nullable, spec.nullable);
            self.flag(&place, "deprecated", member.deprecated, spec.deprecated);
        }
        // What only an older gateway knows is in no model.
        for member in ours.iter().filter(|member| !member.spec.legacy) {
            if !upstream.iter().any(|other| other.name == member.spec.name) {
                let place = format!("{place}, {}", member.spec.name);
                self.tell(&place, "our specs have it, upstream does not".to_owned());
            }
        }
        let theirs = upstream.iter().map(|member| member.name.as_str());
        let theirs: Vec<&str> =
            theirs.filter(|name| ours::member_named(ours, name).is_some()).collect();
        let mine = ours.iter().map(|member| member.spec.name.as_str());
        let mine: Vec<&str> = mine.filter(|name| theirs.contains(name)).collect();
        if theirs != mine {
            let order = theirs.join(", ");
            self.tell(place, format!("the order differs; upstream has {order}"));
        }
    }

    /// The type of our member in the words of a model. A named set of values is text to it.
    fn word(&self, member: &ours::Member) -> String {
        let name = match member.kind.innermost() {
            Kind::Type(place) => self.api.type_at(*place).spec.type_.clone(),
            Kind::Enum(_) => "string".to_owned(),
            _ => scalar(&member.spec.type_).to_owned(),
        };
        let depth = std::iter::successors(Some(&member.kind), |kind| match kind {
            Kind::List(item) => Some(item),
            _ => None,
        });
        (1..depth.count()).fold(name, |name, _| format!("list<{name}>"))
    }
}

/// The type of a member of the model in our words; a date is text with a layout to us.
fn word(member: &Member) -> String {
    let name = match &member.holds {
        Holds::Scalar("date") => "string",
        Holds::Scalar(name) => name,
        Holds::Type(name) => name,
    };
    if member.list { format!("list<{name}>") } else { name.to_owned() }
}

fn scalar(type_: &str) -> &str {
    type_.rsplit('<').next().unwrap_or(type_).trim_end_matches('>')
}
