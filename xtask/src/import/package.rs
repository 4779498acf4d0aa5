//! Writes a complete crate for an imported service: specs, generated code, manifest, docs.

use std::path::{Component, Path, PathBuf};

use super::Imported;
use crate::codegen::package::{self, FEATURE_DOCS, FEATURES, MODULES, PRELUDE};
use crate::codegen::write::{Mode, Outcome, ensure};
use crate::codegen::{self, Files, schema};
use crate::error::{Error, at};
use crate::spec::model::Api;

/// The name of the crate of a service: the official packages name their modules in the same way.
pub fn name(service: &str, version: &str) -> String {
    format!("{service}-v{}", version.replace('-', ""))
}

/// Writes the crate into a new folder. `sdk` is the root of this workspace.
pub fn write(imported: &Imported, folder: &Path, sdk: &Path, is_member: bool) -> Result<(), Error> {
    if folder.join("Cargo.toml").exists() {
        return Err(format!(
            "{} already contains a crate, and an import would overwrite manual changes\n  \
             help: compare it with `import --check MODEL.json --specs {}/specs/{}`, or name another folder",
            folder.display(),
            folder.display(),
            imported.path(),
        )
        .into());
    }
    let (folder, sdk) = (future(folder)?, future(sdk)?);
    if folder.starts_with(sdk.join("crates")) {
        return Err(format!(
            "{} is among the crates of this workspace; name a folder outside of it",
            folder.display()
        )
        .into());
    }
    let mut files = files(imported)?;
    let alone = !is_member && folder.starts_with(&sdk);
    files.insert("Cargo.toml".to_owned(), manifest(imported, &path_to(&sdk, &folder), alone));
    let shown_as = folder.to_string_lossy();
    ensure(&folder, &shown_as, &files, &[], Mode::Write, &mut Outcome::default())
}

/// All files but the manifest.
fn files(imported: &Imported) -> Result<Files, Error> {
    let specs = format!("specs/{}", imported.path());
    let mut files: Files = imported
        .specs
        .iter()
        .map(|(path, text)| (format!("{specs}/{path}"), text.clone()))
        .collect();
    for (path, text) in schema::schemas()? {
        files.insert(format!("specs/schema/{path}"), text);
    }
    for (path, text) in codegen::generate(&imported.api)? {
        files.insert(format!("src/{path}"), text);
    }
    files.insert("src/lib.rs".to_owned(), library(imported));
    files.insert("src/prelude.rs".to_owned(), PRELUDE.to_owned());
    files.insert("README.md".to_owned(), readme(imported));
    files.insert("REPORT.md".to_owned(), imported.report.markdown());
    Ok(files)
}

fn manifest(imported: &Imported, sdk: &str, alone: bool) -> String {
    let report = &imported.report;
    let (service, version) = (&report.service, &report.version);
    let workspace = if alone { "\n[workspace]\n" } else { "" };
    format!(
        r#"[package]
name = "{name}"
description = "Every action and type of Tencent Cloud {service} {version}, imported from its published API model."
version = "0.1.0"
edition = "2024"
rust-version = "{rust}"
publish = false

[lib]
# Docs come from specs, so no text in them may become a test.
doctest = false

{FEATURES}
[dependencies]
cvm-protocol = {{ path = "{sdk}/crates/cvm-protocol" }}
cvm-transport = {{ path = "{sdk}/crates/cvm-transport", optional = true }}
{workspace}"#,
        name = name(service, version),
        rust = env!("CARGO_PKG_RUST_VERSION"),
    )
}

fn library(imported: &Imported) -> String {
    let report = &imported.report;
    let (service, version) = (&report.service, &report.version);
    let name = name(service, version).replace('-', "_");
    let action = example(&imported.api);
    format!(
        r#"//! Tencent Cloud {service} {version} in Rust: every action and type, imported from the published API model.
//!
//! Names and structure are the service's. Descriptions are generated from them, because the texts of the model belong to
//! somebody else.
//!
//! Each action has a request struct in [`actions`]. The same client sends the actions of all services:
//!
//! ```ignore
//! let response = client.send({name}::actions::{action}::default()).await?;
//! ```
//!
//! [`index`] lists the actions, and [`retry_classes`] says which requests the client retries. Only actions whose names
//! begin like those of read actions are retried after an unknown outcome. Structs have public fields and a `Default`.
//! A new field is a minor change, so write `..Default::default()`.
//!
{FEATURE_DOCS}
{MODULES}"#
    )
}

