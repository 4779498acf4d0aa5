//! `cvm list`: all actions, by group.

use cvm_models::protocol::ActionInfo;
use cvm_models::{ACTIONS, DOCS};

use crate::error::{CliError, Result};
use crate::output;
use crate::text_page::TextPage;

/// Prints actions with their summaries: all, or those whose name or group contains a word.
pub fn run(word: Option<&str>) -> Result<()> {
    let word = word.unwrap_or_default().to_lowercase();
    let matches = |text: &str| text.to_lowercase().contains(&word);
    let chosen: Vec<&ActionInfo> = ACTIONS
        .iter()
        .copied()
        .filter(|action| matches(action.name) || matches(action.group))
        .collect();
    if chosen.is_empty() {
        return Err(CliError::usage(format!("no action or group matches `{word}`"))
            .hint("`cvm list` without a word lists all actions"));
    }
    output::print(&text(&chosen))
}

fn text(actions: &[&ActionInfo]) -> String {
    let mut groups: Vec<&str> = actions.iter().map(|action| action.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut page = TextPage::new();
    for group in groups {
        let members = || actions.iter().filter(|action| action.group == group);
        let column = members().map(|action| action.name.len()).max().unwrap_or_default() + 4;
        page.line(group);
        for action in members() {
            let summary = DOCS.action(action.name).map_or("", |doc| doc.summary);
            page.entry(column, action.name, summary);
        }
        page.gap();
    }
    page.line("`cvm help ACTION` shows the parameters, errors and retry class of an action.");
    page.finish()
}
