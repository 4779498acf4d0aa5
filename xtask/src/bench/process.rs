//! Whole programs, from start to end: CPU time, time on the wall and memory of one run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::workers::{Worker, Workers, executable};
use crate::{Error, rusage};

/// The kernel's account is kept in hundredths of a second: a turn is long beside that.
const MIN_TIME: Duration = Duration::from_millis(600);

/// What is measured of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Nanoseconds, those of the programs that it waits for among them.
    Cpu,
    /// Nanoseconds on the wall.
    Wall,
    /// Bytes, the most that it held.
    Peak,
}

/// Adds our programs, and what they are compared with. Each is built alone, as a user would: two at once
/// would share what either asks of their dependencies.
pub fn add(root: &Path, workers: &mut Workers) -> Result<(), Error> {
    let codegen = ["codegen", "--check"];
    let cvm = build(root, "cvm-cli", "cvm", "--release")?;
    workers.add(Worker::Cvm, command(cvm, &["--version"]));
    workers.add(Worker::Nothing, command("true", &[]));
    let xtask = build(root, "xtask", "xtask", "--release")?;
    workers.add(Worker::Optimized, command(xtask, &codegen));
    let xtask = build(root, "xtask", "xtask", "--profile=dev")?;
    workers.add(Worker::Xtask, command(xtask, &codegen));
    Ok(())
}

/// Adds the official command line, if it is installed.
pub fn add_peer(workers: &mut Workers) {
    let probe =
        Command::new("tccli").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if probe.is_ok_and(|status| status.success()) {
        workers.add(Worker::Tccli, command("tccli", &["--version"]));
    } else {
        crate::eprint("tccli is not installed: left out");
    }
}

fn command(program: impl Into<OsString>, arguments: &[&str]) -> Vec<OsString> {
    let arguments = arguments.iter().map(OsString::from);
    std::iter::once(program.into()).chain(arguments).collect()
}

fn build(root: &Path, package: &str, name: &str, profile: &str) -> Result<PathBuf, Error> {
    let output = Command::new("cargo")
        .args(["build", "--quiet", "--package", package, profile, "--message-format", "json"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    executable(&output.stdout, name).ok_or_else(|| format!("{package} cannot be built").into())
}

/// One figure, in one turn.
pub fn measure(command: &[OsString], of: Metric) -> Result<f64, Error> {
    if of == Metric::Peak {
        return rusage::peak(command);
    }
    let (began, before, mut count) = (Instant::now(), rusage::by_children()?, 0_u32);
    while began.elapsed() < MIN_TIME {
        run(command)?;
        count += 1;
    }
    let took = match of {
        Metric::Wall => began.elapsed(),
        _ => rusage::by_children()? - before,
    };
    Ok(took.as_secs_f64() * 1e9 / f64::from(count))
}

fn run(command: &[OsString]) -> Result<(), Error> {
    let (program, arguments) = command.split_first().ok_or("there is no program to start")?;
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", program.display()).into()) }
}
