//! What can be said of an API model in the form of our specs, and a list of what cannot.
//!
//! Everything that a later stage relies on is settled here: names are identifiers, every reference
//! leads to a type, no type holds itself without a list in between, no set of members is too large.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cvm_protocol::NameIndex;

use super::upstream::{self, ModelFile};
use crate::spec::check::COMMON_PARAMETERS;
use crate::spec::names::is_wire_name;
use crate::spec::spec_file::Usage;

/// The most types that one service may have; the largest published one has 671. Stages after this one
/// walk them recursively.
const MAX_TYPES: usize = 2_000;

/// The most members of one set: a response has `RequestId` besides.
const MAX_MEMBERS: usize = NameIndex::MAX_MEMBERS - 1;

/// What a model says, as far as specs can say it.
#[derive(Debug, Default)]
pub struct Model {
    /// Name in host names and signatures, if the model tells it.
    pub service: Option<String>,
    /// Version date.
    pub version: String,
    /// By name.
    pub actions: BTreeMap<String, Action>,
    /// Every type that a request or a response reaches.
    pub types: BTreeMap<String, Type>,
    /// What was left out, and why; a sentence each.
    pub skipped: Vec<String>,
}

/// An action.
#[derive(Debug)]
pub struct Action {
    /// The service asks not to use it any more.
    pub deprecated: bool,
    /// The service has switched it off.
    pub offline: bool,
    /// It is called without a signature.
    pub unsigned: bool,
    /// In wire order.
    pub request: Vec<Member>,
    /// In wire order, without `RequestId`.
    pub response: Vec<Member>,
}

/// A shared type.
#[derive(Debug)]
pub struct Type {
    /// Where it travels.
    pub usage: Usage,
    /// In wire order.
    pub members: Vec<Member>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Name on the wire.
    pub name: String,
    /// What it holds, once or in a list.
    pub holds: Holds,
    /// It is a list.
    pub list: bool,
    /// A request must carry it.
    pub required: bool,
    /// An answer carries it.
    pub output_required: bool,
    /// An answer may carry it as null.
    pub nullable: bool,
    /// The service asks not to use it any more.
    pub deprecated: bool,
}

/// What a member holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A scalar, by the name that specs and models share; `date` is known to models alone.
    Scalar(&'static str),
    /// A type.
    Type(String),
}

impl Member {
    /// The type that it holds without a list around it.
    fn embeds(&self) -> Option<&str> {
        match &self.holds {
            Holds::Type(name) if !self.list => Some(name),
            _ => None,
        }
    }
}

const SCALARS: [(&str, &str); 8] = [
    ("string", "string"),
    ("string", "datetime"),
    ("string", "datetime_iso"),
    ("string", "date"),
    ("int", "int64"),
    ("int", "uint64"),
    ("bool", "bool"),
    ("float", "float"),
];

/// Sifts a model.
pub fn convert(file: &ModelFile) -> Result<Model, crate::Error> {
    let objects: HashMap<&str, &upstream::Object> =
        file.objects.0.iter().map(|(name, object)| (name.as_str(), object)).collect();
    let mut sieve = Sieve { objects, types: BTreeMap::new(), skipped: Vec::new() };
    for key in file.unknown_keys() {
        sieve.skipped.push(format!("{key} is new: what it means is not known here"));
    }
    let mut model = Model {
        service: file.metadata.service.clone(),
        version: file.metadata.version.clone(),
        ..Model::default()
    };
    for (name, action) in &file.actions.0 {
        if let Some(action) = sieve.action(name, action) {
            model.actions.insert(name.clone(), action);
        }
    }
    let requests = model.actions.values().flat_map(|action| &action.request);
    let sent = sieve.reach(requests)?;
    let responses = model.actions.values().flat_map(|action| &action.response);
    let answered = sieve.reach(responses)?;
    sieve.break_cycles();
    // A broken cycle may have been the only way to a type.
    let sent = sieve.still_reached(model.actions.values().flat_map(|a| &a.request), &sent);
    let answered = sieve.still_reached(model.actions.values().flat_map(|a| &a.response), &answered);
    for (name, members) in sieve.types {
        let usage = match (sent.contains(&name), answered.contains(&name)) {
            (true, true) => Usage::Both,
            (true, false) => Usage::In,
            (false, true) => Usage::Out,
            (false, false) => continue,
        };
        model.types.insert(name, Type { usage, members });
    }
    model.skipped = sieve.skipped;
    Ok(model)
}

