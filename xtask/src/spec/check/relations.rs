//! Checks relations between members: groups of alternatives, exclusive members and conditions.

use super::super::condition::Condition;
use super::super::diagnostic::{Diagnostic, Report};
use super::super::model::{Api, Kind, Member, member_named};
use super::super::spec_file::Usage;
use super::{Set, sets};

pub fn check(api: &Api, report: &mut Report) {
    for set in sets(api) {
        for (pointer, member) in set.each() {
            let mut relations = Relations { set, pointer: &pointer, member, report };
            relations.exclusive();
            relations.groups();
            relations.conditions();
            relations.references();
        }
    }
    for type_ in api.types.iter().filter(|type_| type_.spec.usage != Usage::Both) {
        for (index, member) in type_.members.iter().enumerate() {
            if member.spec.direction.is_some() {
                let message = "`direction` applies only to types whose `usage` is `both`";
                report
                    .error(&type_.path, format!("/members/{index}/direction"), message)
                    .help("remove it");
            }
        }
    }
}

struct Relations<'a, 'r> {
    set: Set<'a>,
    pointer: &'a str,
    member: &'a Member,
    report: &'r mut Report,
}

impl Relations<'_, '_> {
    fn error(&mut self, key: &str, message: impl Into<String>) -> &mut Diagnostic {
        self.report.error(self.set.file, format!("{}/{key}", self.pointer), message)
    }

    fn exclusive(&mut self) {
        let name = self.member.spec.name.clone();
        for (index, other) in self.member.spec.exclusive_with.clone().iter().enumerate() {
            let key = format!("exclusive_with/{index}");
            if *other == name {
                self.error(&key, format!("`{name}` excludes itself")).help("remove it");
                continue;
            }
            let Some(found) = member_named(self.set.members, other) else { continue };
            let required = [self.member, found].into_iter().find(|one| one.spec.required);
            if let Some(required) = required {
                let message = format!(
                    "`{}` is required, so `{}` can never be given",
                    required.spec.name,
                    if required.spec.name == name { other } else { &name },
                );
                self.error(&key, message).help("remove `required` or `exclusive_with`");
            }
        }
    }

    fn groups(&mut self) {
        let spec = self.member.spec.clone();
        for (key, names) in
            [("exactly_one_of", &spec.exactly_one_of), ("at_least_one_of", &spec.at_least_one_of)]
        {
            if names.is_empty() {
                continue;
            }
            if !names.contains(&spec.name) {
                let message =
                    format!("`{}` is not in its own group: {}", spec.name, names.join(", "));
                self.error(key, message).help(format!("add `{}` to it", spec.name));
            }
            if names.len() == 1 {
                let message = format!("the group has only one member: {}", names.join(", "));
                self.error(key, message).help("use `required`, or add the other members");
            }
            // The engine checks a group only at its first member.
            let group_of = |member: &Member| match key {
                "exactly_one_of" => member.spec.exactly_one_of.clone(),
                _ => member.spec.at_least_one_of.clone(),
            };
            let first = names.first().and_then(|first| member_named(self.set.members, first));
            if let Some(first) = first
                && group_of(first) != *names
            {
                let message = format!("`{}` does not have the same group", first.spec.name);
                self.error(key, message)
                    .help("the first member of a group must have it too, or it is not checked");
            }
            if key == "exactly_one_of" {
                for other in names.iter().filter_map(|name| member_named(self.set.members, name)) {
                    if other.spec.required {
                        let message = format!("`{}` of the group is required", other.spec.name);
                        self.error(key, message)
                            .help("the others can never be given; remove `required` or the group");
                    }
                }
            }
        }
    }

    fn conditions(&mut self) {
        let spec = self.member.spec.clone();
        if spec.required && spec.required_if.is_some() {
            self.error("required_if", format!("`{}` is always required", spec.name))
                .help("remove one of them");
        }
        for (key, text) in [("required_if", &spec.required_if), ("used_if", &spec.used_if)] {
            let condition = text.as_deref().and_then(Condition::parse);
            if condition.is_some_and(|condition| condition.member == spec.name) {
                self.error(key, format!("`{}` depends on itself", spec.name))
                    .help("name another member, or remove it");
            }
        }
    }

    fn references(&mut self) {
        let spec = self.member.spec.clone();
        for (key, other) in [("replaced_by", &spec.replaced_by), ("max_ref", &spec.max_ref)] {
            if other.as_ref() == Some(&spec.name) {
                self.error(key, format!("`{key}` names the member itself: `{}`", spec.name))
                    .help("name another member");
            }
        }
        // An unknown type is reported elsewhere, and treated as a string.
        let is_number = |member: &Member| match member.kind {
            Kind::I64 | Kind::U64 | Kind::F64 => true,
            Kind::Str => !["string", "datetime", "datetime_iso"].contains(&&*member.spec.type_),
            _ => false,
        };
        if let Some(other) = &spec.max_ref
            && let Some(found) = member_named(self.set.members, other)
            && !(is_number(self.member) && is_number(found))
        {
            let message = format!(
                "`{}` is {} and `{other}` is {}, but both must be numbers",
                spec.name, spec.type_, found.spec.type_
            );
            self.error("max_ref", message).help("name a member with a number, or remove it");
        }
    }
}
