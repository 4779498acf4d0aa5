//! The programs that are measured as a whole: our own, and what they are compared with.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::case::Worker;
use super::workers::Workers;
use crate::cargo;
use crate::error::Error;

/// Adds our programs and a program that does nothing. Each is built alone, as a user would build it: a common build would
/// unify the features of their dependencies.
pub fn add(root: &Path, workers: &mut Workers) -> Result<(), Error> {
    let specs = root.join("specs/cvm/2017-03-12").to_string_lossy().into_owned();
    let models = root.join("crates/cvm-models/src").to_string_lossy().into_owned();
    let codegen = ["codegen", "--check", "--specs", &specs, "--out", &models];
    let build = |package: &str, name: &str, profile: &str| -> Result<PathBuf, Error> {
        cargo::build(root, &format!("build --quiet --package {package} {profile}"), name)
    };
    workers.add(Worker::Cvm, command(build("cvm-cli", "cvm", "--release")?, &["--version"]));
    workers.add(Worker::Nothing, command("true", &[]));
    workers.add(Worker::Optimized, command(build("xtask", "xtask", "--release")?, &codegen));
    workers.add(Worker::Xtask, command(build("xtask", "xtask", "--profile=dev")?, &codegen));
    Ok(())
}

/// Adds the official command line, if it is installed.
pub fn add_peer(workers: &mut Workers) {
    let mut tccli = Command::new("tccli");
    let status = tccli.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) {
        workers.add(Worker::Tccli, command("tccli", &["--version"]));
    } else {
        crate::eprint("tccli is not installed: skipping it");
    }
}

fn command(program: impl Into<OsString>, arguments: &[&str]) -> Vec<OsString> {
    let arguments = arguments.iter().map(OsString::from);
    std::iter::once(program.into()).chain(arguments).collect()
}
