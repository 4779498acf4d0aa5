//! Sentences about asynchronous actions: which waiters wait for them, and what to poll without a waiter.

use crate::codegen::doc_text::code;
use crate::codegen::limit_sentences::codes;
use crate::spec::condition::{Condition, Test};
use crate::spec::model::{Action, Api, Waiter};

/// The sentences in the docs of an action; `None` if it is not asynchronous.
pub fn sentences(api: &Api, action: &Action) -> Option<String> {
    action.spec.asynchronous.as_ref()?;
    let mut text = "Asynchronous: the operation continues after the response.".to_owned();
    let waiters: Vec<String> = waiters(api, action)
        .map(|waiter| match request_id(waiter) {
            Some(_) => format!("{} and its `of_request`", span(waiter)),
            None => span(waiter),
        })
        .collect();
    match (waiters.is_empty(), until(api, action)) {
        (true, None) => {}
        (true, Some(until)) => text.push_str(&format!(" Poll {until}.")),
        (false, None) => text.push_str(&format!(" Wait with {}.", waiters.join(" or "))),
        (false, Some(until)) => {
            text.push_str(&format!(" Wait with {}, or poll {until}.", waiters.join(" or ")));
        }
    }
    Some(text)
}

/// What to poll, for readers without the waiters: a sentence, or nothing if no action shows the end.
pub fn poll(api: &Api, action: &Action) -> String {
    until(api, action).map(|until| format!("Poll {until}.")).unwrap_or_default()
}

/// The waiters of an action as code spans, each with the path that it links to.
pub fn links(api: &Api, action: &Action) -> Vec<(String, String)> {
    let link = |waiter: &Waiter| (span(waiter), format!("crate::waiters::{}", waiter.rust.type_));
    waiters(api, action).map(link).collect()
}

fn waiters<'a>(api: &'a Api, action: &'a Action) -> impl Iterator<Item = &'a Waiter> {
    api.waiters.iter().filter(move |waiter| waiter.spec.after.contains(&action.spec.action))
}

fn span(waiter: &Waiter) -> String {
    code(&format!("waiters::{}", waiter.rust.type_))
}

/// Whether the waiter waits for the end of an operation, and not for a state of the resource.
fn is_of_operation(waiter: &Waiter) -> bool {
    let operation = waiter.spec.operation.as_ref();
    operation.is_some_and(|operation| operation.state == waiter.spec.state)
}

/// The member by which such a waiter recognizes the operation of a request.
fn request_id(waiter: &Waiter) -> Option<&str> {
    waiter.spec.request_id.as_deref().filter(|_| is_of_operation(waiter))
}

/// An action and a condition: "`DescribeHosts` until `HostState` is `RUNNING`". `None` if no state is known.
fn until(api: &Api, action: &Action) -> Option<String> {
    let poll = action.spec.asynchronous.as_ref()?.poll.as_ref()?;
    let state = poll.member.rsplit('.').next()?;
    let polls_same = |waiter: &&Waiter| {
        is_of_operation(waiter) && waiter.spec.action == poll.action && waiter.spec.state == state
    };
    // The end of the operation also shows a failure after which the state stays the same.
    let own = waiters(api, action).find(|waiter| is_of_operation(waiter));
    let (list, state, states): (&str, &str, Vec<String>) = match own {
        Some(Waiter { spec, .. }) => {
            let states = spec.success.iter().chain(&spec.failure);
            (&spec.action, &spec.state, states.cloned().collect())
        }
        None => {
            let states = poll.success.iter().chain(&poll.failure).flatten();
            (&poll.action, state, states.cloned().collect())
        }
    };
    if states.is_empty() {
        return None;
    }
    let mut text = format!("{} until ", code(list));
    // The state of an earlier operation looks the same, and the waiter says how to tell them apart.
    let waiter = own.or_else(|| api.waiters.iter().find(polls_same));
    if let Some(id) = waiter.and_then(request_id) {
        text.push_str(&format!("{} is the id of this request and ", code(id)));
    }
    text.push_str(&format!("{} is {}", code(state), codes(&states, "or")));
    let operation = waiter.and_then(|waiter| waiter.spec.operation.as_ref());
    let running = operation.into_iter().flat_map(|operation| &operation.running);
    for condition in running.filter_map(|text| Condition::parse(text)) {
        if let Test::OneOf(values) = &condition.test
            && condition.member != state
        {
            let (member, values) = (code(&condition.member), codes(values, "or"));
            text.push_str(&format!(" while {member} is not {values}"));
        }
    }
    if let Some(reason) = waiter.and_then(|waiter| waiter.spec.reason.as_ref()) {
        text.push_str(&format!("; after a failure, {} has the reason", code(reason)));
    }
    Some(text)
}
