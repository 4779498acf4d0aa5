//! The documents about starting the emulator say what is true: README.md, TESTING.md and the files of `packaging`.

#![allow(clippy::panic, clippy::print_stdout, reason = "tests print what they skip")]

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::harness::{cvm, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The code blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let blocks = page.split(&begin).skip(1);
    blocks.map(|rest| rest.split_once("```").unwrap().0.to_owned()).collect()
}

/// A program in `folder` that finds this build of `cvm`, and nothing of the user's configuration.
fn program(name: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_cvm")).parent().unwrap().to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([binary].into_iter().chain(env::split_paths(&path))).unwrap();
    let mut command = Command::new(name);
    command.current_dir(folder).env_clear().env("PATH", path).env("COLUMNS", "120");
    command.env("HOME", folder).env("CVM_JOURNAL", folder.join("journal"));
    command
}

fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// Runs a script. It stops at the first command that fails, and leaves no background command.
fn script(text: &str, folder: &Path) -> Output {
    let text = format!("set -emu\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n{text}\n");
    program("bash", folder).args(["-c", &text]).output().unwrap()
}

fn assert_runs(text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = script(text, folder.path());
    assert!(output.status.success(), "{text}\n{}", shown(&output));
}

#[test]
fn readme_shows_the_server_with_its_real_output() {
    let page = read("README.md");
    let session = blocks(&page, "console").concat();
    let lines: Vec<_> = session.lines().collect();
    let commands = lines.iter().filter_map(|line| line.strip_prefix("$ "));
    let expected: Vec<_> = lines.iter().filter(|line| !line.starts_with("$ ")).copied().collect();
    let folder = tempfile::tempdir().unwrap();
    let output = script(&commands.collect::<Vec<_>>().join("\n"), folder.path());
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "{}", shown(&output));
}

#[test]
fn testing_page_shows_the_programs_of_the_tree() {
    let page = read("TESTING.md");
    for (language, file) in [
        ("rust", "tests/it/in_process.rs"),
        ("python", "tests/clients/starting/conftest.py"),
        ("python", "tests/clients/starting/test_launch.py"),
        ("js", "tests/clients/starting/launch.test.js"),
        ("go", "tests/clients/starting/launch_test.go"),
    ] {
        let text = read(file);
        // The first line of a Rust file says what it does.
        let code = if language == "rust" { text.split_once("\n\n").unwrap().1 } else { &text };
        let is_shown = blocks(&page, language).iter().any(|block| block == code);
        assert!(is_shown, "TESTING.md shows another program than {file}");
    }
}

#[test]
fn commands_of_the_testing_page_run() {
    assert_runs(&blocks(&read("TESTING.md"), "sh").concat());
}

