//! Builds in a separate target folder and measures each rustc.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::rustc::{self, Compiled};
use crate::cargo::artifact;
use crate::error::{Error, at};
use crate::rusage;

/// A target folder, and the wrapper that measures rustc.
pub struct Builder {
    target: PathBuf,
    log: PathBuf,
    wrapper: PathBuf,
}

/// The cost and the artifacts of one build.
pub struct Build {
    /// CPU seconds of all processes that cargo started: rustc, linkers, build scripts and their children.
    pub cpu: f64,
    rustcs: Vec<Compiled>,
    messages: Vec<u8>,
}

impl Builder {
    /// Creates an empty target folder.
    pub fn new(target: PathBuf) -> Result<Self, Error> {
        if target.exists() {
            fs::remove_dir_all(&target).map_err(|error| at(&target, &error))?;
        }
        fs::create_dir_all(&target).map_err(|error| at(&target, &error))?;
        let wrapper = std::env::current_exe()
            .map_err(|error| format!("cannot find this program: {error}"))?;
        Ok(Self { log: target.join("rustc.log"), target, wrapper })
    }

    /// Runs cargo in `folder`. Arguments are separated by spaces.
    pub fn build(&self, folder: &Path, arguments: &str, incremental: bool) -> Result<Build, Error> {
        crate::eprint(&format!("cargo {arguments}"));
        fs::write(&self.log, "").map_err(|error| at(&self.log, &error))?;
        let before = rusage::children_cpu_time()?;
        let output = Command::new("cargo")
            .args(arguments.split(' '))
            .args(["--quiet", "--message-format", "json"])
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" })
            .env("RUSTC_WRAPPER", &self.wrapper)
            .env(rustc::LOG, &self.log)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo {arguments}: failed").into());
        }
        let cpu = (rusage::children_cpu_time()? - before).as_secs_f64();
        let log = fs::read_to_string(&self.log).map_err(|error| at(&self.log, &error))?;
        Ok(Build { cpu, rustcs: rustc::read(&log), messages: output.stdout })
    }

    /// Removes cargo's fingerprint of a package, so that cargo builds it again although nothing changed. The incremental
    /// cache of rustc stays.
    pub fn forget(&self, package: &str) -> Result<(), Error> {
        let package = format!("{package}-");
        for profile in ["debug", "release"] {
            let folder = self.target.join(profile).join(".fingerprint");
            // This profile has not been built yet.
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries {
                let entry = entry.map_err(|error| at(&folder, &error))?;
                if entry.file_name().to_string_lossy().starts_with(&package) {
                    let path = entry.path();
                    fs::remove_dir_all(&path).map_err(|error| at(&path, &error))?;
                }
            }
        }
        Ok(())
    }
}

impl Build {
    /// The cost of the rustc of one crate.
    pub fn of(&self, name: &str) -> Result<&Compiled, Error> {
        let mut named = self.rustcs.iter().filter(|compiled| compiled.name == name);
        match (named.next(), named.next()) {
            (Some(compiled), None) => Ok(compiled),
            (None, _) => Err(format!("cargo did not build {name}").into()),
            (Some(_), Some(_)) => Err(format!("cargo built {name} more than once").into()),
        }
    }

    /// The largest peak memory of one rustc, in bytes.
    pub fn peak(&self) -> f64 {
        self.rustcs.iter().map(|compiled| compiled.peak).fold(0.0, f64::max)
    }

    /// Cargo's message about a crate.
    fn artifact(&self, name: &str) -> Option<Value> {
        artifact(&self.messages, |target, _| target.replace('-', "_") == name)
    }

    /// Size of the crate's `.rlib` in bytes, if there is one.
    pub fn library(&self, name: &str) -> Option<u64> {
        let artifact = self.artifact(name)?;
        let files = artifact.get("filenames")?.as_array()?.iter().filter_map(Value::as_str);
        let library = files.into_iter().find(|file| file.ends_with(".rlib"))?;
        fs::metadata(library).ok().map(|metadata| metadata.len())
    }

    /// The path of a program.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.artifact(name)?.get("executable")?.as_str().map(PathBuf::from)
    }

    /// The version of a crate and the path of its root module.
    pub fn source(&self, name: &str) -> Option<(String, PathBuf)> {
        let artifact = self.artifact(name)?;
        let (_, version) = artifact.get("package_id")?.as_str()?.rsplit_once('@')?;
        let root = artifact.pointer("/target/src_path")?.as_str()?;
        Some((version.to_owned(), PathBuf::from(root)))
    }
}
