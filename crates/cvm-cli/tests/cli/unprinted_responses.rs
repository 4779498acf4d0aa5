//! Changes whose response cannot be printed exit with 7, and nothing of the response is lost.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{
    Answer, Emulator, KEY, LAUNCH, Ran, Server, entries, finish, keeps_key, run, shell,
};

const STOP: [&str; 3] = ["StopInstances", "--InstanceIds", "ins-11112222"];
const STOPPED: &str = r#"{"Response":{"RequestId":"r-1"}}"#;

/// Runs a command in a shell, with these redirections.
fn redirected(command: &Command, redirections: &str) -> Ran {
    run(&mut shell(command, "", redirections))
}

#[test]
fn closed_standard_output_exits_7_and_keeps_the_entry() {
    for redirections in [">&-", ">&- <&-", "<&- >&- 2>&-"] {
        let server = Server::start(Answer::Json(STOPPED.to_owned()));
        let ran = redirected(&server.cvm(&STOP), redirections);
        assert_eq!(ran.code, 7, "{redirections}: {}", ran.stderr);
        let ids = entries(&server.journal());
        assert_eq!(ids.len(), 1, "{redirections}");
        if !redirections.contains("2>") {
            for expected in
                ["could not be shown", "request id r-1", "standard output is closed", &ids[0]]
            {
                assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
            }
        }
        assert_eq!(server.requests.lock().unwrap().len(), 1);
    }
}

#[test]
fn output_to_dev_null_exits_0() {
    for redirections in [">/dev/null", ">/dev/null 2>&1", ">/dev/null 2>&-", "2>&-"] {
        let server = Server::start(Answer::Json(STOPPED.to_owned()));
        let ran = redirected(&server.cvm(&STOP), redirections);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{redirections}");
        assert!(entries(&server.journal()).is_empty(), "{redirections}");
    }
}

#[test]
fn closed_standard_output_exits_7_for_actions_and_6_for_other_commands() {
    let zones = r#"{"Response":{"TotalCount":0,"ZoneSet":[],"RequestId":"r"}}"#;
    let server = Server::start(Answer::Json(zones.to_owned()));
    for arguments in [
        &["DescribeZones"][..],
        &["DescribeZones", "--output", "table"],
        &["RunInstances", "--ImageId", "i", "--DryRun", "true"],
    ] {
        let ran = redirected(&server.cvm(arguments), ">&-");
        assert_eq!(ran.code, 7, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("standard output is closed"), "{}", ran.stderr);
    }
    for arguments in [
        &["help"][..],
        &["help", "RunInstances"],
        &["list"],
        &["--version"],
        &["error", "InvalidParameter"],
        &["RunInstances", "--generate-cli-skeleton"],
        &["resume"],
        &["resume", "--output", "json"],
        &["quickstart", "--time-scale", "1000"],
        &["emulator", "--coverage"],
    ] {
        let ran = redirected(&server.bare(arguments), ">&-");
        assert_eq!(ran.code, 6, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("standard output is closed"), "{}", ran.stderr);
        let thrown_away = redirected(&server.bare(arguments), ">/dev/null");
        assert_eq!(thrown_away.code, 0, "{arguments:?}: {}", thrown_away.stderr);
    }
}

