//! Retry classes: as tokens, as sentences in the docs of an action, and as one page for all actions.

use proc_macro2::TokenStream;
use quote::quote;

use crate::codegen::doc_text::{cell, code, paragraph};
use crate::codegen::layout::Page;
use crate::codegen::limit_sentences::codes;
use crate::spec::condition::{self, Condition, Test};
use crate::spec::model::{Action, Api};
use crate::spec::spec_file::RetryClass;

/// The class as an expression in generated code.
pub fn class(class: RetryClass) -> TokenStream {
    match class {
        RetryClass::Read => quote!(RetryClass::Read),
        RetryClass::Token => quote!(RetryClass::Token),
        RetryClass::Convergent => quote!(RetryClass::Convergent),
        RetryClass::Guarded => quote!(RetryClass::Guarded),
        RetryClass::Hazard => quote!(RetryClass::Hazard),
    }
}

/// The class as the protocol crate has it, which also states how the client handles it.
const fn in_protocol(class: RetryClass) -> cvm_protocol::RetryClass {
    match class {
        RetryClass::Read => cvm_protocol::RetryClass::Read,
        RetryClass::Token => cvm_protocol::RetryClass::Token,
        RetryClass::Convergent => cvm_protocol::RetryClass::Convergent,
        RetryClass::Guarded => cvm_protocol::RetryClass::Guarded,
        RetryClass::Hazard => cvm_protocol::RetryClass::Hazard,
    }
}

const fn word(class: RetryClass) -> &'static str {
    in_protocol(class).as_str()
}

/// How the client handles an unknown outcome.
const fn promise(class: RetryClass) -> &'static str {
    in_protocol(class).handling()
}

/// The sentences in the docs of an action.
pub fn sentences(action: &Action) -> Vec<String> {
    let retry = &action.spec.retry;
    let mut out = vec![format!("Retry class: {} ({}).", word(retry.class), promise(retry.class))];
    out.extend(retry.why.clone());
    let mut classes: Vec<(RetryClass, Vec<String>)> = Vec::new();
    for (class, when) in changes(action) {
        match classes.iter_mut().find(|(known, _)| *known == class) {
            Some((_, cases)) => cases.push(when),
            None => classes.push((class, vec![when])),
        }
    }
    out.extend(classes.into_iter().enumerate().map(|(row, (class, cases))| {
        let subject = if row == 0 { "The class" } else { "It" };
        format!("{subject} is {} if {}.", word(class), cases.join(", or if "))
    }));
    out
}

/// How to settle an unknown outcome, as a paragraph of its own.
pub fn settled(action: &Action) -> Option<String> {
    let reconcile = action.spec.retry.reconcile.as_ref()?;
    let text = &reconcile.text;
    Some(match &reconcile.list {
        Some(list) => format!("If the outcome is unknown, check {}. {text}", code(list)),
        None => format!("If the outcome is unknown: {text}"),
    })
}

/// The conditions that change the class; rows that only test whether a member is given are merged.
fn changes(action: &Action) -> impl Iterator<Item = (RetryClass, String)> {
    let mut changes: Vec<(RetryClass, String, Vec<String>)> = Vec::new();
    for (when, class) in &action.retry_overrides {
        let given = match when.as_slice() {
            [Condition { member, test: Test::Present }] => Some(member.clone()),
            _ => None,
        };
        match (given, changes.last_mut()) {
            (Some(member), Some((last, _, members))) if last == class && !members.is_empty() => {
                members.push(member);
            }
            (Some(member), _) => changes.push((*class, String::new(), vec![member])),
            (None, _) => changes.push((*class, condition::all(when), Vec::new())),
        }
    }
    changes.into_iter().map(|(class, clause, members)| match members.is_empty() {
        true => (class, clause),
        false => (class, format!("{} is given", codes(&members, "or"))),
    })
}

/// The page that shows the class of every action.
pub fn page(api: &Api) -> String {
    let mut lines =
        vec!["Retry classes: how the client handles requests whose outcome is unknown.".to_owned()];
    let mut say = |text: &str| {
        lines.push(String::new());
        lines.extend(paragraph(text, 0));
    };
    say("The outcome is unknown if at least part of the request was sent and no valid response \
         arrived. The retry class of the action decides whether the client may retry. Some members \
         change the class: the highest class that applies counts, and a dry run that is guaranteed \
         to change nothing lowers it.");
    lines.push(String::new());
    let classes = [
        RetryClass::Read,
        RetryClass::Token,
        RetryClass::Convergent,
        RetryClass::Guarded,
        RetryClass::Hazard,
    ];
    for class in classes {
        let count = api.actions.iter().filter(|a| a.spec.retry.class == class).count();
        let actions = if count == 1 { "action" } else { "actions" };
        lines.push(format!("- `{}`: {} ({count} {actions}).", word(class), promise(class)));
    }
    lines.push(String::new());
    lines.push("| action | class | members that change it | why | check with |".to_owned());
    lines.push("| --- | --- | --- | --- | --- |".to_owned());
    let (reads, others): (Vec<&Action>, Vec<&Action>) = api.actions.iter().partition(|action| {
        action.spec.retry.class == RetryClass::Read && action.retry_overrides.is_empty()
    });
    for action in others {
        let changes: Vec<String> =
            changes(action).map(|(class, when)| format!("{}: {when}", word(class))).collect();
        let facts = action.spec.retry.reconcile.as_ref();
        let list = facts.and_then(|facts| facts.list.as_deref());
        let why = action.spec.retry.why.as_deref().unwrap_or("");
        lines.push(format!(
            "| [`{0}`](crate::actions::{0}) | {1} | {2} | {3} | {4} |",
            action.rust.type_,
            word(action.spec.retry.class),
            cell(&code_bar(&changes.join("; "))),
            cell(&code_bar(why)),
            cell(&list.map(code).unwrap_or_default()),
        ));
    }
    lines.push(String::new());
    lines.push("These actions change nothing:".to_owned());
    lines.push(String::new());
    for action in reads {
        lines.push(format!("- [`{0}`](crate::actions::{0})", action.rust.type_));
    }
    Page::with_docs(&format!("{}/actions", api.shown_as), &lines).finish()
}

/// A bar inside a code span would still end the table cell.
fn code_bar(text: &str) -> String {
    text.replace('|', "/")
}
