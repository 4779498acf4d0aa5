//! The programs that measure: built once, started for each turn.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Case, process};
use crate::Error;

/// Who measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worker {
    /// The bench of this workspace.
    Own,
    /// The other Rust crates.
    Rust,
    /// The official Python SDK.
    Python,
    /// The official Node SDK.
    Node,
    /// `cvm --version`.
    Cvm,
    /// `tccli --version`, the official command line.
    Tccli,
    /// A program that does nothing.
    Nothing,
    /// `cargo xtask codegen --check`.
    Xtask,
    /// The same, built with `--release`.
    Optimized,
}

/// The programs that are here, and the servers that they call.
pub struct Workers {
    programs: Vec<(Worker, Vec<OsString>)>,
    server: Child,
    addresses: Vec<(String, String)>,
}

/// Builds the bench and returns its program.
pub fn build(root: &Path) -> Result<PathBuf, Error> {
    let arguments = "bench --package cvm-tests --bench rounds --no-run --message-format json";
    let output = Command::new("cargo")
        .args(arguments.split(' '))
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    executable(&output.stdout, "rounds").ok_or_else(|| "the bench `rounds` cannot be built".into())
}

/// The program called `name` among what cargo says it built.
pub fn executable(messages: &[u8], name: &str) -> Option<PathBuf> {
    let artifact = artifact(messages, |target, message| {
        target == name && message.get("executable").is_some_and(Value::is_string)
    })?;
    artifact.get("executable")?.as_str().map(PathBuf::from)
}

/// What cargo says of the first target that this is true of.
pub fn artifact(messages: &[u8], is_it: impl Fn(&str, &Value) -> bool) -> Option<Value> {
    String::from_utf8_lossy(messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.get("reason").is_some_and(|reason| reason == "compiler-artifact"))
        .find(|message| {
            let target = message.pointer("/target/name").and_then(Value::as_str);
            target.is_some_and(|target| is_it(target, message))
        })
}

impl Workers {
    /// Starts the servers of the bench.
    pub fn start(own: PathBuf) -> Result<Self, Error> {
        let mut server = on_one_core(own.as_os_str())
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", own.display()))?;
        let lines = server.stdout.take().map(|output| BufReader::new(output).lines().take(2));
        let addresses = lines
            .into_iter()
            .flatten()
            .filter_map(|line| {
                line.ok()?.split_once(' ').map(|(n, a)| (n.to_owned(), a.to_owned()))
            })
            .collect();
        Ok(Self { programs: vec![(Worker::Own, vec![own.into()])], server, addresses })
    }

    /// Adds a program, with the arguments that come before all others.
    pub fn add(&mut self, worker: Worker, command: Vec<OsString>) {
        self.programs.push((worker, command));
    }

    /// Whether this one is here.
    pub fn has(&self, worker: Worker) -> bool {
        self.programs.iter().any(|(known, _)| *known == worker)
    }

    /// Nanoseconds an operation, in one turn; bytes where that is what is asked.
    pub fn measure(&self, case: &Case, milliseconds: u32) -> Result<f64, Error> {
        if let Some(of) = case.of {
            return process::measure(self.program(case.worker)?, of);
        }
        let mut command = self.command(case.worker)?;
        // Whoever calls nobody takes any address.
        let address = self.addresses.iter().find(|(name, _)| name == case.server);
        let address = address.or(self.addresses.first()).map_or("", |(_, address)| address);
        let output = command
            .args([case.name, &milliseconds.to_string(), address])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("{}: {error}", case.name))?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().map_err(|_| format!("{}: no figure came", case.name).into())
    }

    fn command(&self, worker: Worker) -> Result<Command, Error> {
        let (program, arguments) = self.program(worker)?.split_first().ok_or("no program")?;
        let mut command = on_one_core(program);
        command.args(arguments);
        Ok(command)
    }

    fn program(&self, worker: Worker) -> Result<&[OsString], Error> {
        let known = self.programs.iter().find(|(known, _)| *known == worker);
        let command = known.map(|(_, command)| command.as_slice());
        command.ok_or_else(|| format!("{worker:?} is not here").into())
    }
}

/// Runs everything on one core, where that can be asked for: a client that has to wake a server on
/// another core pays more than twice as much, and never the same.
fn on_one_core(program: &OsStr) -> Command {
    let asks = Command::new("taskset").args(["-c", "0", "true"]).stderr(Stdio::null()).status();
    if asks.is_ok_and(|status| status.success()) {
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // It ends when its input does; this makes sure.
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}
