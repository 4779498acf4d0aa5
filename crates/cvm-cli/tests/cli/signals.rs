//! Signals that terminate a program by default, while a change is in flight.

use std::process::Stdio;

use crate::harness::{
    Answer, Emulator, Server, cvm, entries, finish, not_ignored, run, shell, signal, until,
};

/// Signals of users, batch systems and timers. `XCPU` comes from `ulimit -t`, `ALRM` from `alarm` before `exec`.
const ENDING: [&str; 8] = ["TERM", "QUIT", "ALRM", "USR1", "USR2", "XCPU", "VTALRM", "PROF"];

#[test]
fn terminating_signals_leave_the_outcome_unknown() {
    let server = Server::start(Answer::Silence);
    let signals = not_ignored(std::process::id(), &ENDING);
    for (count, name) in signals.iter().enumerate() {
        let mut command = server.cvm(&["StopInstances", "--InstanceIds", "ins-1"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("the request is there", || server.count("StopInstances") == count + 1);
        signal(&child, name);
        let ran = finish(child);
        assert_eq!(ran.code, 3, "{name}: {}", ran.stderr);
        for expected in ["may or may not have taken effect", "cvm resume "] {
            assert!(ran.stderr.contains(expected), "{name}: {expected}: {}", ran.stderr);
        }
    }
    assert_eq!(entries(&server.journal()).len(), signals.len());
}

#[test]
fn signal_during_the_prior_read_leaves_no_journal_file() {
    let server = Server::start(Answer::Silence);
    let files = || std::fs::read_dir(server.journal()).unwrap().count();
    let signals = not_ignored(std::process::id(), &["INT", "TERM", "QUIT"]);
    for (count, name) in signals.iter().enumerate() {
        let mut command = server.cvm(&["TerminateInstances", "--InstanceIds", "ins-1"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("it reads", || server.count("DescribeInstances") == count + 1);
        signal(&child, name);
        assert_ne!(finish(child).code, 0, "{name}");
        assert_eq!(files(), 0, "{name}");
    }
    assert_eq!(server.count("TerminateInstances"), 0);
    // The lock of a process that was killed before it wrote its entry.
    std::fs::write(server.journal().join("1jd7k2m9wx4q2.lock"), "").unwrap();
    assert_eq!(run(&mut server.bare(&["resume"])).code, 0);
    assert_eq!(files(), 0);
}

/// A program that starts with an ignored signal must continue when it arrives.
#[test]
fn ignored_signals_do_not_interrupt_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let answers = folder.path().join("answers");
    let body = r#"{"Response":{"RequestId":"r-1"}}"#.to_owned();
    let server = Server::start(Answer::Once(answers.clone(), body));
    let stop = server.cvm(&["StopInstances", "--InstanceIds", "ins-1"]);
    let mut command = shell(&stop, "trap '' QUIT USR1", "");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the request is there", || server.count("StopInstances") == 1);
    signal(&child, "QUIT");
    signal(&child, "USR1");
    std::fs::write(answers, "").unwrap();
    let ran = finish(child);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn emulator_removes_its_ready_file_on_every_signal() {
    for name in not_ignored(std::process::id(), &ENDING) {
        let mut emulator = Emulator::start();
        signal(&emulator.child, name);
        assert_eq!(emulator.child.wait().unwrap().code(), Some(0), "{name}");
        assert!(!emulator.ready_file.exists(), "{name}");
    }
}

/// A relative directory would depend on the current one.
#[test]
fn emulator_ignores_a_relative_runtime_directory() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("rel")).unwrap();
    let mut command = cvm(&["emulator"]);
    command.current_dir(folder.path()).env("XDG_RUNTIME_DIR", "rel").env("TMPDIR", folder.path());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let name = format!("cvm-emulator-{}.json", child.id());
    until("the ready file is there", || folder.path().join(&name).exists());
    signal(&child, "TERM");
    let ran = finish(child);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let path = folder.path().join(&name);
    assert!(ran.stdout.contains(path.to_str().unwrap()), "{}", ran.stdout);
}
