//! The index: all actions by name for programs, and by resource for readers.

use quote::quote;

use super::ident;
use crate::codegen::doc_text::{cell, paragraph};
use crate::codegen::layout::{Page, compact, string};
use crate::spec::model::Api;

/// The text of the file.
pub fn file(api: &Api) -> String {
    let mut page = Page::with_docs(&api.shown_as, &by_group(api));
    let gateway = if api.service.old_gateway.is_some() { "OldGateway, " } else { "" };
    page.fixed(&format!(
        "use cvm_protocol::{{ActionInfo, {gateway}ServiceInfo}};\n\n\
         use crate::generated::actions::*;\n"
    ));
    page.fixed(&service(api));
    let mut rows: Vec<(&str, &str)> = api
        .actions
        .iter()
        .map(|action| (action.spec.action.as_str(), action.rust.constant.as_str()))
        .collect();
    rows.sort_unstable();
    let rows: Vec<String> =
        rows.iter().map(|(_, constant)| format!("    &{constant}_INFO,\n")).collect();
    page.fixed(&format!(
        "/// Every action, sorted by name.\npub static ACTIONS: &[&ActionInfo] = &[\n{}];\n",
        rows.concat()
    ));
    page.fixed(
        "/// Returns the action with this name.\n\
         #[must_use]\n\
         pub fn action(name: &str) -> Option<&'static ActionInfo> {\n    \
             let index = ACTIONS.binary_search_by(|info| info.name.cmp(name)).ok()?;\n    \
             ACTIONS.get(index).copied()\n\
         }\n",
    );
    page.finish()
}

/// Tables from a task to its action, one per group.
fn by_group(api: &Api) -> Vec<String> {
    let mut lines = vec!["All actions, grouped by resource.".to_owned()];
    for group in &api.service.groups {
        let mut actions = api.actions.iter().filter(|a| a.spec.group == group.group).peekable();
        if actions.peek().is_none() {
            continue;
        }
        lines.push(String::new());
        lines.push(format!("# {}", cell(&group.title)));
        lines.push(String::new());
        lines.extend(paragraph(&group.summary, 0));
        lines.push(String::new());
        lines.push("| task | action |".to_owned());
        lines.push("| --- | --- |".to_owned());
        for action in actions {
            let name = &action.rust.type_;
            let summary = cell(&action.spec.summary.replace('|', "/"));
            let summary = summary.trim_end_matches('.');
            lines.push(format!("| {summary} | [`{name}`](crate::actions::{name}) |"));
        }
    }
    lines
}

fn service(api: &Api) -> String {
    let service = &api.service;
    let old_gateway = service.old_gateway.as_ref().map_or_else(
        || quote!(None),
        |gateway| {
            let (host, path) = (string(&gateway.host), string(&gateway.path));
            quote!(Some(OldGateway { host: #host, path: #path }))
        },
    );
    let partial = api.errors.iter().filter(|error| error.spec.partial == Some(true));
    let partial: Vec<&str> = partial.map(|error| error.spec.code.as_str()).collect();
    let fields = [
        ("name", string(&service.service).to_string()),
        ("version", string(&service.version).to_string()),
        ("endpoint", string(&service.endpoint).to_string()),
        ("endpoint_regional", string(&service.endpoint_regional).to_string()),
        ("endpoint_intl", string(&service.endpoint_intl).to_string()),
        ("endpoint_internal", string(&service.endpoint_internal).to_string()),
        ("old_gateway", compact(old_gateway)),
        ("partial_errors", string(&partial.join(" ")).to_string()),
    ];
    let rows: Vec<String> =
        fields.iter().map(|(name, value)| format!("    {name}: {value},\n")).collect();
    format!(
        "/// The service that all actions belong to.\n\
         pub static {}: ServiceInfo = ServiceInfo {{\n{}}};\n",
        ident("SERVICE"),
        rows.concat()
    )
}
