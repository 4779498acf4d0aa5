//! Waiters: a type for each target state, and the data that says how to poll for it.

use quote::quote;

use super::error_code::absent_codes;
use super::table::condition;
use super::{pairs, strings};
use crate::codegen::doc_text::{code, paragraph};
use crate::codegen::emit::ident;
use crate::codegen::layout::{Page, comment, compact, string};
use crate::codegen::limit_sentences::codes;
use crate::spec::condition::Condition;
use crate::spec::model::{Api, Names, Waiter};
use crate::spec::spec_file::{self, Missing};

/// The text of the file.
pub fn file(api: &Api) -> Result<String, crate::error::Error> {
    let example = api.waiters.first().map_or("Goal", |waiter| waiter.rust.type_.as_str());
    let docs = [format!("Waiters: `client.wait({example}::of(&ids)).await?`.")];
    let mut page = Page::with_docs(&format!("{}/waiters.json", api.shown_as), &docs);
    if api.waiters.is_empty() {
        return Ok(page.finish());
    }
    let operation = match api.waiters.iter().any(|waiter| waiter.spec.operation.is_some()) {
        true => "OperationInfo, ",
        false => "",
    };
    let asks = |waiter: &Waiter| {
        let running = waiter
            .spec
            .operation
            .iter()
            .flat_map(|operation| operation.running.iter().chain(&operation.failed_when));
        waiter.spec.when.iter().chain(running).next().is_some()
    };
    let missing = match api.waiters.iter().any(|one| one.spec.missing != Missing::Pending) {
        true => "Missing, ",
        false => "",
    };
    let conditions = if api.waiters.iter().any(asks) { "Condition, " } else { "" };
    page.fixed(&format!(
        "use std::time::Duration;\n\n\
         use cvm_protocol::{{{conditions}{missing}{operation}WaiterSpec, waiter, waiter_info}};\n\n\
         use crate::generated::actions::*;\n",
    ));
    for waiter in &api.waiters {
        page.fixed(&goal(waiter));
    }
    for waiter in &api.waiters {
        page.fixed(&info(api, waiter));
    }
    Ok(page.finish())
}

/// The type that names the target state.
fn goal(waiter: &Waiter) -> String {
    let mut docs = paragraph(&waiter.spec.summary, 4);
    for note in &waiter.spec.notes {
        docs.push(String::new());
        docs.extend(paragraph(note, 4));
    }
    docs.push(String::new());
    docs.extend(paragraph(&facts(&waiter.spec), 4));
    let docs: String = docs.iter().map(|line| comment("///", "    ", line)).collect();
    let Names { type_, constant, .. } = &waiter.rust;
    format!("waiter! {{\n{docs}    {} {}\n}}\n", ident(type_), ident(constant))
}

/// Describes what it polls, for how long, and what ends the wait.
fn facts(spec: &spec_file::Waiter) -> String {
    let states = |states: &[String]| codes(states, "or");
    let mut text = format!(
        "Polls {} every {} s for up to {} s and checks {}.",
        code(&spec.action),
        spec.interval,
        spec.timeout,
        code(&spec.state)
    );
    let known = match &spec.request_id {
        Some(_) => "named with `of_request` or seen to start",
        None => "seen to start",
    };
    let is_of_operation =
        spec.operation.as_ref().is_some_and(|operation| operation.state == spec.state);
    if !spec.success.is_empty() {
        text.push_str(&format!(" Succeeds at {}", states(&spec.success)));
        if !spec.when.is_empty() {
            text.push_str(&format!(" if {}", clauses(&spec.when).join(" and ")));
        }
        let running = spec.operation.as_ref().map_or(&[][..], |operation| &operation.running);
        if !running.is_empty() {
            text.push_str(&format!(", but not while {}", clauses(running).join(" or ")));
        }
        if is_of_operation {
            text.push_str(&format!(", and only for an operation that was {known}"));
        }
        text.push('.');
    }
    if spec.missing == Missing::Success {
        text.push_str(
            " Succeeds when two polls in a row do not list them, if they were listed before.",
        );
    }
    if !spec.failure.is_empty() {
        text.push_str(&format!(" Fails at {}.", states(&spec.failure)));
    }
    if !spec.unreachable.is_empty() {
        text.push_str(&format!(" Gives up at {}.", states(&spec.unreachable)));
    }
    if !spec.elsewhere.is_empty() {
        let elsewhere = states(&spec.elsewhere);
        text.push_str(&format!(" Gives up if they enter {elsewhere} during the wait."));
    }
    if let Some(operation) = spec.operation.as_ref().filter(|one| !one.failed.is_empty()) {
        let mut failed =
            vec![format!("{} is {}", code(&operation.state), states(&operation.failed))];
        failed.extend(clauses(&operation.failed_when));
        text.push_str(&format!(
            " Gives up when an operation that was {known} has failed: {}.",
            failed.join(", or ")
        ));
    }
    match (spec.settled.is_empty(), &spec.operation) {
        (true, _) => text.push_str(" Reconciliation never reports `not_done`."),
        (false, operation) => {
            let settled = states(&spec.settled);
            text.push_str(&format!(" Reconciliation reports `not_done` only at {settled}"));
            if let Some(operation) = operation {
                let ended = states(&operation.ended);
                text.push_str(&format!(", while {} is {ended}", code(&operation.state)));
            }
            text.push('.');
        }
    }
    text
}

