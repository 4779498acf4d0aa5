//! Imports every service of a package into one workspace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::report::Report;
use super::{Imported, Job, package};
use crate::error::{Error, at};

/// How deep models are below the folder of a package: `SERVICE/VERSION/api.json`, or a few folders above.
const MAX_DEPTH: usize = 6;

/// Imports each `api.json` below `folder` as a crate of the workspace `out`.
pub fn import(folder: &Path, out: &Path, sdk: &Path, errors: &Path) -> Result<String, Error> {
    if out.join("Cargo.toml").exists() {
        return Err(format!(
            "{} already contains a workspace, and an import would overwrite manual changes; name another folder with `--out`",
            out.display()
        )
        .into());
    }
    let mut models = Vec::new();
    find(folder, MAX_DEPTH, &mut models)?;
    if models.is_empty() {
        return Err(format!("{}: no api.json below it", folder.display()).into());
    }
    let mut reports: BTreeMap<String, (Report, &PathBuf)> = BTreeMap::new();
    let mut failures = Vec::new();
    for model in &models {
        let job = Job { model, service: None, errors };
        let imported = match Imported::new(&job) {
            Ok(imported) => imported,
            Err(error) => {
                failures.push(error.to_string());
                continue;
            }
        };
        let name = package::name(&imported.report.service, &imported.report.version);
        if let Some((_, other)) = reports.get(&name) {
            let (other, model) = (other.display(), model.display());
            failures.push(format!("{model}: {other} has the same service and version"));
            continue;
        }
        package::write(&imported, &out.join(&name), sdk, true)?;
        reports.insert(name, (imported.report, model));
    }
    let reports: BTreeMap<String, Report> =
        reports.into_iter().map(|(name, (report, _))| (name, report)).collect();
    for (name, text) in [("Cargo.toml", manifest(&reports)), ("README.md", index(&reports))] {
        let path = out.join(name);
        fs::write(&path, text).map_err(|error| at(&path, &error))?;
    }
    // The versions of this workspace, which its tests used.
    let (lock, copy) = (sdk.join("Cargo.lock"), out.join("Cargo.lock"));
    fs::copy(&lock, &copy).map_err(|error| at(&lock, &error))?;
    let text = format!("wrote {}: {}\n", out.display(), total(&reports));
    match failures.as_slice() {
        [] => Ok(text),
        failures => {
            Err(format!("{text}{} models failed:\n{}", failures.len(), failures.join("\n")).into())
        }
    }
}

/// Finds the models, sorted by path.
fn find(folder: &Path, depth: usize, models: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|error| at(folder, &error))?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| at(folder, &error))?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() && depth > 0 {
            find(&path, depth - 1, models)?;
        } else if path.file_name().is_some_and(|name| name == "api.json") {
            models.push(path);
        }
    }
    Ok(())
}

fn manifest(reports: &BTreeMap<String, Report>) -> String {
    let members: Vec<String> = reports.keys().map(|name| format!("    \"{name}\",\n")).collect();
    format!("[workspace]\nresolver = \"3\"\nmembers = [\n{}]\n", members.concat())
}

fn index(reports: &BTreeMap<String, Report>) -> String {
    let rows = reports.iter().map(|(name, report)| {
        report.row(&[
            format!("[{name}]({name}/README.md)"),
            report.service.clone(),
            report.version.clone(),
        ])
    });
    format!(
        "# Services\n\n\
         A crate for each service and version of a package, written by `cargo xtask import --all`: {}.\n\n\
         Each crate works alone: depend on it by its path, and send its actions with the client of any other. Its `REPORT.md` lists \
         what was inferred and skipped. `cargo check --workspace` checks all crates; `cargo check -p NAME` checks one.\n\n\
         | crate | service | version | actions | reads | types | members | lists in pages | lists without | secrets | skipped |\n\
         |---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n{}",
        total(reports),
        rows.collect::<String>(),
    )
}

fn total(reports: &BTreeMap<String, Report>) -> String {
    let sum = |count: fn(&Report) -> usize| reports.values().map(count).sum::<usize>();
    format!(
        "{} crates; actions: {}, types: {}, lists in pages: {}, lists without: {}, secrets: {}, skipped: {}",
        reports.len(),
        sum(|report| report.actions),
        sum(|report| report.types),
        sum(|report| report.paged.len()),
        sum(|report| report.unpaged.len()),
        sum(|report| report.secrets.len()),
        sum(|report| report.skipped.len()),
    )
}
