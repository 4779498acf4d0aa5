//! `cvm emulator --coverage`: what the emulator imitates, and which of its answers no table settles.

use cvm_emulator::{ActionCoverage, Basis, coverage, decisions};

use crate::exit::Result;
use crate::output;
use crate::text_page::TextPage;

/// Where the behaviours begin: after the longest basis.
const COLUMN: usize = 14;

pub fn run() -> Result<()> {
    output::print(&text())
}

fn text() -> String {
    let covered = coverage();
    let (modelled, others): (Vec<&ActionCoverage>, Vec<_>) =
        covered.iter().partition(|row| row.supported);
    let mut page = TextPage::new();
    page.line(&format!("{} of {} actions are modelled.", modelled.len(), covered.len()));
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(|row| row.action).collect();
        page.line("Checked against their tables, and then refused with UnsupportedOperation:");
        page.paragraph(2, &names.join(", "));
    }
    page.gap();
    page.line("What the tables of the specification do not settle, and what each rests on:");
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
