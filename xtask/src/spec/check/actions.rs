//! Checks the keys of actions and of the service.

use std::collections::HashSet;

use cvm_protocol::query_form::COMMON_PARAMETERS;

use super::super::condition::{Condition, Test};
use super::super::diagnostic::Report;
use super::super::model::{Action, Api, Kind, member_named};
use super::super::spec_file::{self, Poll, RetryClass};

pub fn check(api: &Api, report: &mut Report) {
    for action in &api.actions {
        common_parameters(action, report);
        flags(action, report);
        filters(api, action, report);
        retry(action, report);
        if let Some(poll) = action.spec.asynchronous.as_ref().and_then(|it| it.poll.as_ref()) {
            self::poll(action, poll, report);
            waited_for(api, action, report);
        }
    }
    service(api, report);
}

/// In the query encoding, a member with the name of a common parameter would be lost.
fn common_parameters(action: &Action, report: &mut Report) {
    for (index, member) in action.request.iter().enumerate() {
        let name = member.spec.name.as_str();
        if COMMON_PARAMETERS.contains(&name) {
            report
                .error(
                    &action.path,
                    format!("/request/{index}/name"),
                    format!("`{name}` is a common parameter of every request"),
                )
                .help("in the query encoding it would replace that parameter; remove the member");
        }
    }
}

fn flags(action: &Action, report: &mut Report) {
    let spec = &action.spec;
    let scalar = |name: &str, kind: &Kind| {
        member_named(&action.request, name).is_none_or(|member| member.kind == *kind)
    };
    if spec.deprecated_why.is_some() && !spec.deprecated {
        report
            .error(&action.path, "/deprecated_why", "`deprecated_why` without `deprecated`")
            .help("mark the action as deprecated");
    }
    if spec.dry_run && !scalar("DryRun", &Kind::Bool) {
        report
            .error(&action.path, "/dry_run", "`DryRun` is not a bool")
            .help("give the member the type `bool`, or remove `dry_run`");
    }
    if let Some(token) = &spec.idempotency_token
        && (token.contains('.') || !scalar(token, &Kind::Str))
    {
        let message = format!("`{}` is not a string member of the request", token.escape_debug());
        report
            .error(&action.path, "/idempotency_token", message)
            .help("name a string member of the request");
    }
}

fn filters(api: &Api, action: &Action, report: &mut Report) {
    let spec = &action.spec;
    let mut names = HashSet::new();
    for (index, filter) in spec.filters.iter().enumerate() {
        let at = format!("/filters/{index}");
        if filter.name.trim().is_empty() {
            report
                .error(&action.path, format!("{at}/name"), "the filter has no name")
                .help("name it, or remove it");
        } else if !names.insert(filter.name.as_str()) {
            let message = format!("duplicate filter `{}`", filter.name.escape_debug());
            report.error(&action.path, format!("{at}/name"), message).help("remove one of the two");
        }
        let mut values = HashSet::new();
        for (value_index, value) in filter.values.iter().enumerate() {
            if value.trim().is_empty() || !values.insert(value.as_str()) {
                let message =
                    format!("the value `{}` is empty or a duplicate", value.escape_debug());
                report
                    .error(&action.path, format!("{at}/values/{value_index}"), message)
                    .help("remove it");
            }
        }
    }
    for (key, given) in [
        ("filters_max", spec.filters_max.is_some()),
        ("filter_values_max", spec.filter_values_max.is_some()),
    ] {
        if given && spec.filters.is_empty() {
            let message = format!("`{key}` without `filters`");
            report.error(&action.path, format!("/{key}"), message).help("list the filters");
        }
    }
    if let Some(member) = member_named(&action.request, "Filters")
        && !spec.filters.is_empty()
    {
        let members = api.members_of(&member.kind).unwrap_or(&[]);
        let has = |name, kind: &Kind| {
            member_named(members, name).is_some_and(|member| member.kind == *kind)
        };
        let texts = Kind::List(Box::new(Kind::Str));
        if !(member.kind.is_list() && has("Name", &Kind::Str) && has("Values", &texts)) {
            let message = "`Filters` is not a list of objects with `Name` and `Values`";
            report
                .error(&action.path, "/filters", message)
                .help("correct the type of `Filters`, or remove `filters`");
        }
    }
}

fn retry(action: &Action, report: &mut Report) {
    let retry = &action.spec.retry;
    let rows_too = retry.members.iter().enumerate();
    let risky = std::iter::once(("/retry/class".to_owned(), retry.class))
        .chain(rows_too.map(|(row, spec)| (format!("/retry/members/{row}/class"), spec.class)))
        .find(|(_, class)| matches!(class, RetryClass::Guarded | RetryClass::Hazard));
    if let Some((pointer, class)) = risky {
        let word = if class == RetryClass::Hazard { "hazard" } else { "guarded" };
        for (key, given, help) in [
            ("why", retry.why.is_some(), "say in `why` what a retry would harm"),
            (
                "reconcile",
                retry.reconcile.is_some(),
                "say in `reconcile` how to find out whether a request took effect; `text` alone is enough",
            ),
        ] {
            if !given {
                let message = format!("class `{word}` without `{key}`");
                report.error(&action.path, &pointer, message).help(help);
            }
        }
    }
    let mut rows: Vec<&[String]> = Vec::new();
    for (row, (spec, (conditions, class))) in
        retry.members.iter().zip(&action.retry_overrides).enumerate()
    {
        let at = format!("/retry/members/{row}");
        if spec.when.is_empty() {
            report
                .error(
                    &action.path,
                    format!("{at}/when"),
                    "a row without conditions always applies",
                )
                .help("change `class` of the action instead");
        } else if rows.contains(&spec.when.as_slice()) {
            let message = "an earlier row has the same conditions";
            report
                .error(&action.path, format!("{at}/when"), message)
                .help("remove one of the two rows");
        }
        rows.push(&spec.when);
        if *class == RetryClass::Token && action.spec.idempotency_token.is_none() {
            let message = "class `token` without an `idempotency_token`";
            report
                .error(&action.path, format!("{at}/class"), message)
                .help("name the member, or choose another class");
        }
        if contradict(conditions) {
            let message =
                format!("these conditions contradict each other: {}", spec.when.join(", "));
            report.error(&action.path, format!("{at}/when"), message).help("remove one of them");
        }
    }
}