/// Conditions as parts of a sentence.
fn clauses(texts: &[String]) -> Vec<String> {
    let conditions = texts.iter().filter_map(|text| Condition::parse(text));
    conditions.map(|condition| condition.clause()).collect()
}

fn info(api: &Api, waiter: &Waiter) -> String {
    let spec = &waiter.spec;
    let action = api.action(&spec.action).map_or("", |action| action.rust.constant.as_str());
    let missing = match spec.missing {
        Missing::Pending => None,
        Missing::Success => Some(quote!(Missing::Success)),
        Missing::Failure => Some(quote!(Missing::Failure)),
    };
    let text = |value: &str| Some(string(value).to_string());
    let list = |values: &[String]| (!values.is_empty()).then(|| compact(strings(values)));
    let name = |value: &Option<String>| value.as_ref().map(|value| string(value).to_string());
    let absent = absent_codes(api, &spec.id);
    let setters = [
        ("ids", text(&spec.ids)),
        ("with", (!spec.with.0.is_empty()).then(|| compact(pairs(&spec.with)))),
        ("items", text(&spec.items)),
        ("id", text(&spec.id)),
        ("state", text(&spec.state)),
        ("success", list(&spec.success)),
        ("when", (!spec.when.is_empty()).then(|| conditions(&spec.when))),
        ("failure", list(&spec.failure)),
        ("unreachable", list(&spec.unreachable)),
        ("elsewhere", list(&spec.elsewhere)),
        ("settled", list(&spec.settled)),
        ("operation", spec.operation.as_ref().map(operation)),
        ("missing", missing.map(compact)),
        ("absent_codes", (!absent.is_empty()).then(|| compact(strings(absent)))),
        ("reason", name(&spec.reason)),
        ("request_id", name(&spec.request_id)),
        ("progress", name(&spec.progress)),
        ("interval", Some(format!("Duration::from_secs({})", spec.interval))),
        ("timeout", Some(format!("Duration::from_secs({})", spec.timeout))),
    ];
    let setters: String = setters
        .into_iter()
        .filter_map(|(name, value)| Some(format!("        .{name}({})\n", value?)))
        .collect();
    format!(
        "waiter_info! {{\n    static {} = WaiterSpec::new({}, &{action}_INFO)\n{};\n}}\n",
        ident(&waiter.rust.constant),
        string(&spec.waiter),
        setters.trim_end(),
    )
}

fn operation(operation: &spec_file::Operation) -> String {
    format!(
        "OperationInfo {{\n            state: {},\n            ended: {},\n            failed: {},\n            \
         failed_when: {},\n            failed_at: {},\n            running: {},\n            names: {},\n        }}",
        string(&operation.state),
        compact(strings(&operation.ended)),
        compact(strings(&operation.failed)),
        conditions(&operation.failed_when),
        compact(strings(&operation.failed_at)),
        conditions(&operation.running),
        compact(strings(&operation.names)),
    )
}

/// `&[Condition::…]`. The checks accept only valid conditions.
fn conditions(texts: &[String]) -> String {
    let conditions = texts.iter().filter_map(|text| Condition::parse(text));
    let conditions = conditions.map(|one| condition(&one));
    compact(quote!(&[#(#conditions),*]))
}
