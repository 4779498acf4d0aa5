//! An action or a field is added as CONTRIBUTING.md says, without any Rust.
//!
//! The test copies the tree, adds an action with a list, a type, a value set and an error code, and a field, and runs the
//! documented commands. It then checks that a program can send the request, that `cvm` knows the action, that the emulator
//! validates it and answers `UnsupportedOperation`, and that the tests of the copy pass.
//!
//! The test builds the copy below `target/tmp/extension`: a few minutes of two cores the first time, less later, because the
//! dependencies stay. So it is a test target of its own: `cargo test -p cvm-tests --test extension`. It needs no network
//! beyond what the workspace itself needed.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The spec files that a contributor writes.
const ADDED: [(&str, &str); 3] = [
    (
        "actions/DescribeFleetWeather.json",
        r#"{
  "$schema": "../../../schema/action.schema.json",
  "action": "DescribeFleetWeather",
  "group": "instance",
  "summary": "Lists the weather over the racks of each fleet.",
  "retry": { "class": "read" },
  "rate_limit_per_second": 10,
  "paginate": { "style": "offset", "offset": "Offset", "limit": "Limit", "total": "TotalCount", "items": "WeatherSet", "id": "FleetName" },
  "filters": [{ "name": "zone" }],
  "request": [
    { "name": "FleetNames", "type": "list<string>", "required": true, "max_items": 3,
      "doc": "Fleets to look at, up to three in one call." },
    { "name": "DaysAhead", "type": "int64", "min": 1, "max": 7, "default": 1,
      "doc": "How far into the future to look; the sky over a rack rarely changes." },
    { "name": "Filters", "type": "list<Filter>", "doc": "Limits the result to racks in some zones." },
    { "name": "Offset", "type": "int64", "default": 0, "doc": "Number of fleets to skip before the first one returned." },
    { "name": "Limit", "type": "int64", "min": 1, "max": 100, "default": 20, "doc": "Maximum number of fleets per page." }
  ],
  "response": [
    { "name": "TotalCount", "type": "int64", "output_required": true, "doc": "Number of matching fleets on all pages." },
    { "name": "WeatherSet", "type": "list<FleetWeather>", "output_required": true,
      "doc": "Fleet and sky, one entry for each requested fleet." }
  ],
  "errors": ["InvalidFleetName.Cloudy", "InvalidParameterValue", "InvalidParameterValue.LimitExceeded", "UnsupportedOperation"]
}
"#,
    ),
    (
        "types/FleetWeather.json",
        r#"{
  "$schema": "../../../schema/type.schema.json",
  "type": "FleetWeather",
  "usage": "out",
  "summary": "What the racks of one fleet can expect.",
  "members": [
    { "name": "FleetName", "type": "string", "output_required": true, "doc": "Which racks these are." },
    { "name": "Sky", "type": "FleetSky", "output_required": true, "doc": "What is above them." },
    { "name": "WindSpeed", "type": "float", "unit": "m/s", "nullable": true, "doc": "Absent inside a building." }
  ]
}
"#,
    ),
    (
        "enums/FleetSky.json",
        r#"{
  "$schema": "../../../schema/enum.schema.json",
  "enum": "FleetSky",
  "summary": "What can be above a rack.",
  "values": [{ "value": "CEILING", "doc": "The usual case." }, { "value": "CLOUD", "doc": "Somebody took the name literally." }]
}
"#,
    ),
];

/// One line in a spec file, before which the contributor adds another: file, line, added line.
const INSERTED: [(&str, &str, &str); 3] = [
    (
        "errors.json",
        r#"    { "code": "InvalidHost.NotSupported","#,
        r#"    { "code": "InvalidFleetName.Cloudy", "kind": "client", "doc": "The weather service cannot read this name.", "fix": "Choose another one." },
"#,
    ),
    (
        "types/Instance.json",
        r#"    { "name": "InstanceType","#,
        r#"    { "name": "RackWeather", "type": "FleetWeather", "nullable": true, "doc": "What is above the rack of the instance." },
"#,
    ),
    (
        "actions/RebootInstances.json",
        r#"    { "name": "ForceReboot","#,
        r#"    { "name": "IgnoreWeather", "type": "bool", "default": false, "doc": "Restarts the instances even in a storm." },
"#,
    ),
];