/// Runs a program of TESTING.md in a copy of its folder. Without the variable, prints a note.
fn run_program(variable: &str, start: impl FnOnce(PathBuf, &Path) -> Option<Command>) {
    let Some(value) = env::var_os(variable) else {
        println!("skipped: {variable} is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(root().join("tests/clients/starting")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let Some(mut command) = start(value.into(), folder.path()) else { return };
    match command.output() {
        Ok(output) => assert!(output.status.success(), "{}", shown(&output)),
        Err(error) if error.kind() == ErrorKind::NotFound => println!("skipped: {error}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn python_program_passes() {
    run_program("CVM_TEST_PYTHON", |python, folder| {
        let mut imports = program(&python, folder);
        imports.args(["-c", "import pytest, tencentcloud.cvm"]);
        if !imports.output().unwrap().status.success() {
            println!("skipped: pytest or tencentcloud-sdk-python-cvm is not installed");
            return None;
        }
        let mut command = program(python, folder);
        command.args(["-m", "pytest", "-q"]);
        Some(command)
    });
}

#[test]
fn node_program_passes() {
    run_program("CVM_TEST_NODE_MODULES", |modules, folder| {
        if !modules.join("tencentcloud-sdk-nodejs-cvm").is_dir() {
            println!("skipped: tencentcloud-sdk-nodejs-cvm is not installed");
            return None;
        }
        let mut command = program("node", folder);
        command.args(["--test", "launch.test.js"]).env("NODE_PATH", modules);
        Some(command)
    });
}

#[test]
fn go_program_passes() {
    run_program("CVM_TEST_GO", |module, folder| {
        for file in ["go.mod", "go.sum"] {
            fs::copy(module.join(file), folder.join(file)).unwrap();
        }
        let mut command = program("go", folder);
        command.args(["test", "./..."]);
        Some(command)
    });
}

/// The words of a JSON array behind an instruction of the Dockerfile.
fn instruction(name: &str) -> Vec<String> {
    let page = read("packaging/Dockerfile");
    let line = page.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
    serde_json::from_str(&line[line.find('[').unwrap()..]).unwrap()
}

#[test]
fn commands_of_the_image_start_a_healthy_emulator() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let data = folder.path().join("data");
    let words: Vec<String> = [instruction("ENTRYPOINT"), instruction("CMD")].concat();
    // The same command, with a free port and places of this test.
    let command = words
        .join(" ")
        .replace("0.0.0.0:8600", "0.0.0.0:0")
        .replace("/run/cvm/ready.json", ready.to_str().unwrap())
        .replace("/data", data.to_str().unwrap());
    let health = instruction("HEALTHCHECK").join(" ");
    let page = read("packaging/Dockerfile");
    assert!(page.contains("\nENV CVM_EMULATOR=/run/cvm/ready.json\n"));
    let text = format!(
        "export CVM_EMULATOR={0}\n! {health}\n{command} &\n\
         until test -e {0}; do kill -0 $! && sleep 0.05; done\n{health}",
        ready.display()
    );
    let output = script(&text, folder.path());
    assert!(output.status.success(), "{text}\n{}", shown(&output));
    assert!(data.join("emulator.redb").exists());
}

#[test]
fn systemd_unit_is_valid() {
    let page = read("packaging/cvm-emulator.service");
    let line = page.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let words = line.strip_prefix("/usr/local/bin/cvm ").unwrap();
    // With `--coverage`, it ends after it has read its options.
    let words: Vec<_> = words.split(' ').chain(["--coverage"]).collect();
    let ran = run(&mut cvm(&words));
    assert_eq!(ran.code, 0, "{}", ran.stderr);

    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("cvm-emulator.service");
    fs::write(&unit, page.replace("/usr/local/bin/cvm", env!("CARGO_BIN_EXE_cvm"))).unwrap();
    let analyze = |arguments: &[&str]| match program("systemd-analyze", folder.path())
        .args(arguments)
        .arg(&unit)
        .output()
    {
        Ok(output) => assert!(output.status.success(), "{}", shown(&output)),
        Err(error) => println!("skipped: systemd-analyze: {error}"),
    };
    analyze(&["verify"]);
    // Its exposure, from 0 to 100.
    analyze(&["security", "--offline=true", "--threshold=15"]);
}

/// The commands of `run: |` and of list items that call `cvm`, without those that install it.
fn commands(page: &str) -> Vec<&str> {
    let lines = page.lines().map(|line| line.trim().trim_start_matches("- "));
    lines.filter(|line| line.starts_with("cvm ")).collect()
}

#[test]
fn commands_of_the_ci_recipes_run() {
    for (file, count) in [("packaging/github-actions.yml", 4), ("packaging/gitlab-ci.yml", 3)] {
        let page = read(file);
        let commands = commands(&page);
        assert_eq!(commands.len(), count, "{file}: {commands:?}");
        assert_runs(&format!("export CVM_EMULATOR=$PWD/ready.json\n{}", commands.join("\n")));
        let version = env!("CARGO_PKG_VERSION");
        assert!(page.contains(version), "{file}: the key of the cache has another version");
    }
}

#[test]
fn linked_files_exist() {
    for file in ["TESTING.md", "packaging/README.md", "tests/fuzz/README.md"] {
        let path = root().join(file);
        for link in read(file).split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0) {
            let target = link.split('#').next().unwrap();
            assert!(path.parent().unwrap().join(target).exists(), "{file}: {link}");
        }
    }
}
