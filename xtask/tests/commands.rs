//! Tests of the command line: output and exit codes.
#![expect(clippy::unwrap_used, reason = "a test may, and so may what it calls")]

use std::fs;
use std::path::Path;
use std::process::Command;

fn xtask(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn help_succeeds_and_invalid_arguments_fail() {
    let (code, help, _) = xtask(&["help"]);
    assert_eq!(code, Some(0));
    for command in [
        "codegen",
        "lint",
        "fmt-specs",
        "export",
        "vectors",
        "tidy",
        "bench",
        "build-cost",
        "fuzz",
        "ci",
    ] {
        assert!(help.contains(&format!("  {command} ")), "{command}");
    }
    for arguments in [&["codgen"][..], &[], &["codegen", "--chek"], &["codegen", "--specs"]] {
        let (code, out, err) = xtask(arguments);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(!err.is_empty());
    }
    assert!(xtask(&["codgen"]).2.contains("unknown command `codgen`"));
}

#[test]
fn the_package_of_a_program_that_starts_this_one_does_not_matter() {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bench");
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("lint")
        .env("CARGO_MANIFEST_DIR", bench)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn unused_options_and_arguments_are_rejected() {
    let commands = [
        "codegen",
        "lint",
        "fmt-specs",
        "export",
        "diff",
        "import",
        "conformance",
        "vectors",
        "tidy",
        "bench",
        "build-cost",
        "fuzz",
        "ci",
    ];
    let options = [
        "--check",
        "--specs",
        "--out",
        "--service",
        "--peers",
        "--peers-debug",
        "--rounds",
        "--update-docs",
        "--instructions",
        "--seconds",
        "--skip-tests",
    ];
    let help = xtask(&["help"]).1;
    for command in commands {
        // The help of the command names its options.
        let (_, part) = help.split_once(&format!("\n  {command} ")).unwrap();
        let next = part.lines().skip(1).take_while(|line| line.starts_with("      ")).count();
        let part: Vec<&str> = part.lines().take(next + 1).collect();
        let part = part.join("\n");
        for option in options {
            let is_named = part
                .split_whitespace()
                .any(|word| word.trim_matches(['[', ']', ';', ',']) == option);
            if is_named {
                continue;
            }
            let (code, out, err) = xtask(&[command, option, "1"]);
            assert_eq!((code, out.as_str()), (Some(1), ""), "{command} {option}");
            assert!(err.starts_with(&format!("{command} has no option `{option}`")), "{err}");
        }
    }
    for (arguments, expected) in [
        (
            &["lint", "brk"][..],
            "lint: unexpected argument `brk`; name a folder of specs with `--specs brk`",
        ),
        (&["export", "brk"], "export: unexpected argument `brk`; name a folder of specs with"),
        (&["codegen", "--check", "brk"], "codegen: unexpected argument `brk`"),
        (&["fmt-specs", "brk"], "fmt-specs: unexpected argument `brk`"),
        (&["tidy", "brk"], "tidy: unexpected argument `brk`"),
        (&["ci", "brk"], "ci: unexpected argument `brk`"),
        (&["fuzz"], "fuzz: name a target: `dialect`, `authentication`,"),
        (&["fuzz", "dialects"], "fuzz: name a target: `dialect`, `authentication`,"),
        (&["fuzz", "dialect", "--seconds", "1m"], "fuzz: `--seconds 1m` is not a number"),
        (&["diff", "a", "b", "c"], "diff: unexpected argument `c`"),
        (&["import", "a", "b"], "import: unexpected argument `b`"),
        (&["lint", "--specs", "a", "--specs", "b"], "lint: `--specs` is given twice"),
        (&["codegen", "--out", "a"], "codegen: `--out` needs `--specs`"),
        (&["import", "a", "--specs", "b"], "import: `--specs` needs `--check`"),
        (&["import", "a", "--check", "--out", "b"], "import: `--out` has no effect with `--check`"),
        (&["fmt-specs", "--check", "--specs", "nowhere"], "nowhere: no spec files"),
        (&["bench", "--instructions", "--peers"], "bench: `--peers` has no effect with"),
    ] {
        let (code, out, err) = xtask(arguments);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(err.starts_with(expected), "{err}");
    }
}

#[test]
#[cfg(unix)]
fn closed_pipes_and_full_disks_cause_no_panic() {
    use std::process::Stdio;
    let run = |arguments: &[&str], stdout: Stdio, stderr: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).stdout(stdout).stderr(stderr).output().unwrap().status.code()
    };
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    assert_eq!(run(&["help"], closed(), Stdio::null()), Some(0), "the reader has seen enough");
    assert_eq!(run(&["export"], closed(), Stdio::null()), Some(0));
    assert_eq!(run(&["codgen"], Stdio::null(), closed()), Some(1));
    let full = || fs::OpenOptions::new().write(true).open("/dev/full");
    if let (Ok(out), Ok(error)) = (full(), full()) {
        assert_eq!(run(&["help"], out.into(), error.into()), Some(1), "the result is lost");
    }
}

