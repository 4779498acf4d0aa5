//! `cvm list`: every action, by what it acts on.

use cvm_models::protocol::ActionInfo;
use cvm_models::{ACTIONS, docs};

use crate::exit::{CliError, Result};
use crate::output;
use crate::text_page::TextPage;

/// Prints the actions with what they do: all of them, or those whose name or group holds a word.
pub fn run(word: Option<&str>) -> Result<()> {
    let word = word.unwrap_or_default().to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&word);
    let chosen: Vec<&ActionInfo> = ACTIONS
        .iter()
        .copied()
        .filter(|action| holds(action.name) || holds(action.group))
        .collect();
    if chosen.is_empty() {
        return Err(CliError::usage(format!("no action has `{word}` in its name"))
            .hint("`cvm list` without a word names all of them"));
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
            let summary = docs::action(action.name).map_or("", |doc| doc.summary);
            page.entry(column, action.name, summary);
        }
        page.gap();
    }
    page.line("`cvm help ACTION` shows the members, errors and retry class of one.");
    page.finish()
}
