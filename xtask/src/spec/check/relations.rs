//! How members stand to each other: groups of which one must be given, and members that rule each other out.

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
                let message = "`direction` is for a type whose `usage` is `both`";
                report
                    .error(&type_.path, format!("/members/{index}/direction"), message)
                    .help("leave it out");
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
                self.error(&key, format!("`{name}` excludes itself")).help("leave it out");
                continue;
            }
            let Some(found) = member_named(self.set.members, other) else { continue };
            let required = [self.member, found].into_iter().find(|one| one.spec.required);
            if let Some(required) = required {
                let message = format!(
                    "`{}` is required, so `{}` could never be given",
                    required.spec.name,
                    if required.spec.name == name { other } else { &name },
                );
                self.error(&key, message).help("leave `required` or `exclusive_with` out");
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
                self.error(key, message).help(format!("name `{}` too", spec.name));
            }
            if names.len() == 1 {
                let message = format!("a group of one: {}", names.join(", "));
                self.error(key, message).help("write `required`, or name the others");
            }
            // The engine tells a broken rule once, at the first member of the group.
            let group_of = |member: &Member| match key {
                "exactly_one_of" => member.spec.exactly_one_of.clone(),
                _ => member.spec.at_least_one_of.clone(),
            };
            let first = names.first().and_then(|first| member_named(self.set.members, first));
            if let Some(first) = first
                && group_of(first) != *names
            {
                let message = format!("`{}` does not name the same group", first.spec.name);
                self.error(key, message)
                    .help("the first member of a group has to name it, or it is not checked");
            }
            if key == "exactly_one_of" {
                for other in names.iter().filter_map(|name| member_named(self.set.members, name)) {
                    if other.spec.required {
                        let message = format!("`{}` of the group is required", other.spec.name);
                        self.error(key, message).help(
                            "the others could never be given: leave `required` or the group out",
                        );
                    }
                }
            }
        }
    }

    fn conditions(&mut self) {
        let spec = self.member.spec.clone();
        if spec.required && spec.required_if.is_some() {
            self.error("required_if", format!("`{}` is `required` in any case", spec.name))
                .help("leave one of them out");
        }
        for (key, text) in [("required_if", &spec.required_if), ("used_if", &spec.used_if)] {
            let condition = text.as_deref().and_then(Condition::parse);
            if condition.is_some_and(|condition| condition.member == spec.name) {
                self.error(key, format!("`{}` depends on itself", spec.name))
                    .help("name another member, or leave it out");
            }
        }
    }

    fn references(&mut self) {
        let spec = self.member.spec.clone();
        for (key, other) in [("replaced_by", &spec.replaced_by), ("max_ref", &spec.max_ref)] {
            if other.as_ref() == Some(&spec.name) {
                self.error(key, format!("`{key}` leads back to `{}`", spec.name))
                    .help("name another member");
            }
        }
        // A type that is unknown is reported where it stands, and read as text.
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
                "`{}` is {} and `{other}` {}, and both must be numbers",
                spec.name, spec.type_, found.spec.type_
            );
            self.error("max_ref", message).help("name a number, or leave it out");
        }
    }
}
