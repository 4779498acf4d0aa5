//! A server with scripted responses.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::emulator::Emulator;
use super::http::json_response;
use super::process::{cvm, until};

/// A server that reads each request completely and then responds as configured.
pub struct Server {
    pub url: String,
    pub requests: Arc<Mutex<Vec<String>>>,
    pub folder: TempDir,
}

/// Turns the text of a request into that of a complete HTTP response.
pub type Script = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What a [`Server`] does with a request.
#[derive(Clone)]
pub enum Answer {
    /// Returns this JSON.
    Json(String),
    /// Closes the connection without a response.
    Close,
    /// Sends nothing, and keeps the connection open.
    Silence,
    /// Sends this incomplete response, and keeps the connection open.
    Stall(String),
    /// Returns this JSON as soon as this file exists.
    Once(PathBuf, String),
    /// Returns the response that this creates from the request; closes the connection if there is none.
    Script(Script),
    /// As `Script`, but on a reused connection, a copy of its earlier response comes first.
    LateCopies(Script),
    /// Forwards the request to this address, and the response back.
    From(String),
    /// Forwards requests, and loses one action: its request or its response.
    Losing { address: String, action: &'static str, arrives: bool },
}

impl Server {
    /// Starts a server that treats all requests the same.
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

    /// Starts a server whose responses come from a script.
    pub fn scripted(script: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::start(Answer::Script(Arc::new(script)))
    }

    /// The journal of the calls to this server.
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// The number of requests for this action.
    pub fn count(&self, action: &str) -> usize {
        let named = format!("x-tc-action: {action}\r\n");
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .filter(|request| request.to_ascii_lowercase().contains(&named.to_ascii_lowercase()))
            .count()
    }

    /// Waits for the first request.
    pub fn wait_for_request(&self) {
        until("the request is out", || !self.requests.lock().unwrap().is_empty());
    }

    /// `cvm …` for this server, with a credential.
    pub fn cvm(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.args(["--endpoint", &self.url, "--region", "ap-guangzhou"]);
        command
    }

    /// `cvm …` with the credential and the journal of the calls to this server.
    pub fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = cvm(arguments);
        command
            .env("TENCENTCLOUD_SECRET_ID", "AKIDtest")
            .env("TENCENTCLOUD_SECRET_KEY", "secret-key-of-a-test")
            .env("CVM_JOURNAL", self.journal());
        command
    }

    /// As [`Self::bare`], with the credential of the emulator behind this server.
    pub fn cvm_for(&self, emulator: &Emulator, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command
            .env("TENCENTCLOUD_SECRET_ID", emulator.ready("secret_id"))
            .env("TENCENTCLOUD_SECRET_KEY", emulator.ready("secret_key"));
        command
    }
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
                stream.write_all(json_response(200, body).as_bytes()).unwrap();
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

/// The response from an address.
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
