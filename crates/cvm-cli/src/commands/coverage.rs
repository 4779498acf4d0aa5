//! `cvm emulator --coverage`: the actions and parameters that the emulator supports, and behavior that no table defines.

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
    let mut page = TextPage::new();
    for service in covered.chunk_by(|one, other| one.service == other.service) {
        let (supported, others): (Vec<&ActionCoverage>, Vec<_>) =
            service.iter().partition(|row| row.supported);
        let name = service.first().map_or("", |row| row.service);
        let (count, all) = (supported.len(), service.len());
        page.line(&format!("{count} of {all} actions of {name} are supported."));
        let parameters: usize = supported.iter().map(|row| row.parameters).sum();
        let with_exceptions = supported.iter().map(|row| row.parameters_with_exceptions());
        let exceptions: usize = with_exceptions.sum();
        if count > 0 {
            page.line(&format!(
                "{} of their {parameters} parameters are supported without exception.",
                parameters.saturating_sub(exceptions)
            ));
        }
        if !others.is_empty() {
            let names: Vec<_> = others.iter().map(|row| row.action).collect();
            page.line("Not supported; valid requests return UnsupportedOperation:");
            page.paragraph(2, &names.join(", "));
        }
    }
    page.gap();
    page.line("Refused, although the specification has it:");
    for row in covered.iter().filter(|row| row.supported) {
        for one in row.refused {
            let value = one.value.map(|value| format!("={value}")).unwrap_or_default();
            let (action, path, reason) = (row.action, one.path, one.reason);
            page.paragraph(2, &format!("{action} {path}{value}: {reason}."));
        }
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