fn readme(imported: &Imported) -> String {
    let report = &imported.report;
    let (service, version) = (&report.service, &report.version);
    let package = name(service, version);
    let path = imported.path();
    let action = example(&imported.api);
    format!(
        r#"# {service} {version}

Every action and type of Tencent Cloud {service} {version} in Rust: {actions} actions, {types} types. `cargo xtask import` wrote
this crate from the service's published API model. [REPORT.md](REPORT.md) lists what was inferred and what was skipped.

## Use it

```toml
[dependencies]
{service} = {{ package = "{package}", path = "…" }}
```

```rust
use {service}::{{actions::{action}, Client}};

let client = Client::from_env().await?; // the same client sends the actions of all services
let response = client.send({action}::default()).await?;
```

The features `blocking` and `test-util` add a client without async, and mocked clients for tests.

## What was inferred

- **Retries.** Actions whose names begin with `Describe`, `List`, `Query`, `Search`, `Inquiry`, `Inquire` or, with exceptions,
  `Get` count as reads. All others have the class `hazard`: once such a request may have been sent, the client does not retry it.
- **Pages.** `client.items(…)` works for lists whose members prove how their pages are read.
- **Secrets.** Members such as passwords, keys and tokens are `Sensitive`. They are recognized by their names.
- **Error codes.** Models list none. The crate has the codes that the gateway returns for every service.

## Change it

The specs are yours: correct a guess in `specs/{path}`, then run in the workspace of the SDK

```sh
cargo xtask lint --specs DIR/specs/{path}
cargo xtask codegen --specs DIR/specs/{path} --out DIR/src
cargo xtask import --check NEW_API.json --specs DIR/specs/{path}   # compares the specs with a newer model
```
"#,
        actions = report.actions,
        types = report.types,
    )
}

/// The action of the examples.
fn example(api: &Api) -> &str {
    package::example(api).map_or("Action", |action| action.rust.type_.as_str())
}

/// The absolute path without links of a folder that may not exist yet.
fn future(path: &Path) -> Result<PathBuf, Error> {
    let path = std::path::absolute(path).map_err(|error| at(path, &error))?;
    let existing = path.ancestors().find(|parent| parent.exists()).unwrap_or(&path);
    let rest = path.strip_prefix(existing).unwrap_or(&path);
    let existing = existing.canonicalize().map_err(|error| at(existing, &error))?;
    Ok(if rest.as_os_str().is_empty() { existing } else { existing.join(rest) })
}

/// The path from one folder to another, with slashes. It is absolute if they have only the root in common.
fn path_to(target: &Path, from: &Path) -> String {
    let (to, base): (Vec<_>, Vec<_>) = (target.components().collect(), from.components().collect());
    let shared = to.iter().zip(&base).take_while(|(one, other)| one == other).count();
    let is_root = |part: &Component<'_>| matches!(part, Component::Prefix(_) | Component::RootDir);
    if to.iter().take(shared).all(is_root) {
        return target.to_string_lossy().replace('\\', "/");
    }
    let up = base.iter().skip(shared).map(|_| "..".to_owned());
    let down = to.iter().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn path_is_relative_if_folders_share_a_parent() {
        let path = |target: &str, from: &str| path_to(Path::new(target), Path::new(from));
        assert_eq!(path("/a/me/sdk", "/a/me/app/vpc"), "../../sdk");
        assert_eq!(path("/a/sdk", "/a/sdk/target/x"), "../..");
        assert_eq!(path("/b/sdk", "/a/vpc"), "/b/sdk");
    }

    #[test]
    fn crate_is_named_like_the_module_of_the_official_packages() {
        assert_eq!(name("vpc", "2017-03-12"), "vpc-v20170312");
    }
}
