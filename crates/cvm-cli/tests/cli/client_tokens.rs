//! Only `cvm resume` sends a client token of a journal entry again.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::harness::{
    Answer, Server, entries, entry_file, finish, lost, read_entry, run, start, until,
};

const LAUNCH: [&str; 5] = ["RunInstances", "--ImageId", "img-1", "--ClientToken", "tok-1"];

/// A server and the only entry, which a launch with [`LAUNCH`] left.
fn in_doubt() -> (Server, String) {
    let (server, id) = lost(&[&LAUNCH[..], &["--timeout", "60"]].concat());
    server.requests.lock().unwrap().clear();
    (server, id)
}

#[test]
fn journaled_token_is_not_sent_by_other_commands() {
    let (server, id) = in_doubt();
    let other = |command: &mut Command| {
        let ran = run(command);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        for expected in ["`tok-1`", &id, "nothing was sent", &format!("`cvm resume {id}`")] {
            assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        }
        assert!(server.requests.lock().unwrap().is_empty(), "{}", ran.stderr);
        assert_eq!(entries(&server.journal()), [id.as_str()], "it leaves no entry");
    };
    other(&mut server.cvm(&LAUNCH));
    other(server.cvm(&LAUNCH).args(["--InstanceCount", "5"]));
    let tokyo = ["--endpoint", &server.url, "--region", "ap-tokyo"];
    other(server.bare(&LAUNCH).args(tokyo));
    other(server.cvm(&LAUNCH).env("TENCENTCLOUD_SECRET_ID", "AKIDother"));
    other(server.cvm(&LAUNCH).arg("--no-journal"));
    // At any age of the entry, also when the service has forgotten the token.
    let path = entry_file(&server.journal(), &id);
    let mut entry = read_entry(&server.journal(), &id);
    entry["started"] = json!(entry["started"].as_u64().unwrap() - 600_000);
    fs::write(&path, entry.to_string()).unwrap();
    let ran = run(&mut server.cvm(&LAUNCH));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(server.requests.lock().unwrap().is_empty());
    // Also if the entry cannot be read.
    fs::write(&path, r#"{"client_token":"tok-1""#).unwrap();
    let ran = run(&mut server.cvm(&LAUNCH));
    assert!(ran.code == 3 && ran.stderr.contains("--forget"), "{}", ran.stderr);
    assert!(server.requests.lock().unwrap().is_empty());
    // Another token may be sent despite an entry that can be read.
    let forgotten = run(&mut server.bare(&["resume", "--forget", &id]));
    assert_eq!(forgotten.code, 0, "{}", forgotten.stderr);
    let ran = run(server
        .cvm(&["RunInstances", "--ClientToken", "tok-2", "--timeout", "60"])
        .args(["--ImageId", "i"]));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(!server.requests.lock().unwrap().is_empty(), "{}", ran.stderr);
}

/// A damaged entry may have had the token, whatever text is left of it.
#[test]
fn unreadable_entry_blocks_every_given_token() {
    for token in ["tok-1", "a\"b", "a\\b", "\u{21}/<>"] {
        let server = Server::start(Answer::Close);
        let launch = ["RunInstances", "--ImageId", "img-1", "--ClientToken", token];
        let first = run(server.cvm(&launch).args(["--timeout", "30"]));
        assert_eq!(first.code, 3, "{}", first.stderr);
        server.requests.lock().unwrap().clear();
        let id = entries(&server.journal()).remove(0);
        let path = server.journal().join(format!("{id}.json"));
        let whole = fs::read_to_string(&path).unwrap();
        let changed = whole.replacen("img-1", "img-2", 1);
        for (damaged, text) in [
            ("a changed byte", changed.as_str()),
            ("cut off", &whole[..40]),
            ("empty", ""),
            ("no JSON", "x"),
        ] {
            fs::write(&path, text).unwrap();
            for more in [&[][..], &["--no-journal"], &["--DryRun"], &["--region", "ap-tokyo"]] {
                let url = ["--endpoint", &server.url, "--region", "ap-guangzhou"];
                let place = if more.contains(&"--region") { &url[..2] } else { &url[..] };
                let ran = run(server.bare(&launch).args(place).args(more));
                let what = format!("{token} {damaged} {more:?}: {}", ran.stderr);
                assert_eq!(ran.code, 3, "{what}");
                for expected in ["nothing was sent", "may belong to journal entry", &id, "--forget"]
                {
                    assert!(ran.stderr.contains(expected), "{expected}: {what}");
                }
            }
            assert!(server.requests.lock().unwrap().is_empty(), "{token} {damaged}");
        }
        assert_eq!(entries(&server.journal()), [id.as_str()]);
        // A launch with a generated token is certainly a different one.
        let new = run(server.cvm(&LAUNCH[..3]).args(["--timeout", "30"]));
        assert_eq!(new.code, 3, "{}", new.stderr);
        assert!(!server.requests.lock().unwrap().is_empty(), "{}", new.stderr);
    }
}

/// A service that ignores `DryRun` would launch with the token, or repeat the first launch.
#[test]
fn dry_run_does_not_send_a_journaled_token() {
    let (server, id) = in_doubt();
    for more in [&["--DryRun"][..], &["--DryRun", "true", "--no-journal"]] {
        let ran = run(server.cvm(&LAUNCH).args(more));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        for expected in ["`tok-1`", &id, "nothing was sent", "a dry run needs no client token"] {
            assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        }
    }
    assert!(server.requests.lock().unwrap().is_empty());
    // Another token is sent, leaves no entry, and needs no journal.
    let other = ["RunInstances", "--ImageId", "i", "--DryRun", "--ClientToken", "tok-2"];
    for journal in [server.journal(), "relative".into()] {
        let ran = run(server.cvm(&other).args(["--timeout", "60"]).env("CVM_JOURNAL", &journal));
        assert_eq!(ran.code, 5, "{}", ran.stderr);
    }
    assert!(server.count("RunInstances") >= 2);
    assert_eq!(entries(&server.journal()), [id.as_str()]);
}

#[test]
fn token_of_a_running_command_is_not_sent_again() {
    let server = Server::start(Answer::Silence);
    let mut first = start(&mut server.cvm(&LAUNCH));
    until("the first is on its way", || server.count("RunInstances") == 1);
    let ran = run(server.cvm(&LAUNCH).args(["--InstanceCount", "5"]));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("its command is still running"), "{}", ran.stderr);
    assert_eq!(server.count("RunInstances"), 1);
    first.kill().unwrap();
    finish(first);
}

#[test]
fn concurrent_commands_send_one_token_at_most_once() {
    let server = Server::start(Answer::Silence);
    let launch =
        |count: usize| start(server.cvm(&LAUNCH).args(["--InstanceCount", &count.to_string()]));
    let mut running: Vec<_> = (1..=6).map(launch).collect();
    until("all but one have ended", || {
        running.iter_mut().filter_map(|child| child.try_wait().unwrap()).count() >= 5
    });
    until("one is on its way, or none is left", || {
        server.count("RunInstances") == 1
            || running.iter_mut().all(|child| child.try_wait().unwrap().is_some())
    });
    assert!(server.count("RunInstances") <= 1);
    for mut child in running {
        let _ = child.kill();
        let ran = finish(child);
        assert!(ran.code == 3 || ran.code == -1, "{}: {}", ran.code, ran.stderr);
    }
}
