//! Adding an action takes one JSON file and no hand-written Rust.
//!
//! The test copies the workspace, adds the spec of a new action, and generates the code. Then a program that
//! sends the new request compiles, `cvm` knows the action, and the emulator validates its parameters and
//! reports that it does not support it.
//!
//! The test builds the copy, which takes a minute or two on two cores the first time, and half of that later,
//! since the dependencies stay below `target/tmp/extension`. So it is a binary of its own: `cargo test -p
//! cvm-tests --test extension`. It needs no network beyond what the workspace itself needed.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Everything that a contributor writes.
const SPEC: &str = r#"{
  "$schema": "../../../schema/action.schema.json",
  "action": "DescribeFleetWeather",
  "group": "instance",
  "summary": "Returns the weather above the racks of each fleet.",
  "retry": { "class": "read" },
  "rate_limit_per_second": 10,
  "request": [
    { "name": "FleetNames", "type": "list<string>", "required": true, "max_items": 3,
      "doc": "Fleets to look at, up to three in one call." },
    { "name": "DaysAhead", "type": "int64", "min": 1, "max": 7, "default": 1,
      "doc": "How far into the future to look; the sky over a rack rarely changes." }
  ],
  "response": [
    { "name": "WeatherSet", "type": "list<Tag>", "output_required": true,
      "doc": "Fleet and sky, one entry for each fleet that was requested." }
  ],
  "errors": ["InvalidParameterValue", "InvalidParameterValue.LimitExceeded", "UnsupportedOperation"]
}
"#;

/// A program that uses the new action, as a user would write it.
const PROGRAM: &str = r#"//! Asks for the weather.

use cvm_emulator::Emulator;
use cvm_models::types::Tag;
use cvm_models::{Action, Client, Dialect, actions::*};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let emulator = Emulator::start().await.unwrap();
    for dialect in Dialect::ALL {
        let client = Client::builder()
            .endpoint(emulator.url())
            .credential(emulator.credential())
            .region("ap-guangzhou")
            .dialect(dialect)
            .build()
            .unwrap();
        let request = DescribeFleetWeather { fleet_names: vec!["blue".into()], ..Default::default() };
        println!("{}", code(client.send(request.clone()).await));
        println!("{}", code(client.send(DescribeFleetWeather::default()).await));
        let far = DescribeFleetWeather { days_ahead: Some(8), ..request.clone() };
        println!("{}", code(client.send(far).await));
        let many = DescribeFleetWeather { fleet_names: vec!["blue".into(); 4], ..request };
        println!("{}", code(client.send(many).await));
    }
    let response = DescribeFleetWeatherResponse::default();
    let _: Vec<Tag> = response.weather_set;
    assert_eq!(DescribeFleetWeather::INFO.name, "DescribeFleetWeather");
}

fn code<R: std::fmt::Debug>(outcome: Result<R, cvm_models::Error>) -> String {
    outcome.unwrap_err().code().unwrap().to_string()
}
"#;

const MANIFEST: &str = r#"[package]
name = "fleet-weather"
version.workspace = true
edition.workspace = true

[dependencies]
cvm-emulator = { workspace = true }
cvm-models = { workspace = true, features = ["client"] }
tokio = { workspace = true, features = ["macros", "rt"] }
"#;

const GENERATED: &str = "crates/cvm-models/src/generated";

/// The copy, always at the same path, so that cargo reuses what it has built.
struct Copy {
    root: PathBuf,
    target: PathBuf,
    /// Allows one test run at a time. Dropping it releases the lock.
    _lock: File,
}

impl Copy {
    fn new() -> Self {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("extension");
        fs::create_dir_all(&home).unwrap();
        let lock = File::create(home.join("lock")).unwrap();
        lock.lock().unwrap();
        let copy = Self { root: home.join("tree"), target: home.join("target"), _lock: lock };
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut expected_files = BTreeMap::new();
        for part in ["Cargo.toml", "Cargo.lock", "crates", "specs", "xtask"] {
            read(workspace, Path::new(part), &mut expected_files);
        }
        // A program that uses the action takes the place of these tests.
        expected_files.insert("tests/Cargo.toml".into(), MANIFEST.into());
        expected_files.insert("tests/src/main.rs".into(), PROGRAM.into());
        copy.update_to(&expected_files);
        copy
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        read(&self.root, Path::new(""), &mut files);
        files
    }

    /// Writes only files that differ, because cargo compares modification times.
    fn update_to(&self, expected_files: &BTreeMap<PathBuf, Vec<u8>>) {
        fs::create_dir_all(&self.root).unwrap();
        let present = self.files();
        for path in present.keys().filter(|path| !expected_files.contains_key(*path)) {
            fs::remove_file(self.root.join(path)).unwrap();
        }
        for (path, content) in
            expected_files.iter().filter(|(path, it)| present.get(*path) != Some(it))
        {
            self.write(path, content);
        }
    }

    fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        // Nobody reads a backtrace of the copy, and without it the build is faster.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        let output = cargo.output().unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "cargo {}:\n{out}{err}", arguments.join(" "));
        output
    }

    fn codegen(&self) {
        self.cargo(&["run", "--quiet", "--offline", "--package", "xtask", "--", "codegen"]);
    }

    fn program(&self, name: &str) -> Command {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let mut program = Command::new(self.target.join("debug").join(name));
        for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("TENCENTCLOUD_"))
        {
            program.env_remove(variable);
        }
        program
    }
}

fn read(root: &Path, below: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let path = root.join(below);
    if !path.is_dir() {
        files.insert(below.to_owned(), fs::read(path).unwrap());
        return;
    }
    for entry in fs::read_dir(path).unwrap() {
        let name = entry.unwrap().file_name();
        if name != "target" {
            read(root, &below.join(name), files);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The emulator of the copy, for as long as the test runs.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn one_json_file_adds_an_action() {
    let copy = Copy::new();
    // Makes the generated code match the specs before the action is added.
    copy.codegen();
    let before = copy.files();
    copy.write("specs/cvm/2017-03-12/actions/DescribeFleetWeather.json", SPEC);
    copy.codegen();
    assert_only_generated_files_changed(&before, &copy.files());

    let packages = ["--package", "fleet-weather", "--package", "cvm-cli"];
    copy.cargo(&[&["build", "--quiet", "--offline"][..], &packages].concat());
    check_program(&copy);
    check_command_line(&copy);
}

/// Asserts that only generated files changed: one new file, and the lists that name it.
fn assert_only_generated_files_changed(
    before: &BTreeMap<PathBuf, Vec<u8>>,
    after: &BTreeMap<PathBuf, Vec<u8>>,
) {
    assert!(before.keys().all(|path| after.contains_key(path)), "a file was removed");
    let changed = after.iter().filter(|(path, content)| before.get(*path) != Some(content));
    let mut changed: Vec<_> =
        changed.map(|(path, _)| path.to_str().unwrap().replace('\\', "/")).collect();
    changed.retain(|path| !path.starts_with("specs/cvm/2017-03-12/actions/"));
    let action = format!("{GENERATED}/actions/describe_fleet_weather.rs");
    assert!(changed.contains(&action), "{changed:?}");
    let lists = ["actions.rs", "docs.rs", "every.rs", "index.rs", "retry_classes.rs"];
    for path in changed.iter().filter(|path| **path != action) {
        let is_list = lists.iter().any(|list| *path == format!("{GENERATED}/{list}"));
        assert!(is_list, "{path} changed too: {changed:?}");
    }
    let code = &text(&after[Path::new(&action)]);
    assert!(code.contains("pub struct DescribeFleetWeather {"), "{code}");
    assert!(code.contains("pub fleet_names: Vec<String>,"), "{code}");
    assert!(code.contains("pub days_ahead: Option<i64>,"), "{code}");
    assert!(code.contains("pub weather_set: Vec<Tag>,"), "{code}");
}

fn check_program(copy: &Copy) {
    let output = copy.program("fleet-weather").output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{err}");
    let codes: Vec<_> = out.lines().collect();
    let expected = [
        "UnsupportedOperation",
        "MissingParameter",
        "InvalidParameterValue",
        "InvalidParameterValue.LimitExceeded",
    ];
    assert_eq!(codes, expected.repeat(5), "once per dialect");
}

fn check_command_line(copy: &Copy) {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let mut emulator = copy.program("cvm");
    emulator.args(["emulator", "--listen", "127.0.0.1:0", "--ready-file"]).arg(&ready);
    let _running = Running(emulator.stderr(Stdio::null()).spawn().unwrap());
    let began = Instant::now();
    while !ready.exists() {
        assert!(began.elapsed() < Duration::from_secs(120), "the emulator is not ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    let cvm = |arguments: &[&str]| {
        let mut cvm = copy.program("cvm");
        cvm.env("HOME", folder.path()).arg("--emulator").arg(&ready);
        let output = cvm.args(["--region", "ap-guangzhou"]).args(arguments).output().unwrap();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };

    let weather = ["DescribeFleetWeather", "--FleetNames.0", "blue", "--DaysAhead", "2"];
    let (succeeded, out, err) = cvm(&weather);
    assert!(!succeeded && out.is_empty(), "{out}");
    assert!(err.contains("UnsupportedOperation"), "{err}");
    assert!(err.contains("does not support the action DescribeFleetWeather"), "{err}");

    let (succeeded, _, err) = cvm(&["DescribeFleetWeather", "--FleetName.0", "blue"]);
    assert!(!succeeded && err.contains("FleetNames"), "the right name is suggested: {err}");

    let help = copy.program("cvm").args(["help", "DescribeFleetWeather"]).output().unwrap();
    let help = text(&help.stdout);
    for line in ["Returns the weather above the racks", "FleetNames", "DaysAhead", "rarely changes"]
    {
        assert!(help.contains(line), "{line}: {help}");
    }
}
