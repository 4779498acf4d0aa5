//! Converts an API model to what specs can express, and lists what they cannot.
//!
//! Afterwards, all names are identifiers, every reference leads to a type, no type contains itself without a list in between,
//! and no set of members is too large.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cvm_protocol::NameIndex;
use cvm_protocol::query_form::COMMON_PARAMETERS;

use super::described::Described;
use super::upstream::{self, ModelFile};
use crate::spec::names::is_wire_name;
use crate::spec::spec_file::Usage;

/// Maximum number of types of a service; the largest published one has 671. Later stages walk them recursively.
const MAX_TYPES: usize = 2_000;

/// Maximum number of members of one set, without `RequestId`.
const MAX_MEMBERS: usize = NameIndex::MAX_MEMBERS - 1;

/// What specs can express of a model.
#[derive(Debug, Default)]
pub struct Model {
    /// Name in host names and signatures, if the model has it.
    pub service: Option<String>,
    /// Version date.
    pub version: String,
    /// By name.
    pub actions: BTreeMap<String, Action>,
    /// All types that a request or a response uses, by name.
    pub types: BTreeMap<String, Type>,
    /// What was skipped, and why; one sentence each.
    pub skipped: Vec<String>,
}

/// An action.
#[derive(Debug)]
pub struct Action {
    /// The service advises against using it.
    pub deprecated: bool,
    /// The service has turned it off.
    pub offline: bool,
    /// It is called without a signature.
    pub unsigned: bool,
    /// In wire order.
    pub request: Vec<Member>,
    /// In wire order, without `RequestId`.
    pub response: Vec<Member>,
}

impl Action {
    /// Whether its request has a member for a client token.
    pub fn has_client_token(&self) -> bool {
        let is_token = |member: &&Member| member.name == "ClientToken";
        self.request
            .iter()
            .find(is_token)
            .is_some_and(|member| member.value_type == ValueType::Scalar("string") && !member.list)
    }
}

/// A shared type.
#[derive(Debug)]
pub struct Type {
    /// Whether it is part of requests, of responses or of both.
    pub usage: Usage,
    /// In wire order.
    pub members: Vec<Member>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Name on the wire.
    pub name: String,
    /// The type of its value, or of its list items.
    pub value_type: ValueType,
    /// Whether it is a list.
    pub list: bool,
    /// A request must contain it.
    pub required: bool,
    /// A response always contains it.
    pub output_required: bool,
    /// It may be null in a response.
    pub nullable: bool,
    /// The service advises against using it.
    pub deprecated: bool,
    /// What its description says about paging.
    pub described: Described,
}

/// The type of a member, without a list around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A scalar, by its name in specs and models; only models have `date`.
    Scalar(&'static str),
    /// A shared type, by name.
    Type(String),
}

