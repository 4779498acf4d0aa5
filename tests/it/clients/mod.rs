//! The call sequences of tools pass with this SDK and with the official clients: see `tests/clients/README.md`.

mod program;
mod sequence;
mod terraform;

use std::env;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use cvm_emulator::{Emulator, Tls};
use cvm_models::blocking;
use cvm_protocol::ActionInfo;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use self::program::{Program, Scheme};
use self::sequence::{Call, Client, Credential, Reply, Sequence, Service};
use crate::cloud::{REGION, SECRET_ID, SECRET_KEY, builder, client_for};
use crate::neighbor_services::services;

/// A variable that names an interpreter: that of a virtual environment with the Python SDKs and tccli.
const PYTHON: &str = "CVM_TEST_PYTHON";

/// A variable that names a folder `node_modules` with the Node SDK.
const NODE_MODULES: &str = "CVM_TEST_NODE_MODULES";

/// A variable that names the ready file of a running emulator, to use that one.
const READY_FILE: &str = "CVM_TEST_READY_FILE";

/// The folder of the programs and sequences.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// The emulator of one sequence.
enum Emulated {
    /// One in this process. Its clock stands still except for pauses.
    Own { emulator: Emulator, _authority: TempDir, ca_file: PathBuf, _runtime: Runtime },
    /// One that a user started.
    Running { url: String, https: Option<(String, PathBuf)>, credential: Credential },
}

impl Emulated {
    fn new() -> Self {
        if let Some(file) = env::var_os(READY_FILE) {
            let ready: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let text = |member: &str| ready[member].as_str().unwrap().to_owned();
            let credential = Credential::new(&text("secret_id"), &text("secret_key"));
            let https_url = ready["https_url"].as_str().map(str::to_owned);
            let https = https_url.map(|url| (url, PathBuf::from(text("ca_file"))));
            return Self::Running { url: text("url"), https, credential };
        }
        let runtime = Runtime::new().unwrap();
        let authority = tempfile::tempdir().unwrap();
        let free = "127.0.0.1:0".parse().unwrap();
        let tls = Tls::new().directory(authority.path()).beside_http(free);
        let emulator = runtime.block_on(builder().tls(tls).start()).unwrap();
        let ca_file = authority.path().join("ca.pem");
        Self::Own { emulator, _authority: authority, ca_file, _runtime: runtime }
    }
}

impl Service for Emulated {
    fn url(&self) -> &str {
        match self {
            Self::Own { emulator, .. } => emulator.url(),
            Self::Running { url, .. } => url,
        }
    }

    fn https(&self) -> Option<(&str, &Path)> {
        match self {
            Self::Own { emulator, ca_file, .. } => Some((emulator.https_url()?, ca_file)),
            Self::Running { https, .. } => {
                https.as_ref().map(|(url, ca_file)| (url.as_str(), ca_file.as_path()))
            }
        }
    }

    fn credential(&self) -> Credential {
        match self {
            Self::Own { .. } => Credential::new(SECRET_ID, SECRET_KEY),
            Self::Running { credential, .. } => credential.clone(),
        }
    }

    fn run(&self) -> String {
        match self {
            Self::Own { .. } => "1".to_owned(),
            Self::Running { .. } => {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
                now.as_millis().to_string()
            }
        }
    }

    fn pause(&self) {
        match self {
            Self::Own { emulator, .. } => emulator.clock().advance(Duration::from_secs(5)),
            Self::Running { .. } => thread::sleep(Duration::from_secs(1)),
        }
    }
}

/// The description of an action.
fn info(service: &str, action: &str) -> &'static ActionInfo {
    let mut known = services().into_iter().filter(|(name, _)| *name == service);
    let actions = known.next().unwrap_or_else(|| panic!("{service} has no specs")).1;
    let found = actions.iter().find(|info| info.name == action);
    found.unwrap_or_else(|| panic!("{service}:{action} has no specs"))
}

