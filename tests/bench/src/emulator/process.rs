//! Runs `cvm emulator`, and sends it signed requests over connections that stay open.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use cvm_signer::{Credential, tc3};
use serde_json::Value;

use crate::error::{Error, at};

const CONTENT_TYPE: &str = "application/json";

/// A running emulator.
pub struct Emulator {
    process: Process,
    /// Host and port.
    authority: String,
    credential: Credential,
}

/// The process and its ready file. Drop kills the one and removes the other.
struct Process {
    child: Child,
    ready_file: PathBuf,
}

impl Emulator {
    /// Starts the program `cvm` and waits until it listens. Without a data directory, it keeps nothing.
    pub fn start(cvm: &Path, data_dir: Option<&Path>) -> Result<Self, Error> {
        let name = format!("cvm-bench-emulator-{}.json", std::process::id());
        let ready_file = std::env::temp_dir().join(name);
        let mut command = Command::new(cvm);
        command.args(["emulator", "--instant", "--listen", "127.0.0.1:0", "--ready-file"]);
        command.arg(&ready_file);
        if let Some(directory) = data_dir {
            command.arg("--data-dir").arg(directory);
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| at(cvm, &error))?;
        let mut process = Process { child, ready_file };
        // The emulator prints its address after it has written the file.
        let output = process.child.stdout.take().map(BufReader::new);
        output
            .and_then(|output| output.lines().next())
            .ok_or("`cvm emulator` ended before it was ready")?
            .map_err(|error| format!("cannot read the output of `cvm emulator`: {error}"))?;
        let path = &process.ready_file;
        let text = fs::read_to_string(path).map_err(|error| at(path, &error))?;
        let ready: Value =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let member = |name: &str| ready.get(name).and_then(Value::as_str).unwrap_or_default();
        let credential = Credential::new(member("secret_id"), member("secret_key"))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let authority = member("url").trim_start_matches("http://").to_owned();
        Ok(Self { process, authority, credential })
    }

    /// A signed request for Guangzhou. It is valid for minutes and may be sent any number of times.
    pub fn request(&self, action: &str, body: &str) -> Result<Request, Error> {
        let timestamp =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let headers =
            [("content-type", CONTENT_TYPE), ("host", &self.authority), ("x-tc-action", action)];
        let signed = tc3::Request::post(body.as_bytes(), &headers);
        let authorization = tc3::sign(&self.credential, "cvm", timestamp, &signed)
            .map_err(|error| format!("cannot sign {action}: {error}"))?;
        let Self { authority, .. } = self;
        let length = body.len();
        Ok(Request(format!(
            "POST / HTTP/1.1\r\nhost: {authority}\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {length}\r\n\
             x-tc-action: {action}\r\nx-tc-version: 2017-03-12\r\nx-tc-region: ap-guangzhou\r\n\
             x-tc-timestamp: {timestamp}\r\nauthorization: {authorization}\r\n\r\n{body}"
        )))
    }

    /// Opens a connection.
    pub fn connect(&self) -> Result<Connection, Error> {
        let connect = || {
            let stream = TcpStream::connect(&self.authority)?;
            stream.set_nodelay(true)?;
            Ok(Connection { input: BufReader::new(stream), body: Vec::new() })
        };
        connect().map_err(|error: std::io::Error| {
            format!("cannot connect to {}: {error}", self.authority).into()
        })
    }

    /// Its resident memory in bytes. Linux only.
    pub fn memory(&self) -> Result<f64, Error> {
        let path = PathBuf::from(format!("/proc/{}/status", self.process.child.id()));
        let status = fs::read_to_string(&path).map_err(|error| at(&path, &error))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        kilobytes
            .map(|kilobytes: f64| kilobytes * 1024.0)
            .ok_or_else(|| format!("{}: cannot read the memory", path.display()).into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.ready_file);
    }
}

/// The bytes of a signed request.
pub struct Request(String);

/// An open connection.
pub struct Connection {
    input: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Connection {
    /// Sends a request and receives the response, which must be a success.
    pub fn exchange(&mut self, request: &Request) -> Result<(), Error> {
        let failed = |error| format!("the connection to the emulator failed: {error}");
        self.input.get_mut().write_all(request.0.as_bytes()).map_err(failed)?;
        self.receive().map_err(failed)?;
        // The service reports errors with status 200.
        let start = self.body.get(..self.body.len().min(64)).unwrap_or_default();
        if start.windows(8).any(|text| text == b"\"Error\":") {
            let text = String::from_utf8_lossy(&self.body);
            return Err(format!("the emulator responded with an error: {text}").into());
        }
        Ok(())
    }

    /// Receives a response into `body`.
    fn receive(&mut self) -> std::io::Result<()> {
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            if self.input.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().unwrap_or(0);
                }
                None if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        self.body.resize(length, 0);
        self.input.read_exact(&mut self.body)
    }
}
