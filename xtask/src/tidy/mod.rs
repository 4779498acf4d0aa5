//! The rules of the house that no other tool checks.

mod arrows;
mod manifests;
mod reliability;
mod sources;

use std::path::Path;

use crate::Error;

/// One thing that is out of order.
#[derive(Debug)]
pub struct Finding {
    /// Where: a path below the root, with a line where one helps.
    pub place: String,
    /// What, and what to do.
    pub message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

/// What the rules found.
#[derive(Debug, Default)]
pub struct Findings {
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

/// Checks every rule; warnings are shown, errors fail.
pub fn tidy(root: &Path) -> Result<String, Error> {
    let mut findings = Findings::default();
    arrows::check(root, &mut findings)?;
    manifests::check(root, &mut findings)?;
    reliability::check(root, &mut findings)?;
    sources::check(root, &mut findings)?;
    let mut text = String::new();
    for finding in &findings.warnings {
        text.push_str(&format!("{}: warning: {}\n", finding.place, finding.message));
    }
    for finding in &findings.errors {
        text.push_str(&format!("{}: error: {}\n", finding.place, finding.message));
    }
    match findings.errors.len() {
        0 => Ok(text + "tidy\n"),
        1 => Err(format!("{text}1 error").into()),
        many => Err(format!("{text}{many} errors").into()),
    }
}
