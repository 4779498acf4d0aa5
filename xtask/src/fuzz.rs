//! Runs fuzz targets of `tests/fuzz` with libFuzzer, on the stable compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, at};

/// As in `tests/fuzz/src/lib.rs`.
const TARGETS: [&str; 5] = ["dialect", "authentication", "parameters", "responses", "command-log"];

/// How long a target runs, in seconds.
const SECONDS: u64 = 600;

/// The instrumentation that libFuzzer needs to see which code an input reaches, and the checks of a debug build.
const FLAGS: [&str; 9] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Ccodegen-units=1",
];

/// Builds the program, then runs one target, or all of them in turn. Inputs that reach new code stay in `target/fuzz`, so a
/// later run goes on from there.
pub fn run(root: &Path, name: Option<&PathBuf>, seconds: Option<&Path>) -> Result<String, Error> {
    let seconds = match seconds.and_then(Path::to_str) {
        None => SECONDS,
        Some(text) => {
            text.parse().map_err(|_| format!("fuzz: `--seconds {text}` is not a number"))?
        }
    };
    let name = name.and_then(|name| name.to_str()).unwrap_or_default();
    let targets: Vec<&str> = match name {
        "all" => TARGETS.to_vec(),
        name => TARGETS.into_iter().filter(|target| *target == name).collect(),
    };
    if targets.is_empty() {
        let known = TARGETS.join("`, `");
        return Err(format!("fuzz: name a target: `{known}` or `all`").into());
    }
    let folder = root.join("target/fuzz");
    build(root, &folder)?;
    for target in targets {
        fuzz(&folder, target, seconds)?;
    }
    Ok(String::new())
}

/// The triple of this machine. With a triple, cargo does not instrument macros and build scripts.
fn host() -> Result<String, Error> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .map_err(|error| at(Path::new("rustc"), &error))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`rustc -vV` names no host".into())
}

fn build(root: &Path, folder: &Path) -> Result<(), Error> {
    let status = Command::new("cargo")
        .args(["build", "--release", "--package", "cvm-fuzz", "--features", "libfuzzer"])
        .args(["--config", "profile.release.lto=false", "--target", &host()?, "--target-dir"])
        .arg(folder)
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
        .current_dir(root)
        .status()
        .map_err(|error| at(Path::new("cargo"), &error))?;
    match status.success() {
        true => Ok(()),
        false => Err("fuzz: the program could not be built".into()),
    }
}

fn fuzz(folder: &Path, target: &str, seconds: u64) -> Result<(), Error> {
    let place = |kind: &str| folder.join(kind).join(target);
    for folder in [place("seeds"), place("corpus"), place("failures")] {
        fs::create_dir_all(&folder).map_err(|error| at(&folder, &error))?;
    }
    let program = folder.join(host()?).join("release/cvm-fuzz");
    let status = Command::new(&program)
        .args([place("corpus"), place("seeds")])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", place("failures").display()))
        .args(["-max_len=65536", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .env("FUZZ_TARGET", target)
        .env("FUZZ_SEEDS", place("seeds"))
        .status()
        .map_err(|error| at(&program, &error))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!(
            "fuzz: `{target}` failed; the input is in {}. Copy it to tests/fuzz/regressions/{target}, where \
             `cargo test -p cvm-fuzz` runs it.",
            place("failures").display()
        )
        .into()),
    }
}
