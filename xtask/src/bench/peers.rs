//! The other SDKs: the Rust crates in a workspace of their own outside the tree, so that its lock file
//! knows nothing of them; the official Python and Node SDKs where they are installed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::workers::{Worker, Workers, executable};
use crate::{Error, at};

const MANIFEST: &str = include_str!("peers/Cargo.toml.txt");
const MAIN: &str = include_str!("peers/main.rs.txt");
const PYTHON: &str = include_str!("peers/sdk.py");
const NODE: &str = include_str!("peers/sdk.cjs");

/// What is changed in the copies, `file`, `from`, `to`: the signers are made public, and the second
/// crate calls the address that it is told instead of its `https` one.
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

/// Adds whoever can be had.
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
            crate::eprint(&format!("the {worker:?} SDK is not installed: left out"));
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
        // One of the crates wants `Debug` of everything that it reads.
        let text =
            read(&root.join(from))?.replace("#[derive(Deserialize", "#[derive(Debug, Deserialize");
        write(&folder.join(file), &text)?;
    }
    write(&folder.join("Cargo.toml"), MANIFEST)?;
    let metadata = cargo(folder, &["metadata", "--format-version", "1"])?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut manifest = format!("{MANIFEST}\n[patch.crates-io]\n");
    for name in ["tencent-sdk", "tencentcloud"] {
        // The second time the copy itself is what cargo finds.
        if !folder.join(name).is_dir() {
            copy(&source(&metadata, name)?, &folder.join(name))?;
            for (file, from, to) in
                CHANGES.iter().filter(|(file, ..)| file.split('/').next() == Some(name))
            {
                let path = folder.join(file);
                let text = read(&path)?;
                if !text.contains(from) {
                    return Err(format!("{name} has changed: no `{from}` in {file}").into());
                }
                write(&path, &text.replace(from, to))?;
            }
        }
        manifest.push_str(&format!("{name} = {{ path = \"{name}\" }}\n"));
    }
    write(&folder.join("Cargo.toml"), &manifest)?;
    let messages = cargo(folder, &["build", "--release", "--message-format", "json"])?;
    executable(&messages, "peers").ok_or_else(|| "the other crates cannot be built".into())
}

/// The folder of a package's source.
fn source(metadata: &serde_json::Value, name: &str) -> Result<PathBuf, Error> {
    let packages = metadata.get("packages").and_then(serde_json::Value::as_array);
    let package = packages.into_iter().flatten().find(|p| p.get("name").is_some_and(|n| n == name));
    let manifest = package.and_then(|package| package.get("manifest_path")?.as_str());
    manifest
        .and_then(|manifest| Path::new(manifest).parent())
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("cargo does not know {name}").into())
}

fn cargo(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output = Command::new("cargo")
        .args(arguments)
        .current_dir(folder)
        .env_remove("CARGO_TARGET_DIR")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if output.status.success() { Ok(output.stdout) } else { Err("cargo failed".into()) }
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