/// Whether two conditions on one member contradict each other.
fn contradict(conditions: &[Condition]) -> bool {
    conditions.iter().enumerate().any(|(index, one)| {
        conditions.iter().skip(index + 1).filter(|other| other.member == one.member).any(|other| {
            match (&one.test, &other.test) {
                (Test::Absent, Test::Present | Test::OneOf(_))
                | (Test::Present | Test::OneOf(_), Test::Absent) => true,
                (Test::OneOf(one), Test::OneOf(other)) => !one.iter().any(|it| other.contains(it)),
                (Test::OneOf(some), Test::NoneOf(none))
                | (Test::NoneOf(none), Test::OneOf(some)) => {
                    some.iter().all(|it| none.contains(it))
                }
                _ => false,
            }
        })
    })
}

fn poll(action: &Action, poll: &Poll, report: &mut Report) {
    let mut listed: Vec<&String> = Vec::new();
    for (key, states) in
        [("pending", &poll.pending), ("success", &poll.success), ("failure", &poll.failure)]
    {
        for (index, state) in states.iter().flatten().enumerate() {
            if listed.contains(&state) {
                let message = format!("`{}` is in two lists", state.escape_debug());
                report
                    .error(&action.path, format!("/async/poll/{key}/{index}"), message)
                    .help("keep it in one of them");
            }
            listed.push(state);
        }
    }
}

/// Checks that a waiter waits for an action whose end can be polled. A service without waiters needs none.
fn waited_for(api: &Api, action: &Action, report: &mut Report) {
    let name = &action.spec.action;
    let is_missing = !api.waiters.iter().any(|waiter| waiter.spec.after.contains(name));
    if is_missing && !api.waiters.is_empty() {
        report
            .error(&action.path, "/async/poll", format!("no waiter waits for {name}"))
            .help("add the action to `after` of a waiter in waiters.json");
    }
}

fn service(api: &Api, report: &mut Report) {
    let service = &api.service;
    let file = format!("{}/service.json", api.shown_as);
    for (key, host, is_regional) in [
        ("endpoint", &service.endpoint, false),
        ("endpoint_regional", &service.endpoint_regional, true),
        ("endpoint_intl", &service.endpoint_intl, false),
        ("endpoint_internal", &service.endpoint_internal, false),
    ] {
        if host.matches("{region}").count() != usize::from(is_regional)
            || !is_host(&host.replace("{region}", "region"))
        {
            let message = format!("`{}` is not a host name", host.escape_debug());
            let help = match is_regional {
                true => "write `{region}` once, in place of the region's name",
                false => "use letters, digits, hyphens and dots, but not `{region}`",
            };
            report.error(&file, format!("/{key}"), message).help(help);
        }
    }
    if let Some(gateway) = &service.old_gateway {
        if !is_host(&gateway.host) {
            let message = format!("`{}` is not a host name", gateway.host.escape_debug());
            report
                .error(&file, "/old_gateway/host", message)
                .help("use letters, digits, hyphens and dots");
        }
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
        if !gateway.path.starts_with('/') || !gateway.path.bytes().all(legal) {
            let message = format!("`{}` is not a path", gateway.path.escape_debug());
            report
                .error(&file, "/old_gateway/path", message)
                .help("start with `/` and use no spaces");
        }
    }
    fixed(service, &file, report);
    let mut groups = HashSet::new();
    for (index, group) in service.groups.iter().enumerate() {
        if group.group.trim().is_empty() || group.title.trim().is_empty() {
            let message = "the group has no name or no title";
            report
                .error(&file, format!("/groups/{index}"), message)
                .help("give it a name and a title");
        } else if !groups.insert(group.group.as_str()) {
            let message = format!("duplicate group `{}`", group.group.escape_debug());
            report
                .error(&file, format!("/groups/{index}/group"), message)
                .help("remove one of the two");
        }
    }
}

/// Checks facts that the engine implements and code generation does not read. Another value would have no effect.
fn fixed(service: &spec_file::ServiceFile, file: &str, report: &mut Report) {
    let envelope = &service.envelope;
    let mut facts = vec![
        ("/method", &service.method, "POST"),
        ("/content_type", &service.content_type, "application/json"),
        ("/action_header", &service.action_header, "X-TC-Action"),
        ("/envelope/root", &envelope.root, "Response"),
        ("/envelope/error", &envelope.error, "Error"),
        ("/envelope/error_code", &envelope.error_code, "Code"),
        ("/envelope/error_message", &envelope.error_message, "Message"),
        ("/envelope/request_id", &envelope.request_id, "RequestId"),
    ];
    if let Some(semantics) = &service.filter_semantics {
        facts.push(("/filter_semantics/between_filters", &semantics.between_filters, "and"));
        facts.push(("/filter_semantics/between_values", &semantics.between_values, "or"));
    }
    for (pointer, given, implemented) in facts {
        if given != implemented {
            let message = format!("the engine does not implement `{}`", given.escape_debug());
            report
                .error(file, pointer, message)
                .help(format!("write `{implemented}`, or change the engine first"));
        }
    }
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.len() <= 253 && host.split('.').all(is_label)
}
