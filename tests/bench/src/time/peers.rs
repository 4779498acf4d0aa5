//! The other SDKs. The Rust crates are built in a workspace outside the tree, so that our lock file does not contain them;
//! the official Python and Node SDKs are measured if they are installed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::case::Worker;
use super::workers::Workers;
use crate::cargo;
use crate::error::{Error, at};

const MANIFEST: &str = include_str!("peers/Cargo.toml.txt");
const MAIN: &str = include_str!("peers/main.rs.txt");
const PYTHON: &str = include_str!("peers/sdk.py");
const NODE: &str = include_str!("peers/sdk.cjs");

/// Changes to the copied sources, as file, old text and new text: the signers become public, and the second crate calls a
/// given address instead of its `https` address.
const CHANGES: [(&str, &str, &str); 5] = [
    ("tencent-sdk/src/lib.rs", "mod signing;", "pub mod signing;"),
    ("tencent-sdk/src/signing.rs", "pub(crate)", "pub"),
    ("tencentcloud/src/lib.rs", "mod tc3_hmac;", "pub mod tc3_hmac;"),
    (
        "tencentcloud/src/lib.rs",
        "pub mod api;",
        "pub static PEER_ADDRESS: std::sync::OnceLock<String> = std::sync::OnceLock::new();\npub mod api;",
    ),
    (
        "tencentcloud/src/client.rs",
        "format!(\"https://{}\", A::HOST)",
        "crate::PEER_ADDRESS.get().unwrap().as_str()",
    ),
];

/// Adds all that are available.
pub fn add(root: &Path, workers: &mut Workers) -> Result<(), Error> {
    let folder = std::env::temp_dir().join("cvm-bench-peers");
    write(&folder.join("src/main.rs"), MAIN)?;
    write(&folder.join("sdk.py"), PYTHON)?;
    write(&folder.join("sdk.cjs"), NODE)?;
    workers.add(Worker::Rust, vec![rust(root, &folder)?.into()]);
    let foreign = [
        (Worker::Python, "python3", "sdk.py", ["-c", "import tencentcloud.cvm"]),
        (Worker::Node, "node", "sdk.cjs", ["-e", "require('tencentcloud-sdk-nodejs-cvm')"]),
    ];
    for (worker, program, script, probe) in foreign {
        let probe = Command::new(program).args(probe).stderr(Stdio::null()).status();
        if probe.is_ok_and(|status| status.success()) {
            workers.add(worker, vec![program.into(), folder.join(script).into()]);
        } else {
            crate::eprint(&format!("the {worker:?} SDK is not installed: skipping it"));
        }
    }
    Ok(())
}

/// Builds the other Rust crates.
fn rust(root: &Path, folder: &Path) -> Result<PathBuf, Error> {
    for (file, from) in [
        ("src/cpu.rs", "tests/benches/rounds/cpu.rs"),
        ("src/derived.rs", "crates/cvm-models/benches/support/derived.rs"),
    ] {
        // One of the crates requires `Debug` for response types.
        let text =
            read(&root.join(from))?.replace("#[derive(Deserialize", "#[derive(Debug, Deserialize");
        write(&folder.join(file), &text)?;
    }
    write(&folder.join("Cargo.toml"), MANIFEST)?;
    let metadata = cargo::run(folder, "metadata --format-version 1")?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut manifest = format!("{MANIFEST}\n[patch.crates-io]\n");
    for name in ["tencent-sdk", "tencentcloud"] {
        // From the second run on, cargo's metadata names the copy itself.
        if !folder.join(name).is_dir() {
            copy(&source(&metadata, name)?, &folder.join(name))?;
            for (file, from, to) in
                CHANGES.iter().filter(|(file, ..)| file.split('/').next() == Some(name))
            {
                let path = folder.join(file);
                let text = read(&path)?;
                if !text.contains(from) {
                    return Err(
                        format!("cannot patch {name}: {file} does not contain `{from}`").into()
                    );
                }
                write(&path, &text.replace(from, to))?;
            }
        }
        manifest.push_str(&format!("{name} = {{ path = \"{name}\" }}\n"));
    }
    write(&folder.join("Cargo.toml"), &manifest)?;
    cargo::build(folder, "build --release", "peers")
}

/// The folder of a package's source.
fn source(metadata: &serde_json::Value, name: &str) -> Result<PathBuf, Error> {
    let packages = metadata.get("packages").and_then(serde_json::Value::as_array);
    let package = packages.into_iter().flatten().find(|p| p.get("name").is_some_and(|n| n == name));
    let manifest = package.and_then(|package| package.get("manifest_path")?.as_str());
    manifest
        .and_then(|manifest| Path::new(manifest).parent())
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("cargo metadata does not list the package {name}").into())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(|error| at(to, &error))?;
    for entry in fs::read_dir(from).map_err(|error| at(from, &error))? {
        let path = entry.map_err(|error| at(from, &error))?.path();
        let target = to.join(path.file_name().map(OsString::from).unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|error| at(&path, &error))?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| at(path, &error))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    }
    fs::write(path, text).map_err(|error| at(path, &error))
}
