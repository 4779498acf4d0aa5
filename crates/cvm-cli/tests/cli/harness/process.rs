//! Runs the binary in an empty environment.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The result of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The binary in an empty environment.
pub fn cvm(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cvm"));
    command.args(arguments).env_clear().env("COLUMNS", "120").stdin(Stdio::null());
    command
}

/// Starts a command with captured output.
pub fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    finish(start(command))
}

/// A shell that runs `before` in its own process, and then becomes the command.
pub fn shell(command: &Command, before: &str, redirections: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("{before}\nexec \"$0\" \"$@\" {redirections}")]);
    shell.arg(command.get_program()).args(command.get_args()).env_clear().stdin(Stdio::null());
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

/// Runs a command with a text on standard input.
pub fn run_with_input(command: &mut Command, input: &str) -> Ran {
    let mut child = start(command.stdin(Stdio::piped()));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    finish(child)
}

/// Waits for a child and returns its output.
pub fn finish(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Sends a signal by its name.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// The numbers of signals on Linux.
const SIGNALS: [(&str, u32); 10] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("USR1", 10),
    ("USR2", 12),
    ("ALRM", 14),
    ("TERM", 15),
    ("XCPU", 24),
    ("VTALRM", 26),
    ("PROF", 27),
];

/// The signals that ask a child to stop, and that it does not ignore.
pub fn stopping() -> Vec<&'static str> {
    not_ignored(std::process::id(), &["TERM", "INT", "HUP", "QUIT"])
}

/// The signals of these that a process does not ignore. A script ignores INT and QUIT in its background
/// commands, and `nohup` ignores HUP. If these tests run there, their children inherit it.
pub fn not_ignored(process: u32, names: &[&'static str]) -> Vec<&'static str> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let is_ignored = |name: &&str| {
        let number = SIGNALS.iter().find(|(known, _)| known == name).unwrap().1;
        ignored.unwrap_or_default() >> (number - 1) & 1 == 1
    };
    names.iter().filter(|name| !is_ignored(name)).copied().collect()
}

/// Waits until a condition holds.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(120), "not so after 120 s: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Filters for values that differ from run to run.
pub fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    for (pattern, text) in [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[uuid]"),
        (r"ins-[0-9a-z]{8}", "ins-xxxxxxxx"),
        (r" +[0-9]+(\.[0-9])? (ms|s)\b", " [time]"),
        (r"[0-9]+ polls?", "[polls]"),
        (r"[0-9]+ calls", "[calls]"),
        (r"127\.0\.0\.1:[0-9]+", "127.0.0.1:[port]"),
        (r"198\.18\.0\.[0-9]", "198.18.0.x"),
    ] {
        settings.add_filter(pattern, text);
    }
    settings
}
