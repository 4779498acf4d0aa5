//! How to settle an unknown outcome: machine-readable facts in the table of an action. The docs of the
//! action have the sentence for readers.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::strings;
use super::table::condition;
use crate::codegen::doc_text::WIDTH;
use crate::codegen::layout::{chain, string};
use crate::spec::condition::Condition;
use crate::spec::model::{Action, Api};
use crate::spec::spec_file::Missing;

/// The argument of `reconcile` in the facts of an action, whose calls have this indentation.
pub fn facts(api: &Api, action: &Action, indent: usize) -> Option<String> {
    let calls = calls(api, action)?;
    let line = chain(&calls, indent + ".reconcile(".len());
    if !line.contains('\n') && line.len() + indent + ".reconcile()".len() <= WIDTH {
        return Some(line);
    }
    let inner = indent + 4;
    Some(format!("\n{:inner$}{},\n{:indent$}", "", chain(&calls, inner), ""))
}

/// The constructor and the builder calls after it; `None` if no Describe action shows the outcome.
fn calls(api: &Api, action: &Action) -> Option<Vec<TokenStream>> {
    let facts = action.spec.retry.reconcile.as_ref()?;
    let list = facts.list.as_deref()?;
    let name = string(list);
    let mut calls = vec![quote!(ReconcileInfo::new(#name))];
    if let Some(ids) = &facts.ids {
        let id = api.action(list).and_then(|list| list.id_of(facts)).unwrap_or_default();
        let by = string(facts.id_param.as_ref().unwrap_or(ids));
        let (ids, id) = (string(ids), string(id));
        calls.push(quote!(.ids(#ids, #by, #id)));
    }
    let pairs = [
        ("filters", &facts.filters),
        ("matching", &facts.matching),
        ("same_key", &facts.same_key),
        ("includes", &facts.includes),
    ];
    for (call, pairs) in pairs {
        if !pairs.0.is_empty() {
            let (call, pairs) = (format_ident!("{call}"), super::pairs(pairs));
            calls.push(quote!(.#call(#pairs)));
        }
    }
    for (call, text) in [("created", &facts.created), ("count", &facts.count)] {
        if let Some(text) = text {
            let (call, text) = (format_ident!("{call}"), string(text));
            calls.push(quote!(.#call(#text)));
        }
    }
    let list = |conditions: &[Condition]| {
        let conditions = conditions.iter().map(condition);
        quote!(&[#(#conditions),*])
    };
    if !action.done.is_empty() {
        let done = list(&action.done);
        calls.push(quote!(.done(#done)));
    }
    if !action.became.is_empty() {
        let (became, from) = (list(&action.became), list(&action.from));
        calls.push(quote!(.became(#became, #from)));
    }
    if let Some(expires) = &facts.expires {
        let (expires, from) = (string(expires), list(&action.from));
        calls.push(quote!(.expires(#expires, #from)));
    }
    if !action.done_when.is_empty() {
        let pairs = action.done_when.iter().map(|(asked, shown)| {
            let (asked, shown) = (condition(asked), condition(shown));
            quote!((#asked, #shown))
        });
        calls.push(quote!(.done_when(&[#(#pairs),*])));
    }
    if !action.undone_by.is_empty() {
        let undone_by = list(&action.undone_by);
        calls.push(quote!(.undone_by(#undone_by)));
    }
    if !action.failed.is_empty() {
        let failed = list(&action.failed);
        calls.push(quote!(.failed(#failed)));
    }
    match facts.if_absent {
        None | Some(Missing::Pending) => {}
        Some(Missing::Success) => calls.push(quote!(.if_absent(Missing::Success))),
        Some(Missing::Failure) => calls.push(quote!(.if_absent(Missing::Failure))),
    }
    if !facts.display.is_empty() {
        let display = strings(&facts.display);
        calls.push(quote!(.display(#display)));
    }
    Some(calls)
}
