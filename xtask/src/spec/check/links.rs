//! Checks names in specs: the members, actions and values of paging, polling, tokens and conditions exist.

use super::super::condition::Condition;
use super::super::diagnostic::{Report, nearest};
use super::super::model::{Action, Api, Member, member_named};
use super::super::spec_file;
use super::name_resolver::NameResolver;
use super::{reconcile, sets};

pub fn check(api: &Api, report: &mut Report) {
    for action in &api.actions {
        let mut resolver = NameResolver { api, file: &action.path, report };
        resolver.action(action);
    }
    let file = format!("{}/waiters.json", api.shown_as);
    for (index, waiter) in api.waiters.iter().enumerate() {
        let mut resolver = NameResolver { api, file: &file, report };
        resolver.waiter(&format!("/waiters/{index}"), &waiter.spec);
    }
    for set in sets(api) {
        for (pointer, member) in set.each() {
            let mut resolver = NameResolver { api, file: set.file, report };
            resolver.member(&pointer, member, set.members);
        }
    }
}

impl<'a> NameResolver<'a, '_> {
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
                .help("name the member, or choose another class");
        }
        for (row, (conditions, _)) in action.retry_overrides.iter().enumerate() {
            for (index, condition) in conditions.iter().enumerate() {
                let pointer = format!("/retry/members/{row}/when/{index}");
                self.condition(&pointer, condition, &action.request);
            }
        }
        for (index, member) in action.response.iter().enumerate() {
            self.empty_if(&format!("/response/{index}/empty_if"), member, &action.request);
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
        let is = |style| paginate.style == style;
        let by_token = is(spec_file::PageStyle::Token);
        for (key, given, wanted) in [
            ("offset", &paginate.offset, is(spec_file::PageStyle::Offset)),
            ("number", &paginate.number, is(spec_file::PageStyle::Number)),
            ("total", &paginate.total, !by_token),
            ("limit", &paginate.limit, !by_token || paginate.limit.is_some()),
            ("token_in", &paginate.token_in, by_token),
            ("token_out", &paginate.token_out, by_token),
        ] {
            let (members, of) = match key {
                "offset" | "number" | "limit" | "token_in" => (request, "the request"),
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
                    let message = format!("`{key}` does not apply to this style of paging");
                    self.report
                        .error(self.file, format!("/paginate/{key}"), message)
                        .help("remove it, or correct `style`");
                }
                (None, false) => {}
            }
        }
        let items = self.path("/paginate/items", response, &paginate.items, "the response");
        if let Some(items) = items {
            if !items.kind.is_list() {
                let message = format!("`{}` is not a list", paginate.items);
                self.report
                    .error(self.file, "/paginate/items", message)
                    .help("name the list that is paged");
            } else if let Some(id) = &paginate.id {
                let members = self.api.members_of(&items.kind).unwrap_or(&[]);
                self.path("/paginate/id", members, id, "an item");
            }
        }
    }

    fn empty_if(&mut self, pointer: &str, member: &Member, request: &'a [Member]) {
        let Some(text) = &member.spec.empty_if else { return };
        match &member.empty_if {
            Some(condition) => {
                if self.path(pointer, request, &condition.member, "the request").is_some() {
                    self.condition(pointer, condition, request);
                }
            }
            None => {
                let message = format!("`{}` is not a condition", text.escape_debug());
                self.report.error(self.file, pointer, message).help(
                    "write a condition on the request: `Member`, `no Member`, `Member=a|b` or `Member!=a|b`",
                );
            }
        }
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

    fn member(&mut self, pointer: &str, member: &Member, beside: &'a [Member]) {
        let spec = &member.spec;
        for (key, names) in [
            ("exclusive_with", &spec.exclusive_with),
            ("exactly_one_of", &spec.exactly_one_of),
            ("at_least_one_of", &spec.at_least_one_of),
        ] {
            for (index, name) in names.iter().enumerate() {
                self.path(&format!("{pointer}/{key}/{index}"), beside, name, "the same object");
            }
        }
        for (key, name) in [("replaced_by", &spec.replaced_by), ("max_ref", &spec.max_ref)] {
            if let Some(name) = name {
                self.path(&format!("{pointer}/{key}"), beside, name, "the same object");
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

    /// Checks a condition in words: it must not be a misspelled condition, and its members must exist.
    fn prose(&mut self, pointer: &str, text: &str, members: &'a [Member]) {
        if text.contains('=') {
            let message = format!("`{}` is not a condition", text.escape_debug());
            self.report.error(self.file, pointer, message).help(
                "write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`, or a few words without `=`",
            );
            return;
        }
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
            // A word such as `HostName` must be a member; `Linux` and `PREPAID` need not be.
            let is_name = word.starts_with(|first: char| first.is_ascii_uppercase())
                && word.contains(|letter: char| letter.is_ascii_lowercase())
                && word.chars().filter(char::is_ascii_uppercase).count() > 1;
            if is_name && member_named(members, word).is_none() {
                self.path(pointer, members, word, "the same object");
            }
        }
    }
}
