//! Compares a published API model with our specs.
//!
//! A model has actions, types and members with their order, types and flags. It has no limits, value sets or error codes.

use std::fmt;

use super::model::{Member, Model, ValueType};
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

/// The result of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Differences that must be resolved.
    pub drifts: Vec<Drift>,
    /// Differences for which our specs give a reason.
    pub explained: Vec<Drift>,
}

/// Compares everything, actions first.
pub fn compare(model: &Model, api: &Api) -> Comparison {
    let mut finder = Finder { api, found: Comparison::default() };
    for (name, upstream) in &model.actions {
        let place = format!("action {name}");
        let Some(action) = api.action(name) else {
            finder.tell(&place, "the model has it, our specs do not".to_owned());
            continue;
        };
        match (&action.spec.deprecated_why, upstream.deprecated) {
            (Some(why), false) => {
                let what = format!("deprecated only in our specs: {why}");
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
            finder.tell(&place, "our specs have it, the model does not".to_owned());
        }
    }
    for (name, upstream) in &model.types {
        let place = format!("type {name}");
        match api.types.iter().find(|type_| type_.spec.type_ == *name) {
            Some(type_) => finder.members(&place, &upstream.members, &type_.members),
            None => finder.tell(&place, "the model has it, our specs do not".to_owned()),
        }
    }
    for type_ in &api.types {
        if !model.types.contains_key(&type_.spec.type_) {
            let place = format!("type {}", type_.spec.type_);
            finder.tell(&place, "our specs have it, the model does not".to_owned());
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
                true => "the model says so, our specs do not",
                false => "our specs say so, the model does not",
            };
            self.tell(place, format!("`{name}`: {side}"));
        }
    }

    fn members(&mut self, place: &str, upstream: &[Member], ours: &[ours::Member]) {
        for member in upstream {
            let place = format!("{place}, {}", member.name);
            let Some(other) = ours::member_named(ours, &member.name) else {
                self.tell(&place, format!("the model has it ({}), our specs do not", word(member)));
                continue;
            };
            let (theirs, mine) = (word(member), self.word(other));
            if theirs != mine {
                self.tell(
                    &place,
                    format!("the model says {theirs}, our specs say {}", other.spec.type_),
                );
            }
            let spec = &other.spec;
            self.flag(&place, "required", member.required, spec.required);
            self.flag(&place, "output_required", member.output_required, spec.output_required);
            self.flag(&place, "nullable", member.nullable, spec.nullable);
            self.flag(&place, "deprecated", member.deprecated, spec.deprecated);
        }
        // Models do not contain the members of the older gateway.
        for member in ours.iter().filter(|member| !member.spec.legacy) {
            if !upstream.iter().any(|other| other.name == member.spec.name) {
                let place = format!("{place}, {}", member.spec.name);
                self.tell(&place, "our specs have it, the model does not".to_owned());
            }
        }
        let theirs = upstream.iter().map(|member| member.name.as_str());
        let theirs: Vec<&str> =
            theirs.filter(|name| ours::member_named(ours, name).is_some()).collect();
        let mine = ours.iter().map(|member| member.spec.name.as_str());
        let mine: Vec<&str> = mine.filter(|name| theirs.contains(name)).collect();
        if theirs != mine {
            let order = theirs.join(", ");
            self.tell(place, format!("the order differs; in the model it is {order}"));
        }
    }

    /// The type of our member as a model writes it. A named value set is a string.
    fn word(&self, member: &ours::Member) -> String {
        let name = match member.kind.innermost() {
            Kind::Type(index) => self.api.type_at(*index).spec.type_.clone(),
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

/// The type of a member of the model as our specs write it. A date is a string with a format.
fn word(member: &Member) -> String {
    let name = match &member.value_type {
        ValueType::Scalar("date") => "string",
        ValueType::Scalar(name) => name,
        ValueType::Type(name) => name,
    };
    if member.list { format!("list<{name}>") } else { name.to_owned() }
}

fn scalar(type_: &str) -> &str {
    type_.rsplit('<').next().unwrap_or(type_).trim_end_matches('>')
}