impl Member {
    /// The type that it contains directly, not in a list.
    fn embeds(&self) -> Option<&str> {
        match &self.value_type {
            ValueType::Type(name) if !self.list => Some(name),
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

/// Converts a model.
pub fn convert(file: &ModelFile) -> Result<Model, crate::error::Error> {
    let objects: HashMap<&str, &upstream::Object> =
        file.objects.0.iter().map(|(name, object)| (name.as_str(), object)).collect();
    let mut converter = Converter { objects, types: BTreeMap::new(), skipped: Vec::new() };
    for key in file.unknown_keys() {
        converter.skipped.push(format!("{key}: unknown key"));
    }
    let mut model = Model {
        service: file.metadata.service.clone(),
        version: file.metadata.version.clone(),
        ..Model::default()
    };
    for (name, action) in &file.actions.0 {
        if let Some(action) = converter.action(name, action) {
            model.actions.insert(name.clone(), action);
        }
    }
    let requests = model.actions.values().flat_map(|action| &action.request);
    let sent = converter.reach(requests)?;
    let responses = model.actions.values().flat_map(|action| &action.response);
    let received = converter.reach(responses)?;
    converter.break_cycles();
    // A removed member may have been the only use of a type.
    let sent = converter.still_reached(model.actions.values().flat_map(|a| &a.request), &sent);
    let received =
        converter.still_reached(model.actions.values().flat_map(|a| &a.response), &received);
    for (name, members) in converter.types {
        let usage = match (sent.contains(&name), received.contains(&name)) {
            (true, true) => Usage::Both,
            (true, false) => Usage::In,
            (false, true) => Usage::Out,
            (false, false) => continue,
        };
        model.types.insert(name, Type { usage, members });
    }
    model.skipped = converter.skipped;
    Ok(model)
}

struct Converter<'f> {
    objects: HashMap<&'f str, &'f upstream::Object>,
    types: BTreeMap<String, Vec<Member>>,
    skipped: Vec<String>,
}

impl Converter<'_> {
    fn skip(&mut self, what: &str, why: &str) {
        self.skipped.push(format!("{what}: {why}"));
    }

    fn action(&mut self, name: &str, action: &upstream::Action) -> Option<Action> {
        let place = format!("action `{}`", name.escape_debug());
        if !is_wire_name(name) {
            self.skip(&place, "the name is not an identifier");
            return None;
        }
        let mut side = |object: &str, what: &str| {
            let Some(found) = self.objects.get(object).copied() else {
                let why = format!("its {what} `{}` is not in the model", object.escape_debug());
                self.skip(&place, &why);
                return None;
            };
            let of = format!("the {what} of `{name}`");
            // A request without a required member would always fail.
            let essential = what == "request";
            let members =
                self.members(&of, found, essential, |member| essential && member.required);
            if members.is_none() {
                self.skip(&place, "a required member was skipped");
            }
            members
        };
        let request = side(&action.input, "request")?;
        let mut response = side(&action.output, "response")?;
        response.retain(|member| member.name != "RequestId");
        if response.iter().any(|member| member.name == "Error") {
            let of = format!("`Error` in the response of `{name}`");
            self.skip(&of, "a response with this member would be an error");
            response.retain(|member| member.name != "Error");
        }
        let offline = action.status.as_deref() == Some("offline");
        let deprecated = offline || action.status.as_deref() == Some("deprecated");
        Some(Action { deprecated, offline, unsigned: action.skip_sign, request, response })
    }

    /// The members that specs can express; `None` if an essential member is not among them.
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
                "the name is not an identifier".to_owned()
            } else if is_request && COMMON_PARAMETERS.contains(&member.name.as_str()) {
                "a common parameter of every request has this name".to_owned()
            } else if names.contains(&member.name) {
                "it is a duplicate; the first one is used".to_owned()
            } else if members.len() >= MAX_MEMBERS {
                format!(
                    "at most {MAX_MEMBERS} members are supported, because a table counts them in one byte"
                )
            } else {
                match self.value_type(member) {
                    Ok(value_type) => {
                        names.insert(member.name.clone());
                        members.push(Member {
                            name: member.name.clone(),
                            value_type,
                            list: member.type_ == "list",
                            required: member.required,
                            output_required: member.output_required,
                            nullable: member.nullable,
                            deprecated: member.deprecated,
                            described: member.described,
                        });
                        continue;
                    }
                    Err(why) => why,
                }
            };
            complete &= names.contains(&member.name) || !essential(member);
            self.skip(&place, &why);
        }
        complete.then_some(members)
    }

    fn value_type(&self, member: &upstream::Member) -> Result<ValueType, String> {
        let (type_, value_type) = (member.type_.as_str(), member.member_type.as_str());
        if type_ == "binary" || value_type == "binary" {
            return Err(
                "it is binary, and would be sent in a multipart body instead of JSON".to_owned()
            );
        }
        let scalar = SCALARS
            .iter()
            .find(|(known, name)| *name == value_type && (*known == type_ || type_ == "list"));
        if let Some((_, name)) = scalar {
            return Ok(ValueType::Scalar(name));
        }
        let object = matches!(type_, "object" | "list") && self.objects.contains_key(value_type);
        if !object {
            let (type_, value_type) = (type_.escape_debug(), value_type.escape_debug());
            return Err(format!("its type `{type_}` of `{value_type}` is not in the model"));
        }
        if !is_wire_name(value_type) {
            let value_type = value_type.escape_debug();
            return Err(format!("the name of its type `{value_type}` is not an identifier"));
        }
        Ok(ValueType::Type(value_type.to_owned()))
    }

    /// Converts all types that these members use, and returns their names.
    fn reach<'m>(
        &mut self,
        members: impl Iterator<Item = &'m Member>,
    ) -> Result<BTreeSet<String>, crate::error::Error> {
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
                return Err(
                    format!("more than {MAX_TYPES} types are connected; split the model").into()
                );
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

    /// Removes members by which a type contains itself, because such a Rust struct would have no size.
    fn break_cycles(&mut self) {
        let roots: Vec<String> = self.types.keys().cloned().collect();
        let mut done: HashSet<String> = HashSet::new();
        for root in roots {
            // A list instead of recursion, because a model may chain thousands of types.
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
                    let why = format!("it would make `{target}` contain itself without a list");
                    self.skipped.push(format!("{place}: {why}"));
                } else if !done.contains(&target) {
                    on_trail.insert(target.clone());
                    trail.push((target, 0));
                }
            }
        }
    }
}

/// The types of these members and of their list items.
fn targets<'m>(members: impl Iterator<Item = &'m Member>) -> Vec<String> {
    members
        .filter_map(|member| match &member.value_type {
            ValueType::Type(name) => Some(name.clone()),
            ValueType::Scalar(_) => None,
        })
        .collect()
}
