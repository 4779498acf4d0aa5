//! `cargo xtask build-cost`: measures what it costs to build the models, alone and in programs that use them.
//!
//! Everything is built from scratch below `target/build-cost`. For a single crate, only its own rustc counts, and it is built
//! several times; whole dependency trees and programs are built once.

mod cargo;
mod elf;
mod models;
mod programs;
pub mod rustc;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, at};
use crate::figures::median;
use crate::{machine, rusage};
use cargo::{Build, Builder};
use models::Models;
use table::Row;

const MODELS: &str = "cvm-models";

/// Goals for the CPU milliseconds per action.
const CHECK_GOAL: f64 = 16.0;
const DEBUG_GOAL: f64 = 24.0;

/// Goal for the number of crates that the client needs.
const CRATES_GOAL: usize = 100;

/// Options of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Check the AWS SDK for EC2 too.
    pub peers: bool,
    /// Build it as well, which takes minutes and more than 8 GB.
    pub peers_debug: bool,
    /// How often each crate is built.
    pub rounds: usize,
}

/// A way to build the models.
struct Way {
    what: &'static str,
    arguments: &'static str,
    incremental: bool,
    goal: Option<f64>,
}

const fn way(what: &'static str, arguments: &'static str, goal: Option<f64>) -> Way {
    Way { what, arguments, incremental: false, goal }
}

/// With the types alone, then with the client.
const TYPES: [Way; 5] = [
    way("check", "check --no-default-features", Some(CHECK_GOAL)),
    way("check with `docs`", "check --no-default-features --features docs", None),
    Way {
        incremental: true,
        ..way("check again, incremental", "check --no-default-features", None)
    },
    way("debug", "build --no-default-features", Some(DEBUG_GOAL)),
    way("release", "build --no-default-features --release", None),
];
const CLIENT: [Way; 3] = [
    way("check, with the client", "check", Some(CHECK_GOAL)),
    way("debug, with the client", "build", Some(DEBUG_GOAL)),
    way("release, with the client", "build --release", None),
];

/// Builds, and returns the table.
pub fn run(root: &Path, options: Options) -> Result<String, Error> {
    if !rusage::can_measure_memory() {
        return Err("build-cost needs Linux and GNU time (the package `time`)".into());
    }
    let models = Models::read(&root.join("crates/cvm-models/src/generated"))?;
    let folder = root.join("target/build-cost");
    let job = |target| -> Result<Job<'_>, Error> {
        let builder = Builder::new(folder.join(target))?;
        Ok(Job { root, builder, models: &models, rounds: options.rounds })
    };
    // Separate target folders: the build of a whole tree must not find crates that are already built.
    let (types, client) = (job("types")?, job("client")?);
    let mut rows = Vec::new();
    let mut trees = Vec::new();
    let mut crates = Vec::new();
    for (job, with, features, ways) in [
        (&types, "the types alone", " --no-default-features", &TYPES[..]),
        (&client, "the client", "", &CLIENT),
    ] {
        let count = tree(root, features)?;
        crates.push(format!("{count} crates with {with}"));
        for (profile, option) in [("debug", ""), ("release", " --release")] {
            let build = job.build(&format!("build{features}{option}"), false)?;
            let what = format!("all {count} crates, {with}, {profile}");
            let peak = Some(build.peak());
            trees.push(Row { what, cpu: build.cpu, peak, ..Row::default() });
        }
        for way in ways {
            rows.push(job.in_rounds(way)?);
        }
    }
    rows.extend(trees);
    rows.extend(client.programs(&folder)?);
    if options.peers || options.peers_debug {
        rows.extend(job("aws")?.aws(&folder, options.peers_debug)?);
    }
    Ok(format!(
        "{}\n{}; {} (goal: {CRATES_GOAL}).\nCrates alone: medians of {} rounds; trees and \
         programs (release with thin LTO): once. {}\n",
        table::markdown(&rows),
        models.describe(),
        crates.join(", "),
        options.rounds,
        machine::describe()
    ))
}

/// Common to all rows.
struct Job<'a> {
    root: &'a Path,
    builder: Builder,
    models: &'a Models,
    rounds: usize,
}

