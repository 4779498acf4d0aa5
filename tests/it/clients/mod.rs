//! The call sequences of tools pass with this SDK and with the official clients: see `tests/clients/README.md`.

mod program;
mod sequence;
mod terraform;

use std::env;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use cvm_emulator::Emulator;
use cvm_models::blocking;
use cvm_protocol::ActionInfo;
use serde_json::Value;
use tokio::runtime::Runtime;

use self::program::Program;
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
    Own { emulator: Emulator, _runtime: Runtime },
    /// One that a user started.
    Running { url: String, credential: Credential },
}

impl Emulated {
    fn new() -> Self {
        if let Some(file) = env::var_os(READY_FILE) {
            let ready: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let text = |member: &str| ready[member].as_str().unwrap().to_owned();
            let credential = Credential::new(&text("secret_id"), &text("secret_key"));
            return Self::Running { url: text("url"), credential };
        }
        let runtime = Runtime::new().unwrap();
        let emulator = runtime.block_on(builder().start()).unwrap();
        Self::Own { emulator, _runtime: runtime }
    }
}

impl Service for Emulated {
    fn url(&self) -> &str {
        match self {
            Self::Own { emulator, .. } => emulator.url(),
            Self::Running { url, .. } => url,
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
fn run_with_program(command: Option<(PathBuf, &str)>, variable: &str) {
    let Some((interpreter, file)) = command else {
        eprintln!("skipped: {variable} is not set");
        return;
    };
    for sequence in Sequence::all(&folder()) {
        let emulated = Emulated::new();
        let mut program = match Program::start(&interpreter, &folder().join(file), &emulated) {
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
    run_with_program(python("python_sdk.py"), PYTHON);
}

#[test]
fn sequences_pass_with_the_old_python_sdk() {
    run_with_program(python("old_python_sdk.py"), PYTHON);
}

#[test]
fn sequences_pass_with_tccli() {
    run_with_program(python("tccli.py"), PYTHON);
}

#[test]
fn sequences_pass_with_the_node_sdk() {
    let command = env::var_os(NODE_MODULES).map(|_| (PathBuf::from("node"), "node_sdk.js"));
    run_with_program(command, NODE_MODULES);
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
