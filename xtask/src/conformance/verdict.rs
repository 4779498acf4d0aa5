//! The result for one sample.

use cvm_protocol::{DriftKind, ModelInfo, Record, Report, json};
use serde_json::Value;

use super::{RESPONSE, compare};

/// The message about a missing member that is always present.
const ABSENT: &str = "is always present in the specs, but missing here";

/// The deviations of one sample.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Path and deviation, in the order found.
    pub findings: Vec<(String, Finding)>,
    /// Members of the envelope that no response may lack.
    envelope: [String; 2],
}

/// A deviation of a sample from the specs.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// It makes the sample fail.
    Failure(String),
    /// It is only reported.
    Tolerated(String),
}

impl Verdict {
    /// The result for a sample without deviations; its response must have these members.
    pub const fn new(envelope: [String; 2]) -> Self {
        Self { findings: Vec::new(), envelope }
    }

    /// Adds a failure.
    pub fn fail(&mut self, place: &str, what: impl Into<String>) {
        self.findings.push((place.to_owned(), Finding::Failure(what.into())));
    }

    /// Whether there is no failure.
    pub fn passes(&self) -> bool {
        !self.findings.iter().any(|(_, finding)| matches!(finding, Finding::Failure(_)))
    }

    /// Removes the reports of missing members, except those of the envelope: the response to a dry run may lack them.
    pub fn excuse_dry_run(&mut self) {
        let depth = |place: &str| place.matches('.').count();
        self.findings.retain(|(place, finding)| {
            let is_absence = *finding == Finding::Tolerated(ABSENT.to_owned());
            !(is_absence && place.starts_with(RESPONSE) && depth(place) == 1)
        });
    }

    /// Adds the deviations that decoding has reported.
    pub fn report(&mut self, side: &str, report: &Report) {
        for drift in &report.drifts {
            let what = drift.to_string();
            let what = what.trim_start_matches(&format!("`{}` ", drift.path)).to_owned();
            let finding = match drift.kind {
                DriftKind::NumberAsText => Finding::Tolerated(what),
                DriftKind::UnknownValue if side == RESPONSE => Finding::Tolerated(what),
                _ => Finding::Failure(what),
            };
            self.findings.push((at(side, &drift.path), finding));
        }
        if report.omitted > 0 {
            self.fail(side, format!("and {} more deviations", report.omitted));
        }
        for path in &report.missing {
            let what = ABSENT.to_owned();
            let essential = self.envelope.contains(path);
            let finding = if essential { Finding::Failure(what) } else { Finding::Tolerated(what) };
            self.findings.push((at(side, path), finding));
        }
    }

    /// Decodes a JSON text strictly, encodes it again and compares.
    pub fn json(
        &mut self,
        side: &str,
        table: &'static ModelInfo,
        text: &str,
        wanted: &Value,
    ) -> Option<Record> {
        let mut record = Record::new(table);
        match json::from_slice_strict(&mut record, text.as_bytes()) {
            Ok(report) => self.report(side, &report),
            Err(error) => {
                self.fail(&at(side, &error.path), error.message);
                return None;
            }
        }
        self.compare(side, table, wanted, &record);
        Some(record)
    }

    fn compare(&mut self, side: &str, table: &'static ModelInfo, wanted: &Value, record: &Record) {
        let comparison = compare::compare(table, wanted, &json::to_value(record));
        for (path, what) in comparison.differences {
            self.fail(&at(side, &path), what);
        }
        for path in comparison.nulls {
            self.fail(&at(side, &path), "is null, but not nullable in the specs");
        }
    }
}

/// `request Placement.Zone`.
pub fn at(side: &str, path: &str) -> String {
    if path.is_empty() { side.to_owned() } else { format!("{side} {path}") }
}