impl Job<'_> {
    fn build(&self, arguments: &str, incremental: bool) -> Result<Build, Error> {
        self.builder.build(self.root, &format!("{arguments} --package {MODELS}"), incremental)
    }

    fn per_action(&self, cpu: f64) -> f64 {
        cpu * 1e3 / self.models.actions.len() as f64
    }

    /// The models alone.
    fn in_rounds(&self, way: &Way) -> Result<Row, Error> {
        // The first build is not counted: it builds the dependencies and fills the incremental cache.
        let mut build = self.build(way.arguments, way.incremental)?;
        let (mut cpu, mut peak) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            self.builder.forget(MODELS)?;
            build = self.build(way.arguments, way.incremental)?;
            let compiled = build.of("cvm_models")?;
            cpu.push(compiled.cpu);
            peak.push(compiled.peak);
        }
        let cpu = median(cpu.into_iter());
        Ok(Row {
            what: way.what.to_owned(),
            cpu,
            per_action: Some(self.per_action(cpu)),
            goal: way.goal,
            peak: Some(median(peak.into_iter())),
            library: build.library("cvm_models"),
            text: None,
        })
    }

    /// Programs that use the models: the rustc of the program itself, including the linker.
    fn programs(&self, folder: &Path) -> Result<Vec<Row>, Error> {
        let every = &self.models.actions;
        let folder = programs::ours(self.root, folder, every)?;
        let counts = [0, programs::FEW.len(), every.len()];
        let mut rows: Vec<Row> = Vec::new();
        for (name, count) in programs::PROGRAMS.into_iter().zip(counts) {
            let build =
                self.builder.build(&folder, &format!("build --release --bin {name}"), false)?;
            let compiled = build.of(name)?;
            let program = build.program(name).map(|path| text_size(&path)).transpose()?;
            let what = match count {
                0 => "program, the client alone".to_owned(),
                _ => format!("program, {count} actions"),
            };
            // With few actions, the difference per action is lost in the noise.
            let alone = rows.first().filter(|_| count == every.len());
            let per_action = alone.map(|alone| self.per_action(compiled.cpu - alone.cpu));
            rows.push(Row {
                what,
                cpu: compiled.cpu,
                per_action,
                peak: Some(compiled.peak),
                text: program.flatten(),
                ..Row::default()
            });
        }
        Ok(rows)
    }

    /// The AWS SDK for EC2, the crate alone.
    fn aws(&self, folder: &Path, debug: bool) -> Result<Vec<Row>, Error> {
        const NAME: &str = "aws_sdk_ec2";
        let folder = programs::aws(folder)?;
        let mut rows = Vec::new();
        let debug = debug.then_some(("debug", "build"));
        for (what, arguments) in [("check", "check")].into_iter().chain(debug) {
            let build = self.builder.build(&folder, arguments, false)?;
            let compiled = build.of(NAME)?;
            let (version, root) = build
                .source(NAME)
                .ok_or_else(|| format!("cargo reported no artifact of {NAME}"))?;
            let operations = operations(&root)?;
            rows.push(Row {
                what: format!("**aws-sdk-ec2 {version}**, {what}, {operations} operations"),
                cpu: compiled.cpu,
                per_action: Some(compiled.cpu * 1e3 / operations as f64),
                peak: Some(compiled.peak),
                library: build.library(NAME),
                ..Row::default()
            });
        }
        Ok(rows)
    }
}

/// How many operations the AWS SDK has: one file each, in a folder beside the root module.
fn operations(root: &Path) -> Result<usize, Error> {
    let folder = root.with_file_name("operation");
    let entries = fs::read_dir(&folder).map_err(|error| at(&folder, &error))?;
    let files = entries.filter_map(Result::ok).map(|entry| entry.path());
    Ok(files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).count())
}

fn text_size(path: &PathBuf) -> Result<Option<u64>, Error> {
    Ok(elf::text_size(&fs::read(path).map_err(|error| at(path, &error))?))
}

/// How many crates a program that depends on the models compiles.
fn tree(root: &Path, features: &str) -> Result<usize, Error> {
    let arguments = format!("tree --package {MODELS} --edges normal --prefix none{features}");
    let output = Command::new("cargo")
        .args(arguments.split(' '))
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    match String::from_utf8_lossy(&output.stdout) {
        text if output.status.success() => Ok(count_crates(&text)),
        _ => Err(format!("cargo {arguments}: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// Counts each version of a crate once.
fn count_crates(tree: &str) -> usize {
    let crates = tree.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>());
    crates.filter(|name| name.len() == 2).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_of_a_crate_counts_once() {
        let tree = "cvm-models v0.1.0 (/a/b)\ngetrandom v0.2.17\ncfg-if v1.0.4\ngetrandom v0.4.3\n\
                    cfg-if v1.0.4 (*)\n\n";
        assert_eq!(count_crates(tree), 4);
    }
}
