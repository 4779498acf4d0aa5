//! Commands without network: help, lists, error codes, templates.

use std::io::Read as _;
use std::process::Stdio;

use crate::harness::{Emulator, cvm, run};

#[test]
fn version_and_help_are_printed() {
    for arguments in [["--version"], ["-V"]] {
        let ran = run(&mut cvm(&arguments));
        assert_eq!(ran.stdout, concat!("cvm ", env!("CARGO_PKG_VERSION"), "\n"));
    }
    for arguments in [&[][..], &["help"], &["--help"], &["-h"]] {
        let ran = run(&mut cvm(arguments));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains("cvm ACTION [--Parameter value]..."), "{}", ran.stdout);
    }
    for command in ["quickstart", "emulator", "resume"] {
        for arguments in [["help", command], [command, "--help"]] {
            let ran = run(&mut cvm(&arguments));
            assert!(ran.stdout.starts_with(&format!("cvm {command}\n")), "{}", ran.stdout);
        }
    }
}

/// With any other arguments: a word, an id, or the options of an alias.
#[test]
fn every_command_shows_help_despite_arguments() {
    let alias = ["--emulator", "/no/such/file", "--output", "table", "--columns", "InstanceId"];
    for command in ["quickstart", "emulator", "list", "help", "error", "resume"] {
        let expected = run(&mut cvm(&["help", command])).stdout;
        assert!(expected.starts_with(&format!("cvm {command}\n")), "{expected}");
        for help in ["--help", "-h"] {
            for front in [&[][..], &alias] {
                for behind in [
                    [command, "image", help].as_slice(),
                    &[command, help, "image"],
                    &[command, "InvalidInstanceId.NotFound", help, "image"],
                    &[command, help],
                ] {
                    // For `help` itself, the next argument is the topic.
                    let behind = if command == "help" { &["help", "help", help] } else { behind };
                    let ran = run(&mut cvm(&[front, behind].concat()));
                    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{behind:?}");
                    assert_eq!(ran.stdout, expected, "{behind:?}");
                }
            }
        }
    }
    for front in [&[][..], &alias] {
        for behind in [["StopInstances", "ins-1", "--help"], ["StopInstances", "--help", "ins-1"]] {
            let ran = run(&mut cvm(&[front, &behind].concat()));
            assert!(ran.code == 0 && ran.stdout.starts_with("StopInstances\n"), "{}", ran.stderr);
        }
    }
    let ran = run(&mut cvm(&["lst", "image", "--help"]));
    assert!(ran.code == 2 && ran.stderr.contains("did you mean `list`?"), "{}", ran.stderr);
}

/// The same as `every_command_accepts_the_options_of_actions`, with the built binary.
#[test]
fn alias_with_columns_works_for_every_command() {
    let alias = ["--emulator", "/no/such/file", "--output", "table", "--columns", "InstanceId"];
    for command in
        [&["help"][..], &["list"], &["error", "InternalError"], &["emulator", "--coverage"]]
    {
        let ran = run(&mut cvm(&[&alias, command].concat()));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command:?}");
    }
    for option in [["--cli-input-json", "{}"].as_slice(), &["--generate-cli-skeleton"]] {
        let ran = run(&mut cvm(&[option, &["list"]].concat()));
        assert!(ran.code == 2 && ran.stderr.contains("takes no"), "{}", ran.stderr);
    }
}

#[test]
fn action_help_shows_usage_limits_and_errors() {
    for arguments in
        [["help", "StartInstances"], ["StartInstances", "help"], ["StartInstances", "--help"]]
    {
        let ran = run(&mut cvm(&arguments));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        for expected in [
            "cvm StartInstances --InstanceIds ins-xxxxxxxx ins-xxxxxxxx",
            "Retry class: ",
            "--InstanceIds  list of strings, required",
            "Items: 1 to 100.",
            "RequestId  string",
            "InvalidInstanceId.NotFound",
        ] {
            assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
        }
    }
}

#[test]
fn actions_are_listed_by_group() {
    let ran = run(&mut cvm(&["list", "zones"]));
    assert!(ran.stdout.starts_with("region\n  DescribeZones  Lists"), "{}", ran.stdout);
    let all = run(&mut cvm(&["list"]));
    for action in ["DescribeInstances ", "RunInstances ", "DescribeImages "] {
        assert!(all.stdout.contains(action), "{action}");
    }
}

#[test]
fn emulator_coverage_lists_support_and_assumptions() {
    let ran = run(&mut cvm(&["emulator", "--coverage"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut expected = Vec::new();
    for service in ["cvm", "api", "cbs", "sts", "tag", "vpc"] {
        let coverage = cvm_emulator::coverage().into_iter();
        let rows: Vec<_> = coverage.filter(|row| row.service == service).collect();
        let supported: Vec<_> = rows.iter().filter(|row| row.supported).collect();
        let (count, all) = (supported.len(), rows.len());
        expected.push(format!("{count} of {all} actions of {service} are supported."));
        if count > 0 {
            let parameters: usize = supported.iter().map(|row| row.parameters).sum();
            let refused: usize = supported.iter().map(|row| row.parameters_with_exceptions()).sum();
            let counted = parameters - refused;
            expected.push(format!(
                "{counted} of their {parameters} parameters are supported without exception."
            ));
        }
    }
    let counts = ran.stdout.lines().filter(|line| line.contains(" are supported"));
    assert_eq!(counts.collect::<Vec<_>>(), expected);
    let reset =
        "\n  ResetInstancesType InstanceType: other sizes of instances on dedicated hosts.\n";
    for expected in [reset, "\nTerminateInstances\n", "  documented  ", "  assumed     "] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
}

#[test]
fn error_code_is_explained_offline() {
    let ran = run(&mut cvm(&["error", "UnsupportedOperation.SystemDiskType"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("What to do: "), "{}", ran.stdout);
    let ran = run(&mut cvm(&["error", "InvalidInstanceId.NotFoundd"]));
    assert!(
        ran.stdout.contains("newer than this program") || ran.stderr.contains("did you mean"),
        "{ran:?}"
    );
    let ran = run(&mut cvm(&["error", "NoSuchCodeAtAll"]));
    assert_eq!(ran.code, 2);
}

#[test]
fn skeleton_can_be_filled_in_and_sent() {
    let ran = run(&mut cvm(&["DescribeInstances", "--generate-cli-skeleton"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut skeleton: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(skeleton["InstanceIds"][0], "ins-xxxxxxxx");
    skeleton["InstanceIds"] = serde_json::Value::Null;
    skeleton["Filters"] = serde_json::json!([{ "Name": "zone", "Values": ["ap-guangzhou-2"] }]);
    let emulator = Emulator::start();
    let file = emulator.folder.path().join("request.json");
    std::fs::write(&file, skeleton.to_string()).unwrap();
    let source = format!("file://{}", file.display());
    let ran = run(&mut emulator.cvm(&["DescribeInstances", "--cli-input-json", &source]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn closed_pipe_is_not_an_error() {
    let mut child = cvm(&["help", "RunInstances"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 16]).unwrap();
    drop(stdout);
    let ran = crate::harness::finish(child);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = cvm(&["help"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let ran = crate::harness::finish(child);
    assert_eq!(ran.code, 6);
    assert!(ran.stderr.contains("cannot write to standard output"), "{}", ran.stderr);
}
