//! Runs every check that a change must pass, the cheapest first.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::error::Error;

/// A step: its name and the arguments of cargo.
struct Step {
    name: &'static str,
    arguments: Vec<String>,
    /// Treats rustdoc warnings as errors.
    strict_docs: bool,
}

/// Runs every step. Stops at the first failure and returns the command that repeats it.
pub fn run(root: &Path, skip_tests: bool) -> Result<String, Error> {
    let begin = Instant::now();
    for step in steps(skip_tests) {
        let command = format!("cargo {}", step.arguments.join(" "));
        let command = if step.strict_docs {
            format!("RUSTDOCFLAGS=\"-D warnings\" {command}")
        } else {
            command
        };
        say(&format!("{:<14} {command}\n", step.name))?;
        let start = Instant::now();
        let mut cargo = Command::new("cargo");
        cargo.args(&step.arguments).current_dir(root);
        if step.strict_docs {
            cargo.env("RUSTDOCFLAGS", "-D warnings");
        }
        let status = cargo.status().map_err(|error| format!("{command}: {error}"))?;
        let seconds = start.elapsed().as_secs_f64();
        if !status.success() {
            let name = step.name;
            return Err(
                format!("{name} failed after {seconds:.1} s; repeat it with\n  {command}").into()
            );
        }
        say(&format!("{:<14} {seconds:.1} s\n", step.name))?;
    }
    Ok(format!("all of it passed in {:.1} s\n", begin.elapsed().as_secs_f64()))
}

fn steps(skip_tests: bool) -> Vec<Step> {
    let step = |name, arguments: &str| Step {
        name,
        arguments: arguments.split(' ').map(str::to_owned).collect(),
        strict_docs: false,
    };
    let mut steps = vec![
        step("fmt", "fmt --all --check"),
        step("codegen", "xtask codegen --check"),
        step("fmt-specs", "xtask fmt-specs --check"),
        step("lint", "xtask lint"),
        step("tidy", "xtask tidy"),
        step("clippy", "clippy --workspace --all-targets --quiet -- -D warnings"),
    ];
    if !skip_tests {
        steps.push(step("tests", "test --workspace --lib --bins --tests --examples --quiet"));
        steps.push(step("doc tests", "test --workspace --doc --quiet"));
    }
    let mut docs = step("docs", "doc --workspace --no-deps --quiet");
    docs.strict_docs = true;
    steps.push(docs);
    if let Some(target) = bare_metal_target() {
        steps.push(step(
            "bare metal",
            &format!("build --package cvm-signer --target {target} --quiet"),
        ));
    }
    steps
}

/// An installed target without an operating system. If there is none, only `tidy` checks that the signer builds without `std`.
fn bare_metal_target() -> Option<String> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
    let sysroot = String::from_utf8(output.stdout).ok()?;
    let folder = Path::new(sysroot.trim()).join("lib/rustlib");
    // Only a folder with libraries is a target; manifests beside it have the same name.
    let mut targets: Vec<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("lib").is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.contains("-none"))
        .collect();
    targets.sort();
    targets.into_iter().next()
}

/// Flushes, so that the name of a step is printed before its output.
fn say(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| format!("stdout: {error}").into())
}
