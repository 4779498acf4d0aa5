//! Links by name: paging, polling, tokens and conditions lead to members that exist.

use super::super::condition::{Condition, Test};
use super::super::diagnostic::{Report, nearest, suggest};
use super::super::model::{Action, Api, Kind, Member, member_named};
use super::super::spec_file;
use super::{reconcile, sets};

pub fn check(api: &Api, report: &mut Report) {
    for action in &api.actions {
        let mut linker = Linker { api, file: &action.path, report };
        linker.action(action);
    }
    let file = format!("{}/waiters.json", api.shown_as);
    for (index, waiter) in api.waiters.iter().enumerate() {
        let mut linker = Linker { api, file: &file, report };
        linker.waiter(&format!("/waiters/{index}"), &waiter.spec);
    }
    for set in sets(api) {
        for (pointer, member) in set.each() {
            let mut linker = Linker { api, file: set.file, report };
            linker.member(&pointer, member, set.members);
        }
    }
}

/// Follows names in one file.
pub struct Linker<'a, 'r> {
    pub api: &'a Api,
    pub file: &'a str,
    pub report: &'r mut Report,
}

impl<'a> Linker<'a, '_> {
    /// The member that a path leads to; reports a path that leads nowhere.
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
            let message = format!("`{}` leads to no member of {of}", path.escape_debug());
            let diagnostic = self.report.error(self.file, pointer, message);
            let known = beside.iter().map(|member| member.spec.name.as_str());
            diagnostic.help(suggest(name, known));
        }
        found
    }

    fn action(&mut self, action: &'a Action) {
        let request = "the request";
        let group = &action.spec.group;
        let groups = &self.api.service.groups;
        if !groups.iter().any(|known| known.group == *group) {
            let near = nearest(group, groups.iter().map(|known| known.group.as_str()));
            let message = format!("`{}` is not a group of service.json", group.escape_debug());
            self.report.error(self.file, "/group", message).help(near.map_or_else(
                || "add it there, with a title and a summary".to_owned(),
                |near| format!("did you mean `{near}`?"),
            ));
        }
        if let Some(token) = &action.spec.idempotency_token {
            self.path("/idempotency_token", &action.request, token, request);
        }
        if action.spec.dry_run {
            self.path("/dry_run", &action.request, "DryRun", request);
        }
        if !action.spec.filters.is_empty() {
            self.path("/filters", &action.request, "Filters", request);
        }
        if action.spec.retry.class == spec_file::RetryClass::Token
            && action.spec.idempotency_token.is_none()
        {
            self.report
                .error(self.file, "/retry/class", "class `token` without an `idempotency_token`")
                .help("name the member, or choose the class that holds without one");
        }
        for (row, (conditions, _)) in action.reclass.iter().enumerate() {
            for (index, condition) in conditions.iter().enumerate() {
                let pointer = format!("/retry/members/{row}/when/{index}");
                self.condition(&pointer, condition, &action.request);
            }
        }
        if let Some(paginate) = &action.spec.paginate {
            self.paginate(action, paginate);
        }
        if let Some(poll) = action.spec.asynchronous.as_ref().and_then(|a| a.poll.as_ref()) {
            self.poll(poll);
        }
        reconcile::check(self, action);
    }

    fn paginate(&mut self, action: &'a Action, paginate: &spec_file::Paginate) {
        let (request, response) = (&action.request, &action.response);
        let by_offset = paginate.style == spec_file::PageStyle::Offset;
        for (key, given, wanted) in [
            ("offset", &paginate.offset, by_offset),
            ("total", &paginate.total, by_offset),
            ("token_in", &paginate.token_in, !by_offset),
            ("token_out", &paginate.token_out, !by_offset),
        ] {
            let (members, of) = match key {
                "offset" | "token_in" => (request, "the request"),
                _ => (response, "the response"),
            };
            match (given, wanted) {
                (Some(name), true) => {
                    self.path(&format!("/paginate/{key}"), members, name, of);
                }
                (None, true) => {
                    self.report
                        .error(self.file, "/paginate", format!("paging needs `{key}`"))
                        .help(format!("name the member of {of} with `{key}`"));
                }
                (Some(_), false) => {
                    let message = format!("`{key}` has no place in this style of paging");
                    self.report
                        .error(self.file, format!("/paginate/{key}"), message)
                        .help("leave it out, or correct `style`");
                }
                (None, false) => {}
            }
        }
        self.path("/paginate/limit", request, &paginate.limit, "the request");
        let items = self.path("/paginate/items", response, &paginate.items, "the response");
        if let Some(items) = items {
            if !items.kind.is_list() {
                let message = format!("`{}` is not a list", paginate.items);
                self.report
                    .error(self.file, "/paginate/items", message)
                    .help("name the list that the pages are cut from");
            } else if let Some(id) = &paginate.id {
                let members = self.api.members_of(&items.kind).unwrap_or(&[]);
                self.path("/paginate/id", members, id, "an item");
            }
        }
    }

    /// The action of a name; reports one that there is not.
    pub fn target(&mut self, pointer: &str, name: &str) -> Option<&'a Action> {
        let found = self.api.action(name);
        if found.is_none() && !self.api.unreadable.iter().any(|unread| unread == name) {
            let known = self.api.actions.iter().map(|action| action.spec.action.as_str());
            let message = format!("no action is called `{}`", name.escape_debug());
            self.report.error(self.file, pointer, message).help(suggest(name, known));
        }
        found
    }

    fn poll(&mut self, poll: &spec_file::Poll) {
        let pointer = "/async/poll";
        let Some(action) = self.target(&format!("{pointer}/action"), &poll.action) else { return };
        let of = format!("the response of {}", poll.action);
        let at = format!("{pointer}/member");
        let Some(member) = self.path(&at, &action.response, &poll.member, &of) else { return };
        for (key, states) in
            [("pending", &poll.pending), ("success", &poll.success), ("failure", &poll.failure)]
        {
            self.states(&format!("{pointer}/{key}"), states.as_deref().unwrap_or(&[]), member);
        }
    }

    /// States are values of the member that tells them.
    pub fn states(&mut self, pointer: &str, states: &[String], member: &Member) {
        for (index, state) in states.iter().enumerate() {
            self.value(&format!("{pointer}/{index}"), state, member);
        }
    }

    /// Reports a value that a member cannot have, and one that is declared nowhere: a typo would make the comparison
    /// fail for every response.
    pub fn value(&mut self, pointer: &str, value: &str, member: &Member) {
        let name = &member.spec.name;
        let mut error = |message: String, help: String| {
            self.report.error(self.file, pointer, message).help(help);
        };
        if member.kind.is_list() || matches!(member.kind, Kind::Type(_)) {
            let message =
                format!("`{name}` has the type {}, which has no value", member.spec.type_);
            error(message, format!("ask whether it is given: `{name}` or `no {name}`"));
            return;
        }
        let mut declared = self.api.known_values_of(member);
        match &member.kind {
            Kind::Bool => declared = vec!["true".to_owned(), "false".to_owned()],
            Kind::I64 | Kind::U64 if declared.is_empty() => {
                if value.parse::<i128>().is_err() {
                    let message = format!("`{value}` is not a value of `{name}`");
                    error(message, "write a whole number".to_owned());
                }
                return;
            }
            Kind::F64 => return,
            _ => declared.extend(member.spec.known_values.iter().cloned()),
        }
        // A text may name the action that caused a state.
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

    /// Reports a filter that an action does not know.
    pub fn filter(&mut self, pointer: &str, action: &Action, name: &str) {
        let known = action.spec.filters.iter().map(|filter| filter.name.as_str());
        if !known.clone().any(|known| known == name) {
            let action = &action.spec.action;
            let message = format!("{action} has no filter `{}`", name.escape_debug());
            self.report.error(self.file, pointer, message).help(suggest(name, known));
        }
    }

    fn member(&mut self, pointer: &str, member: &Member, beside: &'a [Member]) {
        let spec = &member.spec;
        for (key, names) in [
            ("exclusive_with", &spec.exclusive_with),
            ("exactly_one_of", &spec.exactly_one_of),
            ("at_least_one_of", &spec.at_least_one_of),
        ] {
            for (index, name) in names.iter().enumerate() {
                self.path(&format!("{pointer}/{key}/{index}"), beside, name, "the same set");
            }
        }
        for (key, name) in [("replaced_by", &spec.replaced_by), ("max_ref", &spec.max_ref)] {
            if let Some(name) = name {
                self.path(&format!("{pointer}/{key}"), beside, name, "the same set");
            }
        }
        for (key, text) in [("required_if", &spec.required_if), ("used_if", &spec.used_if)] {
            let Some(text) = text else { continue };
            let pointer = format!("{pointer}/{key}");
            match Condition::parse(text) {
                Some(condition) => self.condition(&pointer, &condition, beside),
                None => self.prose(&pointer, text, beside),
            }
        }
        for (index, name) in spec.used_by.iter().enumerate() {
            self.target(&format!("{pointer}/used_by/{index}"), name);
        }
    }

    /// A condition in a few words is not checked by anything else: it must not be a misspelled condition, and
    /// the members that it names must be there.
    fn prose(&mut self, pointer: &str, text: &str, members: &'a [Member]) {
        if text.contains('=') {
            let message = format!("`{}` is not a condition", text.escape_debug());
            self.report.error(self.file, pointer, message).help(
                "write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`, or a few words without `=`",
            );
            return;
        }
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
            // `HostName` is the name of a member, and `Linux` and `PREPAID` may be anything.
            let is_name = word.starts_with(|first: char| first.is_ascii_uppercase())
                && word.contains(|letter: char| letter.is_ascii_lowercase())
                && word.chars().filter(char::is_ascii_uppercase).count() > 1;
            if is_name && member_named(members, word).is_none() {
                self.path(pointer, members, word, "the same set");
            }
        }
    }

    /// Checks that a condition asks of a member that is there, and for values that it has.
    pub fn condition(&mut self, pointer: &str, condition: &Condition, members: &'a [Member]) {
        let found = member_named(members, &condition.member);
        if found.is_none() {
            self.path(pointer, members, &condition.member, "the same set");
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
