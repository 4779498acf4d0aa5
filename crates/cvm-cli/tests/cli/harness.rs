//! Runs `cvm` in an empty environment, with an emulator or a scripted server beside it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The binary in an environment without anything of the machine's.
pub fn cvm(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cvm"));
    command.args(arguments).env_clear().env("COLUMNS", "120").stdin(Stdio::null());
    command
}

/// Runs to the end.
pub fn run(command: &mut Command) -> Ran {
    finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// Runs with a text on standard input.
pub fn run_with_input(command: &mut Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    finish(child)
}

/// Waits for a child and takes what it said.
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

/// The signals by which a child can be asked to stop. A script has the interrupt ignored for what it runs
/// in the background, these tests perhaps, and children inherit that.
pub fn stopping() -> Vec<&'static str> {
    heard(std::process::id())
}

/// The signals of these that a process does not ignore.
pub fn heard(process: u32) -> Vec<&'static str> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let is_heard = |number: u32| ignored.unwrap_or_default() >> (number - 1) & 1 == 0;
    let signals = [("TERM", 15), ("INT", 2), ("HUP", 1)];
    signals.into_iter().filter(|(_, number)| is_heard(*number)).map(|(name, _)| name).collect()
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(120), "not so after 120 s: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Erases what differs from run to run.
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

/// A running `cvm emulator`.
pub struct Emulator {
    pub child: Child,
    pub ready_file: PathBuf,
    pub folder: TempDir,
}

impl Emulator {
    /// Starts one whose operations take no time.
    pub fn start() -> Self {
        Self::with(&["--instant"])
    }

    /// Starts one with these options.
    pub fn with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ready_file = folder.path().join("ready.json");
        let mut command = cvm(&["emulator", "--ready-file", ready_file.to_str().unwrap()]);
        let child =
            command.args(options).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("the ready file is there", || ready_file.exists());
        Self { child, ready_file, folder }
    }

    /// `cvm ACTION …` at this emulator.
    pub fn cvm(&self, arguments: &[&str]) -> Command {
        let mut command = cvm(arguments);
        command
            .args(["--emulator", self.ready_file.to_str().unwrap()])
            .env("CVM_JOURNAL", self.folder.path().join("journal"));
        command
    }

    /// What a member of the ready file says.
    pub fn ready(&self, member: &str) -> String {
        let text = std::fs::read(&self.ready_file).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        json[member].as_str().map_or_else(|| json[member].to_string(), str::to_owned)
    }

    /// Creates an instance and gives its id.
    pub fn launch(&self) -> String {
        let ran = run(&mut self.cvm(&[
            "RunInstances",
            "--Placement.Zone",
            "ap-guangzhou-3",
            "--ImageId",
            "img-pmqg1cw7",
        ]));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        answer["InstanceIdSet"][0].as_str().unwrap().to_owned()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that takes each request whole and does as it is told.
pub struct Server {
    pub url: String,
    pub requests: Arc<Mutex<Vec<String>>>,
    pub folder: TempDir,
}

/// From the text of a request to that of a whole HTTP response.
pub type Script = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What a [`Server`] does with a request.
#[derive(Clone)]
pub enum Answer {
    /// Answers with this JSON.
    Json(String),
    /// Closes the connection without a word.
    Close,
    /// Says nothing, and keeps the connection.
    Silence,
    /// Writes this, which is no whole response, and keeps the connection.
    Stall(String),
    /// Answers with this JSON, once this file is there.
    Once(PathBuf, String),
    /// Answers with what this makes of the request, head and all; closes the connection without it.
    Script(Script),
    /// As `Script`, but on a connection that was used a second copy of its earlier response comes first.
    LateCopies(Script),
    /// Passes the request on to this address, and its answer back.
    From(String),
    /// Passes requests on, and loses one action: on the way there, or its answer on the way back.
    Losing { address: String, action: &'static str, arrives: bool },
}

impl Server {
    /// Starts a server that treats all requests alike.
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, seen) = (answer.clone(), Arc::clone(&seen));
                thread::spawn(move || serve(stream.unwrap(), &answer, &seen));
            }
        });
        Self { url, requests, folder: tempfile::tempdir().unwrap() }
    }

    /// Where the calls at this server keep their journal.
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// How many requests named this action.
    pub fn count(&self, action: &str) -> usize {
        let named = format!("x-tc-action: {action}\r\n");
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .filter(|request| request.to_ascii_lowercase().contains(&named.to_ascii_lowercase()))
            .count()
    }

    /// `cvm …` at this server, with some credential.
    pub fn cvm(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.args(["--endpoint", &self.url, "--region", "ap-guangzhou"]);
        command
    }

    /// `cvm …` with the credential and the journal of the calls at this server.
    pub fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = cvm(arguments);
        command
            .env("TENCENTCLOUD_SECRET_ID", "AKIDtest")
            .env("TENCENTCLOUD_SECRET_KEY", "secret-key-of-a-test")
            .env("CVM_JOURNAL", self.journal());
        command
    }

    /// As [`Self::bare`], signed as the emulator behind this server wants it.
    pub fn cvm_for(&self, emulator: &Emulator, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command
            .env("TENCENTCLOUD_SECRET_ID", emulator.ready("secret_id"))
            .env("TENCENTCLOUD_SECRET_KEY", emulator.ready("secret_key"));
        command
    }
}

