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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, at};
use crate::services::package_name;
use crate::spec::diagnostic::Report;
use crate::spec::load::load;
use crate::spec::model::Api;
use crate::spec::resolve::resolve;
use crate::spec::source::Tree;
use change::Changes;

/// Compares two folders of specs, or two checkouts, and returns the changelog entry of each service.
pub fn run(folders: &[PathBuf]) -> Result<String, Error> {
    let [old, new] = folders else {
        return Err("diff: expected two folders of specs, the old one first".into());
    };
    let (mut old, mut new) = (Version::find(old)?, Version::find(new)?);
    // A folder of one service is compared with the same service of a checkout.
    if old.is_one_service {
        new.keep_only(&old)?;
    } else if new.is_one_service {
        old.keep_only(&new)?;
    }
    match (old.only(), new.only()) {
        (Some(old), Some(new)) => Ok(entry(&open(old)?, &open(new)?)),
        _ => entries(&old, &new),
    }
}

/// One version of the specs: of a single service, or of a checkout.
#[derive(Debug)]
struct Version {
    given: PathBuf,
    /// Whether the folder itself has the specs of one service.
    is_one_service: bool,
    /// The folder of each service, by name.
    services: BTreeMap<String, PathBuf>,
}

impl Version {
    /// The given folder, if it has a `service.json`; otherwise the services below it or below its `specs`.
    fn find(given: &Path) -> Result<Self, Error> {
        let is_one_service = given.join("service.json").is_file();
        let mut folders = Vec::new();
        if is_one_service {
            folders.push(given.to_path_buf());
        } else {
            for base in [given.to_path_buf(), given.join("specs")] {
                for service in folders_in(&base)? {
                    folders.extend(folders_in(&service)?);
                }
            }
        }
        let mut services = BTreeMap::new();
        for folder in folders.into_iter().filter(|folder| folder.join("service.json").is_file()) {
            let name = open(&folder)?.service.service;
            if let Some(other) = services.insert(name.clone(), folder.clone()) {
                let (one, other) = (other.display(), folder.display());
                return Err(format!("{one} and {other} both have the service {name}").into());
            }
        }
        if services.is_empty() {
            return Err(format!("{}: found no `service.json` here", given.display()).into());
        }
        Ok(Self { given: given.to_path_buf(), is_one_service, services })
    }

    fn keep_only(&mut self, other: &Self) -> Result<(), Error> {
        if self.is_one_service {
            return Ok(());
        }
        self.services.retain(|name, _| other.services.contains_key(name));
        if self.services.is_empty() {
            let (here, there) = (self.given.display(), other.given.display());
            return Err(format!("{here} does not have the service of {there}").into());
        }
        Ok(())
    }

    fn only(&self) -> Option<&Path> {
        let mut folders = self.services.values();
        folders.next().filter(|_| self.services.len() == 1).map(PathBuf::as_path)
    }
}

/// The changelog entry of each crate.
fn entries(old: &Version, new: &Version) -> Result<String, Error> {
    let mut text = String::new();
    let names: BTreeSet<&String> = old.services.keys().chain(new.services.keys()).collect();
    for name in names {
        let body = match (old.services.get(name), new.services.get(name)) {
            (Some(old), Some(new)) => entry(&open(old)?, &open(new)?),
            (None, Some(new)) => format!("A new crate: {} actions.\n", open(new)?.actions.len()),
            _ => "Semver: **major**: the crate was removed.\n".to_owned(),
        };
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}# {}\n\n{body}", package_name(name)));
    }
    Ok(text)
}

fn entry(old: &Api, new: &Api) -> String {
    let mut changes = Changes::default();
    service::compare(old, new, &mut changes);
    changelog::entry(&changes)
}

/// Loads one version. It must be readable and complete, but it is not linted, because an old version follows older rules.
fn open(folder: &Path) -> Result<Api, Error> {
    let tree = Tree::read(folder, &folder.to_string_lossy().replace('\\', "/"))?;
    let mut report = Report::default();
    let api = load(&tree, &mut report).map(|files| resolve(files, &mut report));
    report.sort();
    match api {
        Some(api) if report.is_clean() => Ok(api),
        _ => Err(report.render(&tree).into()),
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
