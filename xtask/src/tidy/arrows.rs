//! Dependencies between crates: compares the arrows of ARCHITECTURE.md with `cargo metadata`.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::{Finding, Findings};
use crate::error::Error;

/// Each crate and the crates that it may use, also as development dependencies. Tests that need a crate further up belong
/// into `cvm-tests`.
const ARROWS: [(&str, &[&str]); 16] = [
    ("cvm-signer", &[]),
    ("cvm-protocol", &[]),
    ("cvm-transport", &["cvm-signer", "cvm-protocol"]),
    ("cvm-models", &["cvm-protocol", "cvm-transport"]),
    ("api-models", &["cvm-protocol", "cvm-transport"]),
    ("cbs-models", &["cvm-protocol", "cvm-transport"]),
    ("sts-models", &["cvm-protocol", "cvm-transport"]),
    ("tag-models", &["cvm-protocol", "cvm-transport"]),
    ("vpc-models", &["cvm-protocol", "cvm-transport"]),
    (
        "cvm-simulator",
        &[
            "api-models",
            "cbs-models",
            "cvm-models",
            "cvm-protocol",
            "cvm-signer",
            "sts-models",
            "tag-models",
            "vpc-models",
        ],
    ),
    ("cvm-emulator", &["cvm-models", "cvm-protocol", "cvm-signer", "cvm-simulator"]),
    ("cvm-cli", &["cvm-emulator", "cvm-models", "cvm-protocol", "cvm-transport"]),
    ("xtask", &["cvm-protocol", "cvm-signer"]),
    ("cvm-bench", &["cvm-signer"]),
    (
        "cvm-fuzz",
        &[
            "api-models",
            "cbs-models",
            "cvm-emulator",
            "cvm-models",
            "cvm-protocol",
            "cvm-signer",
            "sts-models",
            "tag-models",
            "vpc-models",
        ],
    ),
    (
        "cvm-tests",
        &[
            "api-models",
            "cbs-models",
            "cvm-cli",
            "cvm-emulator",
            "cvm-models",
            "cvm-protocol",
            "cvm-signer",
            "cvm-transport",
            "sts-models",
            "tag-models",
            "vpc-models",
        ],
    ),
];

/// Crates that a layer must never use.
const FORBIDDEN: [(&str, &[&str]); 3] = [
    ("cvm-signer", &["serde", "http", "tokio", "reqwest", "tracing", "log"]),
    ("cvm-protocol", &["http", "tokio", "reqwest", "tracing", "hyper"]),
    ("cvm-simulator", &["http", "tokio", "hyper", "axum", "getrandom", "tracing"]),
];

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<String>,
    uses_default_features: bool,
    features: Vec<String>,
}

pub fn check(root: &Path, findings: &mut Findings) -> Result<(), Error> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run cargo metadata: {error}"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("cargo metadata failed: {message}").into());
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo metadata: {error}"))?;
    check_metadata(&metadata, findings);
    Ok(())
}

fn check_metadata(metadata: &Metadata, findings: &mut Findings) {
    for package in &metadata.packages {
        let place = format!("crate {}", package.name);
        let Some((_, below)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            let message = "this crate is missing in the table of dependencies; add it to xtask/src/tidy/arrows.rs and ARCHITECTURE.md";
            findings.errors.push(Finding::new(place, message));
            continue;
        };
        let forbidden = FORBIDDEN.iter().find(|(name, _)| *name == package.name);
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let development = dependency.kind.as_deref() == Some("dev");
            if dependency.path.is_some() && !below.contains(&name) && name != package.name {
                let kind = if development { "has a development dependency" } else { "depends" };
                let message = format!("{kind} on {name}, which is not below it in ARCHITECTURE.md");
                findings.errors.push(Finding::new(&place, message));
            }
            if !development && forbidden.is_some_and(|(_, names)| names.contains(&name)) {
                let message = format!("depends on {name}, which this layer must not use");
                findings.errors.push(Finding::new(&place, message));
            }
            let client = dependency.uses_default_features
                || dependency.features.iter().any(|feature| feature == "client");
            if matches!(package.name.as_str(), "cvm-emulator" | "cvm-simulator")
                && name.ends_with("-models")
                && client
            {
                let message = format!(
                    "uses {name} with the feature `client`; turn it off with `default-features = false`"
                );
                findings.errors.push(Finding::new(&place, message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(json: &str) -> Vec<String> {
        let metadata: Metadata = serde_json::from_str(json).unwrap();
        let mut findings = Findings::default();
        check_metadata(&metadata, &mut findings);
        findings.errors.into_iter().map(|f| format!("{}: {}", f.place, f.message)).collect()
    }

    fn package(name: &str, dependency: &str, kind: &str) -> String {
        format!(
            r#"{{"packages": [{{"name": "{name}", "dependencies": [{{"name": "{dependency}",
            "kind": {kind}, "path": "p", "uses_default_features": true, "features": []}}]}}]}}"#
        )
    }

    #[test]
    fn upward_dependencies_of_any_kind_are_errors() {
        assert_eq!(
            messages(&package("cvm-protocol", "cvm-models", "null")),
            ["crate cvm-protocol: depends on cvm-models, which is not below it in ARCHITECTURE.md"]
        );
        assert_eq!(
            messages(&package("cvm-transport", "cvm-emulator", "\"dev\"")),
            [
                "crate cvm-transport: has a development dependency on cvm-emulator, which is not below it in ARCHITECTURE.md"
            ]
        );
        assert!(messages(&package("cvm-transport", "cvm-signer", "null")).is_empty());
        assert_eq!(messages(&package("cvm-emulator", "cvm-models", "null")).len(), 1, "the client");
        assert_eq!(messages(&package("cvm-simulator", "tag-models", "null")).len(), 1, "as well");
        assert_eq!(
            messages(&package("tag-models", "cvm-models", "null")).len(),
            1,
            "another service"
        );
        assert_eq!(messages(&package("newcomer", "cvm-signer", "null")).len(), 1);
    }
}
