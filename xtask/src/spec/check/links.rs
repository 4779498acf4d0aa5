//! Links by name: paging, polling, waiting, tokens and conditions lead to members that exist.

use super::super::condition::{Condition, Test};
use super::super::diagnostic::{Report, nearest};
use super::super::model::{Action, Api, Kind, Member, member_named};
use super::super::shape;
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
            match nearest(name, known.clone()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None if beside.is_empty() => {}
                None => diagnostic
                    .help(format!("members there: {}", known.collect::<Vec<_>>().join(", "))),
            }
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
            self.report.error(self.file, "/group", message).help = Some(near.map_or_else(
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
        if action.spec.retry.class == shape::RetryClass::Token
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

    fn paginate(&mut self, action: &'a Action, paginate: &shape::Paginate) {
        let (request, response) = (&action.request, &action.response);
        let by_offset = paginate.style == shape::PageStyle::Offset;
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
                    self.report.error(self.file, "/paginate", format!("paging needs `{key}`"));
                }
                (Some(_), false) => {
                    let message = format!("`{key}` has no place in this style of paging");
                    self.report.error(self.file, format!("/paginate/{key}"), message);
                }
                (None, false) => {}
            }
        }
        self.path("/paginate/limit", request, &paginate.limit, "the request");
        let items = self.path("/paginate/items", response, &paginate.items, "the response");
        if let Some(items) = items {
            if !items.kind.is_list() {
                let message = format!("`{}` is not a list", paginate.items);
                self.report.error(self.file, "/paginate/items", message);
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
            let near = nearest(name, known);
            let message = format!("no action is called `{}`", name.escape_debug());
            self.report.error(self.file, pointer, message).help =
                near.map(|near| format!("did you mean `{near}`?"));
        }
        found
    }

    fn poll(&mut self, poll: &shape::Poll) {
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
    fn states(&mut self, pointer: &str, states: &[String], member: &Member) {
        let known = self.api.values_of(member);
        if known.is_empty() {
            return;
        }
        for (index, state) in states.iter().enumerate() {
            if !known.contains(state) {
                let message = format!("`{}` is not a value of `{}`", state, member.spec.name);
                self.report.error(self.file, format!("{pointer}/{index}"), message).help =
                    nearest(state, known.iter().map(String::as_str))
                        .map(|near| format!("did you mean `{near}`?"));
            }
        }
    }

    fn waiter(&mut self, pointer: &str, waiter: &shape::Waiter) {
        let at = |key: &str| format!("{pointer}/{key}");
        let Some(action) = self.target(&at("action"), &waiter.action) else { return };
        let of_request = format!("the request of {}", waiter.action);
        let of_response = format!("the response of {}", waiter.action);
        if let Some(name) = waiter.ids.strip_prefix("Filters.") {
            self.filter(&at("ids"), action, name);
        } else if let Some(ids) = self.path(&at("ids"), &action.request, &waiter.ids, &of_request)
            && ids.kind != Kind::List(Box::new(Kind::Str))
        {
            let message = format!("`{}` is not a list of ids", waiter.ids);
            self.report.error(self.file, at("ids"), message);
        }
        for (member, _) in &waiter.with.0 {
            self.path(&at("with"), &action.request, member, &of_request);
        }
        let items = self.path(&at("items"), &action.response, &waiter.items, &of_response);
        let Some(items) = items else { return };
        if action.spec.retry.class != shape::RetryClass::Read {
            let message = format!("`{}` does not only read", waiter.action);
            self.report.error(self.file, at("action"), message).help =
                Some("a waiter calls it again and again".into());
        }
        // The engine reads these by name, and no paths.
        for (key, name) in [("items", &waiter.items), ("id", &waiter.id), ("state", &waiter.state)]
        {
            if name.contains('.') {
                let message = format!("`{}` stands inside of another member", name.escape_debug());
                self.report.error(self.file, at(key), message);
            }
        }
        let members = self.api.members_of(&items.kind).unwrap_or(&[]);
        if members.is_empty() || !items.kind.is_list() {
            let message = format!("`{}` is not a list of objects", waiter.items);
            self.report.error(self.file, at("items"), message);
        }
        let id = self.path(&at("id"), members, &waiter.id, "an item");
        let state = self.path(&at("state"), members, &waiter.state, "an item");
        for (key, member) in [("id", id), ("state", state)] {
            if let Some(member) = member
                && !matches!(member.kind, Kind::Str | Kind::Enum(_) | Kind::I64 | Kind::U64)
            {
                let message = format!(
                    "`{}` is {}, and no text or whole number",
                    member.spec.name, member.spec.type_
                );
                self.report.error(self.file, at(key), message);
            }
        }
        for (key, path) in [
            ("reason", &waiter.reason),
            ("request_id", &waiter.request_id),
            ("progress", &waiter.progress),
        ] {
            if let Some(path) = path {
                self.path(&at(key), members, path, "an item");
            }
        }
        if let Some(state) = state {
            self.states(&at("success"), &waiter.success, state);
            self.states(&at("failure"), &waiter.failure, state);
            self.states(&at("unreachable"), &waiter.unreachable, state);
            self.states(&at("elsewhere"), &waiter.elsewhere, state);
            self.states(&at("settled"), &waiter.settled, state);
            self.states(&at("moving"), &waiter.moving, state);
            self.each_state_once(pointer, waiter, state);
        }
        self.conditions(&at("when"), &waiter.when, members);
        if let Some(operation) = &waiter.operation {
            self.operation(&at("operation"), operation, members);
        }
        if waiter.success.is_empty() && waiter.missing != shape::Missing::Success {
            self.report.error(self.file, at("success"), "nothing ever reaches the goal");
        }
        if waiter.interval == 0 || waiter.timeout < waiter.interval {
            let message = "a waiter polls at least once a timeout, and not without pause";
            self.report.error(self.file, at("interval"), message);
        }
    }

    /// Each known state stands in one list. One that is left out would be taken for a state that moves, and a
    /// state of two lists for whatever is looked at first.
    fn each_state_once(&mut self, pointer: &str, waiter: &shape::Waiter, member: &Member) {
        let lists = [
            ("success", &waiter.success),
            ("failure", &waiter.failure),
            ("unreachable", &waiter.unreachable),
            ("elsewhere", &waiter.elsewhere),
            ("settled", &waiter.settled),
            ("moving", &waiter.moving),
        ];
        let mut listed: Vec<&String> = Vec::new();
        for (key, states) in lists {
            for (index, state) in states.iter().enumerate() {
                if listed.contains(&state) {
                    let message = format!("`{}` stands in two lists", state.escape_debug());
                    self.report.error(self.file, format!("{pointer}/{key}/{index}"), message);
                }
                listed.push(state);
            }
        }
        let known = self.api.known_values_of(member);
        let left_out: Vec<String> = known
            .iter()
            .filter(|state| !listed.contains(state))
            .map(|state| format!("`{state}`"))
            .collect();
        if !left_out.is_empty() {
            let message = format!("no list has {}", left_out.join(", "));
            self.report.error(self.file, format!("{pointer}/state"), message).help = Some(
                "put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`"
                    .into(),
            );
        }
    }

    fn operation(&mut self, pointer: &str, operation: &shape::Operation, members: &'a [Member]) {
        let state = self.path(&format!("{pointer}/state"), members, &operation.state, "an item");
        if let Some(state) = state {
            self.states(&format!("{pointer}/ended"), &operation.ended, state);
        }
        for (index, failed) in operation.failed.iter().enumerate() {
            if !operation.ended.contains(failed) {
                let message = format!("`{}` is not in `ended`", failed.escape_debug());
                self.report.error(self.file, format!("{pointer}/failed/{index}"), message);
            }
        }
        self.conditions(&format!("{pointer}/running"), &operation.running, members);
        if operation.ended.is_empty() {
            let message = "no operation would ever be over";
            self.report.error(self.file, format!("{pointer}/ended"), message);
        }
        for (index, name) in operation.names.iter().enumerate() {
            self.path(&format!("{pointer}/names/{index}"), members, name, "an item");
        }
    }

    /// Reports a filter that an action does not know.
    pub fn filter(&mut self, pointer: &str, action: &Action, name: &str) {
        let known = action.spec.filters.iter().map(|filter| filter.name.as_str());
        if !known.clone().any(|known| known == name) {
            let action = &action.spec.action;
            let message = format!("{action} has no filter `{}`", name.escape_debug());
            self.report.error(self.file, pointer, message).help =
                nearest(name, known).map(|near| format!("did you mean `{near}`?"));
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
        if let Some(condition) = &member.required_if {
            self.condition(&format!("{pointer}/required_if"), condition, beside);
        }
        if let Some(condition) = spec.used_if.as_deref().and_then(Condition::parse) {
            self.condition(&format!("{pointer}/used_if"), &condition, beside);
        }
        for (index, name) in spec.used_by.iter().enumerate() {
            self.target(&format!("{pointer}/used_by/{index}"), name);
        }
    }

    fn conditions(&mut self, pointer: &str, texts: &[String], members: &'a [Member]) {
        for (index, text) in texts.iter().enumerate() {
            let pointer = format!("{pointer}/{index}");
            match Condition::parse(text) {
                Some(condition) => self.condition(&pointer, &condition, members),
                None => self
                    .report
                    .error(
                        self.file,
                        pointer,
                        format!("`{}` is not a condition", text.escape_debug()),
                    )
                    .help("write `Member=a|b` or `Member!=a|b`"),
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
        {
            let known = match member.kind.innermost() {
                Kind::Bool => vec!["true".to_owned(), "false".to_owned()],
                _ => self.api.values_of(member),
            };
            for value in values {
                if !known.is_empty() && !known.contains(value) {
                    let message = format!("`{value}` is not a value of `{}`", condition.member);
                    self.report.error(self.file, pointer, message).help =
                        nearest(value, known.iter().map(String::as_str))
                            .map(|near| format!("did you mean `{near}`?"));
                }
            }
        }
    }
}
