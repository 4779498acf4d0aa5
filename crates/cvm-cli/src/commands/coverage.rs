//! `cvm emulator --coverage`: the actions that the emulator supports, and behavior that no table defines.

use cvm_emulator::{ActionCoverage, Basis, coverage, decisions};

use crate::error::Result;
use crate::output;
use crate::text_page::TextPage;

/// The column of the behavior, after the longest basis.
const COLUMN: usize = 14;

pub fn run() -> Result<()> {
    output::print(&text())
}

fn text() -> String {
    let covered = coverage();
    let (supported, others): (Vec<&ActionCoverage>, Vec<_>) =
        covered.iter().partition(|row| row.supported);
    let mut page = TextPage::new();
    page.line(&format!("{} of {} actions are supported.", supported.len(), covered.len()));
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(|row| row.action).collect();
        page.line("Not supported; valid requests return UnsupportedOperation:");
        page.paragraph(2, &names.join(", "));
    }
    page.gap();
    page.line("Behavior that the specification tables do not define, and its basis:");
    page.gap();
    let mut topic = "";
    for decision in decisions() {
        if decision.topic != topic {
            topic = decision.topic;
            page.line(topic);
        }
        let basis = match decision.basis {
            Basis::Documented => "documented",
            Basis::Assumed => "assumed",
        };
        page.entry(COLUMN, basis, decision.behavior);
    }
    page.finish()
}