struct Sieve<'f> {
    objects: HashMap<&'f str, &'f upstream::Object>,
    types: BTreeMap<String, Vec<Member>>,
    skipped: Vec<String>,
}

impl Sieve<'_> {
    fn leave_out(&mut self, what: &str, why: &str) {
        self.skipped.push(format!("{what}: {why}"));
    }

    fn action(&mut self, name: &str, action: &upstream::Action) -> Option<Action> {
        let place = format!("action `{}`", name.escape_debug());
        if !is_wire_name(name) {
            self.leave_out(&place, "the name is no identifier");
            return None;
        }
        let mut side = |object: &str, what: &str| {
            let Some(found) = self.objects.get(object).copied() else {
                let why = format!("its {what} `{}` is not in the model", object.escape_debug());
                self.leave_out(&place, &why);
                return None;
            };
            let of = format!("the {what} of `{name}`");
            // Without a member that it must carry, a request could only fail.
            let essential = what == "request";
            let members =
                self.members(&of, found, essential, |member| essential && member.required);
            if members.is_none() {
                self.leave_out(&place, "a member that it requires was left out");
            }
            members
        };
        let request = side(&action.input, "request")?;
        let mut response = side(&action.output, "response")?;
        response.retain(|member| member.name != "RequestId");
        if response.iter().any(|member| member.name == "Error") {
            let of = format!("`Error` in the response of `{name}`");
            self.leave_out(&of, "an answer with this member is a failure by the envelope's rule");
            response.retain(|member| member.name != "Error");
        }
        let offline = action.status.as_deref() == Some("offline");
        let deprecated = offline || action.status.as_deref() == Some("deprecated");
        Some(Action { deprecated, offline, unsigned: action.skip_sign, request, response })
    }

    /// The members of one set that can be expressed; `None` if an essential one cannot.
    fn members(
        &mut self,
        of: &str,
        object: &upstream::Object,
        is_request: bool,
        essential: impl Fn(&upstream::Member) -> bool,
    ) -> Option<Vec<Member>> {
        let mut members: Vec<Member> = Vec::new();
        let mut names = HashSet::new();
        let mut complete = true;
        for member in &object.members {
            let place = format!("`{}` in {of}", member.name.escape_debug());
            let why = if !is_wire_name(&member.name) {
                "the name is no identifier".to_owned()
            } else if is_request && COMMON_PARAMETERS.contains(&member.name.as_str()) {
                "a common parameter of every request has this name".to_owned()
            } else if names.contains(&member.name) {
                "it is there twice; the first counts".to_owned()
            } else if members.len() >= MAX_MEMBERS {
                format!("a set has at most {MAX_MEMBERS} members, because tables count in bytes")
            } else {
                match self.holds(member) {
                    Ok(holds) => {
                        names.insert(member.name.clone());
                        members.push(Member {
                            name: member.name.clone(),
                            holds,
                            list: member.shape == "list",
                            required: member.required,
                            output_required: member.output_required,
                            nullable: member.nullable,
                            deprecated: member.deprecated,
                        });
                        continue;
                    }
                    Err(why) => why,
                }
            };
            complete &= names.contains(&member.name) || !essential(member);
            self.leave_out(&place, &why);
        }
        complete.then_some(members)
    }

    fn holds(&self, member: &upstream::Member) -> Result<Holds, String> {
        let (shape, holds) = (member.shape.as_str(), member.holds.as_str());
        if shape == "binary" || holds == "binary" {
            return Err("it is binary and travels in a multipart body, not in JSON".to_owned());
        }
        let scalar = SCALARS
            .iter()
            .find(|(known, name)| *name == holds && (*known == shape || shape == "list"));
        if let Some((_, name)) = scalar {
            return Ok(Holds::Scalar(name));
        }
        let object = matches!(shape, "object" | "list") && self.objects.contains_key(holds);
        if !object {
            let (shape, holds) = (shape.escape_debug(), holds.escape_debug());
            return Err(format!("its type `{shape}` of `{holds}` is not in the model"));
        }
        if !is_wire_name(holds) {
            let holds = holds.escape_debug();
            return Err(format!("the name of its type `{holds}` is no identifier"));
        }
        Ok(Holds::Type(holds.to_owned()))
    }

    /// Sifts every type that these members lead to, and tells which those are.
    fn reach<'m>(
        &mut self,
        members: impl Iterator<Item = &'m Member>,
    ) -> Result<BTreeSet<String>, crate::Error> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<String> = targets(members);
        while let Some(name) = open.pop() {
            if !reached.insert(name.clone()) {
                continue;
            }
            if !self.types.contains_key(&name)
                && let Some(object) = self.objects.get(name.as_str()).copied()
            {
                let of = format!("the type `{name}`");
                let members = self.members(&of, object, false, |_| false).unwrap_or_default();
                self.types.insert(name.clone(), members);
            }
            if self.types.len() > MAX_TYPES {
                return Err(format!(
                    "more than {MAX_TYPES} types hang together: no service is that large; split the model"
                )
                .into());
            }
            open.extend(targets(self.types.get(&name).into_iter().flatten()));
        }
        Ok(reached)
    }

    fn still_reached<'m>(
        &self,
        members: impl Iterator<Item = &'m Member>,
        before: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = targets(members);
        while let Some(name) = open.pop() {
            if before.contains(&name) && reached.insert(name.clone()) {
                open.extend(targets(self.types.get(&name).into_iter().flatten()));
            }
        }
        reached
    }

    /// Removes members by which a type would hold itself: a Rust struct of it would have no size.
    fn break_cycles(&mut self) {
        let roots: Vec<String> = self.types.keys().cloned().collect();
        let mut done: HashSet<String> = HashSet::new();
        for root in roots {
            // The trail is a list and not the call stack: a model may chain thousands of types.
            let mut trail: Vec<(String, usize)> = vec![(root, 0)];
            let mut on_trail: HashSet<String> =
                trail.iter().map(|(name, _)| name.clone()).collect();
            while let Some((name, next)) = trail.last_mut() {
                let members = if done.contains(name) { None } else { self.types.get_mut(name) };
                let Some(member) = members.as_ref().and_then(|members| members.get(*next)) else {
                    done.insert(name.clone());
                    on_trail.remove(name);
                    trail.pop();
                    continue;
                };
                *next += 1;
                let Some(target) = member.embeds().map(str::to_owned) else { continue };
                if on_trail.contains(&target) {
                    let place = format!("`{}` in the type `{name}`", member.name);
                    *next -= 1;
                    let at = *next;
                    if let Some(members) = members {
                        members.remove(at);
                    }
                    let why = format!("through it `{target}` would hold itself without a list");
                    self.skipped.push(format!("{place}: {why}"));
                } else if !done.contains(&target) {
                    on_trail.insert(target.clone());
                    trail.push((target, 0));
                }
            }
        }
    }
}

/// The types that these members hold, in lists or not.
fn targets<'m>(members: impl Iterator<Item = &'m Member>) -> Vec<String> {
    members
        .filter_map(|member| match &member.holds {
            Holds::Type(name) => Some(name.clone()),
            Holds::Scalar(_) => None,
        })
        .collect()
}
