//! Brings files on disk in line with their wanted text, or tells which are not.

use std::fs;
use std::path::{Path, PathBuf};

use super::Files;
use crate::{Error, at};

/// Whether to write or only to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write what differs, remove what is no longer wanted.
    Write,
    /// Change nothing.
    Check,
}

/// What differed.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Files whose text is not the wanted one.
    pub stale: Vec<String>,
    /// Files that nothing makes any more.
    pub orphans: Vec<String>,
}

impl Outcome {
    /// Whether everything was as wanted.
    pub fn is_fresh(&self) -> bool {
        self.stale.is_empty() && self.orphans.is_empty()
    }
}

/// Brings `files` below `base` in line; `owned` are the folders below `base` in which every other
/// file is an orphan.
pub fn ensure(
    base: &Path,
    shown_as: &str,
    files: &Files,
    owned: &[&str],
    mode: Mode,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    for (path, want) in files {
        let target = base.join(path);
        refuse_links(base, &target)?;
        if fs::read_to_string(&target).ok().as_deref() == Some(want) {
            continue;
        }
        outcome.stale.push(format!("{shown_as}/{path}"));
        if mode == Mode::Write {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
            }
            fs::write(&target, want).map_err(|error| at(&target, &error))?;
        }
    }
    for folder in owned {
        for path in files_below(&base.join(folder))? {
            let below = path.strip_prefix(base).unwrap_or(&path);
            let below = below.to_string_lossy().replace('\\', "/");
            if !files.contains_key(&below) {
                outcome.orphans.push(format!("{shown_as}/{below}"));
                if mode == Mode::Write {
                    fs::remove_file(&path).map_err(|error| at(&path, &error))?;
                }
            }
        }
    }
    Ok(())
}

/// A link below the output folder could lead a write out of it.
fn refuse_links(base: &Path, target: &Path) -> Result<(), Error> {
    let mut path = base.to_path_buf();
    for part in target.strip_prefix(base).unwrap_or(target).components() {
        path.push(part);
        if path.is_symlink() {
            return Err(format!("{} is a link; generated files are not", path.display()).into());
        }
    }
    Ok(())
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let path = entry.map_err(|error| at(folder, &error))?.path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files_below(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
