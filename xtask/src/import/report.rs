//! What the import of one service found, inferred and skipped, as Markdown.

use super::model::Model;
use super::paging::{Paging, is_first_page_assumed, paging};
use super::verb;
use crate::spec::model::{Api, Member};
use crate::spec::spec_file::PageStyle;

/// The result of one import.
#[derive(Debug)]
pub struct Report {
    /// Name of the service.
    pub service: String,
    /// Version date.
    pub version: String,
    /// All actions, and those of the class `read`.
    pub actions: usize,
    pub reads: usize,
    pub types: usize,
    pub members: usize,
    /// Actions that change something and take a client token.
    pub client_tokens: Vec<String>,
    /// Lists in pages: action, style and the member that identifies an entry.
    pub paged: Vec<(String, &'static str, Option<String>)>,
    /// Lists by page number whose model does not say whether the first page is 0 or 1.
    pub assumed_first: Vec<String>,
    /// Lists that seem to have pages, and why they are read without.
    pub unpaged: Vec<(String, &'static str)>,
    /// Secrets: where the member is, and its name.
    pub secrets: Vec<(String, String)>,
    /// What specs cannot express, one sentence each.
    pub skipped: Vec<String>,
}

impl Report {
    /// Gathers the facts of an imported service.
    pub fn new(service: &str, model: &Model, api: &Api) -> Self {
        let mut report = Self {
            service: service.to_owned(),
            version: model.version.clone(),
            actions: api.actions.len(),
            reads: model.actions.keys().filter(|name| verb::is_read(name)).count(),
            types: api.types.len(),
            members: 0,
            client_tokens: Vec::new(),
            paged: Vec::new(),
            assumed_first: Vec::new(),
            unpaged: Vec::new(),
            secrets: Vec::new(),
            skipped: model.skipped.clone(),
        };
        for action in &api.actions {
            let name = &action.spec.action;
            report.count(&format!("request of `{name}`"), &action.request);
            report.count(&format!("response of `{name}`"), &action.response);
            if let Some(paginate) = &action.spec.paginate {
                let style = match paginate.style {
                    PageStyle::Offset => "offset",
                    PageStyle::Number => "page number",
                    PageStyle::Token => "token",
                };
                let upstream = model.actions.get(name);
                if upstream.is_some_and(|it| is_first_page_assumed(paginate, &it.request)) {
                    report.assumed_first.push(name.clone());
                }
                report.paged.push((name.clone(), style, paginate.id.clone()));
            }
        }
        for type_ in &api.types {
            report.count(&format!("type `{}`", type_.spec.type_), &type_.members);
        }
        for (name, action) in &model.actions {
            if !verb::is_read(name) {
                if action.has_client_token() {
                    report.client_tokens.push(name.clone());
                }
            } else if let Paging::Unclear(why) = paging(name, action, &model.types) {
                report.unpaged.push((name.clone(), why));
            }
        }
        report
    }

    fn count(&mut self, place: &str, members: &[Member]) {
        self.members += members.len();
        let secrets = members.iter().filter(|member| member.is_secret());
        let secrets = secrets.map(|member| (place.to_owned(), member.spec.name.clone()));
        self.secrets.extend(secrets);
    }

    /// The file `REPORT.md` of the crate.
    pub fn markdown(&self) -> String {
        let Self { service, version, .. } = self;
        let mut text = format!(
            "# Import of {service} {version}\n\n\
             What `cargo xtask import` found, inferred and skipped. Correct a wrong guess in the specs, and run `codegen` again.\n\n\
             | actions | reads | types | members | lists in pages | lists without | secrets | skipped |\n\
             |--:|--:|--:|--:|--:|--:|--:|--:|\n{}",
            self.row(&[])
        );
        let mut list = |title: &str, about: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                text.push_str(&format!("\n## {title}\n\n{about}\n\n"));
                text.extend(lines.iter().map(|line| format!("- {line}\n")));
            }
        };
        list("Skipped", "Specs cannot express these parts of the model.", self.skipped.clone());
        list(
            "Secrets",
            "Recognized by their names. They are `Sensitive`: redacted in logs, wiped when dropped, refused in URLs.",
            self.secrets.iter().map(|(place, name)| format!("`{name}` in the {place}")).collect(),
        );
        list(
            "Lists in pages",
            "`client.items(…)` reads all their pages. With an id, it also copes with entries that move between pages. Lists \
             by page number cope with fewer movements than lists by offset, and several of their pages prove nothing to a \
             wait or a search.",
            self.paged
                .iter()
                .map(|(action, style, id)| match id {
                    Some(id) => format!("`{action}`: by {style}, entries have the id `{id}`"),
                    None => format!("`{action}`: by {style}"),
                })
                .collect(),
        );
        list(
            "First page number",
            "The model does not say whether the first page of these lists is 0 or 1. The specs say 1. If that is wrong, \
             reading a list ends with an error, because entries are missing below its total: add `\"first\": 0` to `paginate`.",
            self.assumed_first.iter().map(|action| format!("`{action}`")).collect(),
        );
        list(
            "Lists without pages",
            "They may have pages, but the model does not prove how. Send the requests for single pages yourself.",
            self.unpaged.iter().map(|(action, why)| format!("`{action}`: {why}")).collect(),
        );
        list(
            "Client tokens",
            "These actions take a client token. If the service recognizes a repeated token, set the class `token` and \
             `idempotency_token` in their specs; until then, they are never retried after an unknown outcome.",
            self.client_tokens.iter().map(|action| format!("`{action}`")).collect(),
        );
        text
    }

    /// The counts as a row of a table, after these cells.
    pub fn row(&self, cells: &[String]) -> String {
        let counts = [
            self.actions,
            self.reads,
            self.types,
            self.members,
            self.paged.len(),
            self.unpaged.len(),
            self.secrets.len(),
            self.skipped.len(),
        ];
        let cells = cells.iter().cloned().chain(counts.iter().map(usize::to_string));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    }
}
