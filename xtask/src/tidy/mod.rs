//! Checks that no other tool makes: dependencies, import cycles, words, and the form of files.

mod arrows;
mod contributing;
mod cycles;
mod manifests;
mod reliability;
mod sources;
mod words;

use std::path::Path;

use crate::error::Error;

/// A violation of a rule.
#[derive(Debug)]
pub struct Finding {
    /// Path below the root, with a line number if there is one.
    pub place: String,
    /// What is wrong and how to fix it.
    pub message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

/// All violations.
#[derive(Debug, Default)]
pub struct Findings {
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

/// Checks every rule. Errors fail; warnings are only shown.
pub fn tidy(root: &Path) -> Result<String, Error> {
    let mut findings = Findings::default();
    arrows::check(root, &mut findings)?;
    contributing::check(root, &mut findings)?;
    cycles::check(root, &mut findings)?;
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