/// This SDK.
struct Sdk {
    url: String,
}

impl Client for Sdk {
    fn call(&mut self, call: &Call) -> Reply {
        let credential = call.credential.to_sdk();
        let client = client_for(&self.url).credential(credential).region(&*call.region);
        let client = blocking::Client::new(client).unwrap();
        match client.call(call.info, call.request.clone()) {
            Ok(response) => Reply::Response(response.to_value()),
            Err(error) => {
                let Some(returned) = error.service() else { panic!("{}: {error}", call.info.name) };
                let code = returned.code.as_str().to_owned();
                Reply::Error { code, message: returned.message.clone() }
            }
        }
    }
}

/// Runs every sequence with an official client, which a program of the folder drives. Without that client, the test
/// passes with a note.
fn run_with_program(command: Option<(PathBuf, &str)>, variable: &str, scheme: Scheme) {
    let Some((interpreter, file)) = command else {
        eprintln!("skipped: {variable} is not set");
        return;
    };
    for sequence in Sequence::all(&folder()) {
        let emulated = Emulated::new();
        let program = Program::start(&interpreter, &folder().join(file), &emulated, scheme);
        let mut program = match program {
            Ok(program) => program,
            Err(missing) => {
                eprintln!("skipped: {} does not find {missing}", interpreter.display());
                return;
            }
        };
        match sequence.run(&mut program, &emulated) {
            Ok(()) => eprintln!("{}: {} passed", program.name(), sequence.name()),
            Err(missing) => {
                eprintln!("{}: {} skipped: no {missing}", program.name(), sequence.name())
            }
        }
    }
}

fn python(file: &'static str) -> Option<(PathBuf, &'static str)> {
    env::var_os(PYTHON).map(|interpreter| (interpreter.into(), file))
}

fn node() -> Option<(PathBuf, &'static str)> {
    env::var_os(NODE_MODULES).map(|_| (PathBuf::from("node"), "node_sdk.js"))
}

#[test]
fn sequences_pass_with_this_sdk() {
    for sequence in Sequence::all(&folder()) {
        let emulated = Emulated::new();
        let mut sdk = Sdk { url: emulated.url().to_owned() };
        sequence.run(&mut sdk, &emulated).unwrap();
    }
}

#[test]
fn sequences_pass_with_the_python_sdk() {
    run_with_program(python("python_sdk.py"), PYTHON, Scheme::Http);
}

#[test]
fn sequences_pass_with_the_old_python_sdk() {
    run_with_program(python("old_python_sdk.py"), PYTHON, Scheme::Https);
}

#[test]
fn sequences_pass_with_tccli() {
    run_with_program(python("tccli.py"), PYTHON, Scheme::Http);
}

#[test]
fn sequences_pass_with_the_node_sdk() {
    run_with_program(node(), NODE_MODULES, Scheme::Http);
}

#[test]
fn sequences_pass_with_the_python_sdk_over_https() {
    run_with_program(python("python_sdk.py"), PYTHON, Scheme::Https);
}

#[test]
fn sequences_pass_with_tccli_over_https() {
    run_with_program(python("tccli.py"), PYTHON, Scheme::Https);
}

#[test]
fn sequences_pass_with_the_node_sdk_over_https() {
    run_with_program(node(), NODE_MODULES, Scheme::Https);
}

#[test]
fn sequences_call_only_what_the_emulator_serves() {
    let served = cvm_emulator::coverage();
    for sequence in Sequence::all(&folder()) {
        for (service, action) in sequence.actions() {
            let row = served.iter().find(|row| (row.service, row.action) == (service, action));
            assert!(
                row.is_some_and(|row| row.supported),
                "{}: {service}:{action}",
                sequence.name()
            );
        }
    }
    assert_eq!(info("cvm", "RunInstances").service.name, "cvm");
    assert_eq!(REGION, sequence::DEFAULT_REGION);
}
