//! Resolves the names of members, actions, states and filters in one spec file.

use super::super::condition::{Condition, Test};
use super::super::diagnostic::{Report, nearest, suggest};
use super::super::model::{Action, Api, Kind, Member, member_named};

/// Resolves names in one file.
pub struct NameResolver<'a, 'r> {
    pub api: &'a Api,
    pub file: &'a str,
    pub report: &'r mut Report,
}

impl<'a> NameResolver<'a, '_> {
    /// Finds the member at a path; reports an error if there is none.
    pub fn path(
        &mut self,
        pointer: &str,
        members: &'a [Member],
        path: &str,
        of: &str,
    ) -> Option<&'a Member> {
        let found = self.api.follow(members, path);
        if found.is_none() && self.api.unreadable.is_empty() {
            let last = path.rsplit_once('.');
            let beside = match last {
                Some((head, _)) => {
                    let parent = self.api.follow(members, head);
                    parent.and_then(|parent| self.api.members_of(&parent.kind)).unwrap_or(&[])
                }
                None => members,
            };
            let name = last.map_or(path, |(_, name)| name);
            let message = format!("`{}` is not a member of {of}", path.escape_debug());
            let diagnostic = self.report.error(self.file, pointer, message);
            let known = beside.iter().map(|member| member.spec.name.as_str());
            diagnostic.help(suggest(name, known));
        }
        found
    }

    /// Finds an action by name; reports an error if there is none.
    pub fn target(&mut self, pointer: &str, name: &str) -> Option<&'a Action> {
        let found = self.api.action(name);
        if found.is_none() && !self.api.unreadable.iter().any(|unread| unread == name) {
            let known = self.api.actions.iter().map(|action| action.spec.action.as_str());
            let message = format!("there is no action `{}`", name.escape_debug());
            self.report.error(self.file, pointer, message).help(suggest(name, known));
        }
        found
    }

    /// Checks that states are values of their member.
    pub fn states(&mut self, pointer: &str, states: &[String], member: &Member) {
        for (index, state) in states.iter().enumerate() {
            self.value(&format!("{pointer}/{index}"), state, member);
        }
    }

    /// Checks that a member can have a value, and that the value is declared: with a typo, the comparison would fail for
    /// every response.
    pub fn value(&mut self, pointer: &str, value: &str, member: &Member) {
        let name = &member.spec.name;
        let mut error = |message: String, help: String| {
            self.report.error(self.file, pointer, message).help(help);
        };
        if member.kind.is_list() || matches!(member.kind, Kind::Type(_)) {
            let message = format!(
                "`{name}` has the type {}, which cannot be compared with a value",
                member.spec.type_
            );
            error(message, format!("check whether it is given: `{name}` or `no {name}`"));
            return;
        }
        let mut declared = self.api.known_values_of(member);
        match &member.kind {
            Kind::Bool => declared = vec!["true".to_owned(), "false".to_owned()],
            Kind::I64 | Kind::U64 if declared.is_empty() => {
                if value.parse::<i128>().is_err() {
                    let message = format!("`{value}` is not a value of `{name}`");
                    error(message, "write an integer".to_owned());
                }
                return;
            }
            Kind::F64 => return,
            _ => declared.extend(member.spec.known_values.iter().cloned()),
        }
        // A string may be the action that caused a state.
        let is_action = member.kind == Kind::Str && self.api.action(value).is_some();
        if is_action || declared.iter().any(|known| known == value) {
            return;
        }
        let message = format!("`{}` is not a value of `{name}`", value.escape_debug());
        let near = nearest(value, declared.iter().map(String::as_str)).or_else(|| {
            let actions = self.api.actions.iter().map(|action| action.spec.action.as_str());
            nearest(value, actions.filter(|_| member.kind == Kind::Str))
        });
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if member.kind == Kind::Str && member.spec.enum_.is_none() => {
                format!("name an action, or add the value to `known_values` of `{name}`")
            }
            None => suggest(value, declared.iter().map(String::as_str)),
        };
        error(message, help);
    }

    /// Checks that an action supports a filter.
    pub fn filter(&mut self, pointer: &str, action: &Action, name: &str) {
        let known = action.spec.filters.iter().map(|filter| filter.name.as_str());
        if !known.clone().any(|known| known == name) {
            let action = &action.spec.action;
            let message = format!("{action} has no filter `{}`", name.escape_debug());
            self.report.error(self.file, pointer, message).help(suggest(name, known));
        }
    }

    /// Checks that the member of a condition exists and can have its values.
    pub fn condition(&mut self, pointer: &str, condition: &Condition, members: &'a [Member]) {
        let found = member_named(members, &condition.member);
        if found.is_none() {
            self.path(pointer, members, &condition.member, "the same object");
        }
        if let (Some(member), Test::OneOf(values) | Test::NoneOf(values)) = (found, &condition.test)
            && self.api.unreadable.is_empty()
        {
            for value in values {
                self.value(pointer, value, member);
            }
        }
    }
}