/// A program that sends the new action.
const PROGRAM: &str = r#"//! Sends `DescribeFleetWeather` in each dialect and prints the error codes.

use cvm_emulator::Emulator;
use cvm_models::{Action, Client, actions::*, enums::*, types::*};
use cvm_models::config::Dialect;

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
    let weather = FleetWeather { sky: FleetSky::Ceiling, ..Default::default() };
    let response = DescribeFleetWeatherResponse { weather_set: vec![weather], ..Default::default() };
    let instance = Instance { rack_weather: response.weather_set.first().cloned(), ..Default::default() };
    let reboot = RebootInstances { ignore_weather: Some(true), ..Default::default() };
    assert!(instance.rack_weather.is_some() && reboot.ignore_weather == Some(true));
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
const SPECS: &str = "specs/cvm/2017-03-12";

/// The tests that read every action, type or member: package and target, and filters.
const TESTS: [(&str, &[&str]); 2] = [
    ("--package xtask --test facts", &[]),
    (
        "--package cvm-tests --test it",
        &[
            "all_models::",
            "always_present::",
            "empty_texts::",
            "list_evidence::",
            "partial_errors::",
            "published::",
            "roundtrip::",
            "secrets::",
            "wire::",
        ],
    ),
];

/// The copy of the tree. Its path never changes, so that cargo can reuse what it has built.
struct Copy {
    root: PathBuf,
    target: PathBuf,
    /// Allows one run of the test at a time; released on drop.
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
        let mut wanted = BTreeMap::new();
        for part in [
            "Cargo.toml",
            "Cargo.lock",
            "README.md",
            "BENCHMARKS.md",
            "crates",
            "specs",
            "tests",
            "xtask",
        ] {
            read(workspace, Path::new(part), &mut wanted);
        }
        wanted.insert("crates/fleet-weather/Cargo.toml".into(), MANIFEST.into());
        wanted.insert("crates/fleet-weather/src/main.rs".into(), PROGRAM.into());
        copy.become_equal(&wanted);
        copy
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        read(&self.root, Path::new(""), &mut files);
        files
    }

    /// Writes only files that differ, because cargo compares modification times.
    fn become_equal(&self, wanted: &BTreeMap<PathBuf, Vec<u8>>) {
        fs::create_dir_all(&self.root).unwrap();
        let present = self.files();
        for path in present.keys().filter(|path| !wanted.contains_key(*path)) {
            fs::remove_file(self.root.join(path)).unwrap();
        }
        for (path, content) in wanted.iter().filter(|(path, it)| present.get(*path) != Some(it)) {
            self.write(path, content);
        }
    }

    fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn cargo(&self, arguments: &str) -> Output {
        self.cargo_with(arguments, "no")
    }

    fn cargo_with(&self, arguments: &str, insta_update: &str) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments.split_whitespace()).current_dir(&self.root);
        cargo.env("CARGO_NET_OFFLINE", "true");
        // Debug info and incremental caches would only slow the build down.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        cargo.env("CARGO_TARGET_DIR", &self.target).env("INSTA_UPDATE", insta_update);
        let output = cargo.output().unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "cargo {arguments}:\n{out}{err}");
        output
    }

    fn xtask(&self, command: &str) {
        let run = format!("run --quiet --package xtask --offline -- {command}");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(run.split(' ')).current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        let output = cargo.output().unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "cargo xtask {command}:\n{out}{err}");
    }

    /// Runs the tests that read every action, with this value of `INSTA_UPDATE`.
    fn test(&self, insta_update: &str) {
        for (target, filters) in TESTS {
            let joined = filters.join(" ");
            let output = self.cargo_with(&format!("test {target} -- {joined}"), insta_update);
            let out = text(&output.stdout);
            for filter in filters {
                assert!(out.contains(&format!("test {filter}")), "no test matches {filter}: {out}");
            }
        }
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

/// The emulator of the copy; killed on drop.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn documented_steps_add_an_action_and_a_field() {
    let copy = Copy::new();
    // The generated code must be up to date before anything is added.
    copy.xtask("codegen");
    let before = copy.files();
    for (path, text) in ADDED {
        copy.write(format!("{SPECS}/{path}"), text);
    }
    for (path, line, added) in INSERTED {
        let path = format!("{SPECS}/{path}");
        let spec = text(&before[Path::new(&path)]);
        assert_eq!(spec.matches(line).count(), 1, "{path}: {line}");
        copy.write(path, spec.replace(line, &format!("{added}{line}")));
    }
    for command in ["fmt-specs", "lint", "codegen"] {
        copy.xtask(command);
    }
    expected_generated_files_changed(&before, &copy.files());

    copy.cargo("build --quiet --package fleet-weather --package cvm-cli");
    program_sends_the_action(&copy);
    command_line_knows_the_action(&copy);

    // The snapshots of all requests contain the new action, and are accepted as CONTRIBUTING.md says.
    copy.test("always");
    copy.test("no");
}

