//! Checks paging: its members have the right types, and its limits agree with theirs.

use serde_json::Value;

use super::super::diagnostic::Report;
use super::super::model::{Action, Api, Kind, Member, member_named};
use super::super::spec_file::{PageStyle, Paginate, RetryClass};

pub fn check(api: &Api, report: &mut Report) {
    for action in &api.actions {
        if let Some(paginate) = &action.spec.paginate {
            Paging { api, action, paginate, report }.check();
        }
    }
}

struct Paging<'a, 'r> {
    api: &'a Api,
    action: &'a Action,
    paginate: &'a Paginate,
    report: &'r mut Report,
}

impl Paging<'_, '_> {
    fn error(&mut self, key: &str, message: impl Into<String>, help: &str) {
        self.report.error(&self.action.path, format!("/paginate/{key}"), message).help(help);
    }

    fn check(&mut self) {
        let (action, paginate) = (self.action, self.paginate);
        if action.spec.retry.class != RetryClass::Read || !action.retry_overrides.is_empty() {
            let message = "paging would repeat an action that changes something for each page";
            self.error("style", message, "use paging only for actions of class `read`");
        }
        let is_text = |member: &Member| matches!(member.kind, Kind::Str);
        // Some services declare numbers as strings.
        let is_number = |member: &Member| {
            matches!(member.kind, Kind::I64 | Kind::U64) || member.spec.type_ == "string"
        };
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        for (key, name, members, fits, noun) in [
            (
                "offset",
                named(&paginate.offset),
                &action.request,
                &is_number as &dyn Fn(&Member) -> bool,
                "a number",
            ),
            ("number", named(&paginate.number), &action.request, &is_number, "a number"),
            ("limit", named(&paginate.limit), &action.request, &is_number, "a number"),
            ("total", named(&paginate.total), &action.response, &is_number, "a number"),
            ("token_in", named(&paginate.token_in), &action.request, &is_text, "a string"),
            ("token_out", named(&paginate.token_out), &action.response, &is_text, "a string"),
        ] {
            if name.contains('.') && (key != "total" || !self.is_in_object(&name)) {
                let message = format!("`{}` is a path", name.escape_debug());
                self.error(key, message, "name a member of the request or the response itself");
            } else if let Some(member) = self.api.follow(members, &name)
                && !fits(member)
            {
                let message =
                    format!("`{name}` has the type {}, but paging needs {noun}", member.spec.type_);
                self.error(key, message, "name another member");
            }
        }
        if paginate.limit.is_some()
            && [&paginate.offset, &paginate.number, &paginate.token_in].contains(&&paginate.limit)
        {
            self.error(
                "limit",
                "`limit` is the same member as the offset, the page number or the token",
                "name another member",
            );
        }
        match paginate.first {
            Some(_) if paginate.style != PageStyle::Number => {
                let message = "`first` does not apply to this style of paging";
                self.error("first", message, "remove it, or correct `style`");
            }
            Some(1) => self.error("first", "`1` is the default", "remove it"),
            Some(2..) => {
                let message = "the number of the first page is neither 0 nor 1";
                self.error("first", message, "write 0, or remove it");
            }
            Some(0) | None => {}
        }
        if paginate.total_exact == Some(true) {
            self.error("total_exact", "`true` is the default", "remove it");
        } else if paginate.total_exact == Some(false) && paginate.total.is_none() {
            self.error("total_exact", "`total_exact` requires `total`", "remove it");
        }
        self.items();
        if let Some(limit) = member_named(&action.request, &named(&paginate.limit)) {
            self.limits(limit);
        }
    }

    /// Whether a path leads through one object of the response, as `Data.Items` does.
    fn is_in_object(&self, path: &str) -> bool {
        let parts = path.split_once('.').filter(|(_, rest)| !rest.contains('.'));
        parts
            .and_then(|(object, _)| member_named(&self.action.response, object))
            .is_some_and(|object| matches!(object.kind, Kind::Type(_)))
    }

    fn items(&mut self) {
        let paginate = self.paginate;
        if paginate.items.contains('.') && !self.is_in_object(&paginate.items) {
            let message = format!("`{}` is a path", paginate.items.escape_debug());
            self.error(
                "items",
                message,
                "name a list of the response itself or of an object in it",
            );
            return;
        }
        let items = self.api.follow(&self.action.response, &paginate.items);
        let (Some(id), Some(items)) = (&paginate.id, items) else { return };
        let members = self.api.members_of(&items.kind).unwrap_or(&[]);
        if id.contains('.') {
            let message = format!("`{}` is a path", id.escape_debug());
            self.error("id", message, "name a member of the item itself");
        } else if let Some(member) = member_named(members, id)
            && !matches!(member.kind, Kind::Str | Kind::I64 | Kind::U64)
        {
            let message =
                format!("`{id}` has the type {}, which cannot identify an item", member.spec.type_);
            self.error("id", message, "name a string or a number");
        }
    }

    /// Checks that the limits, including the generator's defaults, agree with each other and with the member.
    fn limits(&mut self, member: &Member) {
        let paginate = self.paginate;
        let most = paginate.max_limit.unwrap_or(100);
        let least = paginate.min_limit.unwrap_or(1);
        let usual = paginate.default_limit.unwrap_or(most.min(20));
        for (key, limit) in [
            ("max_limit", paginate.max_limit),
            ("min_limit", paginate.min_limit),
            ("default_limit", paginate.default_limit),
        ] {
            if limit == Some(0) {
                self.error(key, format!("`{key}` is 0"), "a page has at least one item");
            }
        }
        if least > usual || usual > most {
            let message = format!(
                "`min_limit` {least}, `default_limit` {usual} and `max_limit` {most} are not in ascending order"
            );
            let place = "/paginate";
            self.report.error(&self.action.path, place, message).help("correct the limits");
        }
        let as_u64 = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        let name = &member.spec.name;
        let default = member.spec.default.as_ref().and_then(Value::as_u64);
        let agree = "use the same value in both";
        if let Some(max) = as_u64(member.spec.max).filter(|max| *max != most) {
            self.error(
                "max_limit",
                format!("pages have up to {most} items, but `max` of `{name}` is {max}"),
                agree,
            );
        }
        if let Some(min) = as_u64(member.spec.min).filter(|min| (*min).max(1) != least) {
            self.error(
                "min_limit",
                format!("pages have at least {least} items, but `min` of `{name}` is {min}"),
                agree,
            );
        }
        if let Some(default) = default.filter(|default| *default != usual) {
            let message = format!(
                "pages have {usual} items by default, but the default of `{name}` is {default}"
            );
            self.error("default_limit", message, agree);
        }
    }
}