#[test]
fn closed_standard_input_is_a_usage_error() {
    let server = Server::start(Answer::Json(STOPPED.to_owned()));
    let ran = redirected(&server.cvm(&["StopInstances", "--cli-input-json", "-"]), "<&-");
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(server.requests.lock().unwrap().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_exits_7_and_shows_the_response() {
    let emulator = Emulator::start();
    let full = |arguments: &[&str]| {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = emulator.cvm(arguments);
        finish(command.stdout(full).stderr(Stdio::piped()).spawn().unwrap())
    };
    for format in ["json", "table", "text"] {
        let ran = full(&[&LAUNCH[..], &["--output", format]].concat());
        assert_eq!(ran.code, 7, "{}", ran.stderr);
        for expected in ["request id ", "\"ins-", "cvm resume "] {
            assert!(ran.stderr.contains(expected), "{format}: {expected}: {}", ran.stderr);
        }
    }
    assert_eq!(entries(&emulator.journal()).len(), 3);
    let ran = full(&["DescribeZones"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert_eq!(entries(&emulator.journal()).len(), 3);
}

/// A server that returns a key pair with unusual members.
fn key_pair(odd: &str) -> Server {
    Server::start(Answer::Json(format!(
        r#"{{"Response":{{"KeyPair":{{"KeyId":"skey-1","KeyName":"n","PrivateKey":"{KEY}"}},{odd}"RequestId":"r-9"}}}}"#
    )))
}

/// `CreateKeyPair` in its own directory.
fn create_key_pair(server: &Server, folder: &Path) -> Command {
    let mut command = server.cvm(&["CreateKeyPair", "--KeyName", "n", "--ProjectId", "0"]);
    command.current_dir(folder).env("TMPDIR", folder);
    command
}

#[test]
fn private_key_is_saved_before_anything_can_fail() {
    let deep = format!(r#""New":{}{},"#, "[".repeat(5000), "]".repeat(5000));
    // Unusual members, and a response that is not JSON.
    for odd in ["", r#""New":{"a":1,"a":2},"#, r#""New":1e999,"#, r#""New":"\ud800","#, &deep, "{"]
    {
        for redirections in ["", ">&-", ">/dev/full"] {
            let folder = tempfile::tempdir().unwrap();
            let server = key_pair(odd);
            let ran = redirected(&create_key_pair(&server, folder.path()), redirections);
            let what = format!("{:.30} {redirections}: {}", odd, ran.stderr);
            assert!(keeps_key(folder.path()), "{what}");
            assert!(ran.stderr.contains("cvm-CreateKeyPair-"), "{what}");
            assert!(matches!(ran.code, 0 | 3 | 7), "{} {what}", ran.code);
            assert!(!ran.stdout.contains(KEY), "{what}");
            assert!(!ran.stderr.contains(KEY), "{what}");
        }
    }
}

#[test]
fn private_key_without_request_id_is_saved() {
    let body = format!(r#"{{"Response":{{"KeyPair":{{"KeyId":"k","PrivateKey":"{KEY}"}}}}}}"#);
    let server = Server::start(Answer::Json(body));
    let folder = tempfile::tempdir().unwrap();
    for count in 1..=2 {
        let ran = run(&mut create_key_pair(&server, folder.path()));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("the invalid response is saved in "), "{}", ran.stderr);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), count, "none replaces another");
    }
}

#[test]
fn printed_private_key_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = key_pair("");
    let ran = run(create_key_pair(&server, folder.path()).arg("--print-secrets"));
    assert!(ran.code == 0 && ran.stdout.contains(KEY), "{}", ran.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut unread = create_key_pair(&server, folder.path());
    let ran = redirected(unread.arg("--print-secrets"), ">&-");
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(keeps_key(folder.path()) && !ran.stderr.contains(KEY), "{}", ran.stderr);
}

#[test]
fn private_key_is_printed_when_no_directory_is_writable() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    fs::create_dir(&gone).unwrap();
    let server = key_pair("");
    let mut command = create_key_pair(&server, &gone);
    // When the program starts, neither the current directory nor the temporary one exists.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "rmdir \"$PWD\"; exec \"$0\" \"$@\""]).current_dir(&gone).env_clear();
    shell.arg(command.get_program()).args(command.get_args());
    command.env("TMPDIR", "/no/such/folder");
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // The journal directory is the last choice.
    let ran = run(&mut shell);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains(KEY) && keeps_key(&server.journal()), "{}", ran.stdout);
    fs::create_dir(&gone).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    shell.env("CVM_JOURNAL", folder.path().join("file/below")).arg("--no-journal");
    let ran = run(&mut shell);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains(KEY), "{}", ran.stdout);
    assert!(ran.stderr.contains("could not be saved to a file"), "{}", ran.stderr);
}
