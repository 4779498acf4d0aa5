//! Manifests: each member inherits lints, metadata and dependency versions from the workspace.

use std::fs;
use std::path::Path;

use super::{Finding, Findings};
use crate::error::{Error, at};

/// Keys of `[package]` that each member inherits.
const INHERITED: [&str; 4] = ["version", "edition", "license", "rust-version"];

pub fn check(root: &Path, findings: &mut Findings) -> Result<(), Error> {
    let mut members: Vec<String> = ["xtask", "tests", "tests/bench", "tests/fuzz"]
        .iter()
        .map(|folder| format!("{folder}/Cargo.toml"))
        .collect();
    let crates = root.join("crates");
    for entry in fs::read_dir(&crates).map_err(|error| at(&crates, &error))? {
        let name = entry.map_err(|error| at(&crates, &error))?.file_name();
        members.push(format!("crates/{}/Cargo.toml", name.to_string_lossy()));
    }
    members.sort();
    for member in members {
        let path = root.join(&member);
        if path.is_file() {
            let text = fs::read_to_string(&path).map_err(|error| at(&path, &error))?;
            check_manifest(&member, &text, findings);
        }
    }
    Ok(())
}

fn check_manifest(member: &str, text: &str, findings: &mut Findings) {
    let mut section = "";
    let mut lints = false;
    let mut inherited = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line;
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        match section {
            "[lints]" if key == "workspace" => lints = value == "true",
            "[package]" if key.ends_with(".workspace") => {
                inherited.push(key.trim_end_matches(".workspace").to_owned());
            }
            _ if section.ends_with("dependencies]") && !key.starts_with('#') => {
                let shared = key.ends_with(".workspace") || value.contains("workspace = true");
                if !shared {
                    findings.errors.push(Finding::new(
                        format!("{member}:{}", number + 1),
                        format!("`{key}` has its own version; write `{key}.workspace = true`"),
                    ));
                }
            }
            _ => {}
        }
    }
    if !lints {
        findings.errors.push(Finding::new(member, "add `[lints] workspace = true`"));
    }
    for key in INHERITED {
        if !inherited.iter().any(|found| found == key) {
            let message = format!("add `{key}.workspace = true` to `[package]`");
            findings.errors.push(Finding::new(member, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_without_workspace_inheritance_are_errors() {
        let mut findings = Findings::default();
        let head = "[package]\nversion.workspace = true\nedition.workspace = true\n\
                    license.workspace = true\nrust-version.workspace = true\n";
        let good = format!("{head}[dependencies]\na.workspace = true\n[lints]\nworkspace = true\n");
        check_manifest("good", &good, &mut findings);
        assert!(findings.errors.is_empty(), "{findings:?}");
        check_manifest("bad", &format!("{head}[dependencies]\na = \"1\"\n"), &mut findings);
        let places: Vec<&str> = findings.errors.iter().map(|f| f.place.as_str()).collect();
        assert_eq!(places, ["bad:7", "bad"]);
    }
}
