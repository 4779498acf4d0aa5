//! A program that calls the service with an official client. It reads a call per line and prints a result per line.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::NODE_MODULES;
use super::sequence::{Call, Client, Reply, Service};

/// How a program calls the emulator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scheme {
    Http,
    Https,
}

/// A running program.
pub struct Program {
    name: String,
    scheme: &'static str,
    endpoint: String,
    ca_file: Option<PathBuf>,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts a program. The error names what is not installed.
    pub fn start(
        interpreter: &Path,
        file: &Path,
        service: &impl Service,
        scheme: Scheme,
    ) -> Result<Self, String> {
        let (url, ca_file) = match scheme {
            Scheme::Http => (service.url(), None),
            Scheme::Https => match service.https() {
                Some((url, ca_file)) => (url, Some(ca_file.to_owned())),
                None => return Err("HTTPS of the emulator (`--tls-listen`)".to_owned()),
            },
        };
        let (scheme, endpoint) = url.split_once("://").unwrap();
        let mut command = Command::new(interpreter);
        command.arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
        // No file is written into the tree, and a proxy of the user gets none of the requests.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(proxy.to_ascii_lowercase());
            command.env_remove(proxy);
        }
        if let Some(modules) = std::env::var_os(NODE_MODULES) {
            command.env("NODE_PATH", modules);
        }
        if let Some(ca_file) = &ca_file {
            command.env("SSL_CERT_FILE", ca_file).env("NODE_EXTRA_CA_CERTS", ca_file);
        }
        let mut child = command.spawn().map_err(|error| {
            let program = interpreter.display();
            format!("the program {program}: {error}")
        })?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut program = Self {
            name: String::new(),
            scheme: if scheme == "https" { "https" } else { "http" },
            endpoint: endpoint.to_owned(),
            ca_file,
            child,
            input,
            output,
        };
        let hello = program.read();
        match (hello["client"].as_str(), hello["missing"].as_str()) {
            (Some(name), _) => name.clone_into(&mut program.name),
            (None, Some(missing)) => return Err(missing.to_owned()),
            (None, None) => panic!("{}: {hello}", file.display()),
        }
        Ok(program)
    }

    /// The client and its version.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let end = |error| panic!("{}: it ended, or printed `{line}`: {error}", self.name);
        serde_json::from_str(&line).unwrap_or_else(end)
    }
}

impl Client for Program {
    fn call(&mut self, call: &Call) -> Reply {
        let line = json!({
            "service": call.info.service.name,
            "version": call.info.service.version,
            "action": call.info.name,
            "region": call.region,
            "scheme": self.scheme,
            "endpoint": self.endpoint,
            "ca_file": self.ca_file,
            "credential": call.credential,
            "request": call.request,
        });
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{line}").and_then(|()| input.flush()).unwrap();
        let result = self.read();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(missing) = result["missing"].as_str() {
            return Reply::Missing(missing.to_owned());
        }
        match result.get("error") {
            Some(error) => {
                Reply::Error { code: text(&error["code"]), message: text(&error["message"]) }
            }
            None => Reply::Response(result["response"].clone()),
        }
    }
}

impl Drop for Program {
    /// The program ends with its input.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}