/// The new files, those of the changed items, and indexes; nothing outside the generated folder.
fn expected_generated_files_changed(
    before: &BTreeMap<PathBuf, Vec<u8>>,
    after: &BTreeMap<PathBuf, Vec<u8>>,
) {
    assert!(before.keys().all(|path| after.contains_key(path)), "a file was removed");
    let changed = after.iter().filter(|(path, content)| before.get(*path) != Some(content));
    let changed = changed.map(|(path, _)| path.to_str().unwrap().replace('\\', "/"));
    let changed: BTreeSet<String> = changed.filter(|path| !path.starts_with(SPECS)).collect();
    let expected = [
        "actions.rs",
        "actions/describe_fleet_weather.rs",
        "actions/reboot_instances.rs",
        "docs.rs",
        "enums.rs",
        "enums/fleet_sky.rs",
        "error_code.rs",
        "every.rs",
        "index.rs",
        "retry_classes.rs",
        "types.rs",
        "types/fleet_weather.rs",
        "types/instance.rs",
    ];
    assert_eq!(changed, expected.map(|path| format!("{GENERATED}/{path}")).into());
    let action = format!("{GENERATED}/actions/describe_fleet_weather.rs");
    let code = &text(&after[Path::new(&action)]);
    for line in [
        "pub struct DescribeFleetWeather {",
        "pub fleet_names: Vec<String>,",
        "pub days_ahead: Option<i64>,",
        "pub weather_set: Vec<FleetWeather>,",
    ] {
        assert!(code.contains(line), "{line}: {code}");
    }
}

fn program_sends_the_action(copy: &Copy) {
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
    assert_eq!(codes, expected.repeat(5), "once in each dialect");
}

fn command_line_knows_the_action(copy: &Copy) {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let mut emulator = copy.program("cvm");
    emulator.args(["emulator", "--listen", "127.0.0.1:0", "--ready-file"]).arg(&ready);
    let _running = Running(emulator.stderr(Stdio::null()).spawn().unwrap());
    let start = Instant::now();
    while !ready.exists() {
        assert!(start.elapsed() < Duration::from_secs(120), "the emulator is not ready");
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
    assert!(err.contains("UnsupportedOperation") && err.contains("DescribeFleetWeather"), "{err}");

    let (succeeded, _, err) = cvm(&["DescribeFleetWeather", "--FleetName.0", "blue"]);
    assert!(!succeeded && err.contains("FleetNames"), "no suggestion: {err}");

    let help = copy.program("cvm").args(["help", "DescribeFleetWeather"]).output().unwrap();
    let help = text(&help.stdout);
    for line in ["Lists the weather over the racks", "FleetNames", "DaysAhead", "rarely changes"] {
        assert!(help.contains(line), "{line}: {help}");
    }

    let coverage = copy.program("cvm").args(["emulator", "--coverage"]).output().unwrap();
    let coverage = text(&coverage.stdout);
    assert!(coverage.contains("DescribeFleetWeather"), "{coverage}");
}