/// The names of the entries in a journal.
pub fn entries(journal: &Path) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(journal) else { return Vec::new() };
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut ids: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
    ids.sort();
    ids
}

fn serve(mut stream: TcpStream, answer: &Answer, seen: &Mutex<Vec<String>>) {
    let mut earlier: Option<String> = None;
    while let Some(message) = read_message(&mut stream) {
        seen.lock().unwrap().push(String::from_utf8_lossy(&message).into_owned());
        match answer {
            Answer::Close => return,
            Answer::Silence => thread::sleep(Duration::from_secs(60)),
            Answer::Stall(begin) => {
                stream.write_all(begin.as_bytes()).unwrap();
                thread::sleep(Duration::from_secs(60));
            }
            Answer::Json(body) | Answer::Once(_, body) => {
                if let Answer::Once(file, _) = answer {
                    until("it may answer", || file.exists());
                }
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
                write!(stream, "{head}{}\r\n\r\n{body}", body.len()).unwrap();
            }
            Answer::Script(script) => match script(&String::from_utf8_lossy(&message)) {
                Some(response) => stream.write_all(response.as_bytes()).unwrap(),
                None => return,
            },
            Answer::LateCopies(script) => {
                let Some(response) = script(&String::from_utf8_lossy(&message)) else { return };
                let copy = earlier.replace(response.clone()).unwrap_or_default();
                stream.write_all((copy + &response).as_bytes()).unwrap();
            }
            Answer::From(address) => stream.write_all(&ask(address, &message)).unwrap(),
            Answer::Losing { address, action, arrives } => {
                let text = String::from_utf8_lossy(&message).to_ascii_lowercase();
                let is_lost =
                    text.contains(&format!("x-tc-action: {action}\r\n").to_ascii_lowercase());
                if is_lost && !arrives {
                    return;
                }
                let answer = ask(address, &message);
                if is_lost {
                    return;
                }
                stream.write_all(&answer).unwrap();
            }
        }
    }
}

/// What is answered at an address.
fn ask(address: &str, message: &[u8]) -> Vec<u8> {
    let mut upstream = TcpStream::connect(address).unwrap();
    upstream.write_all(message).unwrap();
    read_message(&mut upstream).unwrap()
}

/// Head and body of one HTTP message; `None` at the end of the connection.
fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&message).to_ascii_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |length| length.trim().parse().unwrap());
            if message.len() >= head.len() + 4 + length {
                return Some(message);
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(length) => message.extend_from_slice(&chunk[..length]),
        }
    }
}
