//! Journal entries that were changed or damaged, and locks that are not regular files.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Answer, Server, edit, entries, entry_file, lost, run};

const LAUNCH: [&str; 5] = ["RunInstances", "--ImageId", "img-1", "--timeout", "30"];

#[test]
fn entry_with_any_changed_member_is_rejected_by_id() {
    let (server, id) = lost(&LAUNCH);
    let elsewhere = Server::start(Answer::Close);
    let sent = server.requests.lock().unwrap().len();
    let path = entry_file(&server.journal(), &id);
    let kept = fs::read_to_string(&path).unwrap();
    let whole: Value = serde_json::from_str(&kept).unwrap();
    let young = whole["started"].as_u64().unwrap() + 1000;
    let mut texts: Vec<String> = [
        ("region", json!("ap-beijing")),
        ("endpoint", json!(elsewhere.url)),
        ("dialect", json!("tc3-get")),
        ("started", json!(young)),
        ("boot", Value::Null),
        ("skew", json!(1)),
        ("client_token", json!("another-token")),
        ("client_token", Value::Null),
        ("version", json!("2020-01-01")),
        ("action", json!("Foo")),
        ("action", json!("DescribeInstances")),
        ("class", json!("read")),
        ("secret_id", json!("AKIDother")),
        ("secrets", json!(["A.99999999999999999999.B"])),
        ("before", json!([])),
        ("more", json!(1)),
    ]
    .into_iter()
    .map(|(name, member)| {
        let mut changed = whole.clone();
        changed[name] = member;
        changed.to_string()
    })
    .collect();
    let twice = format!("{{\"endpoint\": \"{}\",", elsewhere.url);
    texts.push(kept.replacen('{', &twice, 1));
    texts.push(kept.replacen('{', "{\"skew\": 0,", 1));
    texts.extend(["".to_owned(), "[".repeat(100_000), kept[..200].to_owned()]);
    for text in texts {
        fs::write(&path, &text).unwrap();
        let shown = text.get(..300).unwrap_or(&text);
        let ran = server.resume(&id);
        assert_eq!((ran.code, ran.stdout.as_str()), (6, ""), "{shown}: {}", ran.stderr);
        let named = format!("journal entry `{id}` cannot be used");
        assert!(ran.stderr.contains(&named), "{shown}: {}", ran.stderr);
        let listed = run(&mut server.bare(&["resume"]));
        assert!(listed.code == 0 && listed.stdout.contains("broken"), "{shown}: {listed:?}");
    }
    assert_eq!(server.requests.lock().unwrap().len(), sent);
    assert!(elsewhere.requests.lock().unwrap().is_empty());
    // With its original content, the entry works again.
    fs::write(&path, &kept).unwrap();
    assert_eq!(run(&mut server.bare(&["resume", &id, "--timeout", "5"])).code, 3);
}

#[test]
fn entry_of_an_unknown_action_is_rejected_by_id() {
    let (server, id) = lost(&LAUNCH);
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 3] = [
        (|entry| entry["action"] = json!("Foo"), "unknown action `Foo`"),
        (|entry| entry["version"] = json!("2020-01-01"), "version 2020-01-01"),
        (|entry| entry["parameters"]["Foo"] = json!(1), "Foo"),
    ];
    let path = entry_file(&server.journal(), &id);
    let kept = fs::read(&path).unwrap();
    for (change, expected) in changes {
        edit(&server.journal(), &id, change);
        let ran = server.resume(&id);
        assert_eq!((ran.code, ran.stdout.as_str()), (6, ""), "{expected}: {}", ran.stderr);
        for expected in [expected, &id] {
            assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        }
        fs::write(&path, &kept).unwrap();
    }
}

#[test]
fn lock_that_is_not_a_regular_file_is_rejected_without_blocking() {
    let (server, id) = lost(&LAUNCH);
    let sent = server.requests.lock().unwrap().len();
    let lock = server.journal().join(format!("{id}.lock"));
    let target = server.folder.path().join("target");
    let kinds: [(&str, &dyn Fn()); 4] = [
        ("pipe", &|| assert!(Command::new("mkfifo").arg(&lock).status().unwrap().success())),
        ("directory", &|| fs::create_dir(&lock).unwrap()),
        ("dangling link", &|| symlink(&target, &lock).unwrap()),
        ("link to a device", &|| symlink("/dev/null", &lock).unwrap()),
    ];
    for (kind, make) in kinds {
        make();
        let listed = run(&mut server.bare(&["resume"]));
        assert!(listed.code == 0 && listed.stdout.contains(&id), "{kind}: {listed:?}");
        for arguments in [&["resume", &id][..], &["resume", "--forget", &id]] {
            let ran = run(&mut server.bare(arguments));
            assert_eq!((ran.code, ran.stdout.as_str()), (6, ""), "{kind}: {}", ran.stderr);
            assert!(ran.stderr.contains(&format!("`{id}.lock`")), "{kind}: {}", ran.stderr);
        }
        assert!(!target.exists(), "{kind}: nothing is created through it");
        if fs::remove_file(&lock).is_err() {
            fs::remove_dir(&lock).unwrap();
        }
    }
    assert_eq!(server.requests.lock().unwrap().len(), sent);
    assert_eq!(entries(&server.journal()), [id]);
}