#[test]
fn official_vectors_pass_and_a_changed_one_fails() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/signing-vectors.json");
    let (code, out, _) = xtask(&["vectors", path.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (Some(0), "77 passed, 0 failed\n"));

    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("changed.json");
    let text = fs::read_to_string(path).unwrap();
    // Changes one body and one list.
    let text = text.replacen("instance-name", "instance-game", 1).replacen("i11", "i12", 1);
    fs::write(&changed, text).unwrap();
    let (code, _, err) = xtask(&["vectors", changed.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    let lines: Vec<&str> = err.lines().collect();
    assert!(lines.last().unwrap().ends_with(" failed"), "{err}");
    assert!(lines.len() >= 2, "{err}");
    let (code, ..) = xtask(&["vectors"]);
    assert_eq!(code, Some(1), "no file, nothing tested");
}

#[test]
fn lint_error_names_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let specs = folder.path().join("specs");
    let tour = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tour/specs");
    copy(&tour, &specs);
    let path = specs.join("types/Berth.json");
    let text = fs::read_to_string(&path).unwrap().replace("\"int64\"", "\"int46\"");
    fs::write(&path, text).unwrap();
    let (code, _, err) = xtask(&["lint", "--specs", specs.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert_eq!(
        err,
        "specs/types/Berth.json:8:31: error: members.Pier.type: unknown type `int46`\n  help: did you mean `int64`?\n1 error\n"
    );
    let out = folder.path().join("src");
    let (code, ..) =
        xtask(&["codegen", "--specs", specs.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(!out.exists(), "nothing is written from specs with an error");
}

#[test]
fn specs_of_every_service_are_linted() {
    let (code, out, err) = xtask(&["lint"]);
    assert_eq!(code, Some(0), "{err}");
    let names: Vec<&str> =
        out.lines().filter_map(|line| line.split_once(": ")).map(|it| it.0).collect();
    assert!(names.is_sorted() && names.contains(&"specs/cvm/2017-03-12"), "{out}");
    assert!(names.len() >= 6 && out.ends_with(" error codes\nno errors\n"), "{out}");
}

#[test]
fn codegen_refuses_to_replace_the_files_of_another_service() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let models = root.join("../crates/cvm-models/src/generated/mod.rs");
    let before = fs::read_to_string(&models).unwrap();
    let tour = root.join("tests/golden/tour/specs");
    let tour = tour.to_str().unwrap();
    for flags in [&["codegen", "--specs", tour][..], &["codegen", "--check", "--specs", tour]] {
        let (code, out, err) = xtask(flags);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{flags:?}");
        assert!(err.contains("needs `--out`: the source folder of its crate"), "{err}");
    }
    // A folder with the code of another service.
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    fs::create_dir(folder.path().join("generated")).unwrap();
    let copy = folder.path().join("generated/mod.rs");
    fs::write(&copy, &before).unwrap();
    let (code, _, err) = xtask(&["codegen", "--specs", tour, "--out", out]);
    assert_eq!(code, Some(1));
    assert!(err.contains("contains the code of specs/cvm/2017-03-12"), "{err}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), before, "nothing is written");
    assert_eq!(fs::read_dir(folder.path().join("generated")).unwrap().count(), 1);
    fs::remove_file(&copy).unwrap();
    for _ in 0..2 {
        let (code, _, err) = xtask(&["codegen", "--specs", tour, "--out", out]);
        assert_eq!(code, Some(0), "{err}");
    }
    assert_eq!(fs::read_to_string(&models).unwrap(), before);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
