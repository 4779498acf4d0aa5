//! Checks waiters: their members exist, and each state leads to one decision.

use super::super::condition::Condition;
use super::super::model::{Kind, Member};
use super::super::spec_file;
use super::name_resolver::NameResolver;

impl<'a> NameResolver<'a, '_> {
    /// Checks one waiter.
    pub fn waiter(&mut self, pointer: &str, waiter: &spec_file::Waiter) {
        let at = |key: &str| format!("{pointer}/{key}");
        for (index, name) in waiter.after.iter().enumerate() {
            let pointer = at(&format!("after/{index}"));
            let Some(action) = self.target(&pointer, name) else { continue };
            if action.spec.asynchronous.is_none() {
                let message = format!("`{name}` is not asynchronous");
                self.report
                    .error(self.file, pointer, message)
                    .help("remove it, or add `async` to the action");
            }
        }
        let Some(action) = self.target(&at("action"), &waiter.action) else { return };
        let of_request = format!("the request of {}", waiter.action);
        let of_response = format!("the response of {}", waiter.action);
        if let Some(name) = waiter.ids.strip_prefix("Filters.") {
            self.filter(&at("ids"), action, name);
        } else if let Some(ids) = self.path(&at("ids"), &action.request, &waiter.ids, &of_request)
            && ids.kind != Kind::List(Box::new(Kind::Str))
        {
            let message = format!("`{}` is not a list of ids", waiter.ids);
            self.report
                .error(self.file, at("ids"), message)
                .help("name a `list<string>` of the request, or a filter: `Filters.name`");
        }
        for (name, value) in &waiter.with.0 {
            let member = self.path(&at("with"), &action.request, name, &of_request);
            // Any text goes where no set of values is declared.
            if let Some(member) = member
                && (member.kind != Kind::Str || !self.api.known_values_of(member).is_empty())
            {
                self.value(&at("with"), value, member);
            }
        }
        let items = self.path(&at("items"), &action.response, &waiter.items, &of_response);
        let Some(items) = items else { return };
        if action.spec.retry.class != spec_file::RetryClass::Read {
            let message = format!("`{}` is not a read action", waiter.action);
            self.report
                .error(self.file, at("action"), message)
                .help("name an action of class `read`, because a waiter calls it repeatedly");
        }
        // The engine reads these by name and does not support paths.
        for (key, name) in [("items", &waiter.items), ("id", &waiter.id), ("state", &waiter.state)]
        {
            if name.contains('.') {
                let message = format!("`{}` is a path", name.escape_debug());
                self.report
                    .error(self.file, at(key), message)
                    .help("name a member of the response, or of an item, itself");
            }
        }
        let members = self.api.members_of(&items.kind).unwrap_or(&[]);
        if members.is_empty() || !items.kind.is_list() {
            let message = format!("`{}` is not a list of objects", waiter.items);
            self.report
                .error(self.file, at("items"), message)
                .help("name the list whose items have an id and a state");
            return;
        }
        let id = self.path(&at("id"), members, &waiter.id, "an item");
        let state = self.path(&at("state"), members, &waiter.state, "an item");
        for (key, member) in [("id", id), ("state", state)] {
            if let Some(member) = member
                && !matches!(member.kind, Kind::Str | Kind::Enum(_) | Kind::I64 | Kind::U64)
            {
                let message = format!(
                    "`{}` is {}, not a string or an integer",
                    member.spec.name, member.spec.type_
                );
                self.report.error(self.file, at(key), message).help("name a string or an integer");
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
        if let Some(state) = state.filter(|_| !waiter.state.contains('.')) {
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
            for (index, state) in operation.failed_at.iter().enumerate() {
                if !waiter.moving.contains(state) {
                    let message = format!("`{}` is not in `moving`", state.escape_debug());
                    self.report
                        .error(self.file, at(&format!("operation/failed_at/{index}")), message)
                        .help("remove it; a failed operation ends the wait there anyway");
                }
            }
        }
        if waiter.success.is_empty() && waiter.missing != spec_file::Missing::Success {
            self.report
                .error(self.file, at("success"), "no state is the target")
                .help("list the target states, or write `\"missing\": \"success\"`");
        }
        if waiter.interval == 0 || waiter.timeout < waiter.interval {
            let message = format!("polls every {} s for {} s", waiter.interval, waiter.timeout);
            self.report
                .error(self.file, at("interval"), message)
                .help("`interval` must be at least 1 and at most `timeout`");
        }
    }

    /// Checks that each known state is in exactly one list. A missing state would count as `moving`, and the meaning of a state in
    /// two lists would depend on the order of the checks.
    fn each_state_once(&mut self, pointer: &str, waiter: &spec_file::Waiter, member: &Member) {
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
                    let message = format!("`{}` is in two lists", state.escape_debug());
                    self.report
                        .error(self.file, format!("{pointer}/{key}/{index}"), message)
                        .help("keep it in one of them");
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
            let message = format!("no list contains {}", left_out.join(", "));
            self.report.error(self.file, format!("{pointer}/state"), message).help(
                "put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`",
            );
        }
    }

    fn operation(
        &mut self,
        pointer: &str,
        operation: &spec_file::Operation,
        members: &'a [Member],
    ) {
        let state = self.path(&format!("{pointer}/state"), members, &operation.state, "an item");
        if let Some(state) = state {
            self.states(&format!("{pointer}/ended"), &operation.ended, state);
        }
        for (index, failed) in operation.failed.iter().enumerate() {
            if !operation.ended.contains(failed) {
                let message = format!("`{}` is not in `ended`", failed.escape_debug());
                self.report
                    .error(self.file, format!("{pointer}/failed/{index}"), message)
                    .help("add it there, or remove it here");
            }
        }
        self.conditions(&format!("{pointer}/running"), &operation.running, members);
        self.conditions(&format!("{pointer}/failed_when"), &operation.failed_when, members);
        if operation.ended.is_empty() {
            let message = "no state ends an operation";
            self.report
                .error(self.file, format!("{pointer}/ended"), message)
                .help("list the states of a finished operation");
        }
        for (index, name) in operation.names.iter().enumerate() {
            self.path(&format!("{pointer}/names/{index}"), members, name, "an item");
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
}
