//! Every documented exit code, and the messages that come with it.

use std::process::Stdio;

use crate::harness::{
    Answer, Emulator, Server, cvm, entries, finish, not_ignored, run, signal, start, stopping,
    until,
};

#[test]
fn exit_codes_are_documented() {
    insta::assert_snapshot!(run(&mut cvm(&["help", "exit-codes"])).stdout, @r"
    Exit codes
      0   success; a dry run that passed counts as success
      1   the service returned an error, or the quickstart waited for a state that cannot be reached
      2   invalid command line; nothing was sent
      3   outcome unknown: the request may have taken effect; check before you retry it
      4   credentials, region or endpoint are missing or invalid; nothing was sent
      5   no connection, or no valid response in time; nothing changed
      6   local error: a file, a port or standard output failed; no change was sent
      7   the request took effect, but the response could not be printed; do not retry it

      After 3 and 7, the journal keeps its entry, and `cvm resume` lists it. With 7, standard error
      shows the request id and what is known of the response.
      If standard output is closed (`>&-`), an action whose response arrived exits with 7, even a read
      (which you may repeat). Anything else that would print exits with 6. A null device that is open
      for reading and writing, such as Python's subprocess.DEVNULL, counts as closed; `>/dev/null` does
      not.
      If a read returns no list, or an empty list with a total above 0, cvm prints the response and
      exits with 5. If the list is shorter than its total, cvm prints it, and a note on standard error
      says how to get the rest, or that there are no more items.
      Before a change is sent, and during a read, a signal ends cvm directly: shells report 128 + its
      number. While cvm waits for the response to a change, a signal that asks a program to end (Ctrl-C,
      SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGXCPU, …) ends it with exit code 3; while it prints
      the response, with 7.
    ");
}

#[test]
fn readme_has_the_same_exit_codes() {
    let help = run(&mut cvm(&["help", "exit-codes"])).stdout;
    let codes: Vec<(&str, &str)> =
        help.lines().skip(1).map_while(|line| line.trim().split_once("   ")).collect();
    assert_eq!(codes.len(), 8, "{help}");
    for (code, doc) in codes {
        let row = format!("| {code} | {doc} |");
        assert!(include_str!("../../../../README.md").contains(&row), "README.md lacks `{row}`");
    }
}

#[test]
fn service_error_exits_1_with_hints() {
    let emulator = Emulator::start();
    let stop = |options: &[&str]| {
        let mut command = emulator.cvm(&["StopInstances", "--InstanceIds", "ins-00000000"]);
        let ran = run(command.args(options));
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        ran.stderr
    };
    // One line, and hints below it. The meaning of the code comes from the specification.
    let missing = stop(&[]);
    assert!(
        missing.starts_with("error: StopInstances failed: InvalidInstanceId.NotFound: "),
        "{missing}"
    );
    assert!(missing.lines().next().unwrap().contains("(request id "), "{missing}");
    assert!(missing.lines().skip(1).all(|line| line.starts_with("  hint: ")), "{missing}");
    assert!(missing.lines().count() > 1, "{missing}");
    let misspelt = stop(&["--StopType", "HARDD"]);
    assert!(
        misspelt.contains("must be one of SOFT_FIRST, HARD, SOFT; did you mean `HARD`?"),
        "{misspelt}"
    );
}

#[test]
fn usage_error_exits_2_and_sends_nothing() {
    let server = Server::start(Answer::Close);
    for (arguments, expected) in [
        (&["RunInstnces"][..], "did you mean `RunInstances`?"),
        (&["RunInstances", "--Zone", "x"], "did you mean `--Placement.Zone`?"),
        (
            &["RunInstances", "--InstanceCount", "many"],
            "`--InstanceCount` must be an integer, not `many`",
        ),
        (&["RunInstances", "--Placement", "{"], "`--Placement` is not JSON"),
        (&["DescribeZones", "--output", "tabel"], "did you mean `table`?"),
        (&["DescribeZones", "--output", "table", "--columns", "Zoen"], "did you mean `Zone`?"),
        (&["DescribeZones", "--version", "2019-01-01"], "unsupported API version `2019-01-01`"),
        (&["--version", "2016-01-01", "DescribeZones"], "unsupported API version `2016-01-01`"),
        (&["StopInstances", "--validate", "--StopType", "HARDD"], "did you mean `HARD`?"),
        (&["DescribeZones", "--timeout", "soon"], "`--timeout` must be a number of seconds"),
        (&["DescribeZones", "stray"], "unexpected argument `stray`"),
        (&["StopInstances", "--InstanceIds.+1", "ins-11112222"], "`+1` is not an index"),
        (&["StopInstances", "--InstanceIds", "ins-11112222", "-o", "table"], "`-o` after"),
        (&["RunInstances", "--InstanceName", "-h"], "`-h` after `--InstanceName` is not a value"),
        (&["StopInstances", "--InstanceIds", "null"], "`--InstanceIds.0` is a string, not null"),
        (&["StopInstances", "--InstanceIds", "ins-11112222", "[\"ins-1\"]"], "not a JSON list"),
        (&["DescribeZones", "--output", "text", "--columns", ""], "`--columns` is empty"),
        (&["DescribeZones", "--output", "text", "--columns", ","], "names no member"),
        (&["DescribeZones", "--language", ""], "`--language` is empty"),
        (
            &[
                "StopInstances",
                "--cli-input-json",
                "{\"InstanceIds\":[\"ins-1\"]}",
                "--InstanceIds.0",
                "x",
            ],
            "sets a part of `InstanceIds`",
        ),
    ] {
        let ran = run(&mut server.cvm(arguments));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: "), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
    assert!(server.requests.lock().unwrap().is_empty());
}

#[test]
fn change_without_a_response_exits_3_and_is_not_retried() {
    for answer in [Answer::Close, Answer::Json("<html>".to_owned())] {
        let server = Server::start(answer);
        let ran = run(&mut server.cvm(&["RebootInstances", "--InstanceIds", "ins-11112222"]));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("RebootInstances may or may not have taken effect"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("do not retry it blindly"), "{}", ran.stderr);
        assert_eq!(server.requests.lock().unwrap().len(), 1);
    }
}

#[test]
fn launch_without_a_response_names_its_token() {
    let server = Server::start(Answer::Close);
    let launch = ["RunInstances", "--ImageId", "img-pmqg1cw7", "--timeout", "60"];
    for (option, expected) in [(None, "`cvm resume "), (Some("--no-journal"), "--ClientToken ")] {
        let ran = run(server.cvm(&launch).args(option));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

#[test]
fn interrupted_change_exits_3() {
    for name in stopping() {
        let server = Server::start(Answer::Silence);
        let child = start(&mut server.cvm(&["RebootInstances", "--InstanceIds", "ins-11112222"]));
        server.wait_for_request();
        signal(&child, name);
        let ran = finish(child);
        assert_eq!(ran.code, 3, "{name}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("interrupted while waiting for the response"),
            "{}",
            ran.stderr
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ignored_interrupt_stays_ignored() {
    let server = Server::start(Answer::Silence);
    let known = server.cvm(&["RebootInstances", "--InstanceIds", "ins-11112222"]);
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "trap '' INT; exec \"$0\" \"$@\""]);
    command.arg(known.get_program()).args(known.get_args()).env_clear();
    command.envs(known.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = start(&mut command);
    server.wait_for_request();
    assert!(not_ignored(child.id(), &["INT"]).is_empty());
    signal(&child, "INT");
    assert!(child.try_wait().unwrap().is_none());
    signal(&child, "TERM");
    assert_eq!(finish(child).code, 3);
}

#[test]
fn missing_or_invalid_settings_exit_4() {
    let nowhere = ["--endpoint", "http://127.0.0.1:1"];
    let cases: [(&[&str], &str); 5] = [
        (&["DescribeZones"], "no region"),
        (&["DescribeZones", "--region", "ap-guangzhou"], "TENCENTCLOUD_SECRET_ID"),
        (&["DescribeZones", "--region", "x@evil.example/#"], "region"),
        (
            &["DescribeZones", "--region", "ap-guangzhou", "--endpoint", "http://cvm.example.com"],
            "https",
        ),
        (&["DescribeZones", "--emulator", "Cargo.toml"], "not a ready file"),
    ];
    for (arguments, expected) in cases {
        let mut command = cvm(arguments);
        if !arguments.iter().any(|argument| matches!(*argument, "--endpoint" | "--emulator")) {
            command.args(nowhere);
        }
        let ran = run(&mut command);
        assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn any_positive_number_is_a_timeout() {
    let emulator = Emulator::start();
    for seconds in ["1e19", "18446744073709551616", "1e300", "inf", "9223372036854775807"] {
        let ran = run(&mut emulator.cvm(&["DescribeRegions", "--timeout", seconds]));
        assert_eq!(ran.code, 0, "{seconds}: {}", ran.stderr);
    }
    for seconds in ["0", "-1", "NaN", "-inf"] {
        let ran = run(&mut emulator.cvm(&["DescribeRegions", "--timeout", seconds]));
        assert_eq!(ran.code, 2, "{seconds}: {}", ran.stderr);
    }
}

#[test]
fn connection_failure_and_timeout_exit_5() {
    let silent = Server::start(Answer::Silence);
    let ran = run(&mut silent.cvm(&["DescribeZones", "--timeout", "0.3"]));
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("--timeout"), "{}", ran.stderr);
    // Nothing listens on port 1, so nothing was sent and a retry is safe.
    let mut command = cvm(&[
        "TerminateInstances",
        "--InstanceIds",
        "ins-11112222",
        "--region",
        "ap-guangzhou",
        "--endpoint",
        "http://127.0.0.1:1",
    ]);
    command
        .env("TENCENTCLOUD_SECRET_ID", "AKIDtest")
        .env("TENCENTCLOUD_SECRET_KEY", "key-of-a-test")
        .env("CVM_JOURNAL", silent.journal());
    let ran = run(&mut command);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(entries(&silent.journal()).is_empty(), "nothing is left to settle");
}

#[test]
fn local_errors_exit_6() {
    let ran = run(&mut cvm(&["DescribeZones", "--emulator", "/no/such/file"]));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    let ran = run(&mut cvm(&["emulator", "--ready-file", "/no/such/folder/ready.json"]));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    let emulator = Emulator::start();
    let address = emulator.ready("url").replace("http://", "");
    let ran = run(&mut cvm(&["emulator", "--listen", &address]));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot listen on"), "{}", ran.stderr);
}

/// The command line is valid, but nothing can be sent: this must not look like a usage error.
#[test]
fn invalid_environment_variable_exits_4() {
    for (name, value) in [
        ("HTTPS_PROXY", "ftp://127.0.0.1:1"),
        ("ALL_PROXY", "::::"),
        ("ALL_PROXY", "socks://127.0.0.1:1"),
        ("SSL_CERT_FILE", "/no/such/file"),
        ("SSL_CERT_FILE", "/dev/null"),
        ("SSL_CERT_DIR", "/no/such/folder"),
        ("TENCENTCLOUD_REGION", "ap guangzhou"),
        ("TENCENTCLOUD_SECRET_KEY", "with\nbreak"),
        ("TENCENTCLOUD_CREDENTIALS_FILE", "/no/such/file"),
        ("TCCLI_PROFILE", "nobody"),
    ] {
        let mut command = cvm(&["DescribeZones", "--endpoint", "https://cvm.example.invalid"]);
        if name != "TENCENTCLOUD_REGION" {
            command.env("TENCENTCLOUD_REGION", "ap-tokyo");
        }
        if !["TENCENTCLOUD_CREDENTIALS_FILE", "TCCLI_PROFILE"].contains(&name) {
            command.env("TENCENTCLOUD_SECRET_ID", "AKIDx").env("TENCENTCLOUD_SECRET_KEY", "k");
        }
        let ran = run(command.env("HOME", "/no/such/home").env(name, value));
        assert_eq!(ran.code, 4, "{name}={value}: {}", ran.stderr);
        assert!(ran.stderr.contains(name), "{name}={value}: {}", ran.stderr);
    }
}

/// Nobody writes to the pipe, so a run that waits for a writer would block.
#[test]
fn pipe_instead_of_a_regular_file_is_rejected_without_blocking() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    let file = ["--endpoint", "https://cvm.example.invalid", "--region", "ap-tokyo"];
    for (arguments, variable, code) in [
        (&["--emulator", pipe][..], None, 6),
        (&file, Some("SSL_CERT_FILE"), 4),
        (&file, Some("TENCENTCLOUD_CREDENTIALS_FILE"), 4),
    ] {
        let mut command = cvm(&[&["DescribeZones"], arguments].concat());
        if variable != Some("TENCENTCLOUD_CREDENTIALS_FILE") {
            command.env("TENCENTCLOUD_SECRET_ID", "AKIDx").env("TENCENTCLOUD_SECRET_KEY", "k");
        }
        if let Some(variable) = variable {
            command.env(variable, pipe);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        until("it has ended", || child.try_wait().unwrap().is_some());
        let ran = finish(child);
        assert_eq!(ran.code, code, "{arguments:?} {variable:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("not a regular file"), "{}", ran.stderr);
    }
}
