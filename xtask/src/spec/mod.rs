//! From spec files to a resolved model: load, resolve, check; and the form the files are kept in.

pub mod check;
pub mod condition;
pub mod diagnostic;
pub mod format;
pub mod json;
pub mod load;
pub mod model;
pub mod names;
pub mod resolve;
pub mod source;
pub mod spec_file;

use std::path::Path;

use diagnostic::Report;
use model::Api;
use source::Tree;

/// Loads, resolves and checks one service. The report holds every diagnostic at once; the model is
/// fit for emitting only if the report is clean.
pub fn open(directory: &Path, shown_as: &str) -> Result<(Tree, Option<Api>, Report), crate::Error> {
    let tree = Tree::read(directory, shown_as)?;
    let mut report = Report::default();
    let files = load::load(&tree, &mut report);
    let Some(files) = files else {
        return Ok((tree, None, report));
    };
    let api = resolve::resolve(files, &mut report);
    check::check(&api, &mut report);
    report.sort();
    Ok((tree, Some(api), report))
}

/// Like [`open`], but a model with any diagnostic is an error that shows them all.
pub fn open_clean(directory: &Path, shown_as: &str) -> Result<Api, crate::Error> {
    let (tree, api, report) = open(directory, shown_as)?;
    match api {
        Some(api) if report.is_clean() => Ok(api),
        _ => Err(report.render(&tree).into()),
    }
}
