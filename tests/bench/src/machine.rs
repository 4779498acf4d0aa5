//! Describes the machine of a measurement: figures mean little without it.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// One line: date, processor, cores, compiler.
pub fn describe() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!("{}: {}, {cores} cores, {}.", today(), processor(), compiler())
}

fn today() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    cvm_signer::Date::from_timestamp(now).map_or_else(String::new, |date| date.to_string())
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or("unknown processor", |(_, name)| name.trim()).to_owned()
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    text.split(" (").next().unwrap_or_default().trim().to_owned()
}
