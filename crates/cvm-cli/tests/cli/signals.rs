//! Signals that would end the program without a word, while a change is on its way.

use std::process::Stdio;

use crate::harness::{
    Answer, Emulator, Server, cvm, entries, finish, not_ignored, run, shell, signal, until,
};

/// Those that users, batch systems and timers send. `XCPU` comes from `ulimit -t`, `ALRM` from `alarm` before `exec`.
const ENDING: [&str; 8] = ["TERM", "QUIT", "ALRM", "USR1", "USR2", "XCPU", "VTALRM", "PROF"];

#[test]
fn every_signal_that_would_end_a_change_leaves_the_outcome_unknown() {
    let server = Server::start(Answer::Silence);
    let signals = not_ignored(std::process::id(), &ENDING);
    for (count, name) in signals.iter().enumerate() {
        let mut command = server.cvm(&["StopInstances", "--InstanceIds", "ins-1"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("the request is there", || server.count("StopInstances") == count + 1);
        signal(&child, name);
        let ran = finish(child);
        assert_eq!(ran.code, 3, "{name}: {}", ran.stderr);
        for told in ["may or may not have taken effect", "cvm resume "] {
            assert!(ran.stderr.contains(told), "{name}: {told}: {}", ran.stderr);
        }
    }
    assert_eq!(entries(&server.journal()).len(), signals.len());
}

#[test]
fn signal_during_the_read_before_a_change_leaves_no_file_in_the_journal() {
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
    // The lock of a process that was killed in the moment before it wrote its entry.
    std::fs::write(server.journal().join("1jd7k2m9wx4q2.lock"), "").unwrap();
    assert_eq!(run(&mut server.bare(&["resume"])).code, 0);
    assert_eq!(files(), 0);
}

/// Whoever starts a program with a signal ignored wants it to go on.
#[test]
fn an_ignored_signal_does_not_end_a_change() {
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
fn the_emulator_removes_its_ready_file_after_any_of_them() {
    for name in not_ignored(std::process::id(), &ENDING) {
        let mut emulator = Emulator::start();
        signal(&emulator.child, name);
        assert_eq!(emulator.child.wait().unwrap().code(), Some(0), "{name}");
        assert!(!emulator.ready_file.exists(), "{name}");
    }
}

/// A folder that is relative would depend on where the command was started.
#[test]
fn the_emulator_ignores_a_relative_folder_for_its_ready_file() {
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
