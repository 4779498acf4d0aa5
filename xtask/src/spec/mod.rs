//! Turns spec files into resolved specs (load, resolve, check), and formats them.

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

/// Loads, resolves and checks one service. The report has all errors; code can be generated only if it has none.
pub fn open(
    directory: &Path,
    shown_as: &str,
) -> Result<(Tree, Option<Api>, Report), crate::error::Error> {
    let tree = Tree::read(directory, shown_as)?;
    let (api, report) = open_tree(&tree);
    Ok((tree, api, report))
}

/// Loads, resolves and checks spec files.
pub fn open_tree(tree: &Tree) -> (Option<Api>, Report) {
    let mut report = Report::default();
    let Some(files) = load::load(tree, &mut report) else {
        return (None, report);
    };
    let api = resolve::resolve(files, &mut report);
    check::check(&api, &mut report);
    report.sort();
    (Some(api), report)
}

/// Like [`open`], but any error in the specs is returned as an error.
pub fn open_clean(directory: &Path, shown_as: &str) -> Result<Api, crate::error::Error> {
    let (tree, api, report) = open(directory, shown_as)?;
    match api {
        Some(api) if report.is_clean() => Ok(api),
        _ => Err(report.render(&tree).into()),
    }
}
