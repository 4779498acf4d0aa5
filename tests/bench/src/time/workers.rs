//! The programs that measure, and the servers that they call.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::case::{Case, Worker};
use super::process;
use crate::error::Error;

/// The available programs, and the addresses of the servers.
pub struct Workers {
    programs: Vec<(Worker, Vec<OsString>)>,
    server: Child,
    addresses: Vec<(String, String)>,
}

impl Workers {
    /// Starts the servers of our benchmark.
    pub fn start(own: PathBuf) -> Result<Self, Error> {
        let mut server = on_one_core(own.as_os_str())
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run {}: {error}", own.display()))?;
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

    /// Adds a program with its first arguments.
    pub fn add(&mut self, worker: Worker, command: Vec<OsString>) {
        self.programs.push((worker, command));
    }

    /// Whether this program is available.
    pub fn has(&self, worker: Worker) -> bool {
        self.programs.iter().any(|(known, _)| *known == worker)
    }

    /// Measures a case once: nanoseconds per operation, or bytes of memory.
    pub fn measure(&self, case: &Case, milliseconds: u32) -> Result<f64, Error> {
        if let Some(metric) = case.metric {
            return process::measure(self.program(case.worker)?, metric);
        }
        let mut command = self.command(case.worker)?;
        // An operation that calls no server ignores the address.
        let address = self.addresses.iter().find(|(name, _)| name == case.server);
        let address = address.or(self.addresses.first()).map_or("", |(_, address)| address);
        let output = command
            .args([case.name, &milliseconds.to_string(), address])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cannot run the case {}: {error}", case.name))?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().map_err(|_| format!("the case {} printed no number", case.name).into())
    }

    fn command(&self, worker: Worker) -> Result<Command, Error> {
        let (program, arguments) =
            self.program(worker)?.split_first().ok_or("no program to run")?;
        let mut command = on_one_core(program);
        command.args(arguments);
        Ok(command)
    }

    fn program(&self, worker: Worker) -> Result<&[OsString], Error> {
        let known = self.programs.iter().find(|(known, _)| *known == worker);
        let command = known.map(|(_, command)| command.as_slice());
        command.ok_or_else(|| format!("the program {worker:?} is not available").into())
    }
}

/// Runs a program on one core if `taskset` is installed. A client that wakes a server on another core costs more than twice
/// as much, and the cost varies.
fn on_one_core(program: &OsStr) -> Command {
    let probe = Command::new("taskset").args(["-c", "0", "true"]).stderr(Stdio::null()).status();
    if probe.is_ok_and(|status| status.success()) {
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // The server exits when its standard input closes.
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}
