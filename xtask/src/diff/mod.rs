//! Compares two versions of the specs and writes the changelog entry with the kind of release.
//!
//! *Added*, *deprecated* and *removed* are about items of the crate. *Loosened* and *tightened* are about the requests that the
//! service accepts; they do not break a build, so they are a patch. A changed Rust type of a field breaks a build, whatever the
//! reason, so the generated types are compared. A new member breaks no build, unless its struct loses `Eq` and `Hash` with it:
//! `xtask/tests/growth.rs` compiles old callers with grown specs.

mod change;
mod changelog;
mod limit;
mod member;
mod service;

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, at};
use crate::spec::diagnostic::Report;
use crate::spec::load::load;
use crate::spec::model::Api;
use crate::spec::resolve::resolve;
use crate::spec::source::Tree;
use change::Changes;

/// Maximum number of folders in a message.
const SHOWN: usize = 5;

/// Compares two folders of specs and returns the changelog entry.
pub fn run(folders: &[PathBuf]) -> Result<String, Error> {
    let [old, new] = folders else {
        return Err("diff: expected two folders of specs, the old one first".into());
    };
    let (old, new) = (open(old)?, open(new)?);
    Ok(entry(&old, &new))
}

fn entry(old: &Api, new: &Api) -> String {
    let mut changes = Changes::default();
    service::compare(old, new, &mut changes);
    changelog::entry(&changes)
}

/// Loads one version. It must be readable and complete, but it is not linted, because an old version follows older rules.
fn open(folder: &Path) -> Result<Api, Error> {
    let folder = service_folder(folder)?;
    let tree = Tree::read(&folder, &folder.to_string_lossy().replace('\\', "/"))?;
    let mut report = Report::default();
    let api = load(&tree, &mut report).map(|files| resolve(files, &mut report));
    report.sort();
    match api {
        Some(api) if report.is_clean() => Ok(api),
        _ => Err(report.render(&tree).into()),
    }
}

/// The folder with `service.json`: the given folder, or the only such folder below it or below its `specs`, so that a
/// checkout can be given.
fn service_folder(folder: &Path) -> Result<PathBuf, Error> {
    if folder.join("service.json").is_file() {
        return Ok(folder.to_path_buf());
    }
    let mut found = Vec::new();
    for base in [folder.to_path_buf(), folder.join("specs")] {
        for service in folders_in(&base)? {
            for version in folders_in(&service)? {
                if version.join("service.json").is_file() {
                    found.push(version);
                }
            }
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(format!("{}: found no `service.json` here", folder.display()).into()),
        many => {
            let displayed = many.iter().take(SHOWN).map(|path| path.display().to_string());
            let names: Vec<String> = displayed.collect();
            let more = match many.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!("\n  and {more} more"),
            };
            let (folder, names) = (folder.display(), names.join("\n  "));
            Err(format!("{folder}: found several services; name one of them:\n  {names}{more}")
                .into())
        }
    }
}

fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let path = entry.map_err(|error| at(folder, &error))?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
