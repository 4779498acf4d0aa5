//! Runs `cvm emulator` and calls it.

use std::path::PathBuf;
use std::process::{Child, Command};

use serde_json::Value;
use tempfile::TempDir;

use super::process::{cvm, run, start, until};

/// A launch that the emulator carries out.
pub const LAUNCH: [&str; 5] =
    ["RunInstances", "--Placement.Zone", "ap-guangzhou-3", "--ImageId", "img-pmqg1cw7"];

/// A running `cvm emulator`.
pub struct Emulator {
    pub child: Child,
    pub ready_file: PathBuf,
    pub folder: TempDir,
}

impl Emulator {
    /// Starts an emulator whose operations take no time.
    pub fn start() -> Self {
        Self::with(&["--instant"])
    }

    /// Starts an emulator with these options.
    pub fn with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ready_file = folder.path().join("ready.json");
        let mut command = cvm(&["emulator", "--ready-file", ready_file.to_str().unwrap()]);
        let child = start(command.args(options));
        until("the ready file is there", || ready_file.exists());
        Self { child, ready_file, folder }
    }

    /// `cvm …` for this emulator.
    pub fn cvm(&self, arguments: &[&str]) -> Command {
        let mut command = cvm(arguments);
        command
            .args(["--emulator", self.ready_file.to_str().unwrap()])
            .env("CVM_JOURNAL", self.journal());
        command
    }

    /// The journal of the calls to this emulator.
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// A member of the ready file.
    pub fn ready(&self, member: &str) -> String {
        let text = std::fs::read(&self.ready_file).unwrap();
        let json: Value = serde_json::from_slice(&text).unwrap();
        json[member].as_str().map_or_else(|| json[member].to_string(), str::to_owned)
    }

    /// Calls an action that must succeed, and returns its response.
    pub fn call(&self, arguments: &[&str]) -> Value {
        let ran = run(&mut self.cvm(arguments));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// Creates an instance and returns its id.
    pub fn launch(&self) -> String {
        self.call(&LAUNCH)["InstanceIdSet"][0].as_str().unwrap().to_owned()
    }

    /// The number of instances.
    pub fn instance_count(&self) -> u64 {
        self.call(&["DescribeInstances"])["TotalCount"].as_u64().unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
